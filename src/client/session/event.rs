//! Everything that can happen to a client's session, and everything it can do. This is the whole
//! vocabulary of the client's core.

use std::time::Duration;

use crate::client::session::settings::Settings;
use crate::protocol::{
    ConnAck, DecodeError, Malformed, Message, Outgoing, Packet, PacketId, Properties, Publish, QoS,
    ReasonCode, SubAck, Subscription, TopicFilter, UnsubAck, Violation,
};
use crate::time::Timestamp;

/// What happens. Borrowed: a PUBLISH is a view of the read buffer.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are named after the standard's terms")]
pub enum Input<'a> {
    /// Begin: open the first Network Connection.
    Start,
    /// The transport is connected: the answer to [`Effect::Open`] …
    Opened,
    /// … or it could not be connected.
    OpenFailed,
    /// TLS failed, at the opening of the transport or later, in a way that will come again.
    TlsFailed,
    /// A packet from the server.
    Packet(Packet<'a>),
    /// Bytes that are no packet.
    Broken(DecodeError),
    /// The Network Connection is gone: everything received from it was handed in before. Also the
    /// answer to [`Effect::Close`] and [`Effect::Abort`].
    Closed,
    /// Subscribe. Needs an accepted connection, otherwise it is ignored: the application
    /// subscribes when it is told [`Event::Connected`].
    Subscribe { subscriptions: &'a [Subscription<'a>], properties: Properties<'a> },
    /// Unsubscribe. Needs an accepted connection, as above.
    Unsubscribe { filters: &'a [TopicFilter<'a>], properties: Properties<'a> },
    /// Publish. QoS 1 and 2 are kept until they are acknowledged, across connections; QoS 0
    /// without a connection is dropped ([`NotSent::Offline`]). `token` comes back in the event
    /// that settles the message.
    Publish { token: u64, message: Message, topic_alias: Option<u16> },
    /// Publish a message of QoS 1 or 2 that the application carries from another session, under an
    /// identifier that it has chosen: one that no message has which it carries at that time. At QoS 2
    /// PUBREL waits for [`Input::Release`]. The token in the event that settles the message is the
    /// identifier. `dup`: an earlier run may have sent it. `is_doubtful`: the server may hold
    /// something else under the identifier, which is released first.
    Carry { packet_id: PacketId, message: Message, dup: bool, is_doubtful: bool },
    /// PUBREL may go out for a message that is carried: after [`Event::Taken`], or instead of
    /// [`Input::Carry`] where an earlier run has sent the message.
    Release { packet_id: PacketId },
    /// Where messages were carried from has forgotten them: the session ends their exchanges by
    /// itself, and tells nothing of them.
    Orphan,
    /// PUBCOMP may go out: the answer to [`Event::Released`].
    Complete { packet_id: PacketId },
    /// The application is done with a message of this identifier: it may be acknowledged. Only where
    /// the settings leave that to the application.
    Acknowledge { packet_id: PacketId },
    /// Connect again, with these settings: for a led session that waits.
    Reconnect(Box<Settings>),
    /// End the connection, not the session: a led session waits then.
    Interrupt,
    /// End for good, with a DISCONNECT if there is an accepted connection.
    End { reason: ReasonCode, properties: Properties<'a> },
    /// The moment of [`crate::client::Session::deadline`] has come.
    Timeout,
}

/// What the session does. Borrowed: a PUBLISH is encoded straight from its source.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are named after the standard's terms")]
pub enum Effect<'a> {
    /// Connect the transport; answered with [`Input::Opened`], [`Input::OpenFailed`] or
    /// [`Input::TlsFailed`].
    Open,
    /// Send a packet that is not a PUBLISH.
    Send(Packet<'a>),
    /// Send a PUBLISH. `number` counts like a Packet Identifier, and is it where QoS is above 0.
    Publish { publish: Outgoing<'a>, number: PacketId },
    /// Send these bytes, which need not be a packet.
    SendRaw(&'a [u8]),
    /// From now on the server takes this.
    Limit(PeerLimits),
    /// Send what was to be sent, close the writing side, wait until the server has closed too, but
    /// not for ever. Answered with [`Input::Closed`].
    Close,
    /// Drop the connection without waiting for a server that does not answer, or give up opening
    /// it. Answered with [`Input::Closed`].
    Abort,
    /// Drop the connection with a reset (TCP RST) where the transport has one. Answered with
    /// [`Input::Closed`].
    Reset,
    /// Something worth telling.
    Report(Event<'a>),
}

/// What CONNACK says about the packets that the server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerLimits {
    /// Maximum Packet Size in bytes, `u32::MAX` when absent.
    pub packet_size_max: u32,
    /// Topic Alias Maximum, 0 when absent.
    pub topic_alias_max: u16,
}

/// Where effects go.
pub trait Sink {
    /// Carries out one effect.
    fn effect(&mut self, effect: Effect<'_>);
}

/// Why the deadline of a session is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// No CONNACK yet.
    ConnAck,
    /// Time for a PINGREQ.
    Ping,
    /// No PINGRESP yet.
    PingResp,
    /// The delay before the next attempt to connect is over.
    Reconnect,
    /// The moment to leave, as [`crate::client::Ending`] has it.
    End,
    /// The server has not closed the connection that we wanted it to close.
    Left,
    /// The server does not acknowledge our last presence message.
    Goodbye,
}

/// What an application is told.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the fields are named after the standard's terms")]
pub enum Event<'a> {
    /// A packet came; told by the driver before the session has dealt with it.
    Received(&'a Packet<'a>),
    /// A packet that is not a PUBLISH was handed to the transport; told by the driver.
    Sent(&'a Packet<'a>),
    /// A PUBLISH was handed to the transport; told by the driver. `number` as in
    /// [`Effect::Publish`].
    PublishSent { publish: &'a Outgoing<'a>, number: PacketId },
    /// A packet is larger than the server takes and was not sent; told by the driver.
    TooLarge,
    /// The server has accepted the connection. `client_id` is the one in use, assigned or not;
    /// `resumed`: the session of the connection before goes on.
    Connected { connack: &'a ConnAck<'a>, client_id: &'a str, resumed: bool },
    /// The server has refused the connection; [`Event::Ended`] follows, or [`Event::Waiting`].
    Refused { connack: &'a ConnAck<'a> },
    /// An Application Message: QoS 0 and 1 when it arrives, QoS 2 when it is released, or when it
    /// arrives where the application acknowledges.
    Message(&'a Publish<'a>),
    /// A message is with the server: QoS 0 handed to the transport, QoS 1 and 2 acknowledged. An
    /// error in `reason` says that the server did not take it.
    Published {
        token: u64,
        packet_id: Option<PacketId>,
        reason: ReasonCode,
        properties: Properties<'a>,
    },
    /// The server has a message of QoS 2 that is carried (PUBREC), and waits for
    /// [`Input::Release`].
    Taken { packet_id: PacketId },
    /// The server has sent PUBREL and waits for [`Input::Complete`]: only where the application
    /// acknowledges. It may be about a message of an earlier run.
    Released { packet_id: PacketId },
    /// A message was not sent and never will be.
    NotPublished { token: u64, why: NotSent },
    /// The answer to SUBSCRIBE.
    Subscribed(&'a SubAck<'a>),
    /// The answer to UNSUBSCRIBE.
    Unsubscribed(&'a UnsubAck<'a>),
    /// The server has taken our presence message, or not: `reason` says so.
    Presence { online: bool, reason: ReasonCode },
    /// We did what makes a server close the connection. It closed it after `elapsed`, with a
    /// DISCONNECT if there is an `answer`; or it has not in that time, and we gave up waiting.
    Left { closed: bool, elapsed: Duration, answer: Option<ReasonCode> },
    /// The connection ended or could not be made; the next attempt is at `until`.
    Waiting { cause: Cause, until: Timestamp },
    /// The session has ended for good. Nothing follows.
    Ended(Cause),
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// QoS 0 without a connection.
    Offline,
    /// Larger than the server's Maximum Packet Size.
    TooLarge,
    /// Above the server's Maximum QoS, which is here.
    QoS(QoS),
}

/// Why a connection, or a session, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// We ended it.
    Requested,
    /// The transport could not be connected.
    OpenFailed,
    /// TLS failed, at the opening of the transport or later.
    TlsFailed,
    /// CONNACK with this reason.
    Refused(ReasonCode),
    /// CONNACK with this code, which the standard does not list.
    RefusedOddly(u8),
    /// The transport was lost or closed by the server.
    Lost,
    /// The same, before the server had answered CONNECT.
    Unanswered,
    /// DISCONNECT from the server with this reason.
    Disconnected(ReasonCode),
    /// The server did not answer within the keep-alive.
    Silent,
    /// The server sent what is no packet.
    Broken(DecodeError),
    /// The server sent a packet that is not allowed at that moment; the reason that it was told.
    Violation(ReasonCode),
}

impl Cause {
    /// Whether the server does not speak the protocol at all: it sent a packet that no server may
    /// send, or not at that moment. Other broken packets may be damage that does not come again.
    pub fn is_breach(self) -> bool {
        match self {
            Cause::Violation(_) => true,
            Cause::Broken(error) => matches!(
                error,
                DecodeError::Malformed(Malformed::PacketType(_) | Malformed::PublishQoS)
                    | DecodeError::Violation(Violation::FromServer(_))
            ),
            _ => false,
        }
    }

    /// Whether another connection may go better; not after anything that the server said if that
    /// ends the session.
    pub(super) fn may_retry(self, ends_with_the_server: bool) -> bool {
        match self {
            Cause::OpenFailed | Cause::Lost | Cause::Unanswered | Cause::Silent => true,
            Cause::Disconnected(_) => !ends_with_the_server,
            Cause::Broken(_) | Cause::Violation(_) => !ends_with_the_server && !self.is_breach(),
            Cause::Requested | Cause::Refused(_) | Cause::RefusedOddly(_) | Cause::TlsFailed => {
                false
            }
        }
    }
}
