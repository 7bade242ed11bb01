//! CONNECT and CONNACK, client ids, sessions and their limits.

use std::sync::Arc;

use crate::broker::event::{Input, Lost};
use crate::broker::policy::Policy;
use crate::broker::testing::*;
use crate::protocol::{Properties, Property, ReasonCode, TopicName, Version};

#[test]
fn session_present_and_session_expiry() {
    let mut t = Bench::new();
    let present = |t: &mut Bench, name: &str| t.got(name)[0].contains("present");
    t.connect("c").expiry(10).go();
    assert!(!present(&mut t, "c"));
    t.cut("c");
    t.at(9.999);
    t.connect("c").resume().expiry(10).go();
    assert!(present(&mut t, "c"));
    t.cut("c");
    t.at(20.0);
    t.connect("c").resume().expiry(10).go();
    assert!(!present(&mut t, "c"), "it expired at 19.999");
    t.cut("c");
    t.connect("c").expiry(10).go();
    assert!(!present(&mut t, "c"), "Clean Start");
    // The expiry is judged at CONNECT even if no timer has run.
    t.cut("c");
    t.lines();
    t.now = t.now.plus_secs(10);
    t.connect("c").resume().go();
    assert!(t.lines().contains(&"! expired c".to_owned()));
}

#[test]
fn version_3_sessions() {
    for (v3, word) in [(false, "present"), (true, "none in 3.1")] {
        let mut t = Bench::new();
        let knock = |t: &mut Bench| {
            let knock = t.connect("c").resume();
            if v3 { knock.v3().go() } else { knock.v4().go() }
        };
        knock(&mut t);
        t.subscribe("c", "a", Q1);
        t.cut("c");
        t.connect("p").go();
        t.publish("p", "a", "x", Q1);
        t.at(1e6);
        t.lines();
        knock(&mut t);
        let got = t.got("c");
        assert_eq!(got[0].contains(word), !v3);
        assert_eq!(got[1..], ["a x q1 #1"]);
    }
}

#[test]
fn connack_grants() {
    let mut t = Bench::with(|policy| {
        policy.listeners[0].topic_alias_max = 0;
        policy.packet_size_max = 500;
        policy.inflight_messages_max = 7;
        policy.session_expiry_max_secs = Some(60);
    });
    t.connect("c").expiry(61).go();
    assert_eq!(
        t.got("c"),
        ["CONNACK 00 MaximumPacketSize(500) ReceiveMaximum(7) SessionExpiryInterval(60)"]
    );
    t.connect("d").expiry(60).go();
    assert_eq!(t.got("d"), ["CONNACK 00 MaximumPacketSize(500) ReceiveMaximum(7)"]);
    t.connect("e").v4().go();
    assert_eq!(t.got("e"), ["CONNACK 00"]);
}

#[test]
fn empty_client_ids() {
    let cases: [(&str, Version, bool, bool, &str); 7] = [
        ("v5", Version::V5, true, true, "CONNACK 00"),
        ("v5 resume", Version::V5, false, true, "CONNACK 00"),
        ("v5 off", Version::V5, true, false, "CONNACK 80"),
        ("v4", Version::V311, true, true, "CONNACK 00"),
        ("v4 persistent", Version::V311, false, true, "CONNACK 85"),
        ("v4 off", Version::V311, true, false, "CONNACK 85"),
        ("v3", Version::V31, true, true, "CONNACK 85"),
    ];
    for (case, version, clean, allowed, expected) in cases {
        let mut t = Bench::with(|policy| policy.listeners[0].allow_empty_client_id = allowed);
        let knock = t.connect("c").id("");
        let knock = match version {
            Version::V31 => knock.v3(),
            Version::V311 => knock.v4(),
            Version::V5 => knock,
        };
        if clean {
            knock.go()
        } else {
            knock.resume().go()
        }
        assert!(t.got("c")[0].starts_with(expected), "{case}");
    }
}

#[test]
fn assigned_ids_are_unique_and_follow_from_the_seed() {
    let assigned = |t: &mut Bench, name: &str| {
        t.connect(name).id("").go();
        t.got(name).remove(0)
    };
    let mut t = Bench::new();
    let first = assigned(&mut t, "a");
    let second = assigned(&mut t, "b");
    assert_ne!(first, second);
    assert_eq!(assigned(&mut Bench::new(), "a"), first);
}

