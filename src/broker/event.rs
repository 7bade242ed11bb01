//! Everything that can happen to the broker, and everything it can do. This is the whole
//! vocabulary of the core.

mod answers;

pub use answers::{acks_of, answer_to, ids_of};

use std::sync::Arc;
use std::time::Duration;

use crate::broker::access::Denial;
use crate::broker::change::Change;
pub use crate::broker::outgoing::{Run, deliver_singly};
use crate::broker::policy::{Identity, ListenerId, Policy};
use crate::broker::rate::Spent;
use crate::protocol::{
    Connect, DecodeError, Message, Outgoing, Packet, PacketId, Properties, Publish, QoS,
    ReasonCode, TopicName, Version,
};
use crate::time::Timestamp;

/// A Network Connection. `slot` is small and reused after [`Input::Closed`]; `serial` never is, so
/// that a late event of an old connection cannot touch a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId {
    /// Index of the connection, dense.
    pub slot: u32,
    /// Which connection in this slot it is.
    pub serial: u32,
}

/// What happens. Borrowed: a PUBLISH is a view of the read buffer.
#[derive(Debug)]
pub enum Input<'a> {
    /// A client has connected; it has not said anything yet.
    Accepted {
        /// Its name from now on. The slot must be free.
        conn: ConnId,
        /// Where it came in.
        listener: ListenerId,
        /// Its address, as reports show it.
        peer: Arc<str>,
    },
    /// Its CONNECT, with the verdict of authentication: who it is, or why it is refused.
    Connect {
        /// Who sent it.
        conn: ConnId,
        /// The packet.
        connect: &'a Connect<'a>,
        /// Who it is; or the code of the refusal.
        identity: Result<Identity, ReasonCode>,
    },
    /// Any later packets. Together it is the same as one after the other, and cheaper where they are
    /// alike.
    Packets {
        /// Who sent them.
        conn: ConnId,
        /// The packets, in order.
        packets: &'a [Packet<'a>],
    },
    /// Bytes that are no packet. `version` as far as the decoder got to know it.
    Broken {
        /// Who sent them.
        conn: ConnId,
        /// Which rule they break.
        error: DecodeError,
        /// What [`crate::protocol::Decoder::version`] says.
        version: Option<Version>,
    },
    /// The Network Connection is gone: everything received from it was handed in before. Also the
    /// answer to [`Effect::Close`], whatever the cause: frees the slot.
    Closed {
        /// Which connection.
        conn: ConnId,
        /// How it was lost.
        cause: Lost,
    },
    /// A connection that answered [`Room::Full`] has room again.
    Drained {
        /// Which connection.
        conn: ConnId,
    },
    /// The administrator ends a connection, with a DISCONNECT of this reason (MQTT 5).
    Revoke {
        /// Which connection.
        conn: ConnId,
        /// What the client is told.
        reason: ReasonCode,
        /// Whether its will goes out (D11).
        with_will: bool,
    },
    /// The administrator deletes a session, and ends its connection if it has one (W148).
    Delete {
        /// Whose session.
        client_id: &'a str,
        /// Whether its will goes out (D11).
        with_will: bool,
    },
    /// The server has read from a client whose rates are limited. Comes before what it has read, which
    /// may end the connection.
    Paced {
        /// Which connection.
        conn: ConnId,
        /// What it has used of them so far.
        spent: Spent,
        /// It has used them up, and is not read until then.
        slowed_until: Option<Timestamp>,
    },
    /// A client has sent more than its rates allow, and is not to be slowed (`rate_action`).
    TooFast {
        /// Which connection.
        conn: ConnId,
    },
    /// The server itself publishes (`$SYS`).
    Publish {
        /// Where.
        topic: TopicName<'a>,
        /// The Application Message.
        payload: &'a [u8],
        /// Its quality of service.
        qos: QoS,
        /// Whether it is retained.
        retain: bool,
        /// Its properties.
        properties: Properties<'a>,
    },
    /// The store has failed to make changes durable, or does so again (true). While it does not,
    /// no CONNECT is accepted and nobody is judged by silence: nothing is read.
    Store {
        /// Whether it works.
        works: bool,
    },
    /// The memory is short and no new work is taken, or it is not any more.
    Memory {
        /// Which of the two.
        is_short: bool,
    },
    /// The settings have changed.
    Reload(Box<Policy>),
    /// The moment of [`crate::broker::Broker::deadline`] has come.
    Timeout,
    /// Orderly stop: wills out, DISCONNECT 0x8B, close everything.
    Shutdown,
}

