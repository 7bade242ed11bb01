//! The router against a plain list of filters, and against hostile clients.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::protocol::QoS;

fn filter(text: &str) -> TopicFilter<'_> {
    TopicFilter::new(text).expect("the tests write valid filters")
}

fn topic(text: &str) -> TopicName<'_> {
    TopicName::new(text).expect("the tests write valid topics")
}

fn qos(qos: QoS) -> Options {
    Options { qos, ..Options::default() }
}

fn with_id(id: u32) -> Options {
    Options { subscription_id: Some(id), ..Options::default() }
}

/// The sessions that a topic leads to.
fn sessions(router: &mut Router, name: &str) -> Vec<u32> {
    let id = router.route(topic(name));
    router.at(id).targets().map(|target| target.session.0).collect()
}

fn subscribe(router: &mut Router, text: &str, session: u32) -> bool {
    router.subscribe(filter(text), SessionKey(session), Options::default())
}

fn unsubscribe(router: &mut Router, text: &str, session: u32) -> bool {
    router.unsubscribe(filter(text), SessionKey(session))
}

/// The second telling: a list of subscriptions.
#[derive(Default)]
struct Naive {
    list: Vec<(String, SessionKey, Options)>,
}

impl Naive {
    fn subscribe(&mut self, text: &str, session: SessionKey, options: Options) -> bool {
        let is_new = !self.unsubscribe(text, session);
        self.list.push((text.to_owned(), session, options));
        is_new
    }

    fn unsubscribe(&mut self, text: &str, session: SessionKey) -> bool {
        let before = self.list.len();
        self.list.retain(|(held, whose, _)| held != text || *whose != session);
        self.list.len() < before
    }

    fn remove_session(&mut self, session: SessionKey) -> usize {
        let before = self.list.len();
        self.list.retain(|(_, whose, _)| *whose != session);
        before - self.list.len()
    }

    /// What matches: the subscriptions that are not shared, and the members of each group.
    fn route(&self, name: &str) -> (Vec<(SessionKey, Options)>, Vec<Vec<SessionKey>>) {
        let matching = || self.list.iter().filter(|it| filter(&it.0).matches(topic(name)));
        let mut direct: Vec<_> = matching()
            .filter(|it| filter(&it.0).shared().is_none())
            .map(|it| (it.1, it.2))
            .collect();
        direct.sort();
        let mut shared: Vec<(&str, Vec<SessionKey>)> = Vec::new();
        for (text, session, _) in matching().filter(|it| filter(&it.0).shared().is_some()) {
            match shared.iter_mut().find(|group| group.0 == text) {
                Some((_, members)) => members.push(*session),
                None => shared.push((text, vec![*session])),
            }
        }
        let mut shared: Vec<_> = shared.into_iter().map(|group| group.1).collect();
        shared.iter_mut().for_each(|members| members.sort());
        shared.sort();
        (direct, shared)
    }
}

/// A route as [`Naive::route`] tells it; checks the order of the targets on the way.
fn told(router: &Router, id: RouteId) -> (Vec<(SessionKey, Options)>, Vec<Vec<SessionKey>>) {
    let route = router.at(id);
    let targets: Vec<Target<'_>> = route.targets().collect();
    assert!(targets.is_sorted_by_key(|target| target.session));
    for target in &targets {
        assert!(target.matched.is_sorted_by_key(|it| Reverse(it.options.qos)));
        assert!(target.matched.iter().all(|it| it.session == target.session));
    }
    let mut direct: Vec<_> = targets
        .iter()
        .flat_map(|target| target.matched)
        .map(|it| (it.session, it.options))
        .collect();
    direct.sort();
    let members = |group: &GroupKey| {
        let mut members: Vec<_> = router.members(*group).map(|it| it.session).collect();
        members.sort();
        members
    };
    let mut shared: Vec<_> = route.groups().iter().map(members).collect();
    shared.sort();
    (direct, shared)
}

