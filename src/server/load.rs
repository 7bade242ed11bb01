//! `$SYS/broker/load/…`: how much happens in a minute, as averages over 1, 5 and 15 minutes in
//! which the past fades exponentially.

use std::time::Duration;

use crate::broker::stats::Stats;
use crate::server::sys::{Network, Values};

/// What is averaged.
const NAMES: [&str; 9] = [
    "messages/received",
    "messages/sent",
    "publish/received",
    "publish/sent",
    "publish/dropped",
    "bytes/received",
    "bytes/sent",
    "sockets",
    "connections",
];
/// The averages, in minutes.
const SPANS: [(f64, &str); 3] = [(1.0, "1min"), (5.0, "5min"), (15.0, "15min")];

/// The averages so far.
#[derive(Debug, Default)]
pub(super) struct Loads {
    before: [u64; NAMES.len()],
    averages: [[f64; SPANS.len()]; NAMES.len()],
}

impl Loads {
    /// Counts in what has happened in the `elapsed` time, and adds the averages to `values`.
    pub(super) fn update(
        &mut self,
        stats: &Stats,
        network: Network,
        elapsed: Duration,
        values: &mut Values,
    ) {
        let counts = [
            stats.packets_received,
            stats.packets_sent,
            stats.publish_received,
            stats.publish_sent,
            stats.publish_dropped,
            network.received,
            network.sent,
            stats.sockets_accepted,
            stats.connects_accepted,
        ];
        let minutes = elapsed.as_secs_f64() / 60.0;
        for (place, (count, name)) in counts.into_iter().zip(NAMES).enumerate() {
            let happened = count.saturating_sub(self.before[place]) as f64;
            self.before[place] = count;
            for (average, (span, label)) in self.averages[place].iter_mut().zip(SPANS) {
                *average = faded(*average, happened, minutes, span);
                values.push((format!("load/{name}/{label}"), format!("{average:.2}")));
            }
        }
    }
}

/// An average per minute after `minutes` in which something happened so many times.
fn faded(average: f64, happened: f64, minutes: f64, span: f64) -> f64 {
    if minutes <= 0.0 {
        return average;
    }
    let kept = (-minutes / span).exp();
    average * kept + happened / minutes * (1.0 - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_its_own_average() {
        let mut average = 0.0;
        for _ in 0..600 {
            average = faded(average, 10.0, 1.0 / 6.0, 1.0);
        }
        assert!((average - 60.0).abs() < 0.01, "{average}");
        // A minute of silence leaves 1/e of it.
        assert!((faded(60.0, 0.0, 1.0, 1.0) - 60.0 / std::f64::consts::E).abs() < 0.01);
        assert_eq!(faded(5.0, 3.0, 0.0, 1.0), 5.0);
    }

    #[test]
    fn each_count_has_three_averages() {
        let mut values = Vec::new();
        let stats = Stats { publish_sent: 6, ..Stats::default() };
        let elapsed = Duration::from_secs(6);
        Loads::default().update(&stats, Network::default(), elapsed, &mut values);
        assert_eq!(values.len(), 27);
        let (_, value) = values.iter().find(|(name, _)| name == "load/publish/sent/1min").unwrap();
        assert_eq!(value, "5.71");
    }
}
