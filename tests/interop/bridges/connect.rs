//! What a bridge says to a remote broker, byte by byte, and what it does about the answer.

use std::time::{Duration, Instant};

use super::wire::Stub;
use super::{Kind, Node, bridge};
use crate::support::await_that;
use crate::support::packet::{self, Version};
use crate::support::raw::Raw;

/// CONNACK with these two bytes, in version 3.
pub fn connack(session_present: u8, code: u8) -> [u8; 4] {
    [0x20, 2, session_present, code]
}

/// CONNACK of version 5 with this reason, without properties.
pub fn connack_5(reason: u8) -> [u8; 5] {
    [0x20, 3, 0, reason, 0]
}

/// Our broker with a bridge to a test.
pub fn near(stub: &Stub, lines: &str) -> Node {
    Node::start(Kind::Ours, &bridge(&stub.address(), lines))
}

#[test]
fn w224_a_bridge_announces_itself_with_its_end_as_will_and_then_its_beginning() {
    for (version, level) in [("mqttv31", 0x83), ("mqttv311", 0x84), ("mqttv50", 5)] {
        let stub = Stub::new();
        let lines = format!(
            "bridge_protocol_version {version}\nkeepalive_interval 7\nremote_username u\n\
             remote_password p\ntopic a/# both 1 l/ r/\ntopic b/# out 1\n"
        );
        let _near = near(&stub, &lines);
        let (mut raw, connect) = stub.accept();
        assert_eq!((connect.level, connect.keep_alive_secs, connect.is_clean), (level, 7, false));
        assert_eq!((&*connect.id, &*connect.login), ("far", &["u".to_owned(), "p".to_owned()][..]));
        let will = connect.will.expect("a will");
        assert_eq!((&*will.topic, &*will.payload), ("$SYS/broker/connection/far/state", "0"));
        assert_eq!((will.qos, will.retain), (1, true));
        let is_v5 = level == 5;
        raw.send(if is_v5 { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] });
        let online = raw.receive();
        assert_eq!((online[0], online.last()), (0x33, Some(&b'1')), "QoS 1, retained");
        let subscribe = raw.receive();
        let options = if is_v5 { 0x0D } else { 1 };
        assert_eq!((subscribe[0], subscribe.last()), (0x82, Some(&options)));
        assert!(String::from_utf8_lossy(&subscribe).contains("r/a/#"));
        let unsubscribe = raw.receive();
        assert_eq!(unsubscribe[0], 0xA2);
        assert!(String::from_utf8_lossy(&unsubscribe).contains("b/#"));
    }
}

#[test]
fn what_is_switched_off_is_not_said() {
    let stub = Stub::new();
    let lines = "cleansession true\ntry_private false\nnotifications_local_only true\n\
                 bridge_attempt_unsubscribe false\ntopic b/# out 1\nlocal_cleansession false\n";
    let near = near(&stub, lines);
    let (mut raw, connect) = stub.accept();
    assert_eq!((connect.level, connect.is_clean), (4, true));
    assert!(connect.will.is_none());
    raw.send(&connack(0, 0));
    near.await_retained("$SYS/broker/connection/far/state", "1");
    near.publish("b/1", "x", "1", &[]);
    let publish = raw.receive();
    assert_eq!((publish[0], publish.last()), (0x32, Some(&b'x')), "nothing comes before it");
}

#[test]
fn a_remote_broker_that_does_not_know_bridges_or_version_5_is_connected_to_without() {
    let stub = Stub::new();
    let near = near(&stub, "bridge_protocol_version mqttv50\ntopic # in 0\n");
    for level in [5, 0x84] {
        let (mut raw, connect) = stub.accept();
        assert_eq!(connect.level, level);
        raw.send(&connack(0, 1));
    }
    let (mut raw, connect) = stub.accept();
    assert_eq!(connect.level, 4);
    raw.send(&connack(0, 0));
    near.log().line_with("Bridge b: the remote broker does not speak MQTT 5.0, trying 3.1.1.");
    near.log().line_with("Bridge b: the remote broker does not know bridges, trying as a plain");
    near.log().line_with("Bridge b connected to ");
}

