//! W44 to W105: the connection ends, by the client, by silence, by the server.

use std::io::ErrorKind;

use crate::broker::event::{Input, Lost};
use crate::broker::testing::*;
use crate::protocol::{Property, ReasonCode, Version};

/// A subscriber `s` of `w/#` and a client `c` with a will at `w/t` that is just connected.
fn bench() -> Bench {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    t.connect("c").will("w/t", "off").go();
    t.lines();
    t
}

fn bench_v4() -> Bench {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    t.connect("c").v4().will("w/t", "off").go();
    t.lines();
    t
}

#[test]
fn w44_w45_w66_any_loss_publishes_at_once() {
    let losses = [
        Lost::PeerClosed,
        Lost::PeerReset,
        Lost::ReadError(ErrorKind::TimedOut),
        Lost::WriteError(ErrorKind::BrokenPipe),
    ];
    for lost in losses {
        for mut t in [bench(), bench_v4()] {
            t.lose("c", lost);
            assert_eq!(
                t.lines(),
                [
                    format!("! gone c Lost({lost:?})"),
                    format!("! will c w/t Published Lost({lost:?})"),
                    "s < w/t off q0".to_owned()
                ]
            );
        }
    }
}

#[test]
fn w51_every_form_of_normal_disconnect_discards() {
    for form in ["E000", "E00100", "E0020000"] {
        let mut t = bench();
        t.raw("c", form);
        assert_eq!(
            t.lines(),
            ["c x", "! gone c Disconnect(Success)", "! will c w/t Discarded Disconnect(Success)"]
        );
        t.lose("c", Lost::PeerReset);
        assert_eq!(t.lines(), Vec::<String>::new());
    }
}

#[test]
fn w52_w53_w54_of_all_256_reason_codes_exactly_one_discards() {
    let mut discarding = Vec::new();
    for code in 0..=255_u8 {
        let mut t = bench();
        t.raw("c", &format!("E001{code:02X}"));
        let lines = t.lines();
        let is_known = ReasonCode::from_u8(code).is_some();
        let is_client_code = matches!(
            code,
            0x00 | 0x04 | 0x80..=0x83 | 0x90 | 0x93..=0x99
        );
        assert!(is_known || !is_client_code);
        let answer = lines.iter().any(|line| line == "c < DISCONNECT 82");
        assert_eq!(answer, !is_client_code, "{code:02X}: {lines:?}");
        assert!(lines.contains(&"c x".to_owned()));
        t.lose("c", Lost::ByServer);
        let published = lines.contains(&"s < w/t off q0".to_owned());
        if !published {
            discarding.push(code);
        }
        assert_eq!(t.lines(), Vec::<String>::new(), "settled once");
    }
    assert_eq!(discarding, [0]);
}

#[test]
fn w52_disconnect_with_will_keeps_delay_and_expiry() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").expiry(60).will("w/t", "off").delay(4).go();
    t.leave("c", ReasonCode::DisconnectWithWill);
    assert_eq!(t.got("s"), Vec::<String>::new());
    t.at(3.999);
    assert_eq!(t.got("s"), Vec::<String>::new());
    t.at(4.0);
    assert_eq!(t.got("s"), ["w/t off q0"]);
}

#[test]
fn w55_w56_w58_disconnects_that_are_none() {
    for (bytes, code) in
        [("E100", "81"), ("E00C000A11000000011100000001", "82"), ("E0070005 0200000001", "81")]
    {
        let mut t = bench();
        t.raw("c", bytes);
        let sent = t.sent();
        assert_eq!(sent, [&format!("c < DISCONNECT {code}"), "c x", "s < w/t off q0"], "{bytes}");
    }
    for bytes in ["E100", "E00100"] {
        let mut t = bench_v4();
        t.raw("c", bytes);
        assert_eq!(t.sent(), ["c x", "s < w/t off q0"]);
    }
}

#[test]
fn w57_raising_the_expiry_from_zero_is_a_protocol_error() {
    let mut t = bench();
    t.raw("c", "E007 00 05 11 0000003C");
    assert_eq!(t.sent(), ["c < DISCONNECT 82", "c x", "s < w/t off q0"]);
    t.lose("c", Lost::ByServer);
    assert_eq!(t.broker.stats().sessions, 1);
}

