//! W01 to W43: the promise, and whether it may be made.

use std::sync::Arc;

use crate::broker::policy::Identity;
use crate::broker::testing::*;
use crate::protocol::{Property, QoS, ReasonCode};

/// A CONNECT of 3.1.1 with client id `c` and a will to `w/t`, flags and payload given in hex.
fn connect_v4(flags: &str, payload: &str) -> String {
    let body = format!("0004 4D515454 04 {flags} 0000 0001 63 {payload}");
    let len = body.split_whitespace().collect::<String>().len() / 2;
    format!("10 {len:02X} {body}")
}

/// The same of 5.0, with these will properties.
fn connect_v5(flags: &str, properties: &str, payload: &str) -> String {
    let properties_len = properties.split_whitespace().collect::<String>().len() / 2;
    let body = format!(
        "0004 4D515454 05 {flags} 0000 00 0001 63 {properties_len:02X} {properties} {payload}"
    );
    let len = body.split_whitespace().collect::<String>().len() / 2;
    format!("10 {len:02X} {body}")
}

const TOPIC: &str = "0003 772F74";
const OFF: &str = "0003 6F6666";

/// What a client hears whose first bytes are these; it leaves no will behind, whatever happens.
fn refused(t: &mut Bench, version: crate::protocol::Version, bytes: &str) -> Vec<String> {
    t.open("c", version);
    t.raw("c", bytes);
    let heard = t.got("c");
    t.cut("c");
    assert_eq!(t.got("s"), Vec::<String>::new());
    assert_eq!(t.broker.stats().wills, 0);
    heard
}

fn refused_v4(bytes: &str) -> Vec<String> {
    let mut t = Bench::new();
    t.watch("s", "#");
    refused(&mut t, crate::protocol::Version::V311, bytes)
}

fn refused_v5(bytes: &str) -> Vec<String> {
    let mut t = Bench::new();
    t.watch("s", "#");
    refused(&mut t, crate::protocol::Version::V5, bytes)
}

#[test]
fn w01_will_goes_out_at_once_when_the_connection_is_lost() {
    let mut t = Bench::new();
    t.watch("s", "test");
    t.connect("c").v4().will("test", "bye").go();
    t.lines();
    t.cut("c");
    assert_eq!(
        t.lines(),
        [
            "! gone c Lost(PeerClosed)",
            "! will c test Published Lost(PeerClosed)",
            "s < test bye q0"
        ]
    );
}

#[test]
fn w02_w06_normal_end_discards_the_will_and_leaves_what_was_retained() {
    let mut t = Bench::new();
    t.watch("s", "A/status");
    t.connect("c").will("A/status", "offline").will_retain().go();
    t.retain("c", "A/status", "online");
    assert_eq!(t.got("s"), ["A/status online q0 retain"]);
    t.leave("c", ReasonCode::Success);
    assert_eq!(t.fates(), ["c A/status Discarded Disconnect(Success)"]);
    t.at(1e6);
    t.subscribe("s", "A/+", Q0);
    assert_eq!(t.got("s"), ["SUBACK 2 00", "A/status online q0 retain"]);
}

#[test]
fn w03_w04_presence_shows_offline_live_and_to_a_newcomer() {
    let mut t = Bench::new();
    t.watch("s", "A/status");
    t.connect("c").v4().will("A/status", "offline").will_retain().go();
    t.retain("c", "A/status", "online");
    t.cut("c");
    assert_eq!(t.got("s"), ["A/status online q0 retain", "A/status offline q0 retain"]);
    t.connect("n").v4().go();
    t.subscribe("n", "A/status", Q1);
    assert_eq!(t.got("n")[2..], ["A/status offline q0 retain"]);
}

#[test]
fn w05_after_reconnect_no_late_offline() {
    let mut t = Bench::new();
    t.watch("s", "A/status");
    t.connect("c").v4().will("A/status", "offline").will_retain().go();
    t.connect("c2").id("c").v4().will("A/status", "offline").will_retain().go();
    t.retain("c2", "A/status", "online");
    t.lose("c", crate::broker::event::Lost::ByServer);
    assert_eq!(t.got("s"), ["A/status offline q0 retain", "A/status online q0 retain"]);
}

#[test]
fn w08_no_will_no_message() {
    let mut t = Bench::new();
    t.watch("s", "#");
    t.connect("c").go();
    t.cut("c");
    assert_eq!(
        t.sent(),
        ["c < CONNACK 00 TopicAliasMaximum(10) MaximumPacketSize(2000000) ReceiveMaximum(20)"]
    );
}

#[test]
fn w10_refused_connect_has_no_will_and_says_why() {
    for (version5, code) in [(true, "CONNACK 86"), (false, "CONNACK 86")] {
        let mut t = Bench::new();
        t.watch("s", "#");
        let knock = t.connect("c").will("w/t", "off");
        let knock = if version5 { knock } else { knock.v4() };
        knock.go_as(Err(ReasonCode::BadUserNameOrPassword));
        assert_eq!(t.got("c"), [code, "x"]);
        t.cut("c");
        assert_eq!(t.got("s"), Vec::<String>::new());
    }
}

