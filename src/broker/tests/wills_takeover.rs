//! W106 to W127: the same client id connects again.

use crate::broker::event::Lost;
use crate::broker::testing::*;
use crate::protocol::Version;

/// How an old or a new connection of the matrix connects.
#[derive(Clone, Copy, Debug)]
struct Kind {
    version: Version,
    clean: bool,
    expiry: u32,
    delay: u32,
}

const fn v4(clean: bool) -> Kind {
    Kind { version: Version::V311, clean, expiry: 0, delay: 0 }
}

const fn v5(clean: bool, expiry: u32, delay: u32) -> Kind {
    Kind { version: Version::V5, clean, expiry, delay }
}

impl Kind {
    fn connect(self, t: &mut Bench, name: &str, payload: &str) {
        let knock = t.connect(name).id("c").will("w/t", payload);
        let knock = match self.version {
            Version::V31 => knock.v3(),
            Version::V311 => knock.v4(),
            Version::V5 => knock.expiry(self.expiry).delay(self.delay),
        };
        if self.clean { knock.go() } else { knock.resume().go() }
    }
}

/// The takeover matrix: old, new, whether the will goes out, whether the session goes on.
const MATRIX: [(&str, Kind, Kind, bool, bool); 19] = [
    ("w106", v4(true), v4(true), true, false),
    ("w107", v4(true), v4(false), true, false),
    ("w108", v4(false), v4(true), true, false),
    ("w109", v4(false), v4(false), true, true),
    ("w110", v5(false, 0, 0), v5(false, 0, 0), true, false),
    ("w110", v5(true, 0, 0), v5(true, 60, 4), true, false),
    ("w111", v5(false, 0, 4), v5(false, 60, 4), true, false),
    ("w111", v5(true, 0, 4), v5(true, 0, 4), true, false),
    ("w112", v5(false, 60, 0), v5(false, 60, 0), true, true),
    ("w112", v5(true, 60, 0), v5(false, 0, 0), true, true),
    ("w113", v5(false, 60, 0), v5(true, 60, 0), true, false),
    ("w114", v5(false, 60, 4), v5(false, 60, 4), false, true),
    ("w114", v5(true, 60, 4), v5(false, 0, 0), false, true),
    ("w115", v5(false, 60, 4), v5(true, 60, 4), true, false),
    ("w115", v5(false, 60, 4), v5(true, 0, 0), true, false),
    ("w116", v5(false, 60, 4), v4(false), false, true),
    ("w116", v5(false, 60, 4), v4(true), true, false),
    ("w116", v4(false), v5(false, 60, 4), true, true),
    ("w116", v4(true), v5(false, 60, 4), true, false),
];

#[test]
fn w106_to_w116_takeover_matrix() {
    for (row, old, new, publishes, continues) in MATRIX {
        let mut t = Bench::new();
        t.watch("s", "w/t");
        old.connect(&mut t, "old", "old");
        t.lines();
        new.connect(&mut t, "new", "new");
        let sent = t.sent();
        let mut expected = Vec::new();
        if old.version.is_v5() {
            expected.push("old < DISCONNECT 8E");
        }
        expected.push("old x");
        if publishes {
            expected.push("s < w/t old q0");
        }
        let connack = sent.last().unwrap();
        assert_eq!(sent[..sent.len() - 1], expected, "{row} {old:?} {new:?}");
        assert!(connack.starts_with("new < CONNACK 00"), "{row}");
        assert_eq!(connack.contains("present"), continues, "{row} {old:?} {new:?}");
        // What the old connection still says is nobody's business, and nothing is late.
        t.lose("old", Lost::PeerReset);
        t.at(1000.0);
        assert_eq!(t.sent(), Vec::<String>::new(), "{row}");
        // W117: the death of the new one publishes the new will, once.
        t.cut("new");
        t.at(2000.0);
        assert_eq!(t.got("s"), ["w/t new q0"], "{row}");
    }
}

#[test]
fn w109_w112_will_on_takeover_false_is_mosquittos_silence() {
    for (row, old, new, publishes, _) in MATRIX {
        let mut t = Bench::with(|policy| policy.will_on_takeover = false);
        t.watch("s", "w/t");
        old.connect(&mut t, "old", "old");
        t.lines();
        new.connect(&mut t, "new", "new");
        let is_silenced =
            row == "w109" || row == "w112" || (row == "w116" && !old.version.is_v5() && !old.clean);
        let published = t.sent().contains(&"s < w/t old q0".to_owned());
        assert_eq!(published, publishes && !is_silenced, "{row} {old:?} {new:?}");
    }
}

