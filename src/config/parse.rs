//! The syntax: lines, names, values.

use crate::config::Problem;

/// Longest string value in bytes.
pub(super) const TEXT_BYTES_MAX: usize = 65_535;

/// What some editors put before a text to say that it is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of a file that say something, with their numbers. A comment has its `#` as the very
/// first character. Blanks at the end of a line are none of it, and neither are CR and LF.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    bytes
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(bytes)
        .split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, without_end(line)))
        .filter(|(_, line)| !line.starts_with(b"#") && !line.is_empty())
}

fn without_end(line: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\r');
    &line[..line.iter().rposition(is_text).map_or(0, |last| last + 1)]
}

/// Name and value of a line. Only the space separates them; the value may be empty.
pub(super) fn setting(line: &[u8]) -> Result<(&str, &str), Problem> {
    let text = utf8(line)?.trim_start_matches(' ');
    Ok(text.split_once(' ').unwrap_or((text, "")))
}

/// UTF-8 as MQTT allows it: without U+0000.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(Problem::NotUtf8),
    }
}

/// The first word of a value. What follows it is ignored.
pub(super) fn word(value: &str) -> &str {
    value.trim_start_matches(' ').split(' ').next().unwrap_or("")
}

/// `true`, `false`, `1` or `0`.
pub(super) fn boolean(word: &str) -> Option<bool> {
    match word {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Why a word is no integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotInteger {
    /// Other characters.
    NotANumber,
    /// Digits, but too many.
    TooLarge,
}

/// An integer in C notation: decimal, `0x` hexadecimal, leading `0` octal.
pub(super) fn integer(word: &str) -> Result<i64, NotInteger> {
    let (is_negative, digits) = match word.as_bytes().first() {
        Some(b'-') => (true, &word[1..]),
        Some(b'+') => (false, &word[1..]),
        _ => (false, word),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(NotInteger::NotANumber);
    }
    let value = i64::from_str_radix(digits, radix).map_err(|_| NotInteger::TooLarge)?;
    Ok(if is_negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_in_c_notation() {
        for (word, value) in [
            ("0", 0),
            ("10", 10),
            ("-1", -1),
            ("+7", 7),
            ("0x1F", 31),
            ("0Xff", 255),
            ("010", 8),
            ("-010", -8),
            ("2147483648", 2_147_483_648),
        ] {
            assert_eq!(integer(word), Ok(value), "{word}");
        }
        for word in ["", "-", "+", "0x", "08", "1k", "ten", "1.5", "--1", "0x-1", "1 "] {
            assert_eq!(integer(word), Err(NotInteger::NotANumber), "{word:?}");
        }
        assert_eq!(integer("99999999999999999999"), Err(NotInteger::TooLarge));
    }

    #[test]
    fn booleans_are_four_words() {
        let words = ["true", "1", "false", "0", "True", "yes", "on", ""];
        let values = words.map(boolean);
        assert_eq!(
            values,
            [Some(true), Some(true), Some(false), Some(false), None, None, None, None]
        );
    }

    #[test]
    fn comments_stand_at_the_very_start_of_a_line() {
        let file = b"# one\r\n\r\n  a  b c \r\n #d\n   \ne\tf\n#\xff\xff\ng";
        let found: Vec<_> = lines(file).collect();
        let expected: [(usize, &[u8]); 4] =
            [(3, b"  a  b c"), (4, b" #d"), (6, b"e\tf"), (8, b"g")];
        assert_eq!(found, expected);
        let marked: Vec<_> = lines(b"\xef\xbb\xbf#c\r\n\t \r\na 1 \t\r\n").collect();
        assert_eq!(marked, [(3, &b"a 1"[..])]);
    }

    #[test]
    fn only_a_space_separates_name_and_value() {
        assert_eq!(setting(b"  a  b c "), Ok(("a", " b c ")));
        assert_eq!(setting(b"e\tf"), Ok(("e\tf", "")));
        assert_eq!(setting(b"g"), Ok(("g", "")));
        assert_eq!(setting(b"a \xff"), Err(Problem::NotUtf8));
        assert_eq!(setting(b"a \0"), Err(Problem::NotUtf8));
        assert_eq!(word("  true # why"), "true");
        assert_eq!(word(""), "");
    }
}