#[test]
fn a_wrong_password_is_told_each_time_and_tried_with_pauses() {
    let far = Node::start(Kind::Mosquitto, "allow_anonymous false\n");
    let lines = "topic # in 0\nremote_username u\nremote_password wrong\n";
    let near = Node::start(Kind::Ours, &bridge(&far.address(), lines));
    near.log().line_with("Bridge b: the remote broker refuses the connection: Not authorized");
    drop(near);
    let stub = Stub::new();
    let near = self::near(&stub, lines);
    let mut last = None::<Instant>;
    for _ in 0..3 {
        let (mut raw, connect) = stub.accept();
        assert_eq!(connect.login, ["u", "wrong"]);
        if let Some(last) = last {
            assert!(last.elapsed() >= Duration::from_millis(990), "{:?}", last.elapsed());
        }
        last = Some(Instant::now());
        raw.send(&connack(0, 4));
    }
    let told = |part: &str| near.log().so_far().iter().filter(|it| it.contains(part)).count();
    await_that("three attempts and their refusals are told", || {
        let refused = told("refuses the connection: Bad User Name or Password (code 4)");
        told("Connecting bridge b (") >= 3 && refused >= 2
    });
    assert_eq!(told("Connecting bridge b ("), 3);
    assert_eq!(near.retained("$SYS/broker/connection/far/state").as_deref(), Some("0"));
}

#[test]
fn w230_a_will_that_is_refused_is_told_with_its_code_and_tried_without() {
    for (reason, words) in [
        (0x90, "the remote broker does not take the will, trying without notifications."),
        (0x9A, "the remote broker does not retain messages, trying without."),
        (0x9B, "the remote broker does not take the QoS of the will, trying with 0."),
    ] {
        let stub = Stub::new();
        let near = near(&stub, "bridge_protocol_version mqttv50\ntopic # in 0\n");
        let (mut raw, connect) = stub.accept();
        assert!(connect.will.is_some());
        raw.send(&connack_5(reason));
        let (mut raw, connect) = stub.accept();
        let will = connect.will.map(|will| (will.qos, will.retain));
        let expected = match reason {
            0x90 => None,
            0x9A => Some((1, false)),
            _ => Some((0, true)),
        };
        assert_eq!(will, expected);
        raw.send(&connack_5(0));
        near.log().line_with(&format!("({reason:#04x})."));
        near.log().line_with(words);
        near.log().line_with("Bridge b connected to ");
    }
}

#[test]
fn w230_a_refusal_that_may_be_about_the_will_names_the_option_that_leaves_it_out() {
    let stub = Stub::new();
    let near = near(&stub, "topic # in 0\n");
    for _ in 0..2 {
        let (mut raw, connect) = stub.accept();
        assert!(connect.will.is_some(), "only the administrator gives up what was configured");
        raw.send(&connack(0, 5));
    }
    near.log().line_with("Not authorized (code 5)");
    near.log().line_with("notifications_local_only");
}

#[test]
fn w229_a_will_of_the_administrators_own_takes_the_place_of_the_notification() {
    let stub = Stub::new();
    let lines = "notifications_local_only true\nbridge_will_topic site/7\nbridge_will_qos 2\n\
                 bridge_will_payload gone dark\nbridge_will_retain true\ntopic # in 0\n";
    let _near = near(&stub, lines);
    let (_, connect) = stub.accept();
    let will = connect.will.expect("a will");
    assert_eq!((&*will.topic, &*will.payload), ("site/7", "gone dark"));
    assert_eq!((will.qos, will.retain), (2, true));
}

