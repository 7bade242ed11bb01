//! The counters in the text format that Prometheus reads (version 0.0.4).

use std::fmt::Write;

use crate::broker::stats::Stats;

/// The media type of the text.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that is told, as of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// What the core counts.
    pub core: Stats,
    /// Wills that wait for their delay to pass; part of `core.wills`.
    pub wills_waiting: usize,
    /// Bytes read from sockets.
    pub bytes_received: u64,
    /// Bytes written to sockets.
    pub bytes_sent: u64,
    /// Bytes that wait for clients to take them.
    pub backlog_bytes: usize,
    /// Connections that are quiet and need no task; part of `core.sockets`.
    pub parked: usize,
    /// Seconds since the start.
    pub uptime_secs: f64,
    /// Seconds that the core's lock was held, estimated from a sample.
    pub lock_busy_secs: f64,
    /// How often it was taken.
    pub lock_turns: u64,
    /// Lines of the log that were lost.
    pub log_lines_lost: u64,
    /// Bytes of memory that the process has, as the system counts them; 0 where it does not tell.
    pub resident_bytes: u64,
    /// What the store tells, if there is one.
    pub store: Option<StoreState>,
}

/// The store, as of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StoreState {
    /// Bytes written.
    pub written_bytes: u64,
    /// How often the file was synced.
    pub syncs: u64,
    /// Batches of changes on disk.
    pub batches: u64,
    /// Seconds for which the oldest change has waited that is not on disk.
    pub lag_secs: f64,
    /// It works: what is received may be acknowledged.
    pub works: bool,
}

/// The text.
pub fn text(now: &Snapshot) -> String {
    let mut out = Out(String::new());
    let version = env!("CARGO_PKG_VERSION");
    out.head("lastwill_build_info", "gauge", "The version that runs.");
    out.line("lastwill_build_info", &format!("{{version=\"{version}\"}}"), 1);
    process(now, &mut out);
    clients(now, &mut out);
    traffic(now, &mut out);
    messages(now, &mut out);
    wills(now, &mut out);
    if let Some(store) = &now.store {
        kept(store, &mut out);
    }
    out.0
}

fn process(now: &Snapshot, out: &mut Out) {
    out.gauge("lastwill_uptime_seconds", "Seconds since the start.", now.uptime_secs);
    out.counter(
        "lastwill_lock_busy_seconds_total",
        "Seconds that the one lock around the rules was held; its rate is how busy the broker is.",
        now.lock_busy_secs,
    );
    out.counter("lastwill_lock_turns_total", "How often that lock was taken.", now.lock_turns);
    out.counter("lastwill_log_lines_lost_total", "Lines of the log lost.", now.log_lines_lost);
    if now.resident_bytes > 0 {
        out.gauge(
            "process_resident_memory_bytes",
            "Memory of the process in bytes.",
            now.resident_bytes,
        );
    }
}

fn clients(now: &Snapshot, out: &mut Out) {
    let core = &now.core;
    out.gauge("lastwill_connections", "Network connections that are open.", core.sockets);
    out.gauge(
        "lastwill_connections_parked",
        "Those of them that are quiet and cost only their place in a table.",
        now.parked,
    );
    out.counter(
        "lastwill_connections_accepted_total",
        "Network connections accepted.",
        core.sockets_accepted,
    );
    out.gauge("lastwill_clients_connected", "Clients that are connected.", core.connected);
    out.gauge("lastwill_sessions", "Sessions, those of absent clients included.", core.sessions);
    out.counter(
        "lastwill_sessions_expired_total",
        "Sessions that ended because their expiry came.",
        core.sessions_expired,
    );
    out.head("lastwill_connects_total", "counter", "CONNECT packets, by the answer.");
    out.line("lastwill_connects_total", "{result=\"accepted\"}", core.connects_accepted);
    out.line("lastwill_connects_total", "{result=\"refused\"}", core.connects_refused);
    out.gauge("lastwill_subscriptions", "Subscriptions.", core.subscriptions);
    out.gauge(
        "lastwill_shared_subscriptions",
        "Shared subscriptions that have members.",
        core.shared_subscriptions,
    );
}

