//! Who may write and read what: judged at PUBLISH, at delivery, at CONNECT for wills, and again
//! when the rules change.

use std::path::Path;
use std::sync::Arc;

use super::kept::Kept;
use crate::auth::acl::parse;
use crate::broker::access::Acl;
use crate::broker::event::Input;
use crate::broker::policy::{Identity, ListenerPolicy, Policy};
use crate::broker::testing::*;
use crate::protocol::Version;

pub(super) fn acl(text: &str) -> Option<Arc<Acl>> {
    let acl = parse(Path::new("acl"), text.as_bytes(), &mut Vec::new()).unwrap();
    Some(Arc::new(acl))
}

/// A broker with these rules.
fn bench(text: &str) -> Bench {
    Bench::with(|policy| policy.listeners[0].access = acl(text))
}

/// Takes over other settings.
pub(super) fn reload(t: &mut Bench, change: impl FnOnce(&mut Policy)) {
    let mut policy = t.broker.policy().clone();
    change(&mut policy);
    t.handle(Input::Reload(Box::new(policy)));
}

fn reload_rules(t: &mut Bench, text: &str) {
    reload(t, |policy| policy.listeners[0].access = acl(text));
}

#[test]
fn a_publish_that_is_denied_reaches_nobody() {
    let mut t = bench("topic read #\nuser w\ntopic write ok\n");
    t.watch("s", "#");
    t.connect("c").user("w").go();
    t.lines();
    t.publish("c", "no", "0", Q0);
    assert_eq!(t.lines(), ["! denied c no 87"]);
    t.publish("c", "no", "1", Q1);
    t.publish("c", "no", "2", Q2);
    t.publish("c", "ok", "3", Q1);
    assert_eq!(
        t.sent(),
        ["c < PUBACK 1 87", "c < PUBREC 2 87", "s < ok 3 q1 #1", "c < PUBACK 3 00"]
    );
    for version in [Version::V31, Version::V311] {
        let knock = t.connect("d");
        let knock = if version == Version::V31 { knock.v3() } else { knock.v4() };
        knock.user("w").go();
        t.lines();
        t.publish("d", "no", "x", Q1);
        t.publish("d", "no", "x", Q2);
        // Version 3 has no code for it: the normal acknowledgement, and nothing comes of it.
        assert_eq!(t.sent(), ["d < PUBACK 1 00", "d < PUBREC 2 00"]);
        t.cut("d");
    }
    assert_eq!(t.got("s"), Vec::<String>::new());
}

#[test]
fn w178_who_may_not_read_a_topic_gets_no_will_from_it() {
    let mut t = bench("topic read open/#\nuser w\ntopic write #\n");
    t.connect("s").go();
    t.subscribe("s", "#", Q1);
    // The file mechanism grants every subscription.
    assert_eq!(t.got("s")[1..], ["SUBACK 1 01"]);
    t.connect("c").user("w").will("shut/w", "off").go();
    t.connect("d").user("w").will("open/w", "off").go();
    t.lines();
    t.cut("c");
    assert_eq!(t.got("s"), Vec::<String>::new());
    t.cut("d");
    assert_eq!(t.got("s"), ["open/w off q0"]);
}

#[test]
fn what_waits_is_judged_again_when_it_is_sent() {
    let rules = "topic read a\ntopic read b\ntopic read c\nuser w\ntopic write #\n";
    let mut t = bench(rules);
    t.connect("s").expiry(60).go();
    t.subscribe("s", "#", Q1);
    t.connect("w").user("w").go();
    t.publish("w", "a", "sent", Q1);
    t.cut("s");
    for topic in ["a", "b", "never", "c"] {
        t.publish("w", topic, "waits", Q1);
    }
    assert_eq!(t.broker.stats().queued, 3, "what may not be read takes no place");
    reload_rules(&mut t, "topic read c\nuser w\ntopic write #\n");
    t.lines();
    t.connect("s").resume().expiry(60).go();
    assert_eq!(t.got("s")[1..], ["c waits q1 #2"]);
    assert_eq!(t.broker.stats().queued, 0);
    // What was dropped takes no place in the window either.
    t.puback("s", 2);
    reload_rules(&mut t, rules);
    t.publish("w", "a", "again", Q1);
    assert_eq!(t.got("s"), ["a again q1 #3"]);
}