#[test]
fn w227_an_orderly_stop_says_that_the_bridge_is_gone_and_then_goodbye() {
    let stub = Stub::new();
    let mut broker = near(&stub, "topic # in 0\n");
    let (mut raw, _) = stub.accept();
    raw.send(&connack(0, 0));
    assert_eq!(raw.receive()[0], 0x33);
    raw.send(&[0x40, 2, 0, 1]);
    assert_eq!(raw.receive()[0], 0x82);
    broker.log().line_with("Bridge b connected to ");
    let stopping = std::thread::spawn(move || broker.end("TERM"));
    let offline = raw.receive();
    assert_eq!((offline[0], offline.last()), (0x33, Some(&b'0')), "QoS 1, retained");
    let id = offline[offline.len() - 3..].to_vec();
    raw.send(&[0x40, 2, id[0], id[1]]);
    raw.expect_hex("E0 00");
    raw.expect_closed();
    assert_eq!(stopping.join().unwrap().code, Some(0));
    // In version 5 the server publishes the will for us.
    let stub = Stub::new();
    let mut broker = near(&stub, "bridge_protocol_version mqttv50\ntopic # in 0\n");
    let (mut raw, _) = stub.accept();
    raw.send(&connack_5(0));
    broker.log().line_with("Bridge b connected to ");
    let stopping = std::thread::spawn(move || broker.end("TERM"));
    let last = std::iter::from_fn(|| raw.next()).last().expect("a DISCONNECT");
    assert_eq!(last[..3], [0xE0, 1, 4]);
    drop(raw);
    assert_eq!(stopping.join().unwrap().code, Some(0));
}

/// A remote broker without a memory: connected again, with its SUBSCRIBE answered.
fn again(stub: &Stub, subscribe_id: u8) -> Raw {
    let (mut raw, _) = stub.accept();
    raw.send(&connack(0, 0));
    let subscribe = raw.receive();
    assert_eq!((subscribe[0], subscribe[3]), (0x82, subscribe_id));
    raw.send(&[0x90, 3, 0, subscribe_id, 2]);
    raw
}

#[test]
fn qos_0_waits_while_the_remote_broker_has_not_answered() {
    let stub = Stub::new();
    let near = near(&stub, "notifications false\ntopic a/# out 0\n");
    let here = near.observer("eye", "a/#");
    let (mut raw, _) = stub.accept();
    near.publish("a/x", "out", "0", &[]);
    here.stdout.line_with("a/x out");
    raw.send(&connack(0, 0));
    let unsubscribe = raw.receive();
    assert_eq!(unsubscribe[0], 0xA2);
    assert_eq!(raw.receive(), b"\x30\x08\0\x03a/xout");
}

#[test]
fn an_exchange_goes_on_at_a_remote_broker_that_is_silent_about_the_session() {
    const LINES: &str = "notifications false\ntopic a/# both 2\n";
    let stub = Stub::new();
    let near = near(&stub, LINES);
    let mut raw = again(&stub, 1);
    near.publish("a/x", "out", "2", &[]);
    let first = raw.receive();
    assert_eq!((first[0], &first[2..9]), (0x34, &b"\0\x03a/x\0\x02"[..]));
    drop(raw);
    let mut raw = again(&stub, 3);
    let repeat = raw.receive();
    assert_eq!((repeat[0], &repeat[1..]), (0x3C, &first[1..]));
    raw.send(&[0x50, 2, 0, 2]);
    raw.expect_hex("62 02 00 02");
    drop(raw);
    let mut raw = again(&stub, 4);
    raw.expect_hex("62 02 00 02");
    raw.send(&[0x70, 2, 0, 2]);
    // What means nothing to us is answered all the same.
    raw.send(&[0x50, 2, 7, 7]);
    raw.expect_hex("62 02 07 07");
    raw.send(&[0x62, 2, 7, 8]);
    raw.expect_hex("70 02 07 08");
}

#[test]
fn a_message_that_comes_again_from_such_a_broker_is_taken_again() {
    let stub = Stub::new();
    let near = near(&stub, "notifications false\ntopic a/# both 2\n");
    let here = near.observer("eye", "a/#");
    let message = |first: u8| packet::publish(Version::V4, "a/x", "in", first, 5);
    let mut raw = again(&stub, 1);
    raw.send(&message(0x04));
    drop(raw);
    for subscribe_id in [2, 3] {
        let mut raw = again(&stub, subscribe_id);
        raw.send(&message(0x0C));
        raw.expect_hex("50 02 00 05");
        raw.send(&[0x62, 2, 0, 5]);
        if subscribe_id == 3 {
            raw.expect_hex("70 02 00 05");
        }
    }
    here.stdout.line_with("a/x in q2 r0");
}
