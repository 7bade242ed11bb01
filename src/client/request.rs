//! What an application asks of a running client, and what it is told.

use std::collections::VecDeque;

use crate::client::session::event::Event;
use crate::protocol::{
    Message, PacketId, PropertyBuf, ReasonCode, Subscription, SubscriptionOptions, TopicFilter,
};

/// What an application asks the session for.
#[derive(Debug)]
pub enum Request {
    /// See [`crate::client::Input::Publish`].
    Publish {
        /// Comes back when the message is settled.
        token: u64,
        /// The message.
        message: Message,
        /// A Topic Alias of the application's choice.
        topic_alias: Option<u16>,
    },
    /// See [`crate::client::Input::Subscribe`].
    Subscribe(Filters),
    /// See [`crate::client::Input::Unsubscribe`]; the options are not used.
    Unsubscribe(Filters),
    /// See [`crate::client::Input::Carry`].
    Carry {
        /// The identifier.
        packet_id: PacketId,
        /// The message.
        message: Message,
        /// An earlier run may have sent it.
        dup: bool,
        /// The server may hold something else under the identifier.
        is_doubtful: bool,
    },
    /// See [`crate::client::Input::Release`].
    Release(PacketId),
    /// See [`crate::client::Input::Complete`].
    Complete(PacketId),
    /// See [`crate::client::Input::Orphan`].
    Orphan,
    /// See [`crate::client::Input::Acknowledge`].
    Acknowledge(PacketId),
    /// See [`crate::client::Input::Interrupt`].
    Interrupt,
    /// See [`crate::client::Input::End`].
    End {
        /// The reason code of DISCONNECT.
        reason: ReasonCode,
        /// Its properties.
        properties: PropertyBuf,
    },
}

/// The filters of one SUBSCRIBE or UNSUBSCRIBE, kept.
#[derive(Clone, Debug)]
pub struct Filters {
    filters: Vec<(String, SubscriptionOptions)>,
    pub(super) properties: PropertyBuf,
}

impl Filters {
    /// Copies the filters.
    pub fn new(subscriptions: &[Subscription<'_>], properties: PropertyBuf) -> Self {
        let filters = subscriptions
            .iter()
            .map(|subscription| (subscription.filter.as_str().to_owned(), subscription.options))
            .collect();
        Filters { filters, properties }
    }

    pub(super) fn subscriptions(&self) -> Vec<Subscription<'_>> {
        let valid = "it was a filter when it was copied";
        self.filters
            .iter()
            .map(|(filter, options)| Subscription {
                filter: TopicFilter::new(filter).expect(valid),
                options: *options,
            })
            .collect()
    }
}

/// What an application has asked for and the session has not been told yet, in order.
pub type Requests = VecDeque<Request>;

/// What a client that runs tells.
pub trait Application {
    /// Something happened. What is put into `requests` is done before anything else happens.
    fn on_event(&mut self, event: Event<'_>, requests: &mut Requests);
}