#[test]
fn another_user_of_the_same_client_id_gets_nothing_that_waited() {
    let mut t = bench("user a\ntopic read #\nuser b\ntopic read b\nuser w\ntopic write #\n");
    t.connect("s").user("a").expiry(60).go();
    t.subscribe("s", "#", Q1);
    t.cut("s");
    t.connect("w").user("w").go();
    t.publish("w", "a", "for a", Q1);
    t.publish("w", "b", "for both", Q1);
    t.lines();
    t.connect("s").user("b").resume().expiry(60).go();
    assert_eq!(t.got("s")[1..], ["b for both q1 #1"]);
}

#[test]
fn new_rules_hold_for_the_next_publish_and_the_next_delivery() {
    let open = "topic #\n";
    let mut t = bench(open);
    t.watch("s", "#");
    t.connect("w").go();
    t.lines();
    t.publish("w", "t", "1", Q1);
    assert_eq!(t.sent(), ["s < t 1 q1 #1", "w < PUBACK 1 00"]);
    reload_rules(&mut t, "topic write t\n");
    t.publish("w", "t", "2", Q1);
    assert_eq!(t.sent(), ["w < PUBACK 2 00"], "written, but read by nobody");
    reload_rules(&mut t, "topic read t\n");
    t.publish("w", "t", "3", Q1);
    assert_eq!(t.sent(), ["w < PUBACK 3 87"]);
    reload(&mut t, |policy| policy.listeners[0].access = None);
    t.publish("w", "t", "4", Q1);
    assert_eq!(t.sent(), ["s < t 4 q1 #2", "w < PUBACK 4 00"]);
}

#[test]
fn a_shared_message_goes_to_a_member_who_may_read_it() {
    let mut t = bench("topic #\nuser blind\ntopic write #\n");
    for (name, user) in [("x", Some("blind")), ("y", None), ("z", Some("blind"))] {
        let knock = t.connect(name);
        match user {
            Some(user) => knock.user(user).go(),
            None => knock.go(),
        }
        t.subscribe(name, "$share/g/t", Q0);
    }
    t.connect("w").go();
    t.lines();
    for payload in ["1", "2", "3"] {
        t.publish("w", "t", payload, Q0);
    }
    assert_eq!(t.sent(), ["y < t 1 q0", "y < t 2 q0", "y < t 3 q0"]);
}

/// The publisher of a retained message must still be allowed to write it.
#[test]
fn a_retained_message_goes_with_the_right_to_write_it() {
    let both = "topic read #\nuser a\ntopic write #\nuser b\ntopic write #\n";
    let mut t = bench(both);
    t.connect("a").user("a").go();
    t.connect("b").user("b").will("will", "off").will_retain().go();
    t.retain("a", "a", "of a");
    t.retain("b", "b", "of b");
    t.cut("b");
    let heard = |t: &mut Bench| {
        t.connect("s").go();
        t.subscribe("s", "#", Q0);
        let heard = t.got("s").into_iter().filter(|it| it.contains("retain")).collect::<Vec<_>>();
        t.cut("s");
        heard
    };
    let all = ["a of a q0 retain", "b of b q0 retain", "will off q0 retain"];
    assert_eq!(heard(&mut t), all);
    reload_rules(&mut t, "topic read #\nuser a\ntopic write #\n");
    assert_eq!(heard(&mut t), all[..1]);
    reload(&mut t, |policy| policy.check_retain_source = false);
    assert_eq!(heard(&mut t), all);
    reload(&mut t, |policy| policy.check_retain_source = true);
    reload_rules(&mut t, both);
    assert_eq!(heard(&mut t), all);
}

#[test]
fn who_published_and_who_subscribed_is_known_after_a_crash() {
    let kept = Kept::default();
    let mut t = kept.bench();
    t.connect("b").user("b").go();
    t.retain("b", "kept/b", "x");
    let own = Identity { username: Some(Arc::from("bridge")), is_own_bridge: true };
    t.connect("bridge").expiry(60).go_as(Ok(own));
    t.subscribe("bridge", "in/#", Q1);
    t.retain("bridge", "kept/bridge", "y");
    t.connect("c").user("b").expiry(60).will("w/b", "off").delay(5).go();
    t.connect("d").user("d").expiry(60).will("w/d", "off").delay(5).go();
    let restored = kept.restored(&t.broker);
    t.restart(restored);
    let rules = "topic read #\ntopic write in/#\nuser d\ntopic write w/d\n";
    reload_rules(&mut t, rules);
    t.connect("w").go();
    t.publish("w", "in/x", "for the bridge", Q1);
    assert_eq!(t.broker.stats().queued, 1, "a bridge may read before it is back");
    t.connect("s").go();
    t.subscribe("s", "kept/#", Q0);
    let heard = t.got("s");
    assert!(heard.contains(&"kept/bridge y q0 retain".to_owned()), "{heard:?}");
    assert!(!heard.iter().any(|it| it.starts_with("kept/b ")), "{heard:?}");
    t.at(6.0);
    assert_eq!(t.fates(), ["c w/b Refused DelayOver", "d w/d Published DelayOver"]);
}

