//! The `$SYS` topics: what the broker tells about itself, as retained messages of QoS 2. Each is
//! published when its value has changed, at multiples of `sys_interval`, and all of them at the
//! start.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use crate::broker::event::Input;
use crate::broker::stats::Stats;
use crate::protocol::{Properties, QoS, TopicName};
use crate::server::load::Loads;
use crate::server::memory;
use crate::server::stats::Counters;
use crate::server::worker::Local;

/// How long to wait for a reload that turns the topics on.
const OFF: Duration = Duration::from_secs(3600);

/// Publishes what changes, for as long as the server runs.
pub(super) async fn publish(local: Rc<Local>) {
    let mut told = BTreeMap::new();
    let mut loads = Loads::default();
    let started = local.shared.clock.now();
    let mut last = started;
    loop {
        let interval = local.settings().sys_interval_secs;
        if interval > 0 {
            let now = local.shared.clock.now();
            let elapsed = now.since(last);
            last = now;
            let uptime = now.since(started).as_secs();
            tell(&local, uptime, elapsed, &mut loads, &mut told);
        }
        tokio::select! {
            () = sleep(until_next(interval, local.shared.clock.now().millis())) => {}
            () = local.shared.settings.replaced.notified() => {}
        }
    }
}

/// The time to the next multiple of the interval, seen from a moment in milliseconds since 1970.
fn until_next(interval_secs: u16, now_millis: u64) -> Duration {
    match u64::from(interval_secs) * 1000 {
        0 => OFF,
        millis => Duration::from_millis(millis - now_millis % millis),
    }
}

/// Publishes every value that is not the one that was told before.
fn tell(
    local: &Local,
    uptime_secs: u64,
    elapsed: Duration,
    loads: &mut Loads,
    told: &mut BTreeMap<String, String>,
) {
    let network = local.shared.counters.network();
    local.turn(|turn| {
        let stats = turn.broker.stats();
        let mut values = Vec::new();
        values.push((
            "version".to_owned(),
            format!("lastwill version {}", env!("CARGO_PKG_VERSION")),
        ));
        values.push(("uptime".to_owned(), format!("{uptime_secs} seconds")));
        clients(&stats, &mut values);
        messages(&stats, network, &mut values);
        output(&local.shared.counters, &mut values);
        wills(&stats, turn.broker.waiting_wills(), &mut values);
        loads.update(&stats, network, elapsed, &mut values);
        for (name, value) in values {
            if told.get(&name) == Some(&value) {
                continue;
            }
            let topic = format!("$SYS/broker/{name}");
            let Ok(topic) = TopicName::new(&topic) else { continue };
            turn.handle(Input::Publish {
                topic,
                payload: value.as_bytes(),
                qos: QoS::ExactlyOnce,
                retain: true,
                properties: Properties::EMPTY,
            });
            told.insert(name, value);
        }
    });
}

/// Names below `$SYS/broker/` with what they say.
pub(super) type Values = Vec<(String, String)>;

fn clients(stats: &Stats, values: &mut Values) {
    let disconnected = stats.sessions.saturating_sub(stats.connected);
    let total = stats.connected + disconnected;
    for (name, value) in [
        ("clients/total", total),
        ("clients/connected", stats.connected),
        ("clients/active", stats.connected),
        ("clients/disconnected", disconnected),
        ("clients/inactive", disconnected),
        ("subscriptions/count", stats.subscriptions),
        ("shared_subscriptions/count", stats.shared_subscriptions),
        ("retained messages/count", stats.retained),
        ("messages/stored", stats.retained + stats.queued),
        ("store/messages/count", stats.retained + stats.queued),
        ("store/messages/bytes", stats.retained_bytes + stats.queued_bytes),
    ] {
        values.push((name.to_owned(), value.to_string()));
    }
    if stats.sessions_peak > 1 {
        values.push(("clients/maximum".to_owned(), stats.sessions_peak.to_string()));
    }
    values.push(("clients/expired".to_owned(), stats.sessions_expired.to_string()));
    values.push(("connections/socket/count".to_owned(), stats.sockets_accepted.to_string()));
}

fn messages(stats: &Stats, network: Network, values: &mut Values) {
    for (name, value) in [
        ("messages/received", stats.packets_received),
        ("messages/sent", stats.packets_sent),
        ("publish/messages/received", stats.publish_received),
        ("publish/messages/sent", stats.publish_sent),
        ("publish/messages/dropped", stats.publish_dropped),
        ("publish/bytes/received", stats.publish_received_bytes),
        ("publish/bytes/sent", stats.publish_sent_bytes),
        ("bytes/received", network.received),
        ("bytes/sent", network.sent),
    ] {
        values.push((name.to_owned(), value.to_string()));
    }
}

/// What the process holds. There is no allocator of our own to ask: the heap is the memory that the
/// system counts. Packets that lie behind each other in a mailbox between two threads count as one.
fn output(counters: &Counters, values: &mut Values) {
    values.push(("packet/out/count".to_owned(), counters.backlog_packets().to_string()));
    values.push(("packet/out/bytes".to_owned(), counters.backlog_bytes().to_string()));
    for (name, bytes) in [
        ("heap/current", memory::resident_bytes()),
        ("heap/maximum", memory::resident_bytes_peak()),
    ] {
        values.extend(bytes.map(|bytes| (name.to_owned(), bytes.to_string())));
    }
}

/// Our own: what became of the wills.
fn wills(stats: &Stats, waiting: usize, values: &mut Values) {
    for (name, value) in [
        ("wills/armed", stats.wills.saturating_sub(waiting) as u64),
        ("wills/waiting", waiting as u64),
        ("wills/published", stats.wills_published),
        ("wills/discarded", stats.wills_discarded),
        ("wills/cancelled", stats.wills_cancelled),
        ("wills/refused", stats.wills_refused),
    ] {
        values.push((name.to_owned(), value.to_string()));
    }
}

/// Bytes that went over the sockets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Network {
    /// Read.
    pub(super) received: u64,
    /// Written.
    pub(super) sent: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_moment_is_a_multiple_of_the_interval() {
        assert_eq!(until_next(10, 1_000_000), Duration::from_secs(10));
        assert_eq!(until_next(10, 1_009_999), Duration::from_millis(1));
        assert_eq!(until_next(1, 500), Duration::from_millis(500));
        assert_eq!(until_next(0, 1), OFF);
    }
}
