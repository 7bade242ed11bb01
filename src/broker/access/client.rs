//! Who the client of a session is, and what follows from that: the same for many sessions.

use std::sync::Arc;

use super::{Denial, Rights, Use};
use crate::broker::policy::{Identity, Policy};
use crate::protocol::TopicName;

/// Who the client of a session is, as of its last CONNECT, and what it may do. Shared by sessions
/// whose clients are the same user and came the same way.
#[derive(Debug)]
pub(in crate::broker) struct Client {
    /// Who it is.
    pub identity: Identity,
    /// By which listener it came ([`crate::broker::policy::ListenerPolicy::name`]); `None` if an
    /// older version kept the session.
    pub listener: Option<Arc<str>>,
    /// What it may do.
    pub rights: Rights,
}

impl Client {
    /// Whether only the broker's own rules bind it.
    pub fn is_free(&self) -> bool {
        self.rights.is_free()
    }

    /// The verdict about one topic.
    pub fn judge(&self, client_id: &str, usage: Use, topic: TopicName<'_>) -> Result<(), Denial> {
        self.rights.judge(client_id, &self.identity, usage, topic)
    }
}

/// The client of each listener that came last: whoever comes next is often the same, as far as
/// [`Client`] goes.
#[derive(Debug, Default)]
pub(in crate::broker) struct Clients {
    recent: Vec<Arc<Client>>,
}

impl Clients {
    /// A client that came by this listener; `None` if that is not known.
    pub fn client(
        &mut self,
        policy: &Policy,
        listener: Option<&Arc<str>>,
        identity: Identity,
    ) -> Arc<Client> {
        let recent = self.recent.iter().position(|it| it.listener.as_ref() == listener);
        if let Some(recent) = recent
            && self.recent[recent].identity == identity
        {
            return Arc::clone(&self.recent[recent]);
        }
        let rights = Rights::of(policy, listener.map(|it| &**it), &identity);
        let client = Arc::new(Client { identity, listener: listener.cloned(), rights });
        match recent {
            Some(recent) => self.recent[recent] = Arc::clone(&client),
            None => self.recent.push(Arc::clone(&client)),
        }
        client
    }

    /// Nobody came so far: the rules are others, or those who came are to be forgotten.
    pub fn clear(&mut self) {
        self.recent = Vec::new();
    }
}