#[test]
fn w29_a_will_that_may_not_be_written_is_refused() {
    let mut t = bench("topic write ok/#\nuser u\ntopic ok/#\ntopic deny ok/not\n");
    t.connect("c").will("no", "x").go();
    let why = "WillDenied { topic: \"no\", denied: Denied { username: None, file: Some(\"acl\"), why: \
               NoRule } }";
    assert_eq!(
        t.lines(),
        [&format!("! refused Some(\"c\") {why}"), "c < CONNACK 87", "c x"].map(str::to_owned)
    );
    t.connect("d").v4().user("u").will("ok/not", "x").go();
    let lines = t.lines();
    assert!(lines[0].contains("username: Some(\"u\")"), "{lines:?}");
    assert!(lines[0].contains("why: Line(4)"), "{lines:?}");
    // Code 5 of version 3.
    assert_eq!(lines[1..], ["d < CONNACK 87", "d x"]);
    t.connect("e").will("ok/x", "x").go();
    assert!(t.got("e")[0].starts_with("CONNACK 00"));
}

#[test]
fn w215_a_will_whose_right_is_withdrawn_is_not_sent_but_told() {
    let mut t = bench("topic #\n");
    t.watch("s", "#");
    t.connect("c").expiry(60).will("w/t", "off").go();
    t.connect("d").expiry(60).will("w/late", "off").delay(5).go();
    t.cut("d");
    t.lines();
    reload_rules(&mut t, "topic read #\n");
    t.cut("c");
    assert_eq!(t.fates(), ["c w/t Refused Lost(PeerClosed)"]);
    t.at(6.0);
    assert_eq!(t.fates(), ["d w/late Refused DelayOver"]);
    assert_eq!(t.broker.stats().wills_refused, 2);
    assert_eq!(t.got("s"), Vec::<String>::new());
}

#[test]
fn w216_a_will_that_is_denied_at_connect_is_judged_when_it_is_due() {
    let mut t = bench("topic read #\n");
    t.watch("s", "#");
    // The default: a promise that cannot be kept is not made.
    t.connect("c").will("w/t", "off").go();
    assert_eq!(t.sent(), ["c < CONNACK 87", "c x"]);
    reload(&mut t, |policy| policy.check_will_at_connect = false);
    for (name, rules, fate) in [("d", "topic read #\n", "Refused"), ("e", "topic #\n", "Published")]
    {
        reload_rules(&mut t, "topic read #\n");
        t.connect(name).will("w/t", "off").go();
        assert!(t.lines().contains(&format!("! doubt {name} w/t NoRule")));
        reload_rules(&mut t, rules);
        t.cut(name);
        let lines = t.lines();
        assert!(lines.contains(&format!("! will {name} w/t {fate} Lost(PeerClosed)")), "{lines:?}");
        assert_eq!(lines.contains(&"s < w/t off q0".to_owned()), fate == "Published");
    }
}

#[test]
fn w217_a_will_is_no_way_round_the_rules() {
    for check in [true, false] {
        let mut t = bench("topic read #\ntopic read $SYS/#\ntopic write ok\n");
        reload(&mut t, |policy| policy.check_will_at_connect = check);
        t.watch("s", "#");
        t.connect("r").go();
        t.subscribe("r", "$SYS/#", Q0);
        t.lines();
        for (topic, qos) in [("no", Q0), ("no", Q2), ("$SYS/broker/connection/x/state", Q1)] {
            t.connect("c").will(topic, "x").will_qos(qos).will_retain().go();
            if !check {
                t.cut("c");
            }
        }
        // Whatever the rules of a file are: nobody but the broker writes there.
        t.connect("c").will("$SYS/broker/uptime", "x").go();
        assert_eq!(t.got("s"), Vec::<String>::new());
        assert_eq!(t.broker.stats().retained, 0);
    }
}