#[derive(Clone, Debug)]
enum Step {
    Subscribe(String, u32, Options),
    Unsubscribe(String, u32),
    Remove(u32),
}

/// Takes a step in both tellings; what they answer is the same.
fn apply(step: &Step, router: &mut Router, naive: &mut Naive) {
    match step {
        Step::Subscribe(text, session, options) => {
            let session = SessionKey(*session);
            assert_eq!(
                router.subscribe(filter(text), session, *options),
                naive.subscribe(text, session, *options)
            );
            assert_eq!(router.options(filter(text), session), Some(*options));
        }
        Step::Unsubscribe(text, session) => {
            let session = SessionKey(*session);
            let existed = naive.unsubscribe(text, session);
            assert_eq!(router.unsubscribe(filter(text), session), existed);
            assert_eq!(router.options(filter(text), session), None);
        }
        Step::Remove(session) => {
            let session = SessionKey(*session);
            assert_eq!(router.remove_session(session), naive.remove_session(session));
        }
    }
}

/// A session holds what the list says, and goes.
fn leave(session: SessionKey, router: &mut Router, naive: &Naive) {
    let mut held: Vec<_> = router.session_subscriptions(session).collect();
    held.sort();
    let mine = naive.list.iter().filter(|it| it.1 == session);
    let mut expected: Vec<_> = mine.map(|it| (it.0.clone(), it.2)).collect();
    expected.sort();
    assert_eq!(router.session_len(session), held.len());
    assert_eq!(held, expected);
    assert_eq!(router.remove_session(session), expected.len());
}

fn topics() -> impl Strategy<Value = String> {
    let level = prop::sample::select(vec!["a", "b", "", "c", "$s"]);
    let text = prop::collection::vec(level, 1..5).prop_map(|levels| levels.join("/"));
    text.prop_map(|text| if text.is_empty() { "/".to_owned() } else { text })
}

fn filters() -> impl Strategy<Value = String> {
    let level = prop::sample::select(vec!["a", "b", "", "$s", "+", "+"]);
    let levels = prop::collection::vec(level, 1..5);
    let share = prop::sample::select(vec!["", "", "", "$share/a/", "$share/g/"]);
    (levels, any::<bool>(), share).prop_map(|(mut levels, is_multi, share)| {
        if is_multi {
            let last = levels.len() - 1;
            levels[last] = "#";
        }
        let text = levels.join("/");
        format!("{share}{}", if text.is_empty() { "/" } else { &text })
    })
}

