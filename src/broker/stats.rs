//! Counters and gauges: what `$SYS` and the metrics are made of.

/// What the broker has counted since its start, and what it holds now. The network bytes are
/// counted where they are read and written, not here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Memory is short, and no new work is taken: `memory_limit`.
    pub is_memory_short: bool,
    /// Network Connections that are open, before or after their CONNECT.
    pub sockets: usize,
    /// Network Connections accepted so far.
    pub sockets_accepted: u64,
    /// Connections with an accepted CONNECT.
    pub connected: usize,
    /// Sessions, offline ones included.
    pub sessions: usize,
    /// The most sessions there ever were at once.
    pub sessions_peak: usize,
    /// Sessions that ended because their expiry came.
    pub sessions_expired: u64,
    /// CONNECTs accepted so far.
    pub connects_accepted: u64,
    /// CONNECTs refused so far.
    pub connects_refused: u64,
    /// Control Packets received.
    pub packets_received: u64,
    /// Control Packets sent, PUBLISH included.
    pub packets_sent: u64,
    /// PUBLISH packets received.
    pub publish_received: u64,
    /// Payload bytes of these.
    pub publish_received_bytes: u64,
    /// PUBLISH packets sent.
    pub publish_sent: u64,
    /// Payload bytes of these.
    pub publish_sent_bytes: u64,
    /// Deliveries dropped: a full queue, a slow reader, too large for the client.
    pub publish_dropped: u64,
    /// Deliveries dropped because the message had expired.
    pub publish_expired: u64,
    /// PUBLISH packets that were not accepted.
    pub publish_refused: u64,
    /// Messages that wait in sessions.
    pub queued: usize,
    /// Bytes of these.
    pub queued_bytes: usize,
    /// Wills that are armed or wait.
    pub wills: usize,
    /// Bytes of these: topics, properties and payloads.
    pub will_bytes: usize,
    /// Wills published.
    pub wills_published: u64,
    /// Wills discarded after a normal DISCONNECT or by an administrator.
    pub wills_discarded: u64,
    /// Wills cancelled because the client came back in time.
    pub wills_cancelled: u64,
    /// Wills not sent because their owner may not write to their topic.
    pub wills_refused: u64,
    /// Subscriptions, shared ones included. Filled in by [`crate::broker::Broker::stats`].
    pub subscriptions: usize,
    /// Shared subscriptions that have members. Filled in likewise.
    pub shared_subscriptions: usize,
    /// Retained messages. Filled in likewise.
    pub retained: usize,
    /// Bytes of these. Filled in likewise.
    pub retained_bytes: usize,
}