#[test]
fn w222_patterns_ask_for_the_name_of_the_connection_that_died() {
    let mut t = bench("topic read #\npattern write id/%c\npattern write user/%u\n");
    t.watch("s", "#");
    t.connect("c").user("u").expiry(60).will("id/c", "of u").go();
    t.connect("d").user("u").expiry(60).will("user/u", "of u").go();
    t.lines();
    // Another user takes the session over: the will is that of the connection before.
    t.connect("d2").id("d").user("v").resume().expiry(60).go();
    assert_eq!(t.got("s"), ["user/u of u q0"]);
    t.cut("c");
    assert_eq!(t.got("s"), ["id/c of u q0"]);
    t.connect("e").user("v").will("user/u", "x").go();
    t.connect("f").user("v").will("id/e", "x").go();
    assert_eq!(t.sent(), ["e < CONNACK 87", "e x", "f < CONNACK 87", "f x"]);
}

#[test]
fn rules_see_the_topic_with_its_mount_point() {
    let mut t = Bench::with(|policy| {
        policy.listeners[0].mount_point = Some(Arc::from("site/"));
        policy.listeners[0].access = acl("topic site/a\ntopic b\n");
    });
    t.connect("s").go();
    t.subscribe("s", "#", Q0);
    t.lines();
    t.publish("s", "a", "1", Q1);
    t.publish("s", "b", "2", Q1);
    assert_eq!(t.sent(), ["s < a 1 q0", "s < PUBACK 2 00", "s < PUBACK 3 87"]);
    t.connect("c").will("b", "x").go();
    assert_eq!(t.sent(), ["c < CONNACK 87", "c x"]);
}

#[test]
fn a_bridge_of_ours_is_bound_by_no_file() {
    let mut t = bench("user nobody\ntopic #\n");
    let own = || Ok(Identity { username: None, is_own_bridge: true });
    t.connect("b").will("any/w", "0").go_as(own());
    t.subscribe("b", "#", Q0);
    t.lines();
    t.publish("b", "any/where", "x", Q0);
    assert_eq!(t.sent(), ["b < any/where x q0"]);
    // The broker's own topics stay its own.
    t.publish("b", "$SYS/broker/version", "x", Q1);
    t.publish("b", "$SYS/broker/connection/b/state", "1", Q1);
    assert_eq!(t.sent(), ["b < PUBACK 2 87", "b < PUBACK 3 10"]);
}

#[test]
fn a_dangerous_name_is_told_once() {
    let mut t = bench("pattern #\npattern %c/#\n");
    t.connect("a+").go();
    t.connect("b").user("#").go();
    let told: Vec<String> = t.lines().into_iter().filter(|it| it.contains("danger")).collect();
    assert_eq!(told, ["! dangerous a+", "! dangerous #"]);
    t.publish("a+", "t", "x", Q1);
    t.publish("b", "t", "x", Q1);
    assert_eq!(t.sent(), ["a+ < PUBACK 1 87", "b < PUBACK 1 87"]);
}

#[test]
fn listeners_with_rules_of_their_own() {
    let other = |policy: &mut Policy| {
        policy.listeners[0].access = acl("topic read #\n");
        policy.listeners.push(ListenerPolicy {
            name: Arc::from("other"),
            access: acl("topic #\n"),
            ..ListenerPolicy::default()
        });
    };
    let mut t = Bench::new();
    t.connect("c").expiry(60).will("w", "off").delay(5).go();
    t.retain("c", "r", "x");
    t.cut("c");
    reload(&mut t, other);
    t.at(6.0);
    assert_eq!(
        t.fates(),
        ["c w Waiting(Timestamp(1005000)) Lost(PeerClosed)", "c w Refused DelayOver"]
    );
    // A listener that is gone: the rules differ, so nothing is allowed.
    reload(&mut t, |policy| policy.listeners[0].name = Arc::from("renamed"));
    t.connect("s").go();
    t.subscribe("s", "r", Q0);
    assert_eq!(t.got("s")[1..], ["SUBACK 1 00"]);
    // The same for all: then it does not matter which one it was.
    reload(&mut t, |policy| policy.listeners.iter_mut().for_each(|it| it.access = None));
    t.subscribe("s", "r", Q0);
    assert_eq!(t.got("s"), ["SUBACK 2 00", "r x q0 retain"]);
}
