//! Silence: buckets of 100 ms that are re-armed lazily, so that a packet costs no timer. Never
//! early, at most 100 ms late (D18).

use std::collections::BTreeMap;

use crate::broker::event::ConnId;
use crate::time::Timestamp;

/// Width of a bucket in milliseconds.
const BUCKET_MILLIS: u64 = 100;

/// Nobody is put further ahead than this, in seconds: what is left of connections that have ended
/// goes within that time, however long their keep-alive was.
const AHEAD_SECS_MAX: u32 = 60;

/// Connections by the moment when somebody should look at them. A connection stands in one bucket
/// at a time; whoever takes it out looks whether its time has come and puts it into another one if
/// not. A connection that has ended is simply not put back.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    by_end: BTreeMap<u64, Vec<ConnId>>,
}

impl Buckets {
    /// Puts a connection into the bucket of a moment. The answer is the end of that bucket: what
    /// [`Buckets::pop_due`] names with it.
    pub fn insert(&mut self, now: Timestamp, at: Timestamp, conn: ConnId) -> Timestamp {
        let end = at.min(now.plus_secs(AHEAD_SECS_MAX)).millis().div_ceil(BUCKET_MILLIS);
        self.by_end.entry(end).or_default().push(conn);
        end_of(end)
    }

    /// Takes the earliest bucket whose end has come: its end, and who stood in it.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, Vec<ConnId>)> {
        let entry = self.by_end.first_entry()?;
        let end = end_of(*entry.key());
        (end <= now).then(|| (end, entry.remove()))
    }

    /// When [`Buckets::pop_due`] has something to give.
    pub fn next(&self) -> Option<Timestamp> {
        self.by_end.first_key_value().map(|(end, _)| end_of(*end))
    }
}

const fn end_of(bucket: u64) -> Timestamp {
    Timestamp::from_millis(bucket.saturating_mul(BUCKET_MILLIS))
}
