//! A session that the application leads: whatever ends a connection, the session waits until it is
//! told to connect again, perhaps with other settings. What was not acknowledged goes out then.

use super::event::{Cause, Effect, Event, Sink};
use super::presence::{self, ONLINE};
use super::settings::Settings;
use super::{After, Phase, Session};
use crate::protocol::{
    Disconnect, Packet, Properties, ReasonCode, Subscription, SubscriptionOptions, TopicFilter,
};
use crate::time::Timestamp;

/// What a led session asks for after each accepted CONNECT, before anything that waits is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// SUBSCRIBE to this filter, in a packet of its own.
    Subscribe(String, SubscriptionOptions),
    /// UNSUBSCRIBE from this filter, in a packet of its own.
    Unsubscribe(String),
}

impl Session {
    /// After an accepted CONNECT: says that we are online, and asks for the subscriptions of a led
    /// session.
    pub(super) fn greet(&mut self, now: Timestamp, out: &mut impl Sink) {
        if !self.settings.is_led {
            return self.say_online(now, out);
        }
        self.outbound.drop_tokens(presence::is_own);
        // Ahead of whatever waits: the state of now, not one that queued with the messages.
        if let Some(message) = self.settings.presence.as_ref().map(|own| own.online().clone()) {
            self.announce_at_once(now, ONLINE, message, out);
        }
        for greeting in self.settings.greetings.clone() {
            match greeting {
                Greeting::Subscribe(filter, options) => {
                    let Ok(filter) = TopicFilter::new(&filter) else { continue };
                    let subscriptions = [Subscription { filter, options }];
                    self.on_subscribe(now, &subscriptions, Properties::EMPTY, out);
                }
                Greeting::Unsubscribe(filter) => {
                    let Ok(filter) = TopicFilter::new(&filter) else { continue };
                    self.on_unsubscribe(now, &[filter], Properties::EMPTY, out);
                }
            }
        }
    }

    /// Connects again, if the session waits for that.
    pub(super) fn on_reconnect(&mut self, settings: Settings, out: &mut impl Sink) {
        if matches!(self.phase, Phase::Waiting { .. }) {
            if settings.client_id != self.settings.client_id {
                self.client_id.clone_from(&settings.client_id);
            }
            self.settings = settings;
            self.phase = Phase::Opening;
            out.effect(Effect::Open);
        }
    }

    /// Ends the connection, not the session; asked again, without waiting for the server. The server publishes our will, if there is one: that
    /// we are gone is true.
    pub(super) fn on_interrupt(&mut self, now: Timestamp, out: &mut impl Sink) {
        let after = After::Retry(Cause::Requested);
        match self.phase {
            Phase::Opening => {
                self.phase = Phase::Closing(after);
                out.effect(Effect::Abort);
            }
            Phase::Connecting { .. } | Phase::Connected => {
                let has_will = self.settings.will.is_some();
                let reason = match (has_will, self.settings.version.is_v5()) {
                    (false, _) => Some(ReasonCode::Success),
                    (true, true) => Some(ReasonCode::DisconnectWithWill),
                    (true, false) => None,
                };
                if let Some(reason) = reason {
                    let disconnect = Disconnect { reason, properties: Properties::EMPTY };
                    self.send(now, Packet::Disconnect(disconnect), out);
                }
                self.phase = Phase::Closing(after);
                out.effect(Effect::Close);
            }
            Phase::Closing(After::Retry(Cause::Requested)) => out.effect(Effect::Abort),
            _ => {}
        }
    }

    /// A led session has lost its connection, or got none.
    pub(super) fn wait_to_be_led(&mut self, cause: Cause, out: &mut impl Sink) {
        let until = Timestamp::NEVER;
        self.phase = Phase::Waiting { until };
        out.effect(Effect::Report(Event::Waiting { cause, until }));
    }
}