/// How a Network Connection was lost, as the transport saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// End of stream: the client closed it.
    PeerClosed,
    /// Connection reset.
    PeerReset,
    /// Reading failed.
    ReadError(std::io::ErrorKind),
    /// Writing failed.
    WriteError(std::io::ErrorKind),
    /// The broker closed it ([`Effect::Close`]) and the socket is gone.
    ByServer,
}

/// What the broker does. Borrowed: a delivery is encoded straight from its source.
#[derive(Debug)]
pub enum Effect<'a> {
    /// Something changed that must survive a restart. Whatever is sent in the same step may leave
    /// only when it is durable.
    Persist(Change<'a>),
    /// Send a packet that is not a PUBLISH.
    Send {
        /// To whom.
        conn: ConnId,
        /// The packet.
        packet: Packet<'a>,
    },
    /// Send a PUBLISH. `kept` is the same message where the broker holds it already, so that a
    /// large payload can be shared instead of copied.
    Deliver {
        /// To whom.
        conn: ConnId,
        /// The packet; its topic may lack the mount point that the one of `kept` has.
        publish: &'a Outgoing<'a>,
        /// The same payload, kept.
        kept: Option<&'a Message>,
        /// The delivery before had the same packet, but for its Packet Identifier: whoever encodes
        /// it may copy ([`crate::protocol::Frames`]).
        repeats: bool,
    },
    /// Close the connection behind the bytes before it. The core counts it as gone; the server
    /// answers with [`Input::Closed`].
    Close {
        /// Which connection.
        conn: ConnId,
    },
    /// Something worth telling.
    Report(Event<'a>),
}

/// Whether a connection takes more. After `Full` the core sends it no PUBLISH until
/// [`Input::Drained`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is room.
    Ok,
    /// The packet was taken, but nothing more until it is drained.
    Full,
}

