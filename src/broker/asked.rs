//! What can be asked about one session, for whoever looks after it.

use std::sync::Arc;

use crate::broker::Broker;

/// A session whose client is not connected.
#[derive(Clone, Copy, Debug)]
pub struct Absent<'a> {
    /// Its Client Identifier.
    pub client_id: &'a Arc<str>,
    /// Who its client was at the last CONNECT.
    pub username: Option<&'a str>,
    /// By which listener that came, if that is known.
    pub listener: Option<&'a str>,
}

impl Broker {
    /// How many messages wait for a session or are on the way to it; 0 where there is none.
    pub fn waiting_for(&self, client_id: &str) -> usize {
        let session = self.sessions.find(client_id).and_then(|key| self.sessions.at(key));
        session.map_or(0, |session| {
            let in_flight = session.in_flight.as_ref();
            session.queue.len() + in_flight.map_or(0, |it| it.unacknowledged_len())
        })
    }

    /// The sessions of clients that are not connected, but for those of the broker's own bridges.
    pub fn absent(&self) -> impl Iterator<Item = Absent<'_>> {
        let sessions = self.sessions.iter().filter(|it| it.link.is_none() && !it.is_ending);
        sessions.filter(|it| !it.client.identity.is_own_bridge).map(|it| Absent {
            client_id: &it.client_id,
            username: it.client.identity.username.as_deref(),
            listener: it.client.listener.as_deref(),
        })
    }

    /// The filters that a session is subscribed to.
    pub fn filters_of(&self, client_id: &str) -> Vec<String> {
        let Some(key) = self.sessions.find(client_id) else { return Vec::new() };
        self.router.session_subscriptions(key).map(|(filter, _)| filter).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::broker::testing::{Bench, Q1};

    #[test]
    fn a_session_is_asked_for_its_queue_and_its_filters() {
        let mut t = Bench::new();
        t.connect("a").resume().expiry(100).go();
        t.subscribe("a", "x/#", Q1);
        t.cut("a");
        t.connect("b").go();
        t.publish("b", "x/1", "one", Q1);
        t.publish("b", "x/2", "two", Q1);
        assert_eq!(t.broker.waiting_for("a"), 2);
        assert_eq!(t.broker.filters_of("a"), ["x/#"]);
        assert_eq!(t.broker.waiting_for("nobody"), 0);
        assert!(t.broker.filters_of("nobody").is_empty());
    }
}