#[test]
fn w112_takeover_continuing_session_without_delay() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").expiry(60).will("w/t", "off").go();
    t.lines();
    t.connect("d").id("c").resume().expiry(60).go();
    assert_eq!(
        t.lines()[..5],
        [
            "c < DISCONNECT 8E",
            "c x",
            "! gone c TakenOver { session_continues: true }",
            "! will c w/t Published TakenOver { session_continues: true }",
            "s < w/t off q0"
        ]
    );
}

#[test]
fn w118_new_connection_without_a_will_leaves_none() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").will("w/t", "off").go();
    t.connect("d").id("c").go();
    assert_eq!(t.got("s"), ["w/t off q0"]);
    t.cut("d");
    assert_eq!(t.got("s"), Vec::<String>::new());
}

#[test]
fn w121_birth_race_always_ends_online() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").will("w/t", "offline").will_retain().go();
    t.retain("c", "w/t", "online");
    t.lines();
    t.open("d", Version::V311);
    t.raw("d", "1010 0004 4D515454 04 02 0000 0001 63 0000 00"); // one byte too long: refused
    assert_eq!(t.sent(), ["d x"]);
    t.open("e", Version::V311);
    t.raw("e", "100D 0004 4D515454 04 02 0000 0001 63 310B 0003 772F74 6F6E6C696E65");
    let got = t.got("s");
    assert_eq!(got, ["w/t offline q0 retain", "w/t online q0 retain"]);
}

#[test]
fn w122_new_connection_that_subscribes_to_the_old_will() {
    // Clean Start: not live, but the retained one.
    let mut t = Bench::new();
    t.connect("c").expiry(60).will("w/t", "off").will_retain().go();
    t.subscribe("c", "w/t", Q1);
    t.connect("d").id("c").go();
    assert_eq!(t.got("d").len(), 1);
    t.subscribe("d", "w/t", Q1);
    assert_eq!(t.got("d"), ["SUBACK 1 01", "w/t off q0 retain"]);
    // The session goes on: published before it was resumed, so queued.
    for (options, expected) in [(options(Q1), 1), (no_local(Q1), 0)] {
        let mut t = Bench::new();
        t.connect("c").expiry(60).will("w/t", "off").will_qos(Q1).go();
        t.subscribe_with("c", &[("w/t", options)], None);
        t.connect("d").id("c").resume().expiry(60).go();
        let got = t.got("d");
        assert!(got[0].starts_with("CONNACK 00 present"));
        assert_eq!(got.len(), 1 + expected);
        assert_eq!(got.get(1).map(String::as_str), (expected == 1).then_some("w/t off q1 #1"));
    }
}

#[test]
fn w125_both_orders_of_death_and_reconnect_end_alike() {
    let mut ends = Vec::new();
    for death_first in [true, false] {
        let mut t = Bench::new();
        t.watch("s", "w/t");
        t.connect("c").expiry(60).will("w/t", "old").go();
        t.lines();
        if death_first {
            t.cut("c");
        }
        t.connect("d").id("c").resume().expiry(60).will("w/t", "new").go();
        if !death_first {
            t.cut("c");
        }
        let got = t.got("s");
        assert_eq!(t.broker.online("c"), Some(t.conn("d")));
        ends.push((got, t.broker.stats().wills));
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0], (vec!["w/t old q0".to_owned()], 1));
}

#[test]
fn w126_disconnect_that_was_read_first_counts() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").will("w/t", "off").go();
    // The server reads the socket of `online("c")` to its end before it hands in the CONNECT.
    assert_eq!(t.broker.online("c"), Some(t.conn("c")));
    t.raw("c", "E000");
    assert_eq!(t.broker.online("c"), None);
    t.connect("d").id("c").go();
    assert_eq!(t.got("s"), Vec::<String>::new());
}

#[test]
fn w127_two_takeovers_in_a_row() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    for (name, payload) in [("a", "1"), ("b", "2"), ("d", "3")] {
        t.connect(name).id("c").will("w/t", payload).go();
    }
    t.cut("a");
    t.cut("b");
    assert_eq!(t.got("s"), ["w/t 1 q0", "w/t 2 q0"]);
    t.cut("d");
    assert_eq!(t.got("s"), ["w/t 3 q0"]);
}

#[test]
fn w124_takeover_by_another_user_publishes_as_the_old_one() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").user("old").will("w/t", "off").go();
    t.connect("d").id("c").user("new").go();
    assert_eq!(t.got("s"), ["w/t off q0"]);
}