fn all_options() -> impl Strategy<Value = Options> {
    let qos = prop::sample::select(vec![QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce]);
    let id = prop::option::of(1..4_u32);
    (qos, any::<bool>(), any::<bool>(), id).prop_map(
        |(qos, no_local, retain_as_published, subscription_id)| Options {
            qos,
            no_local,
            retain_as_published,
            subscription_id,
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (filters(), 0..6_u32, all_options())
            .prop_map(|(text, session, options)| Step::Subscribe(text, session, options)),
        3 => (filters(), 0..6_u32).prop_map(|(text, session)| Step::Unsubscribe(text, session)),
        1 => (0..6_u32).prop_map(Step::Remove),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// After each change every route, remembered or new, is what the plain list says.
    #[test]
    fn routes_are_what_a_plain_list_says(
        steps in steps(),
        topics in prop::collection::vec(topics(), 1..8),
        seed in any::<u64>(),
    ) {
        let mut router = Router::new(seed);
        let mut naive = Naive::default();
        let mut remembered: Vec<RouteId> =
            topics.iter().map(|name| router.route(topic(name))).collect();
        for step in steps {
            apply(&step, &mut router, &mut naive);
            prop_assert_eq!(router.len(), naive.list.len());
            for (name, id) in topics.iter().zip(&mut remembered) {
                if !router.renew(*id) {
                    *id = router.route(topic(name));
                }
                prop_assert_eq!(told(&router, *id), naive.route(name), "{} after {:?}", name, step);
                prop_assert_eq!(router.route(topic(name)), *id);
                prop_assert_eq!(&**router.topic(*id), name.as_str());
            }
        }
        (0..6).for_each(|session| leave(SessionKey(session), &mut router, &naive));
        prop_assert_eq!((router.len(), router.nodes(), router.groups()), (0, 0, 0));
        router.subscribe(filter("a"), SessionKey(0), Options::default());
        router.unsubscribe(filter("a"), SessionKey(0));
        prop_assert_eq!(router.routes(), 0);
    }
}

#[test]
fn a_single_copy_has_the_highest_qos_and_all_ids() {
    let mut router = Router::new(1);
    let me = SessionKey(3);
    router.subscribe(filter("a/#"), me, Options { qos: QoS::AtLeastOnce, ..with_id(7) });
    router.subscribe(
        filter("a/+"),
        me,
        Options { qos: QoS::ExactlyOnce, no_local: true, ..with_id(8) },
    );
    router.subscribe(filter("a/b"), me, Options { retain_as_published: true, ..with_id(9) });
    let id = router.route(topic("a/b"));
    let route = Arc::clone(router.at(id));
    let target = route.targets().next().expect("there is a subscriber");
    let copy = target.single_copy(false).expect("somebody else published");
    assert_eq!((copy.qos, copy.retain_as_published), (QoS::ExactlyOnce, true));
    assert!(target.subscription_ids(false).eq([8, 7, 9]));
    let own = target.single_copy(true).expect("two subscriptions are without No Local");
    assert_eq!((own.qos, own.retain_as_published), (QoS::AtLeastOnce, true));
    assert!(target.subscription_ids(true).eq([7, 9]));
    router.remove_session(me);
    router.subscribe(filter("a/b"), me, Options { no_local: true, ..Options::default() });
    let id = router.route(topic("a/b"));
    let target = router.at(id).targets().next().expect("there is a subscriber");
    assert_eq!(target.single_copy(true), None);
    assert_eq!(route.targets().count(), 1, "a clone stays as it was");
}

#[test]
fn members_take_turns() {
    let mut router = Router::new(2);
    for session in [5, 1, 9] {
        subscribe(&mut router, "$share/g/a/+", session);
    }
    subscribe(&mut router, "$share/other/a/+", 2);
    let serve = |router: &mut Router| {
        let id = router.route(topic("a/b"));
        let group = router.at(id).groups()[0];
        let next = router.members(group).next().expect("a group has members").session;
        router.on_served(group, next);
        next.0
    };
    assert_eq!([(); 4].map(|()| serve(&mut router)), [1, 5, 9, 1]);
    assert!(unsubscribe(&mut router, "$share/g/a/+", 5));
    assert!(!subscribe(&mut router, "$share/g/a/+", 9), "replaced, the turn stays");
    assert_eq!([(); 2].map(|()| serve(&mut router)), [9, 1]);
    subscribe(&mut router, "$share/g/a/+", 3);
    assert_eq!([(); 3].map(|()| serve(&mut router)), [3, 9, 1]);
    assert_eq!((router.groups(), router.len()), (2, 4));
    assert_eq!(sessions(&mut router, "a/b"), [0; 0], "no member is a target of its own");
}

/// The core remembers for a message by which group it came.
#[test]
fn a_group_that_has_gone_is_never_taken_for_another() {
    let mut router = Router::new(2);
    let group = |router: &mut Router, name| {
        let id = router.route(topic(name));
        router.at(id).groups()[0]
    };
    subscribe(&mut router, "stays", 0);
    subscribe(&mut router, "$share/one/a", 1);
    let gone = group(&mut router, "a");
    unsubscribe(&mut router, "$share/one/a", 1);
    assert_eq!(router.members(gone).count(), 0);
    subscribe(&mut router, "$share/two/b", 1);
    subscribe(&mut router, "$share/two/b", 2);
    let other = group(&mut router, "b");
    assert_ne!(gone, other);
    assert_eq!(router.members(gone).count(), 0);
    router.on_served(gone, SessionKey(1));
    assert_eq!(router.members(other).next().map(|it| it.session), Some(SessionKey(1)));
    for session in 0..3 {
        router.remove_session(SessionKey(session));
    }
    assert_eq!(router.members(other).count(), 0, "nor does it break when all memory is gone");
}

#[test]
fn a_route_is_made_anew_only_for_what_may_match() {
    let mut router = Router::new(3);
    subscribe(&mut router, "a/+/c", 0);
    let id = router.route(topic("a/b/c"));
    let version = router.at(id).version();
    let is_new = |router: &mut Router, was: &mut u64| {
        assert!(router.renew(id));
        std::mem::replace(was, router.at(id).version()) != *was
    };
    let mut was = version;
    for other in ["a/b", "a/b/c/d", "b/#", "$share/g/b/+", "b/b/c"] {
        subscribe(&mut router, other, 1);
        assert!(!is_new(&mut router, &mut was), "{other}");
    }
    for may_match in ["a/b/c", "a/#", "+/x", "#", "$share/g/a/b/c", "$share/g/#"] {
        subscribe(&mut router, may_match, 1);
        assert!(is_new(&mut router, &mut was), "{may_match}");
        subscribe(&mut router, may_match, 1);
        assert!(!is_new(&mut router, &mut was), "{may_match} again, nothing changed");
    }
    subscribe(&mut router, "$share/g/#", 2);
    assert!(!is_new(&mut router, &mut was), "a route names groups, not members");
    router.subscribe(filter("a/b/c"), SessionKey(1), qos(QoS::AtLeastOnce));
    assert!(is_new(&mut router, &mut was), "another QoS");
}

#[test]
fn remembered_routes_are_bounded_in_number() {
    let mut router = Router::new(4);
    subscribe(&mut router, "#", 0);
    let first = router.route(topic("first"));
    for n in 1..cache::ROUTES_MAX {
        router.route(topic(&format!("t/{n}")));
    }
    assert_eq!(router.routes(), cache::ROUTES_MAX);
    assert!(router.renew(first));
    let id = router.route(topic("one too many"));
    assert_eq!(router.routes(), 1);
    assert!(!router.renew(first));
    assert_eq!(router.at(id).targets().count(), 1);
}

#[test]
fn remembered_routes_are_bounded_in_bytes() {
    let mut router = Router::new(5);
    for session in 0..20_000 {
        subscribe(&mut router, "#", session);
    }
    let routes_most = (0..300).map(|n| {
        assert_eq!(sessions(&mut router, &format!("t/{n}")).len(), 20_000);
        router.routes()
    });
    let routes_most = routes_most.max().expect("there were some");
    assert!((150..250).contains(&routes_most), "{routes_most} routes of 320,000 bytes");
    // Routes that become heavy where they are.
    let mut router = Router::new(5);
    for n in 0..300 {
        router.route(topic(&format!("t/{n}")));
    }
    for session in 0..20_000 {
        subscribe(&mut router, "#", session);
    }
    for n in 0..300 {
        assert_eq!(sessions(&mut router, &format!("t/{n}")).len(), 20_000);
    }
    assert!(router.routes() < 250);
}

/// A client may subscribe to what no sane program would: as deep as a filter can be.
#[test]
fn the_deepest_filters_cost_no_stack() {
    let mut router = Router::new(6);
    let slashes = "/".repeat(65_535);
    let pluses = vec!["+"; 32_768].join("/");
    let multi = format!("{}#", "/".repeat(65_534));
    for (session, text) in [&*slashes, &*pluses, &*multi, "#"].into_iter().enumerate() {
        assert!(subscribe(&mut router, text, session as u32));
    }
    assert_eq!(sessions(&mut router, &slashes), [0, 2, 3]);
    assert_eq!(sessions(&mut router, &"/".repeat(32_767)), [1, 3]);
    let held: Vec<_> = router.session_subscriptions(SessionKey(0)).collect();
    assert_eq!(held[0].0, slashes);
    assert!(unsubscribe(&mut router, &multi, 2));
    assert_eq!(sessions(&mut router, &slashes), [0, 3]);
    assert_eq!(router.remove_session(SessionKey(0)), 1);
    assert_eq!(router.nodes(), 32_768 + 1);
    router.remove_session(SessionKey(1));
    assert_eq!(router.nodes(), 1);
}

/// All 1024 filters that match one topic: each node is visited once, not each way to it.
#[test]
fn many_ways_to_match_cost_one_visit_each() {
    let mut router = Router::new(7);
    for ways in 0..1024_u32 {
        let level = |bit: u32| if ways >> bit & 1 == 0 { "a" } else { "+" };
        let text = (0..10).map(level).collect::<Vec<_>>().join("/");
        router.subscribe(filter(&text), SessionKey(0), with_id(ways + 1));
    }
    assert_eq!(router.nodes(), 2046);
    let id = router.route(topic("a/a/a/a/a/a/a/a/a/a"));
    let target = router.at(id).targets().next().expect("all of them match");
    let mut ids: Vec<u32> = target.subscription_ids(false).collect();
    ids.sort();
    assert!(ids.into_iter().eq(1..=1024));
}

#[test]
fn levels_of_a_session_are_bounded() {
    let mut router = Router::new(8);
    let deep = |n: u32| format!("{n}{}", "/".repeat(65_000));
    let me = SessionKey(0);
    let mut made = 0;
    while router.has_room(filter(&deep(made)), me) {
        subscribe(&mut router, &deep(made), 0);
        made += 1;
    }
    assert_eq!(made as usize, SESSION_LEVELS_MAX / 65_001);
    assert!(router.has_room(filter(&deep(0)), me), "it is a replacement");
    assert!(router.has_room(filter(&deep(0)), SessionKey(1)), "others have room");
    unsubscribe(&mut router, &deep(0), 0);
    assert!(router.has_room(filter(&deep(made)), me));
}

/// Beside a subscription that stays, everything else goes.
#[test]
fn nothing_is_left_behind() {
    let mut router = Router::new(9);
    subscribe(&mut router, "stays/here", 0);
    for session in 1..200 {
        for n in 0..5 {
            subscribe(&mut router, &format!("a/{n}/{session}"), session);
            subscribe(&mut router, &format!("$share/{session}/+/{n}/#"), session);
            subscribe(&mut router, &format!("$share/all/a/{n}"), session);
        }
    }
    assert_eq!((router.len(), router.groups()), (1 + 199 * 15, 199 * 5 + 5));
    for session in 1..200 {
        unsubscribe(&mut router, &format!("$share/{session}/+/3/#"), session);
        router.remove_session(SessionKey(session));
    }
    assert_eq!((router.len(), router.nodes(), router.groups()), (1, 2, 0));
    assert_eq!((router.direct.len(), router.shares.len(), router.sessions.len()), (1, 0, 1));
    assert_eq!(router.tree.texts(), 2);
}

#[test]
fn two_runs_from_one_seed_or_two_tell_the_same() {
    let run = |seed| {
        let mut router = Router::new(seed);
        for session in 0..300 {
            let share = format!("$share/s{}/x/#", session * 7 % 13);
            for text in ["x/+", "#", "x/y", &*share] {
                router.subscribe(filter(text), SessionKey(session * 31 % 300), with_id(session));
            }
        }
        let id = router.route(topic("x/y"));
        (router.at(id).matched.clone(), router.at(id).groups().to_vec())
    };
    assert_eq!(run(1), run(2));
}