#[test]
fn w59_normal_disconnect_may_end_the_session() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").expiry(60).will("w/t", "off").go();
    t.leave_with("c", ReasonCode::Success, &[Property::SessionExpiryInterval(0)]);
    assert_eq!(t.got("s"), Vec::<String>::new());
    assert_eq!(t.broker.stats().sessions, 1);
    t.connect("d").id("c").resume().go();
    assert!(!t.got("d")[0].contains("present"));
}

#[test]
fn w60_w61_what_comes_behind_disconnect_does_nothing() {
    let mut t = bench_v4();
    t.raw("c", "E000 FFFF");
    t.lose("c", Lost::PeerReset);
    assert_eq!(
        t.lines(),
        ["c x", "! gone c Disconnect(Success)", "! will c w/t Discarded Disconnect(Success)"]
    );
}

#[test]
fn w62_w65_half_a_packet_is_no_packet() {
    for bytes in ["E0", "300500", "30 0A 0003 77"] {
        let mut t = bench_v4();
        t.raw("c", bytes);
        t.cut("c");
        assert_eq!(t.got("s"), ["w/t off q0"]);
    }
}

#[test]
fn w63_connect_and_disconnect_in_one_segment() {
    let mut t = Bench::new();
    t.watch("s", "#");
    t.open("c", Version::V311);
    t.raw("c", "1017 0004 4D515454 04 06 0000 0001 63 0003 772F74 0003 6F6666 E000");
    t.cut("c");
    assert_eq!(t.sent(), ["c < CONNACK 00", "c x"]);
}

#[test]
fn w64_w179_what_was_sent_comes_before_the_will() {
    let mut t = Bench::new();
    t.watch("s", "w/#");
    t.open("c", Version::V311);
    let publish = "3006 0003 772F78 61";
    let bytes = "1017 0004 4D515454 04 06 0000 0001 63 0003 772F74 0003 6F6666";
    t.raw("c", &format!("{bytes} {}", publish.repeat(500)));
    t.cut("c");
    let got = t.got("s");
    assert_eq!(got.len(), 501);
    assert!(got[..500].iter().all(|it| it == "w/x a q0"));
    assert_eq!(got[500], "w/t off q0");
}

#[test]
fn w67_w103_slow_reader_lives_and_its_will_waits_for_its_end() {
    let mut t = bench();
    t.subscribe("c", "x", Q0);
    t.fill("c", 0);
    t.connect("p").go();
    t.publish("p", "x", "1", Q0);
    t.publish("p", "x", "2", Q0);
    t.publish("p", "x", "3", Q0);
    let lines = t.lines();
    assert!(lines.contains(&"! dropping c SlowReader".to_owned()));
    assert_eq!(t.broker.stats().publish_dropped, 2);
    assert!(!lines.iter().any(|line| line.starts_with("s ")));
    t.cut("c");
    assert_eq!(t.got("s"), ["w/t off q0"]);
}

#[test]
fn w70_silence_is_never_judged_early_and_at_most_100_ms_late() {
    for (millis, keep_alive) in [(0, 5_u16), (37, 5), (99, 1), (50, 7)] {
        let mut t = Bench::new();
        t.watch("s", "w/t");
        t.at_millis(millis);
        t.connect("c").keep_alive(keep_alive).will("w/t", "off").go();
        t.lines();
        let silent_at = millis + u64::from(keep_alive) * 1500;
        t.at_millis(silent_at - 1);
        assert_eq!(t.lines(), Vec::<String>::new(), "early for {millis} {keep_alive}");
        t.at_millis(silent_at + 100);
        assert_eq!(
            t.lines(),
            [
                "c < DISCONNECT 8D".to_owned(),
                "c x".to_owned(),
                format!("! gone c KeepAlive({keep_alive})"),
                format!("! will c w/t Published KeepAlive({keep_alive})"),
                "s < w/t off q0".to_owned()
            ]
        );
    }
}

#[test]
fn w70_version_3_is_closed_without_a_word() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").v4().keep_alive(2).will("w/t", "off").go();
    t.lines();
    t.at(3.0);
    assert_eq!(t.sent(), ["c x", "s < w/t off q0"]);
    t.lose("c", Lost::ByServer);
    assert_eq!(t.lines(), Vec::<String>::new());
}