#[test]
fn w10_server_full_refuses_before_anything_happens() {
    let mut t = Bench::with(|policy| policy.sessions_max = Some(1));
    t.watch("s", "#");
    t.connect("c").will("w/t", "off").go();
    assert_eq!(t.got("c"), ["CONNACK 89", "x"]);
    t.connect("d").v4().go();
    assert_eq!(t.got("d"), ["x"]);
    t.connect("s2").id("s").go();
    assert_eq!(t.got("s2")[0][..10], *"CONNACK 00");
}

#[test]
fn w11_authentication_method_is_refused_without_a_will() {
    let mut t = Bench::new();
    t.watch("s", "#");
    t.connect("c").with(Property::AuthenticationMethod("x")).will("w/t", "off").go();
    assert_eq!(t.got("c"), ["CONNACK 8C", "x"]);
    t.cut("c");
    assert_eq!(t.got("s"), Vec::<String>::new());
}

#[test]
fn w13_will_is_armed_though_connack_is_never_read() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").will("w/t", "off").go();
    t.lose("c", crate::broker::event::Lost::WriteError(std::io::ErrorKind::BrokenPipe));
    assert_eq!(t.got("s"), ["w/t off q0"]);
}

#[test]
fn w14_will_qos_3_is_malformed() {
    assert_eq!(refused_v4(&connect_v4("1E", &format!("{TOPIC} {OFF}"))), ["x"]);
    let v5 = connect_v5("1E", "", &format!("{TOPIC} {OFF}"));
    assert_eq!(refused_v5(&v5), ["CONNACK 81", "x"]);
}

#[test]
fn w15_w16_w17_bits_without_will_flag_are_ignored() {
    for flags in ["0A", "22", "12", "32"] {
        let mut t = Bench::new();
        t.watch("s", "#");
        t.open("c", crate::protocol::Version::V311);
        t.raw("c", &connect_v4(flags, ""));
        assert_eq!(t.got("c"), ["CONNACK 00"]);
        t.cut("c");
        assert_eq!(t.got("s"), Vec::<String>::new());
    }
    assert_eq!(refused_v4(&connect_v4("1A", "")), ["x"], "QoS 3 is malformed always");
}

#[test]
fn w18_w19_will_fields_that_do_not_fit_the_flags() {
    assert_eq!(refused_v4(&connect_v4("02", &format!("{TOPIC} {OFF}"))), ["x"]);
    assert_eq!(refused_v4(&connect_v4("06", TOPIC)), ["x"]);
    assert_eq!(refused_v5(&connect_v5("06", "", TOPIC)), ["CONNACK 81", "x"]);
}

#[test]
fn w20_w21_w26_payload_may_be_anything_from_nothing_to_65535_bytes() {
    for payload in [vec![], vec![0, 255, 254], vec![7; 65_535]] {
        let mut t = Bench::new();
        t.watch("s", "w/t");
        t.connect("c").v4().will("w/t", "").will_bytes(&payload).go();
        t.lines();
        t.cut("c");
        let text = String::from_utf8_lossy(&payload);
        assert_eq!(t.got("s"), [format!("w/t {text} q0")]);
    }
}

#[test]
fn w22_w23_w24_topics_that_are_none() {
    let cases = [
        ("0000", "82"),
        ("0003 772F23", "82"),
        ("0003 2B2F74", "82"),
        ("0003 610062", "81"),
        ("0003 61FF62", "81"),
        ("0005 61EDA08062", "81"),
    ];
    for (topic, code) in cases {
        assert_eq!(refused_v4(&connect_v4("06", &format!("{topic} {OFF}"))), ["x"]);
        let v5 = connect_v5("06", "", &format!("{topic} {OFF}"));
        assert_eq!(refused_v5(&v5), [format!("CONNACK {code}"), "x".to_owned()], "{topic}");
    }
}

#[test]
fn w25_byte_order_mark_is_data() {
    let mut t = Bench::new();
    t.watch("s", "\u{FEFF}a");
    t.connect("c").will("\u{FEFF}a", "off").go();
    t.cut("c");
    assert_eq!(t.got("s"), ["\u{FEFF}a off q0"]);
}

#[test]
fn w27_wills_to_topics_of_the_broker_are_refused() {
    for topic in ["$SYS/x", "$share/g/t", "$CONTROL/x", "$SYS/broker/connection/a/b/state"] {
        let mut t = Bench::new();
        t.connect("c").will(topic, "off").go();
        assert_eq!(
            t.lines(),
            [
                format!(
                    "! refused Some(\"c\") Will {{ topic: {topic:?}, reason: TopicNameInvalid, \
                     rule: \"nobody may write to this topic\" }}"
                ),
                "c < CONNACK 90".to_owned(),
                "c x".to_owned()
            ]
        );
        t.connect("d").v4().will(topic, "off").go();
        assert_eq!(t.got("d").last().map(String::as_str), Some("x"));
    }
    let mut t = Bench::new();
    t.watch("s", "$x/y");
    t.connect("c").will("$x/y", "off").go();
    t.cut("c");
    assert_eq!(t.got("s"), ["$x/y off q0"]);
}

