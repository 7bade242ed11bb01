//! The two clients' ears: what they hear goes to the relay, or is told to whoever runs the bridge.

use std::cell::RefCell;

use super::relay::{Arrival, Relay, Side, Step};
use super::words;
use crate::client::{Application, Cause, Event, Requests};
use crate::protocol::{ConnAck, QoS, ReasonCode};

/// What the runner of a bridge has to decide about.
#[derive(Debug)]
pub(super) enum Told {
    /// CONNECT was accepted.
    Connected,
    /// A subscription was answered.
    Subscribed,
    /// CONNECT was refused; [`Told::Waiting`] follows.
    Refused(ReasonCode),
    /// A subscription was refused.
    SubscribeRefused(ReasonCode),
    /// The other side did not take a message, and why.
    NotTaken(String),
    /// A message came or was settled.
    Busy,
    /// There is no connection.
    Waiting(Cause),
}

/// The relay, and what it wants done.
#[derive(Debug)]
pub(super) struct Desk {
    pub relay: Relay,
    pub steps: Vec<Step>,
}

/// One side as a client's application.
pub(super) struct Ear<'a> {
    pub side: Side,
    pub desk: &'a RefCell<Desk>,
    pub told: &'a mut Vec<Told>,
}

impl Application for Ear<'_> {
    fn on_event(&mut self, event: Event<'_>, _requests: &mut Requests) {
        let Desk { relay, steps } = &mut *self.desk.borrow_mut();
        match event {
            Event::Message(publish) => {
                let (message, packet_id) = (publish.message(), publish.packet_id);
                let arrival = Arrival { message, packet_id, dup: publish.dup };
                match self.side {
                    Side::Local => relay.on_local(arrival, steps),
                    Side::Remote => relay.on_remote(arrival, steps),
                }
                self.told.push(Told::Busy);
            }
            Event::Taken { packet_id } => relay.on_taken(self.side, packet_id, steps),
            Event::Released { packet_id } => relay.on_released(self.side, packet_id, steps),
            Event::Published { token, reason, .. } => {
                relay.on_settled(self.side, token, steps);
                // PUBCOMP for a message that was complete before we began.
                let was_complete = reason == ReasonCode::PacketIdentifierNotFound;
                if reason.is_error() && !was_complete {
                    self.told.push(Told::NotTaken(reason.to_string()));
                }
            }
            Event::NotPublished { token, why } => {
                relay.on_settled(self.side, token, steps);
                self.told.push(Told::NotTaken(words::not_sent(why).to_owned()));
            }
            Event::Connected { connack, resumed, .. } => {
                // Before any message of this connection.
                relay.on_connected(self.side, resumed, steps);
                if self.side == Side::Remote {
                    relay.on_remote_up(qos_max(connack), steps);
                }
                self.told.push(Told::Connected);
            }
            Event::Refused { connack } => self.told.push(Told::Refused(connack.reason)),
            Event::Subscribed(suback) => {
                let refused = suback.reasons.iter().filter(|reason| reason.is_error());
                self.told.extend(refused.map(|reason| Told::SubscribeRefused(*reason)));
                self.told.push(Told::Subscribed);
            }
            Event::Waiting { cause, .. } => self.told.push(Told::Waiting(cause)),
            Event::Received(_)
            | Event::Sent(_)
            | Event::PublishSent { .. }
            | Event::TooLarge
            | Event::Unsubscribed(_)
            | Event::Presence { .. }
            | Event::Left { .. }
            | Event::Ended(_) => {}
        }
    }
}

fn qos_max(connack: &ConnAck<'_>) -> QoS {
    connack.properties.maximum_qos().and_then(QoS::from_u8).unwrap_or(QoS::ExactlyOnce)
}