#[test]
fn who_may_be_whom() {
    let mut t = Bench::with(|policy| policy.listeners[0].username_as_client_id = true);
    t.connect("c").user("joe").go();
    assert!(t.broker.online("joe").is_some() && t.broker.online("c").is_none());
    t.connect("d").go();
    assert_eq!(t.got("d"), ["CONNACK 87", "x"]);
    let mut t = Bench::with(|policy| policy.client_id_prefix = Some(Arc::from("dev-")));
    t.connect("c").id("dev-1").go();
    assert!(t.got("c")[0].starts_with("CONNACK 00"));
    t.connect("d").id("other").go();
    assert_eq!(t.got("d"), ["CONNACK 87", "x"]);
    let mut t = Bench::with(|policy| policy.listeners[0].versions = vec![Version::V5]);
    t.connect("c").v4().go();
    assert_eq!(t.got("c"), ["CONNACK 84", "x"]);
}

#[test]
fn broken_first_packets() {
    let cases = [
        ("10 10 0004 4D515454 06 02 0000 0001 63 00000000", "CONNACK 84"),
        ("10 0D 0004 4D515458 04 02 0000 0001 63", ""),
        ("10 0F 0006 4D5149736470 04 02 0000 0001 63", "CONNACK 84"),
        ("10 0E 0004 4D515454 05 03 0000 00 0001 63", "CONNACK 81"),
        ("10 0D 0004 4D515454 04 03 0000 0001 63", ""),
        ("C000", ""),
        ("0000", ""),
    ];
    for (bytes, answer) in cases {
        let mut t = Bench::new();
        t.open("c", Version::V5);
        t.raw("c", bytes);
        let expected: Vec<&str> = [answer, "x"].into_iter().filter(|it| !it.is_empty()).collect();
        assert_eq!(t.got("c"), expected, "{bytes}");
        t.lose("c", Lost::ByServer);
        assert_eq!(t.broker.stats().sockets, 0);
    }
}

#[test]
fn connection_without_connect_is_closed_in_time() {
    let mut t = Bench::new();
    t.open("mute", Version::V5);
    t.open("slow", Version::V5);
    t.at(29.9);
    assert_eq!(t.lines(), Vec::<String>::new());
    t.raw("slow", "100D 0004 4D515454 04 02 0000 0001 63");
    t.lines();
    t.at(30.1);
    assert_eq!(t.lines(), ["! refused None Timeout", "mute x"]);
    t.lose("mute", Lost::ByServer);
    t.cut("slow");
    assert_eq!(t.broker.stats().sockets, 0);
}

#[test]
fn loss_before_connect_is_reported() {
    let mut t = Bench::new();
    t.open("c", Version::V5);
    t.cut("c");
    assert_eq!(t.lines(), ["! refused None Lost(PeerClosed)"]);
}

#[test]
fn auth_is_a_protocol_error() {
    let mut t = Bench::new();
    t.connect("c").go();
    t.lines();
    t.raw("c", "F007 19 05 15 0002 5858");
    assert_eq!(t.got("c"), ["DISCONNECT 82", "x"]);
}

#[test]
fn queue_limits_in_bytes_and_over_all_sessions() {
    let limits: [fn(&mut Policy); 2] =
        [|policy| policy.queue_bytes_max = 100, |policy| policy.queue_bytes_total_max = 100];
    for (limit, both) in limits.into_iter().zip([18, 9]) {
        let mut t = Bench::with(limit);
        for name in ["a", "b"] {
            t.connect(name).expiry(60).go();
            t.subscribe(name, "t", Q1);
            t.cut(name);
        }
        t.connect("p").go();
        (0..50).for_each(|_| {
            t.publish_with("p", "t", "ten bytes.", Q1, false, &[]).map(drop).unwrap()
        });
        let stats = t.broker.stats();
        // Topic and payload are 11 bytes.
        assert_eq!((stats.queued, stats.queued_bytes), (both, both * 11));
        assert_eq!(stats.publish_dropped, 100 - both as u64);
    }
}