fn traffic(now: &Snapshot, out: &mut Out) {
    let core = &now.core;
    for (name, help, received, sent) in [
        ("lastwill_bytes_total", "Bytes over all sockets.", now.bytes_received, now.bytes_sent),
        (
            "lastwill_packets_total",
            "MQTT control packets.",
            core.packets_received,
            core.packets_sent,
        ),
        ("lastwill_publishes_total", "PUBLISH packets.", core.publish_received, core.publish_sent),
        (
            "lastwill_payload_bytes_total",
            "Payload bytes of PUBLISH packets.",
            core.publish_received_bytes,
            core.publish_sent_bytes,
        ),
    ] {
        out.head(name, "counter", help);
        out.line(name, "{direction=\"received\"}", received);
        out.line(name, "{direction=\"sent\"}", sent);
    }
    out.gauge(
        "lastwill_output_backlog_bytes",
        "Bytes that wait for clients to take them.",
        now.backlog_bytes,
    );
}

fn messages(now: &Snapshot, out: &mut Out) {
    let core = &now.core;
    let name = "lastwill_deliveries_dropped_total";
    out.head(name, "counter", "Deliveries that were dropped, by the reason.");
    out.line(name, "{reason=\"limit\"}", core.publish_dropped);
    out.line(name, "{reason=\"expired\"}", core.publish_expired);
    out.counter(
        "lastwill_publishes_refused_total",
        "PUBLISH packets that were not accepted.",
        core.publish_refused,
    );
    out.gauge("lastwill_queued_messages", "Messages that wait in sessions.", core.queued);
    out.gauge("lastwill_queued_bytes", "Bytes of these.", core.queued_bytes);
    out.gauge("lastwill_retained_messages", "Retained messages.", core.retained);
    out.gauge("lastwill_retained_bytes", "Bytes of these.", core.retained_bytes);
}

fn wills(now: &Snapshot, out: &mut Out) {
    let core = &now.core;
    let armed = core.wills.saturating_sub(now.wills_waiting);
    let name = "lastwill_wills";
    out.head(
        name,
        "gauge",
        "Wills that the broker holds: of those who are connected, or due later.",
    );
    out.line(name, "{state=\"armed\"}", armed);
    out.line(name, "{state=\"waiting\"}", now.wills_waiting);
    let name = "lastwill_wills_settled_total";
    out.head(name, "counter", "Wills that were settled, by what became of them.");
    out.line(name, "{fate=\"published\"}", core.wills_published);
    out.line(name, "{fate=\"discarded\"}", core.wills_discarded);
    out.line(name, "{fate=\"cancelled\"}", core.wills_cancelled);
    out.line(name, "{fate=\"refused\"}", core.wills_refused);
}

fn kept(store: &StoreState, out: &mut Out) {
    out.gauge(
        "lastwill_store_up",
        "Whether the store takes what is to be kept.",
        u8::from(store.works),
    );
    out.gauge(
        "lastwill_store_lag_seconds",
        "For how long the oldest change has waited that is not on disk.",
        store.lag_secs,
    );
    out.counter("lastwill_store_batches_total", "Batches of changes on disk.", store.batches);
    out.counter("lastwill_store_written_bytes_total", "Bytes written.", store.written_bytes);
    out.counter("lastwill_store_syncs_total", "How often the file was synced.", store.syncs);
}

/// The text as it grows. Writing into memory cannot fail.
struct Out(String);

impl Out {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, "gauge", help);
        self.line(name, "", value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, "counter", help);
        self.line(name, "", value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_follows_the_format() {
        let core = Stats { wills: 3, wills_published: 7, ..Stats::default() };
        let store = Some(StoreState { works: true, lag_secs: 0.25, ..StoreState::default() });
        let text = text(&Snapshot { core, wills_waiting: 1, store, ..Snapshot::default() });
        for line in [
            "# TYPE lastwill_wills gauge",
            "lastwill_wills{state=\"armed\"} 2",
            "lastwill_wills{state=\"waiting\"} 1",
            "lastwill_wills_settled_total{fate=\"published\"} 7",
            "lastwill_store_lag_seconds 0.25",
            "lastwill_store_up 1",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} in\n{text}");
        }
        assert!(text.ends_with('\n'));
        // Each name is introduced once, and counters say so by their names.
        let mut types: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        assert!(types.iter().all(|it| it.ends_with(" counter") == it.contains("_total ")));
        let count = types.len();
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), count);
    }

    #[test]
    fn without_a_store_nothing_is_told_about_it() {
        assert!(!text(&Snapshot::default()).contains("store"));
    }
}