#[test]
fn w73_keep_alive_zero_never_ends() {
    let mut t = bench();
    t.at(1e7);
    assert_eq!(t.lines(), Vec::<String>::new());
    assert!(t.broker.deadline().is_none());
}

#[test]
fn w74_server_keep_alive_counts() {
    let mut t = Bench::with(|policy| policy.keep_alive_max_secs = 10);
    for (asked, told) in [(0, true), (11, true), (10, false), (3, false)] {
        t.connect("c").id("").keep_alive(asked).go();
        assert_eq!(t.got("c")[0].contains("ServerKeepAlive(10)"), told, "{asked}");
        t.connect("d").id("").v4().keep_alive(asked).go();
        let expected: &[&str] = if told { &["CONNACK 85", "x"] } else { &["CONNACK 00"] };
        assert_eq!(t.got("d"), expected, "{asked}");
    }
    let mut t = Bench::with(|policy| policy.keep_alive_max_secs = 10);
    t.connect("c").keep_alive(0).go();
    t.lines();
    t.at(14.999);
    assert_eq!(t.lines(), Vec::<String>::new());
    t.at(15.1);
    assert_eq!(t.got("c"), ["DISCONNECT 8D", "x"]);
}

#[test]
fn w75_w76_bytes_that_complete_no_packet_do_not_count() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").v4().keep_alive(2).will("w/t", "off").go();
    t.lines();
    t.raw("c", "30");
    t.at(1.0);
    t.raw("c", "7F");
    t.at(2.0);
    t.raw("c", "00");
    t.at(3.0);
    assert_eq!(t.got("s"), ["w/t off q0"]);
}

#[test]
fn w77_any_packet_resets_the_clock() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").keep_alive(2).will("w/t", "off").go();
    t.lines();
    for secs in 1..6 {
        t.at(f64::from(secs) * 2.9);
        match secs % 2 {
            0 => t.retain("c", "x", ""),
            _ => t.send("c", &crate::protocol::Packet::PingReq),
        }
    }
    assert!(!t.sent().contains(&"c x".to_owned()));
    t.at(5.0 * 2.9 + 2.999);
    assert_eq!(t.lines(), Vec::<String>::new());
    t.at(5.0 * 2.9 + 3.1);
    assert_eq!(t.got("s"), ["w/t off q0"]);
}

#[test]
fn w78_after_a_pause_whoever_was_heard_first_is_not_judged() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").keep_alive(5).will("w/t", "off").go();
    t.connect("d").keep_alive(5).will("w/t", "dead").go();
    t.lines();
    // Nothing ran for 20 s; the PINGREQ of `c` was in the socket.
    t.now = t.now.plus_secs(20);
    t.send("c", &crate::protocol::Packet::PingReq);
    t.handle(Input::Timeout);
    assert_eq!(t.sent(), ["c < PINGRESP", "d < DISCONNECT 8D", "d x", "s < w/t dead q0"]);
}

#[test]
fn w80_new_id_before_detection_makes_two_clients() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").keep_alive(5).will("w/t", "offline").will_retain().go();
    t.at(1.0);
    t.connect("c2").go();
    t.retain("c2", "w/t", "online");
    t.at(7.5);
    assert_eq!(t.got("s"), ["w/t online q0 retain", "w/t offline q0 retain"]);
}

#[test]
fn w81_longest_and_shortest_keep_alive() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").keep_alive(65_535).will("w/t", "off").go();
    t.lines();
    t.at_millis(98_302_499);
    assert_eq!(t.lines(), Vec::<String>::new());
    t.at_millis(98_302_500);
    assert_eq!(t.got("s"), ["w/t off q0"]);
}