#[test]
fn w28_will_of_a_mosquitto_bridge() {
    let topic = "$SYS/broker/connection/NAME/state";
    let mut t = Bench::new();
    t.watch("s", topic);
    t.connect("c").bridge().will(topic, "0").will_qos(Q1).will_retain().go();
    t.cut("c");
    assert_eq!(t.got("s"), [format!("{topic} 0 q1 #1 retain")]);
}

#[test]
fn w30_w31_limits_of_the_server_bind_wills() {
    let mut t = Bench::with(|policy| policy.retain_available = false);
    t.connect("c").will("w/t", "off").will_retain().go();
    assert_eq!(t.got("c"), ["CONNACK 9A", "x"]);
    t.connect("d").v4().will("w/t", "off").will_retain().go();
    assert_eq!(t.got("d"), ["x"]);
    let mut t = Bench::with(|policy| policy.listeners[0].qos_max = QoS::AtLeastOnce);
    t.connect("c").will("w/t", "off").will_qos(Q2).go();
    assert_eq!(t.got("c"), ["CONNACK 9B", "x"]);
    t.connect("d").v4().will("w/t", "off").will_qos(Q2).go();
    assert_eq!(t.got("d"), ["x"]);
}

#[test]
fn w32_w218_will_above_message_size_limit() {
    let mut t = Bench::with(|policy| policy.message_size_max = 3);
    t.connect("a").will("w/t", "off").go();
    assert_eq!(t.got("a")[0][..10], *"CONNACK 00");
    t.connect("c").will("w/t", "more").go();
    assert_eq!(t.got("c"), ["CONNACK 95", "x"]);
    t.connect("d").v4().will("w/t", "more").go();
    assert_eq!(t.got("d"), ["CONNACK 95", "x"]);
}

#[test]
fn w33_to_w39_will_properties() {
    let pay = |payload: &str| format!("{TOPIC} {payload}");
    let cases = [
        ("01 01", "0001 FF", "99"),
        ("01 02", OFF, "82"),
        ("18 00000001 18 00000001", OFF, "82"),
        ("02 00000001 02 00000001", OFF, "82"),
        ("23 0001", OFF, "81"),
        ("0B 01", OFF, "81"),
        ("11 00000001", OFF, "81"),
        ("1F 0001 61", OFF, "81"),
        ("7F 01", OFF, "81"),
        ("08 0003 612F23", OFF, "82"),
        ("03 0001 FF", OFF, "81"),
    ];
    for (properties, payload, code) in cases {
        let heard = refused_v5(&connect_v5("06", properties, &pay(payload)));
        assert_eq!(heard, [format!("CONNACK {code}"), "x".to_owned()], "{properties}");
    }
}

#[test]
fn w42_will_of_a_client_with_an_assigned_id() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").id("").will("w/t", "off").go();
    let connack = t.got("c").remove(0);
    let (_, id) = connack.split_once("AssignedClientIdentifier(\"auto-").unwrap();
    let id = id.split_once('"').unwrap().0;
    assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert!(id.chars().all(|it| it == '-' || it.is_ascii_digit() || ('A'..='F').contains(&it)));
    t.cut("c");
    assert_eq!(t.got("s"), ["w/t off q0"]);
}

#[test]
fn w43_mount_point_goes_before_the_will_topic_once() {
    let mut t = Bench::with(|policy| policy.listeners[0].mount_point = Some(Arc::from("dev/")));
    t.watch("s", "w/t");
    t.connect("c").will("w/t", "off").go();
    t.lines();
    t.cut("c");
    assert_eq!(t.lines()[1..], ["! will c dev/w/t Published Lost(PeerClosed)", "s < w/t off q0"]);
}

#[test]
fn w119_w134_refused_connect_leaves_the_old_connection_alone() {
    let mut t = Bench::new();
    t.watch("s", "w/t");
    t.connect("c").will("w/t", "off").go();
    t.lines();
    t.connect("d").id("c").will("w/t", "new").go_as(Err(ReasonCode::NotAuthorized));
    assert_eq!(t.sent(), ["d < CONNACK 87", "d x"]);
    t.cut("d");
    assert_eq!(t.sent(), Vec::<String>::new());
    assert_eq!(t.broker.online("c"), Some(t.conn("c")));
    t.connect("e").id("c").go_as(Ok(Identity::of(Some(Arc::from("u")))));
    assert_eq!(t.got("s"), ["w/t off q0"]);
}
