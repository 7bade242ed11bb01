//! `--replay`: the records of a file, each when its time has come.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};

use super::input::{Batch, split};
use crate::cli::ndjson::{self, Moment};
use crate::clock::Clock;

/// Records that are ready before the first of them is published.
const RECORDS_MAX: usize = 64;
/// What ends a record.
const END: u8 = b'\n';

/// Reads a recording on a thread of its own, which sleeps between the messages. A file that cannot
/// be opened any more counts as empty.
pub(super) fn records(path: &Path, speed: f64) -> Receiver<Batch> {
    let (sender, receiver) = mpsc::channel(RECORDS_MAX);
    let path = path.to_owned();
    thread::spawn(move || {
        let hand_over = |bytes| sender.blocking_send(Batch::new(bytes, END)).is_ok();
        match File::open(path) {
            Ok(file) if speed == 0.0 => split(file, END, hand_over),
            Ok(file) => paced(BufReader::new(file), speed, hand_over),
            Err(_) => {}
        }
    });
    receiver
}

fn paced(mut input: impl BufRead, speed: f64, hand_over: impl Fn(Vec<u8>) -> bool) {
    let clock = Clock::new();
    let mut pace = Pace { speed, base: None, last: None };
    loop {
        let mut line = Vec::new();
        if input.read_until(END, &mut line).unwrap_or(0) == 0 {
            return;
        }
        // A bad line has no time; whoever publishes it will say what is wrong.
        if let Ok(moment) = ndjson::read(&line).map(|record| record.moment)
            && let Some(moment) = moment
        {
            thread::sleep(pace.pause(moment, Duration::from_nanos(clock.elapsed_nanos())));
        }
        if !hand_over(line) {
            return;
        }
    }
}

/// When the messages of a recording are due.
struct Pace {
    /// How much faster they come than they were recorded.
    speed: f64,
    /// A recorded moment in seconds, and when it came to be now.
    base: Option<(f64, Duration)>,
    last: Option<Moment>,
}

impl Pace {
    /// How long to wait for a message that was received at `moment`. The first one is due at once;
    /// so is one whose time runs backwards, with which the counting begins anew.
    fn pause(&mut self, moment: Moment, now: Duration) -> Duration {
        let goes_on = match (self.last.replace(moment), moment) {
            (Some(Moment::At(last)), Moment::At(at)) => last <= at,
            (Some(Moment::Time(last)), Moment::Time(time)) => last <= time,
            _ => false,
        };
        let secs = match moment {
            Moment::At(at) => at,
            Moment::Time(time) => time.as_microsecond() as f64 / 1e6,
        };
        let (from, since) = match self.base.filter(|_| goes_on) {
            Some(base) => base,
            None => *self.base.insert((secs, now)),
        };
        let offset = Duration::try_from_secs_f64((secs - from) / self.speed);
        since.saturating_add(offset.unwrap_or(Duration::MAX)).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(speed: f64, moments: &[(Moment, u64)]) -> Vec<u128> {
        let mut pace = Pace { speed, base: None, last: None };
        let pause = |(moment, now): &(Moment, u64)| {
            pace.pause(*moment, Duration::from_millis(*now)).as_millis()
        };
        moments.iter().map(pause).collect()
    }

    #[test]
    fn messages_keep_their_distance() {
        let at = Moment::At;
        let moments = [(at(5.0), 100), (at(5.5), 100), (at(6.0), 650), (at(6.25), 2000)];
        assert_eq!(pauses(1.0, &moments), [0, 500, 450, 0]);
        assert_eq!(pauses(2.0, &moments), [0, 250, 0, 0]);
        assert_eq!(pauses(0.5, &moments), [0, 1000, 1450, 600]);
    }

    #[test]
    fn a_second_recording_begins_anew() {
        let time = |millis| Moment::Time(jiff::Timestamp::from_millisecond(millis).unwrap());
        let moments = [
            (Moment::At(9.0), 0),
            (Moment::At(1.0), 10),
            (Moment::At(1.1), 10),
            (time(1_800_000_000_000), 200),
            (time(1_800_000_000_250), 200),
        ];
        assert_eq!(pauses(1.0, &moments), [0, 0, 100, 0, 250]);
    }

    #[test]
    fn absurd_times_do_not_break_it() {
        let moments = [(Moment::At(0.0), 0), (Moment::At(1e300), 5), (Moment::At(-1.0), 7)];
        assert_eq!(pauses(0.001, &moments)[2], 0);
    }
}
