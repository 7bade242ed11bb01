//! Moments as text: ISO 8601 in local time, and `strftime` as the C library has it.

use jiff::Zoned;
use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};

/// How precise a moment is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// Whole seconds.
    Seconds,
    /// Six digits behind the point.
    Micros,
    /// Six digits and a `Z`, in spite of the offset that follows: version 2.0 of mosquitto's
    /// clients.
    MicrosZ,
}

/// Appends `2026-01-31T12:00:00.123456+0000`.
pub fn write_local(now: &Zoned, digits: Digits, out: &mut Vec<u8>) {
    let (date, time) = (now.date(), now.time());
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
    );
    if digits != Digits::Seconds {
        text.push_str(&format!(".{:06}", time.subsec_nanosecond() / 1000));
    }
    if digits == Digits::MicrosZ {
        text.push('Z');
    }
    let offset = now.offset().seconds();
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / 60;
    text.push_str(&format!("{sign}{:02}{:02}", minutes / 60, minutes % 60));
    out.extend_from_slice(text.as_bytes());
}

/// Appends the seconds since 1970 with nine digits behind the point.
pub fn write_unix(now: &Zoned, out: &mut Vec<u8>) {
    let timestamp = now.timestamp();
    let nanos = i64::from(timestamp.subsec_nanosecond()).rem_euclid(1_000_000_000);
    let secs = timestamp.as_nanosecond().div_euclid(1_000_000_000);
    out.extend_from_slice(format!("{secs}.{nanos:09}").as_bytes());
}

/// Appends what `strftime` of the C library prints for `%` and one letter, in the C locale. What it
/// does not know it prints as it stands.
pub fn write_strftime(now: &Zoned, letter: u8, out: &mut Vec<u8>) {
    let known = matches!(letter, b'%' | b'a'..=b'e' | b'g' | b'h' | b'j'..=b'n' | b'p' | b'r'..=b'u' | b'w'..=b'z')
        || matches!(letter, b'A'..=b'D' | b'F'..=b'I' | b'M' | b'P' | b'R'..=b'Z');
    let format = [b'%', letter];
    let config = Config::new().custom(PosixCustom::new()).lenient(true);
    let text = std::str::from_utf8(&format)
        .ok()
        .filter(|_| known)
        .and_then(|format| BrokenDownTime::from(now).to_string_with_config(&config, format).ok());
    match text {
        Some(text) => out.extend_from_slice(text.as_bytes()),
        None => out.extend_from_slice(&format),
    }
}
