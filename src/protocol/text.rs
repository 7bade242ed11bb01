//! UTF-8 strings of the protocol (section 1.5.4).

use crate::Malformed;

/// The string in `bytes`: well-formed UTF-8 without surrogates [MQTT-1.5.4-1] and without U+0000
/// [MQTT-1.5.4-2]. U+FEFF is data and kept [MQTT-1.5.4-3]; control characters are accepted.
pub fn from_bytes(bytes: &[u8]) -> Result<&str, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed::Utf8)?;
    if contains_any(bytes, [0]) {
        return Err(Malformed::NullCharacter);
    }
    Ok(text)
}

/// Whether [`from_bytes`] takes them: cheaper where nobody asks for the string itself.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Malformed> {
    if bytes.is_ascii() && !contains_any(bytes, [0]) {
        return Ok(());
    }
    from_bytes(bytes).map(drop)
}

/// Whether one of these bytes is there. Eight bytes at a time, those at the end a second time if
/// need be: most texts are too short for wider steps.
pub(crate) fn contains_any<const N: usize>(bytes: &[u8], wanted: [u8; N]) -> bool {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // A byte that is wanted becomes zero. High bits then tell where one is; above a zero they may
    // be wrong, but then there is one.
    let zeros = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
    let hits = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        wanted.iter().fold(0, |hits, byte| hits | zeros(word ^ (LOW * u64::from(*byte))))
    };
    let (words, rest) = bytes.as_chunks();
    let found = words.iter().fold(0, |found, word| found | hits(word));
    match bytes.last_chunk() {
        _ if rest.is_empty() => found != 0,
        Some(last) => found | hits(last) != 0,
        None => rest.iter().any(|byte| wanted.contains(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mqtt_1_5_4_1_surrogates_overlong_and_stray_bytes_are_refused() {
        for bad in [&b"a\xEDa"[..], b"\xED\xA0\x80", b"\xED\xBF\xBF", b"\xC0\x80", b"\xFF", b"\x80"]
        {
            assert_eq!(from_bytes(bad), Err(Malformed::Utf8), "{bad:x?}");
            assert_eq!(check(bad), Err(Malformed::Utf8), "{bad:x?}");
        }
        assert_eq!(from_bytes(b"\xF0\xAA\x9B\x94"), Ok("\u{2A6D4}"));
        assert_eq!(check(b"\xF0\xAA\x9B\x94"), Ok(()));
    }

    #[test]
    fn mqtt_1_5_4_2_the_null_character_is_refused() {
        assert_eq!(from_bytes(b"a\0b"), Err(Malformed::NullCharacter));
        assert_eq!(check(b"a\0b"), Err(Malformed::NullCharacter));
        assert_eq!(check(b"\x01\x7f"), Ok(()));
        assert_eq!(from_bytes(b"\0"), Err(Malformed::NullCharacter));
        assert_eq!(from_bytes(b"\x01\x7f"), Ok("\u{1}\u{7f}"));
    }

    #[test]
    fn bytes_are_found_at_every_place() {
        for length in 0..40 {
            let mut bytes = vec![b'x'; length];
            assert!(!contains_any(&bytes, [0, b'+']));
            for place in 0..length {
                for (byte, is_wanted) in [(0, true), (b'+', true), (1, false), (0xFF, false)] {
                    bytes[place] = byte;
                    assert_eq!(contains_any(&bytes, [0, b'+']), is_wanted, "{bytes:?}");
                }
                // Neighbours do not hide each other.
                bytes[place] = b'*';
            }
        }
    }

    #[test]
    fn mqtt_1_5_4_3_a_byte_order_mark_is_kept() {
        assert_eq!(from_bytes(b"\xEF\xBB\xBFa"), Ok("\u{FEFF}a"));
    }
}
