//! How a log line begins: `log_timestamp` and `log_timestamp_format`.

use crate::time::Timestamp;

/// What stands before the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StampFormat {
    /// Nothing.
    None,
    /// Seconds since the Unix epoch.
    EpochSeconds,
    /// Local time as strftime writes it.
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

    /// The moment alone; as epoch seconds where lines have no stamp.
    pub fn moment(&self, at: Timestamp) -> String {
        (at.millis() / 1000).to_string()
    }
}
