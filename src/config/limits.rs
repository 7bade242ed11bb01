//! Limits that the server keeps, not the rules.

use std::time::Duration;

use crate::config::options::Wrong;
use crate::transport::tuning::{Probes, Tuning};

/// What is asked of connections before and besides MQTT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// `max_connect_rate`: connections that each address may open in a second; 0 is no limit.
    pub connect_rate: u32,
    /// `rate_action disconnect`: who is too fast is disconnected instead of slowed.
    pub rate_disconnects: bool,
    /// `tcp_keepalive` and `tcp_user_timeout`.
    pub tuning: Tuning,
}

impl Limits {
    /// `tcp_keepalive`.
    pub(super) const fn set_probes(&mut self, idle_secs: u32, interval_secs: u32, count: u32) {
        let idle = Duration::from_secs(idle_secs as u64);
        let interval = Duration::from_secs(interval_secs as u64);
        self.tuning.keep_alive = Some(Probes { idle, interval, count });
    }

    /// `tcp_user_timeout`; 0 is off.
    pub(super) fn set_user_timeout(&mut self, millis: u32) {
        let timeout = Duration::from_millis(millis.into());
        self.tuning.user_timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
    }
}

/// The three numbers of TCP keep-alive: seconds of quiet, seconds between probes, probes. All are
/// from 1 to 32767, which is what the system takes.
pub(super) fn tcp_probes(text: &str) -> Result<[u32; 3], Wrong> {
    let words = text.split(' ').filter(|word| !word.is_empty());
    let numbers = words.map(|word| word.parse::<u32>().ok().filter(|n| (1..=32_767).contains(n)));
    let numbers = numbers.collect::<Option<Vec<u32>>>().and_then(|it| it.try_into().ok());
    numbers.ok_or(Wrong::Expected("IDLE INTERVAL COUNT, all from 1 to 32767"))
}
