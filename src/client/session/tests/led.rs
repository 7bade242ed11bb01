//! Sessions that the application leads.

use super::*;
use crate::client::session::led::Greeting;
use crate::client::session::presence::Presence;
use crate::client::session::settings::StoredWill;
use crate::protocol::{SubscriptionOptions, Will};

fn led() -> Settings {
    let topic = TopicName::new("state").unwrap();
    Settings {
        is_led: true,
        presence: Some(Presence::new(topic, b"1", b"0")),
        greetings: vec![
            Greeting::Subscribe("in/#".to_owned(), SubscriptionOptions::default()),
            Greeting::Unsubscribe("out/#".to_owned()),
        ],
        ..settings()
    }
}

fn mortal(version: Version) -> Settings {
    let will = Will {
        topic: TopicName::new("state").unwrap(),
        payload: b"0",
        qos: QoS::AtLeastOnce,
        retain: true,
        delay_secs: 0,
        properties: Properties::EMPTY,
    };
    Settings { version, will: Some(StoredWill::copy_of(&will)), ..led() }
}

#[test]
fn the_greeting_goes_ahead_of_what_waits() {
    let mut t = Test::new(led());
    t.input(Input::Start).publish(7, 1).told.0.clear();
    t.open(true, &[]).expect(&[
        "connect 'c'",
        "limit 4294967295",
        "connected as 'c'",
        "publish 1 1 retain",
        "subscribe 2",
        "unsubscribe 3",
        "publish 4 p7",
    ]);
}

#[test]
fn a_state_that_was_not_acknowledged_does_not_queue() {
    let mut t = Test::connected(led());
    t.input(Input::Closed).input(Input::Reconnect(Box::new(led())));
    t.told.0.clear();
    t.open(true, &[]).told.0.retain(|line| line.starts_with("publish"));
    t.expect(&["publish 4 1 retain"]);
}

#[test]
fn nothing_but_the_end_ends_it() {
    for reason in [ReasonCode::NotAuthorized, ReasonCode::BadUserNameOrPassword] {
        let mut t = Test::new(led());
        t.input(Input::Start).input(Input::Opened).connack(false, reason, &[]);
        t.input(Input::Closed).at(100_000);
        assert!(t.told.0.iter().any(|line| line.starts_with("waiting Refused")), "{:?}", t.told.0);
        assert!(!t.session.has_ended());
    }
    let mut t = Test::new(led());
    t.input(Input::Start).input(Input::TlsFailed);
    t.expect(&["open", &format!("waiting TlsFailed until {}", u64::MAX)]);
    t.input(Input::End { reason: ReasonCode::Success, properties: Properties::EMPTY });
    t.expect(&["ended Requested"]);
}

#[test]
fn it_connects_again_when_told_and_with_other_settings() {
    let mut t = Test::connected(led());
    t.input(Input::Reconnect(Box::new(led()))).expect(&[]);
    t.input(Input::Closed).told.0.clear();
    let other = Settings { client_id: "d".to_owned(), version: Version::V311, ..led() };
    t.input(Input::Reconnect(Box::new(other))).input(Input::Opened);
    t.expect(&["open", "connect 'd'"]);
}

#[test]
fn an_interruption_leaves_the_will_to_the_server() {
    for (version, words) in [(Version::V5, Some("disconnect 0x04")), (Version::V311, None)] {
        let mut t = Test::connected(mortal(version));
        t.told.0.clear();
        t.input(Input::Interrupt);
        let expected: Vec<&str> = words.into_iter().chain(["close"]).collect();
        t.expect(&expected).input(Input::Closed);
        t.expect(&[&format!("waiting Requested until {}", u64::MAX)]);
    }
    let mut t = Test::connected(led());
    t.input(Input::Interrupt).expect(&["disconnect 0x00", "close"]);
}

#[test]
fn our_own_bound_of_the_packet_size_holds_besides_the_servers() {
    for (own, theirs, smaller) in [(100, 200, 100), (200, 100, 100)] {
        let mut t = Test::new(Settings { sent_packet_size_max: own, ..settings() });
        t.input(Input::Start).open(false, &[Property::MaximumPacketSize(theirs)]);
        assert!(t.told.0.contains(&format!("limit {smaller}")), "{:?}", t.told.0);
    }
    let mut t = Test::connected(Settings { sent_packet_size_max: 8, ..settings() });
    t.publish(1, 1).expect(&["not published 1 TooLarge"]);
}

#[test]
fn a_session_that_the_server_has_lost_goes_on_all_the_same() {
    let mut t = Test::connected(led());
    t.publish(1, 1).publish(2, 2).packet(Packet::PubRec(ack(5)));
    t.input(Input::Closed).input(Input::Reconnect(Box::new(led())));
    t.told.0.clear();
    t.open(false, &[]).told.0.retain(|line| line.contains(" p") || line.starts_with("pubrel"));
    t.expect(&["publish 4 p1 dup", "pubrel 5 0x00"]);
}

#[test]
fn a_broker_that_pings_is_answered() {
    let mut t = Test::connected(led());
    t.told.0.clear();
    t.packet(Packet::PingReq).expect(&["pingresp"]);
    let mut t = Test::connected(settings());
    t.packet(Packet::PingReq).expect(&["disconnect 0x82", "close"]);
}

#[test]
fn a_server_that_does_not_close_is_cut_off_when_asked_again() {
    let mut t = Test::connected(led());
    t.told.0.clear();
    t.input(Input::Interrupt).input(Input::Interrupt);
    t.expect(&["disconnect 0x00", "close", "abort"]);
}