/// Where effects go.
pub trait Sink {
    /// Carries out one effect. Only `Send` and `Deliver` can answer [`Room::Full`].
    fn effect(&mut self, effect: Effect<'_>) -> Room;

    /// A step begins within an input of several: nothing in it waits for changes of those before.
    fn begin_step(&mut self) {}

    /// Carries out as many [`Effect::Deliver`] as there are packets in a run, up to the first that is
    /// answered with [`Room::Full`]; how many those are. Packet Identifiers count from `first`.
    fn deliver_run(
        &mut self,
        conn: ConnId,
        run: &Run<'_>,
        first: Option<PacketId>,
    ) -> (usize, Room) {
        deliver_singly(self, conn, run, first)
    }

    /// Carries out an [`Effect::Send`] of what answers each of these packets, with this reason
    /// ([`acks_of`]); what the last of them answers.
    fn acknowledge_run(
        &mut self,
        conn: ConnId,
        packets: &[Packet<'_>],
        reason: ReasonCode,
    ) -> Room {
        let mut room = Room::Ok;
        for packet in acks_of(packets, reason) {
            room = self.effect(Effect::Send { conn, packet });
        }
        room
    }
}

/// Why the deadline of the broker is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Somebody may have been silent for too long.
    KeepAlive,
    /// A connection has not sent its CONNECT.
    ConnectTimeout,
    /// A Will Delay Interval ends.
    Will,
    /// A session expires.
    SessionExpiry,
    /// Retained messages may have expired.
    MessageExpiry,
    /// A connection has lasted as long as it may.
    ConnectionEnd,
    /// What a client has used of its rates has flown off.
    Account,
}

/// What is reported: the source of every log line and counter. The wording is in `observe/`.
/// `client_id` is whose event it is, `peer` the address of its connection; topics are with the mount
/// point, filters as the client wrote them, sizes in bytes.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "fields are named after what they hold")]
pub enum Event<'a> {
    /// A CONNECT was accepted.
    Connected(Connected<'a>),
    /// A CONNECT was refused, or the connection ended before it.
    Refused { peer: &'a str, client_id: Option<&'a str>, why: Refusal<'a> },
    /// An accepted connection ended.
    Disconnected { client_id: &'a str, peer: &'a str, cause: End },
    /// A will came with CONNECT and is armed.
    WillArmed {
        client_id: &'a str,
        topic: TopicName<'a>,
        size: usize,
        qos: QoS,
        retain: bool,
        delay_secs: u32,
    },
    /// The will that came with CONNECT could not be published as things stand: the client was let in
    /// because `check_will_at_connect` is off.
    WillDoubtful { client_id: &'a str, topic: TopicName<'a>, denied: Denied<'a> },
    /// A client of this name, its client id or user name, gets nothing by patterns of the access
    /// rules.
    DangerousName { name: &'a str },
    /// A will was settled or waits.
    /// `dead_for` is the time since its connection ended, or since the last word of a client that
    /// fell silent.
    Will {
        client_id: &'a str,
        topic: TopicName<'a>,
        fate: WillFate,
        cause: End,
        dead_for: Duration,
    },
    /// A session that was offline ended because its expiry came.
    SessionExpired { client_id: &'a str },
    /// An administrator has deleted a session.
    SessionDeleted { client_id: &'a str },
    /// A client sends more than its rates allow, and is slowed; once for each time that it begins.
    Slowed { client_id: &'a str },
    /// Messages for a session are dropped, and why; once for each time that it begins.
    Dropping { client_id: &'a str, why: Dropped },
    /// A subscription was made (`qos` is granted) …
    Subscribed { client_id: &'a str, filter: &'a str, qos: QoS },
    /// … or refused.
    SubscribeRefused { client_id: &'a str, filter: &'a str, reason: ReasonCode },
    /// A subscription was ended.
    Unsubscribed { client_id: &'a str, filter: &'a str },
    /// A PUBLISH was not accepted.
    PublishRefused { client_id: &'a str, publish: &'a Publish<'a>, reason: ReasonCode },
    /// A packet came or went: the protocol trace at debug level.
    Received { client_id: &'a str, packet: &'a Packet<'a> },
    /// A packet that is not a PUBLISH was sent.
    Sent { client_id: &'a str, packet: &'a Packet<'a> },
    /// A PUBLISH was sent.
    Delivered { client_id: &'a str, publish: &'a Outgoing<'a> },
}

/// An accepted CONNECT.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "named after the fields of CONNECT")]
pub struct Connected<'a> {
    pub client_id: &'a str,
    pub peer: &'a str,
    pub listener: ListenerId,
    pub version: Version,
    pub clean_start: bool,
    pub keep_alive_secs: u16,
    pub username: Option<&'a str>,
    pub session_present: bool,
    /// It says that it is a bridge, which only version 3 can.
    pub is_bridge: bool,
}

/// Why no connection came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// CONNACK with this code, or the close that stands for it in version 3.
    Reason(ReasonCode),
    /// The will may not be stored.
    Will {
        /// Its topic, as the client wrote it.
        topic: &'a str,
        /// The code of the refusal.
        reason: ReasonCode,
        /// Why, in words.
        rule: &'static str,
    },
    /// The client may not write to the topic of its will (D5).
    WillDenied {
        /// The topic, as the client wrote it.
        topic: &'a str,
        /// By which rule.
        denied: Denied<'a>,
    },
    /// The bytes are no CONNECT.
    Broken(DecodeError),
    /// No CONNECT in time.
    Timeout,
    /// Closed before a CONNECT was complete.
    Lost(Lost),
}

/// Who may not write to a topic, and by which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied<'a> {
    /// Its user name; `None` is anonymous.
    pub username: Option<&'a str>,
    /// The file of the rules.
    pub file: Option<&'a str>,
    /// What they say.
    pub why: Denial,
}

/// How an accepted connection ended: the cause of a will's fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// DISCONNECT with this reason from the client. 0x00 is the normal one.
    Disconnect(ReasonCode),
    /// The transport was lost without DISCONNECT.
    Lost(Lost),
    /// Silent past 1.5 times its keep-alive, in seconds.
    KeepAlive(u16),
    /// A packet that broke the rules.
    Broken(DecodeError),
    /// The broker closed it with this reason.
    Server(ReasonCode),
    /// Another connection came with the same client id.
    TakenOver {
        /// Whether the session went on.
        session_continues: bool,
    },
    /// The session ended while the will waited: an administrator deleted it.
    Deleted,
    /// The session ended while the will waited: its expiry came.
    SessionExpired,
    /// The session ended while the will waited: the client came back with Clean Start.
    CleanStart,
    /// The client resumed its session in time.
    Resumed,
    /// The will delay is over.
    DelayOver,
    /// The administrator ended it.
    Revoked(ReasonCode),
    /// The broker stops.
    Shutdown,
    /// The broker ended without an orderly stop, and has started again.
    Restart,
}

/// What became of a will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WillFate {
    /// Published.
    Published,
    /// Waits until this moment, unless the client comes back.
    Waiting(Timestamp),
    /// Discarded after a normal DISCONNECT, by the administrator, or because mosquitto would.
    Discarded,
    /// Cancelled: the session was resumed in time.
    Cancelled,
    /// Not sent: its owner may not write to the topic.
    Refused,
}

/// Why messages are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The session's queue is full, in messages or bytes.
    QueueFull,
    /// QoS 0 towards a connection that takes no more.
    SlowReader,
    /// Larger than the client's Maximum Packet Size.
    TooLarge,
}