#[test]
fn expired_messages_make_room_in_a_full_queue() {
    let mut t = Bench::with(|policy| policy.queue_messages_max = 2);
    t.connect("s").expiry(60).go();
    t.subscribe("s", "t", Q1);
    t.cut("s");
    t.connect("p").go();
    let expiry = [Property::MessageExpiryInterval(5)];
    t.publish_with("p", "t", "1", Q1, false, &expiry);
    t.publish("p", "t", "2", Q1);
    t.at(5.0);
    t.publish("p", "t", "3", Q1);
    t.lines();
    t.connect("s").resume().go();
    assert_eq!(t.got("s")[1..], ["t 2 q1 #1", "t 3 q1 #2"]);
    assert_eq!((t.broker.stats().publish_expired, t.broker.stats().publish_dropped), (1, 0));
}

#[test]
fn refused_publishes() {
    let mut t = Bench::with(|policy| policy.message_size_max = 4);
    t.watch("s", "#");
    t.connect("p").go();
    t.connect("v4").v4().go();
    t.lines();
    for name in ["p", "v4"] {
        t.publish(name, "a", "large", Q1);
        t.publish(name, "$SYS/x", "1", Q1);
        t.publish(name, "$CONTROL/x", "1", Q2);
        t.publish(name, "$SYS/x", "1", Q0);
    }
    assert_eq!(
        t.sent(),
        [
            "p < PUBACK 1 97",
            "p < PUBACK 2 87",
            "p < PUBREC 3 87",
            "v4 < PUBACK 1 00",
            "v4 < PUBACK 2 00",
            "v4 < PUBREC 3 00"
        ]
    );
    assert_eq!(t.broker.stats().publish_refused, 8);
    t.pubrel("v4", 3);
    assert_eq!(t.got("v4"), ["PUBCOMP 3 00"]);
}

#[test]
fn server_itself_may_publish_everywhere() {
    let mut t = Bench::new();
    t.watch("s", "$SYS/#");
    let topic = TopicName::new("$SYS/broker/uptime").unwrap();
    let properties = Properties::EMPTY;
    t.handle(Input::Publish { topic, payload: b"1 seconds", qos: Q2, retain: true, properties });
    assert_eq!(t.got("s"), ["$SYS/broker/uptime 1 seconds q2 #1 retain"]);
    t.connect("n").go();
    t.subscribe("n", "$SYS/#", Q0);
    assert_eq!(t.got("n")[2..], ["$SYS/broker/uptime 1 seconds q0 retain"]);
}

#[test]
fn trace_only_where_it_is_wanted() {
    for trace in [false, true] {
        let mut t = Bench::with(|policy| policy.trace = trace);
        t.connect("c").go();
        t.subscribe("c", "a", Q0);
        t.publish("c", "a", "x", Q0);
        let traced: Vec<String> =
            t.lines().into_iter().filter(|line| line.starts_with("! trace")).collect();
        let expected: &[&str] = match trace {
            false => &[],
            true => &[
                "! trace c < ConnAck",
                "! trace c > Connect",
                "! trace c > Subscribe",
                "! trace c < SubAck",
                "! trace c > Publish",
                "! trace c < Publish",
            ],
        };
        assert_eq!(traced, expected);
    }
}

#[test]
fn nothing_is_left_when_everybody_has_left() {
    let mut t = Bench::new();
    t.connect("p").go();
    for number in 0..200 {
        let name = format!("c{number}");
        t.connect(&name).expiry(number % 3 * 10).will("w/t", "off").will_qos(Q1).delay(5).go();
        t.subscribe(&name, &format!("t/{number}/+"), Q2);
        t.subscribe(&name, "$share/g/t/#", Q1);
        t.subscribe(&name, "w/#", Q1);
        t.publish("p", &format!("t/{number}/x"), "some payload", Q1);
        t.publish_with(
            "p",
            &format!("r/{number}"),
            "x",
            Q1,
            true,
            &[Property::MessageExpiryInterval(20)],
        );
        t.publish(&name, "t/1/x", "some payload", Q2);
    }
    for number in 0..200 {
        t.cut(&format!("c{number}"));
    }
    t.leave("p", ReasonCode::Success);
    t.at(200.0);
    let stats = t.broker.stats();
    let left = [
        stats.sockets,
        stats.connected,
        stats.sessions,
        stats.queued,
        stats.queued_bytes,
        stats.wills,
        stats.subscriptions,
        stats.shared_subscriptions,
        stats.retained,
        stats.retained_bytes,
    ];
    assert_eq!(left, [0; 10]);
    assert_eq!(stats.wills_published, 200);
    assert_eq!(t.broker.router.nodes() + t.broker.router.routes(), 0);
    assert_eq!(t.broker.deadline(), None);
}
