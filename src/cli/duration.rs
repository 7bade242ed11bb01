//! Spans of time on the command line: a number with a unit.

use std::time::Duration;

use crate::cli::number::decimal;

/// Milliseconds of each unit.
const UNITS: [(&[u8], f64); 6] = [
    (b"", 1000.0),
    (b"ms", 1.0),
    (b"s", 1000.0),
    (b"m", 60_000.0),
    (b"h", 3_600_000.0),
    (b"d", 86_400_000.0),
];

/// How a span is written, for messages.
pub const FORM: &str = "a number with ms, s, m, h or d behind it, or seconds";

/// A span of time: `500ms`, `5s`, `1.5m`, `2h`, `1d`; a bare number counts seconds. `None` for
/// anything else, negative numbers included. Exact to a millisecond.
pub fn parse(text: &[u8]) -> Option<Duration> {
    let (number, length) = decimal(text)?;
    let (_, millis) = UNITS.iter().find(|(unit, _)| *unit == &text[length..])?;
    let total = (number * millis).round();
    (0.0..=u64::MAX as f64).contains(&total).then(|| Duration::from_millis(total as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        for (text, millis) in [
            ("5", 5000),
            ("0", 0),
            ("500ms", 500),
            ("5s", 5000),
            ("1.5m", 90_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("0.25", 250),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1", "-1s", "5 s", "5S", "5sec", "1h30m", "1e300d", "x5"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
