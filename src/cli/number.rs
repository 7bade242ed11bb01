//! Numbers as C reads them: scripts depend on what mosquitto's tools make of them.

/// C's `atoi`: leading blanks, a sign, digits; the rest is ignored, garbage is 0. Wraps like a
/// conversion from 64 to 32 bits.
pub fn atoi(text: &[u8]) -> i32 {
    atol(text) as i32
}

/// C's `atol` with 64 bits: as [`atoi`], saturating.
pub fn atol(text: &[u8]) -> i64 {
    let (negative, digits) = signed(text);
    let magnitude = leading(digits, 10).0;
    to_i64(negative, magnitude)
}

/// C's `strtol` with base 0 over the whole word: `0x` and `0` are prefixes. `None` if the word is
/// no number.
pub fn whole(text: &[u8]) -> Option<i64> {
    let (negative, digits) = signed(text);
    let (digits, base) = match digits {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (rest, 16),
        [b'0', ..] => (digits, 8),
        _ => (digits, 10),
    };
    let (magnitude, used) = leading(digits, base);
    (used > 0 && used == digits.len()).then(|| to_i64(negative, magnitude))
}

/// C's `atof` for decimal numbers: the longest prefix that is one; garbage is 0.
pub fn atof(text: &[u8]) -> f64 {
    decimal(skip_blanks(text)).map_or(0.0, |(value, _)| value)
}

/// The decimal number that a text begins with, and its length in bytes.
pub fn decimal(text: &[u8]) -> Option<(f64, usize)> {
    let digits_from = |start: usize| {
        let rest = text.get(start..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let whole = digits_from(sign);
    let mut end = sign + whole;
    let mut digits = whole;
    if text.get(end) == Some(&b'.') {
        let fraction = digits_from(end + 1);
        digits += fraction;
        end += 1 + fraction;
    }
    if digits == 0 {
        return None;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits_from(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let value = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((value, end))
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !is_blank(byte)).unwrap_or(text.len());
    &text[start..]
}

/// Whether there is a minus sign, and what follows the sign.
fn signed(text: &[u8]) -> (bool, &[u8]) {
    match skip_blanks(text) {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    }
}

/// The value of the leading digits, saturating, and how many there are.
fn leading(digits: &[u8], base: u32) -> (u64, usize) {
    let mut value = 0u64;
    for (used, byte) in digits.iter().enumerate() {
        match char::from(*byte).to_digit(base) {
            Some(digit) => {
                value = value.saturating_mul(u64::from(base)).saturating_add(u64::from(digit));
            }
            None => return (value, used),
        }
    }
    (value, digits.len())
}

fn to_i64(negative: bool, magnitude: u64) -> i64 {
    match (i64::try_from(magnitude), negative) {
        (Ok(value), false) => value,
        (Ok(value), true) => -value,
        (Err(_), false) => i64::MAX,
        (Err(_), true) => i64::MIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoi_reads_what_c_reads() {
        for (text, value) in [
            ("12", 12),
            ("  -7x", -7),
            ("+3", 3),
            ("x", 0),
            ("", 0),
            ("4294967297", 1),
            ("99999999999999999999", -1),
            ("0x10", 0),
        ] {
            assert_eq!(atoi(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn whole_numbers_know_prefixes_and_refuse_the_rest() {
        for (text, value) in [
            ("10", Some(10)),
            ("0x10", Some(16)),
            ("010", Some(8)),
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("1a", None),
            ("08", None),
            ("", None),
            ("0x", None),
        ] {
            assert_eq!(whole(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn atof_takes_the_longest_prefix() {
        for (text, value) in
            [("0.5s", 0.5), (" 1e2", 100.0), ("-1", -1.0), ("x", 0.0), (".5", 0.5), ("1e", 1.0)]
        {
            assert_eq!(atof(text.as_bytes()), value, "{text}");
        }
    }
}
