//! Who published a retained message: kept with it, since its right to do so may be withdrawn.

use std::sync::Arc;

use super::{Rights, Use};
use crate::broker::Broker;
use crate::broker::policy::{Identity, Policy};
use crate::broker::session::Session;
use crate::protocol::TopicName;

/// Who published a retained message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Client Identifier.
    pub client_id: Arc<str>,
    /// Who its client was.
    pub identity: Identity,
    /// By which listener it came ([`crate::broker::policy::ListenerPolicy::name`]); `None` if an
    /// older version kept it, which did not keep the identity either.
    pub listener: Option<Arc<str>>,
}

impl Origin {
    /// Whether its client may still write to a topic (`check_retain_source`). One that is not known
    /// is not judged.
    pub(in crate::broker) fn may_write(&self, policy: &Policy, topic: TopicName<'_>) -> bool {
        let Some(listener) = &self.listener else { return true };
        let rights = Rights::of(policy, Some(listener), &self.identity);
        rights.is_free() || rights.judge(&self.client_id, &self.identity, Use::Write, topic).is_ok()
    }
}

/// The same as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginState<'a> {
    /// Client Identifier.
    pub client_id: &'a str,
    /// User name.
    pub username: Option<&'a str>,
    /// It was one of the broker's own bridges.
    pub is_own_bridge: bool,
    /// By which listener it came; `None` if an older version kept the message: then nothing is
    /// known but its Client Identifier.
    pub listener: Option<&'a str>,
}

impl Origin {
    /// As it is kept.
    pub(in crate::broker) fn state(&self) -> OriginState<'_> {
        OriginState {
            client_id: &self.client_id,
            username: self.identity.username.as_deref(),
            is_own_bridge: self.identity.is_own_bridge,
            listener: self.listener.as_deref(),
        }
    }

    fn of_state(state: OriginState<'_>) -> Self {
        let OriginState { client_id, username, is_own_bridge, listener } = state;
        let identity = Identity { username: username.map(Arc::from), is_own_bridge };
        Origin { client_id: Arc::from(client_id), identity, listener: listener.map(Arc::from) }
    }
}

impl Session {
    /// Who it is, for what it publishes.
    pub(in crate::broker) fn origin(&mut self) -> Arc<Origin> {
        let origin = self.origin.get_or_insert_with(|| {
            Arc::new(Origin {
                client_id: Arc::clone(&self.client_id),
                identity: self.client.identity.clone(),
                listener: self.client.listener.clone(),
            })
        });
        Arc::clone(origin)
    }
}

impl Broker {
    /// The publisher of a retained message: most have published many.
    pub(in crate::broker) fn origin_of(&mut self, state: OriginState<'_>) -> Arc<Origin> {
        let origin = Origin::of_state(state);
        if let Some(known) = self.origins.get(&origin) {
            return Arc::clone(known);
        }
        let origin = Arc::new(origin);
        self.origins.insert(Arc::clone(&origin));
        origin
    }
}