#[test]
fn w83_to_w91_server_closes_for_what_a_client_does() {
    let cases = [
        ("0000", "81"),
        ("30FFFFFFFF7F", "81"),
        ("3609 0003 772F78 0001 00 78", "81"),
        ("8009 0001 00 0003 772F78 00", "81"),
        ("1019 0004 4D515454 05 06 0000 00 0001 63 00 0003 772F74 0003 6F6666", "82"),
        ("D000", "82"),
        ("8209 0001 02 0B00 0001 78 00", "82"),
        ("F000", "82"),
        ("F002 18 00", "82"),
        ("3209 0003 772F78 0000 00 78", "82"),
        ("300A 0003 772F78 03 230000 78", "94"),
        ("300A 0003 772F78 03 23000B 78", "94"),
        ("30 81FF7F", "95"),
        ("300A 0003 772F78 02 0102 7878", "82"),
        ("3009 0003 772F78 02 0101 FF", "99"),
    ];
    for (bytes, code) in cases {
        let mut t = bench();
        t.raw("c", bytes);
        let sent = t.sent();
        assert_eq!(sent, [&format!("c < DISCONNECT {code}"), "c x", "s < w/t off q0"], "{bytes}");
        t.lose("c", Lost::ByServer);
        assert_eq!(t.lines(), Vec::<String>::new(), "{bytes}");
    }
    for bytes in [
        "0000",
        "3608 0003 772F78 0001 78",
        "8008 0001 0003 772F78 00",
        "D000",
        "1017 0004 4D515454 04 06 0000 0001 63 0003 772F74 0003 6F6666",
        "3006 0003 772F23 78",
    ] {
        let mut t = bench_v4();
        t.raw("c", bytes);
        assert_eq!(t.sent(), ["c x", "s < w/t off q0"], "{bytes}");
    }
}

#[test]
fn w87_receive_maximum_exceeded() {
    let mut t = Bench::with(|policy| policy.inflight_messages_max = 2);
    t.watch("s", "w/t");
    t.connect("c").will("w/t", "off").go();
    t.lines();
    t.publish("c", "x", "1", Q2);
    t.publish("c", "x", "2", Q2);
    t.pubrel("c", 1);
    t.publish("c", "x", "3", Q2);
    assert_eq!(
        t.sent(),
        ["c < PUBREC 1 00", "c < PUBREC 2 00", "c < PUBCOMP 1 00", "c < PUBREC 3 00"]
    );
    t.publish("c", "x", "4", Q2);
    assert_eq!(t.sent(), ["c < DISCONNECT 93", "c x", "s < w/t off q0"]);
}

#[test]
fn w90_above_what_the_server_offers() {
    let mut t = Bench::with(|policy| policy.retain_available = false);
    t.watch("s", "w/t");
    t.connect("c").will("w/t", "off").go();
    assert!(t.got("c")[0].contains("RetainAvailable(false)"));
    t.retain("c", "x", "1");
    assert_eq!(t.sent(), ["c < DISCONNECT 9A", "c x", "s < w/t off q0"]);
    let mut t = Bench::with(|policy| policy.listeners[0].qos_max = Q1);
    t.watch("s", "w/t");
    t.connect("c").will("w/t", "off").go();
    assert!(t.got("c")[0].contains("MaximumQoS(1)"));
    t.publish("c", "x", "1", Q2);
    assert_eq!(t.sent(), ["c < DISCONNECT 9B", "c x", "s < w/t off q0"]);
}

#[test]
fn w94_w219_administrator_decides_about_the_will() {
    for (with_will, fate) in [(true, "Published"), (false, "Discarded")] {
        let mut t = bench();
        let conn = t.conn("c");
        t.handle(Input::Revoke { conn, reason: ReasonCode::AdministrativeAction, with_will });
        let lines = t.lines();
        let will = format!("! will c w/t {fate} Revoked(AdministrativeAction)");
        assert_eq!(
            lines[..4],
            ["c < DISCONNECT 98", "c x", "! gone c Revoked(AdministrativeAction)", &will]
        );
        assert_eq!(lines.contains(&"s < w/t off q0".to_owned()), with_will);
    }
}

#[test]
fn w102_the_decision_that_came_first_stands() {
    let mut t = bench();
    t.raw("c", "D000");
    t.raw("c", "E000");
    t.lose("c", Lost::PeerClosed);
    assert_eq!(t.sent(), ["c < DISCONNECT 82", "c x", "s < w/t off q0"]);
    let mut t = bench();
    t.raw("c", "E000 D000");
    assert_eq!(t.sent(), ["c x"]);
}

#[test]
fn w199_reload_touches_no_will() {
    let mut t = bench();
    let policy = t.broker.policy().clone();
    t.handle(Input::Reload(Box::new(policy)));
    assert_eq!(t.lines(), Vec::<String>::new());
    t.cut("c");
    assert_eq!(t.got("s"), ["w/t off q0"]);
}
