//! UTF-8 strings of the protocol (section 1.5.4).

use crate::Malformed;

/// The string in `bytes`: well-formed UTF-8 without surrogates [MQTT-1.5.4-1] and without U+0000
/// [MQTT-1.5.4-2]. U+FEFF is data and kept [MQTT-1.5.4-3]; control characters are accepted.
pub fn from_bytes(bytes: &[u8]) -> Result<&str, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed::Utf8)?;
    // No early exit: the loop is then done many bytes at a time.
    if bytes.iter().fold(false, |found, &byte| found | (byte == 0)) {
        return Err(Malformed::NullCharacter);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mqtt_1_5_4_1_surrogates_overlong_and_stray_bytes_are_refused() {
        for bad in [&b"a\xEDa"[..], b"\xED\xA0\x80", b"\xED\xBF\xBF", b"\xC0\x80", b"\xFF", b"\x80"]
        {
            assert_eq!(from_bytes(bad), Err(Malformed::Utf8), "{bad:x?}");
        }
        assert_eq!(from_bytes(b"\xF0\xAA\x9B\x94"), Ok("\u{2A6D4}"));
    }

    #[test]
    fn mqtt_1_5_4_2_the_null_character_is_refused() {
        assert_eq!(from_bytes(b"a\0b"), Err(Malformed::NullCharacter));
        assert_eq!(from_bytes(b"\0"), Err(Malformed::NullCharacter));
        assert_eq!(from_bytes(b"\x01\x7f"), Ok("\u{1}\u{7f}"));
    }

    #[test]
    fn mqtt_1_5_4_3_a_byte_order_mark_is_kept() {
        assert_eq!(from_bytes(b"\xEF\xBB\xBFa"), Ok("\u{FEFF}a"));
    }
}
