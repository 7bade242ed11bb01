//! How a log line begins: `log_timestamp` and `log_timestamp_format`.

use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};
use jiff::tz::TimeZone;

use crate::time::Timestamp;

/// What stands before the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StampFormat {
    /// Nothing.
    None,
    /// Seconds since the Unix epoch.
    EpochSeconds,
    /// Local time as strftime writes it. What it does not know stays as it was written.
    Strftime(String),
}

impl StampFormat {
    /// Appends the stamp of a moment, colon and space included.
    pub fn push_prefix(&self, at: Timestamp, out: &mut String) {
        if *self != StampFormat::None {
            out.push_str(&self.moment(at));
            out.push_str(": ");
        }
    }

    /// The moment alone; in epoch seconds where lines have no stamp.
    pub fn moment(&self, at: Timestamp) -> String {
        match self {
            StampFormat::Strftime(format) => strftime(format, at, TimeZone::system()),
            StampFormat::None | StampFormat::EpochSeconds => (at.millis() / 1000).to_string(),
        }
    }
}

fn strftime(format: &str, at: Timestamp, zone: TimeZone) -> String {
    let config = Config::new().lenient(true).custom(PosixCustom::new());
    let millis = i64::try_from(at.millis()).unwrap_or(i64::MAX);
    let Ok(moment) = jiff::Timestamp::from_millisecond(millis) else {
        return (at.millis() / 1000).to_string(); // beyond the year 9999
    };
    let mut text = String::new();
    match BrokenDownTime::from(&moment.to_zoned(zone))
        .format_with_config(&config, format, &mut text)
    {
        Ok(()) => text,
        Err(_) => (at.millis() / 1000).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_700_000_000_987);

    fn prefix(format: StampFormat) -> String {
        let mut text = String::new();
        format.push_prefix(AT, &mut text);
        text
    }

    #[test]
    fn the_default_is_epoch_seconds() {
        assert_eq!(prefix(StampFormat::EpochSeconds), "1700000000: ");
        assert_eq!(prefix(StampFormat::None), "");
        assert_eq!(StampFormat::None.moment(AT), "1700000000");
    }

    #[test]
    fn strftime_is_local_time() {
        let in_zone = |format, zone| strftime(format, AT, zone);
        assert_eq!(in_zone("%Y-%m-%dT%H:%M:%S", TimeZone::UTC), "2023-11-14T22:13:20");
        let east = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(in_zone("%d.%m. %H:%M %z", east), "15.11. 00:13 +0200");
    }

    #[test]
    fn nothing_that_somebody_writes_as_a_format_is_fatal() {
        for format in ["", "%", "%!", "%Q%", "\u{e4}%Y", "100%"] {
            let text = strftime(format, AT, TimeZone::UTC);
            assert!(!text.contains("1700000000"), "{format:?} became {text:?}");
        }
        let far = Timestamp::NEVER;
        assert_eq!(strftime("%Y", far, TimeZone::UTC), (far.millis() / 1000).to_string());
    }
}
