//! Shared subscriptions: who belongs to one, who of them is connected, whose turn it is.

use crate::broker::router::table::Table;
use crate::broker::router::{GroupKey, Matched, NONE, Options, Place, Router, SessionKey};
use crate::protocol::TopicFilter;

/// A shared subscription.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) members: Table<SessionKey, Options>,
    /// Those of them that are connected: however many are not, the next one is found at once.
    pub(super) present: Table<SessionKey, Options>,
    /// Who was served last.
    pub(super) last: Option<SessionKey>,
    /// See [`GroupKey`]; 0 is no group.
    pub(super) serial: u32,
    /// Share name and filter, as a client writes them.
    pub(super) filter: Box<str>,
}

impl Group {
    /// Takes a member in, or replaces its options.
    pub(super) fn insert(&mut self, session: SessionKey, options: Options) {
        self.members.insert(session, options);
        if self.present.find(session).is_some() {
            self.present.insert(session, options);
        }
    }

    /// A member leaves; whether it was the last one.
    pub(super) fn remove(&mut self, session: SessionKey) -> bool {
        self.members.remove(session);
        self.present.remove(session);
        self.members.is_empty()
    }

    fn set_present(&mut self, session: SessionKey, is_present: bool) {
        match self.members.find(session) {
            Some(options) if is_present => {
                self.present.insert(session, options);
            }
            _ => {
                self.present.remove(session);
            }
        }
    }
}

impl Router {
    /// The members of a shared subscription in the order of their turns: the one after the one
    /// last served comes first. None if the group is no more.
    pub fn members(&self, group: GroupKey) -> impl Iterator<Item = Matched> {
        self.in_turn(group, |group| &group.members)
    }

    /// The same without those who are not connected.
    pub fn present(&self, group: GroupKey) -> impl Iterator<Item = Matched> {
        self.in_turn(group, |group| &group.present)
    }

    /// A session is connected now, or not any more: its shared subscriptions take note.
    pub fn set_present(&mut self, session: SessionKey, is_present: bool) {
        let Some(held) = self.sessions.get(session.0 as usize) else { return };
        if held.shared == 0 {
            return;
        }
        for (place, ()) in held.places.iter() {
            if let Some(group) = self.group_at(place) {
                self.groups.at_mut(group.slot).set_present(session, is_present);
            }
        }
    }

    /// A session that is connected has just made this subscription.
    pub fn join_present(&mut self, filter: TopicFilter<'_>, session: SessionKey) {
        if let Some(group) = self.group(filter) {
            self.groups.at_mut(group.slot).set_present(session, true);
        }
    }

    /// The shared subscription of this filter, if anybody holds it.
    pub fn group(&self, filter: TopicFilter<'_>) -> Option<GroupKey> {
        self.group_at(self.place(filter)?)
    }

    /// The filter of a shared subscription, share name included. `None` if it is no more.
    pub fn group_filter(&self, group: GroupKey) -> Option<&str> {
        Some(&self.live(group)?.filter)
    }

    /// Notes that a member was served: the next one has the next turn.
    pub fn on_served(&mut self, group: GroupKey, member: SessionKey) {
        if let Some(group) = self.groups.find_mut(group.slot).filter(|it| it.serial == group.serial)
        {
            group.last = Some(member);
        }
    }

    /// A shared subscription that is not the one before it in its slot.
    fn live(&self, group: GroupKey) -> Option<&Group> {
        self.groups.find(group.slot).filter(|it| it.serial == group.serial)
    }

    /// Some of a shared subscription, in the order of their turns.
    fn in_turn(
        &self,
        group: GroupKey,
        who: impl FnOnce(&Group) -> &Table<SessionKey, Options>,
    ) -> impl Iterator<Item = Matched> {
        let members = self.live(group).map(|group| who(group).circle(group.last));
        members.into_iter().flatten().map(|(session, options)| Matched { session, options })
    }

    fn group_at(&self, (node, name): Place) -> Option<GroupKey> {
        let shares = self.tree.attached(node).shares;
        (name != NONE && shares != NONE).then(|| self.shares.at(shares).find(name))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who of a group is connected, in the order of their turns.
    fn present(router: &Router, group: GroupKey) -> Vec<u32> {
        router.present(group).map(|it| it.session.0).collect()
    }

    #[test]
    fn who_is_connected_is_known_whatever_changes() {
        let filter = TopicFilter::new("$share/g/a").expect("it is a filter");
        let mut router = Router::new(2);
        for session in [1, 5, 9] {
            router.subscribe(filter, SessionKey(session), Options::default());
        }
        let group = router.group(filter).expect("it has members");
        assert_eq!(present(&router, group), [0u32; 0], "nobody said so");
        router.join_present(filter, SessionKey(1));
        router.set_present(SessionKey(9), true);
        router.set_present(SessionKey(7), true);
        assert_eq!(present(&router, group), [1, 9]);
        router.on_served(group, SessionKey(5));
        assert_eq!(present(&router, group), [9, 1], "turns count those who are not there");
        let options = Options { no_local: true, ..Options::default() };
        router.subscribe(filter, SessionKey(9), options);
        assert!(router.present(group).any(|it| it.options == options));
        router.set_present(SessionKey(1), false);
        assert_eq!((present(&router, group), router.members(group).count()), (vec![9], 3));
        router.unsubscribe(filter, SessionKey(9));
        router.subscribe(filter, SessionKey(9), options);
        assert_eq!(present(&router, group), [0u32; 0], "a new membership is told anew");
    }

    #[test]
    fn a_session_without_shared_subscriptions_is_not_searched() {
        let mut router = Router::new(2);
        let shared = TopicFilter::new("$share/g/a").expect("it is a filter");
        for filter in [TopicFilter::new("a").expect("it is a filter"), shared] {
            router.subscribe(filter, SessionKey(0), Options::default());
        }
        assert_eq!(router.sessions[0].shared, 1);
        router.subscribe(shared, SessionKey(0), Options::default());
        assert_eq!(router.sessions[0].shared, 1, "it was there before");
        router.unsubscribe(shared, SessionKey(0));
        assert_eq!(router.sessions[0].shared, 0);
    }
}
