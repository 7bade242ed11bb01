//! Who may write and read which topics. The one place that is asked.
//!
//! First come the broker's own rules, then those of an `acl_file` ([`Acl`]). Topics are judged with
//! their mount point, as in mosquitto.

mod acl;
mod client;
mod origin;
mod tree;

pub use acl::{Acl, Denial, Grant, Subject, TooManyLevels, Use};
pub(super) use client::{Client, Clients};
pub use origin::{Origin, OriginState};

use std::sync::Arc;

use tree::Names;

use crate::broker::policy::{Identity, Policy};
use crate::broker::session::Session;
use crate::protocol::{TopicFilter, TopicName};

/// Whether anybody outside the broker may publish to a topic. Nobody writes to `$SYS/`, but for the
/// state of bridges (D6); `$CONTROL/` and `$share/` are no topics.
pub(super) fn is_writable(topic: TopicName<'_>) -> bool {
    if !topic.is_dollar() {
        return true;
    }
    let text = topic.as_str();
    if is_below(text, "$SYS") {
        return is_bridge_state(text);
    }
    !is_below(text, "$CONTROL") && !is_below(text, "$share")
}

/// Whether a topic is one by which mosquitto itself would be controlled.
pub(super) fn is_control(topic: TopicName<'_>) -> bool {
    is_below(topic.as_str(), "$CONTROL")
}

/// Whether a client may subscribe to a filter; for a shared subscription, the filter behind the
/// share name. What it may read is judged message by message.
pub(super) fn may_subscribe(filter: TopicFilter<'_>) -> bool {
    let filter = filter.shared().map_or(filter, |shared| shared.filter);
    !is_below(filter.as_str(), "$CONTROL")
}

/// `$SYS/broker/connection/NAME/state`: what a mosquitto bridge leaves as its will.
fn is_bridge_state(topic: &str) -> bool {
    let name =
        topic.strip_prefix("$SYS/broker/connection/").and_then(|rest| rest.strip_suffix("/state"));
    name.is_some_and(|name| !name.contains('/'))
}

fn is_below(topic: &str, root: &str) -> bool {
    topic.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The rules that hold for one client.
#[derive(Clone, Debug, Default)]
enum Rules {
    /// None but the broker's own.
    #[default]
    Free,
    /// Those of a file.
    File(Arc<Acl>),
    /// Listeners have different rules, and it is not known by which the client came.
    Unknown,
}

/// What a client may do, as far as it follows from who it is: found once, asked for every message.
#[derive(Clone, Debug, Default)]
pub(super) struct Rights {
    rules: Rules,
    /// Where the rules of its user name stand.
    user: Option<u32>,
}

impl Rights {
    /// The rights of a client that came by this listener; `None` if that is not known.
    pub fn of(policy: &Policy, listener: Option<&str>, identity: &Identity) -> Rights {
        if identity.is_own_bridge {
            return Rights::default();
        }
        let rules = rules_at(policy, listener);
        let user = match &rules {
            Rules::File(acl) => acl.user(identity.username.as_deref()),
            Rules::Free | Rules::Unknown => None,
        };
        Rights { rules, user }
    }

    /// Whether only the broker's own rules hold.
    pub const fn is_free(&self) -> bool {
        matches!(self.rules, Rules::Free)
    }

    /// The verdict about one topic.
    pub fn judge(
        &self,
        client_id: &str,
        identity: &Identity,
        usage: Use,
        topic: TopicName<'_>,
    ) -> Result<(), Denial> {
        if usage == Use::Write && !is_writable(topic) {
            return Err(Denial::BuiltIn);
        }
        match &self.rules {
            Rules::Free => Ok(()),
            Rules::Unknown => Err(Denial::UnknownListener),
            Rules::File(acl) => {
                let names = Names { client_id, username: identity.username.as_deref() };
                acl.judge(self.user, names, usage, topic)
            }
        }
    }

    /// The file that the rules come from.
    pub fn file(&self) -> Option<&str> {
        match &self.rules {
            Rules::File(acl) => Some(acl.file()),
            Rules::Free | Rules::Unknown => None,
        }
    }

    /// The name, of client id and user name, that patterns deny everything to.
    pub fn dangerous_name<'a>(
        &self,
        client_id: &'a str,
        identity: &'a Identity,
    ) -> Option<&'a str> {
        let Rules::File(acl) = &self.rules else { return None };
        let mut names = identity.username.as_deref().into_iter().chain([client_id]);
        names.find(|name| acl.is_dangerous(name))
    }
}

/// The rules of a listener. One that is not there any more, or not known, has those of the others
/// if they all have the same.
fn rules_at(policy: &Policy, listener: Option<&str>) -> Rules {
    let found = policy.listeners.iter().find(|it| Some(&*it.name) == listener);
    let rules = match (found, policy.listeners.split_first()) {
        (Some(found), _) => &found.access,
        (None, Some((first, others))) => {
            let is_same = |it: &Option<Arc<Acl>>| match (it, &first.access) {
                (Some(it), Some(first)) => Arc::ptr_eq(it, first),
                (it, first) => it.is_none() && first.is_none(),
            };
            if !others.iter().all(|it| is_same(&it.access)) {
                return Rules::Unknown;
            }
            &first.access
        }
        (None, None) => return Rules::Unknown,
    };
    rules.clone().map_or(Rules::Free, Rules::File)
}

impl Session {
    /// Takes note of who its client is and what it may do: at CONNECT, and when the rules change.
    /// What waits is judged again when it is sent.
    pub(super) fn set_client(&mut self, client: Arc<Client>) {
        self.is_free = client.is_free();
        self.client = client;
        self.read_memo = 0;
        self.queue.on_rights_changed();
    }

    /// Whether it may get messages of this topic. `route_version` is that of the route by which the
    /// message comes ([`crate::broker::router::Route::version`]): the verdict is remembered with it.
    pub(super) fn may_read(&mut self, topic: TopicName<'_>, route_version: Option<u64>) -> bool {
        if self.is_free {
            return true;
        }
        if let Some(version) = route_version
            && self.read_memo >> 1 == version
        {
            return self.read_memo & 1 == 1;
        }
        let verdict = self.client.judge(&self.client_id, Use::Read, topic).is_ok();
        if let Some(version) = route_version {
            // Versions begin with 1, and fewer than 2^63 routes are ever made.
            self.read_memo = version << 1 | u64::from(verdict);
        }
        verdict
    }

    /// Whether it may publish to this topic.
    pub(super) fn judge_write(&self, topic: TopicName<'_>) -> Result<(), Denial> {
        self.client.judge(&self.client_id, Use::Write, topic)
    }
}
