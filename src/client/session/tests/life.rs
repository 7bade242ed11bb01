//! Connecting, keep-alive, connecting again, ending.

use super::*;
use crate::client::session::event::Timer;
use crate::protocol::{
    Auth, DecodeError, Disconnect, Malformed, PacketKind, Unsupported, Violation,
};

fn end(reason: ReasonCode) -> Input<'static> {
    Input::End { reason, properties: Properties::EMPTY }
}

#[test]
fn a_life_from_start_to_disconnect() {
    let mut t = Test::new(settings());
    t.input(Input::Start).expect(&["open"]);
    t.input(Input::Opened).expect(&["connect 'c'"]);
    t.connack(false, ReasonCode::Success, &[]);
    t.expect(&["limit 4294967295", "connected as 'c'"]);
    t.input(end(ReasonCode::DisconnectWithWill)).expect(&["disconnect 0x04", "close"]);
    t.receive("late", 1, 7).expect(&[]);
    t.input(Input::Closed).expect(&["ended Requested"]);
    assert!(t.session.has_ended());
    assert_eq!(t.session.deadline(), None);
}

#[test]
fn version_3_ends_with_the_only_disconnect_it_has() {
    let mut t = Test::connected(Settings { version: Version::V311, ..settings() });
    t.input(end(ReasonCode::DisconnectWithWill)).expect(&["disconnect 0x00", "close"]);
}

#[test]
fn an_assigned_client_id_is_kept_for_the_next_connection() {
    let mut t = Test::new(Settings { client_id: String::new(), ..settings() });
    t.input(Input::Start).input(Input::Opened).expect(&["open", "connect ''"]);
    t.connack(false, ReasonCode::Success, &[Property::AssignedClientIdentifier("auto-1")]);
    t.expect(&["limit 4294967295", "connected as 'auto-1'"]);
    t.input(Input::Closed).at(1).input(Input::Opened);
    t.expect(&["waiting Lost until 1000", "open", "connect 'auto-1'"]);
}

#[test]
fn a_first_transport_that_fails_ends_it() {
    let mut t = Test::new(settings());
    t.input(Input::Start).input(Input::OpenFailed).expect(&["open", "ended OpenFailed"]);
}

#[test]
fn a_refused_connect_ends_it_whatever_the_reconnect_rule() {
    let mut t = Test::new(settings());
    t.input(Input::Start).input(Input::Opened).connack(false, ReasonCode::NotAuthorized, &[]);
    t.expect(&["open", "connect 'c'", "refused 0x87", "close"]);
    t.input(Input::Closed).expect(&["ended Refused(NotAuthorized)"]);
}

#[test]
fn the_delay_grows_and_an_accepted_connect_resets_it() {
    let mut t = Test::connected(settings());
    t.input(Input::Closed).expect(&["waiting Lost until 1000"]);
    t.at(1).input(Input::OpenFailed).expect(&["open", "waiting OpenFailed until 3000"]);
    t.at(3).input(Input::OpenFailed).expect(&["open", "waiting OpenFailed until 6000"]);
    t.at(6).open(false, &[]).input(Input::Closed);
    t.expect(&[
        "open",
        "connect 'c'",
        "limit 4294967295",
        "connected as 'c'",
        "waiting Lost until 7000",
    ]);
}

#[test]
fn without_a_reconnect_rule_a_loss_is_the_end() {
    let mut t = Test::connected(Settings { reconnect: None, ..settings() });
    t.input(Input::Closed).expect(&["ended Lost"]);
}

#[test]
fn ending_while_it_waits_ends_at_once() {
    let mut t = Test::connected(settings());
    t.input(Input::Closed).input(end(ReasonCode::Success));
    t.expect(&["waiting Lost until 1000", "ended Requested"]);
    t.at(60).expect(&[]);
}

#[test]
fn silence_is_answered_with_ping_and_then_with_the_end() {
    let mut t = Test::connected(settings());
    t.at(9).expect(&[]);
    assert_eq!(t.session.deadline(), Some((Timestamp::from_millis(10_000), Timer::Ping)));
    t.at(10).expect(&["pingreq"]);
    t.packet(Packet::PingResp).at(19).expect(&[]);
    t.at(20).expect(&["pingreq"]);
    t.at(29).expect(&[]);
    t.at(30).expect(&["abort"]);
    t.input(Input::Closed).expect(&["waiting Silent until 31000"]);
}

#[test]
fn sending_alone_does_not_hide_a_silent_server() {
    let mut t = Test::connected(settings());
    for secs in 1..=10 {
        t.at(secs).publish(u64::from(secs), 0);
    }
    assert!(t.told.0.contains(&"pingreq".to_owned()), "{:?}", t.told.0);
}

#[test]
fn traffic_in_front_of_a_pingresp_keeps_the_connection() {
    let mut t = Test::connected(settings());
    t.at(10).expect(&["pingreq"]);
    t.at(15).receive("x", 0, 0).expect(&["message x"]);
    t.at(20).expect(&["pingreq"]);
    t.at(30).expect(&["abort"]);
}

#[test]
fn silence_that_we_asked_for_only_makes_us_ping() {
    let mut t = Test::connected(settings());
    t.at(10).expect(&["pingreq"]);
    for secs in [20_u32, 30, 40] {
        t.session.excuse_silence(Timestamp::from_millis(u64::from(secs) * 1000));
        t.at(secs).expect(&["pingreq"]);
    }
    t.at(50).expect(&["abort"]);
}

#[test]
fn server_keep_alive_overrides_ours() {
    let mut t = Test::new(settings());
    t.input(Input::Start).open(false, &[Property::ServerKeepAlive(3)]);
    t.told.0.clear();
    t.at(2).expect(&[]);
    t.at(3).expect(&["pingreq"]);
    t.at(6).expect(&["abort"]);
}

#[test]
fn keep_alive_0_never_pings() {
    let mut t = Test::connected(Settings { keep_alive_secs: 0, ..settings() });
    assert_eq!(t.session.deadline(), None);
    t.at(100_000).expect(&[]);
}

#[test]
fn a_connack_that_does_not_come_is_a_loss() {
    let mut t = Test::new(settings());
    t.input(Input::Start).input(Input::Opened).at(10);
    t.expect(&["open", "connect 'c'", "abort"]);
    t.input(Input::Closed).expect(&["waiting Silent until 11000"]);
}

#[test]
fn a_disconnect_of_the_server_is_a_loss() {
    let mut t = Test::connected(settings());
    let reason = ReasonCode::SessionTakenOver;
    t.packet(Packet::Disconnect(Disconnect { reason, properties: Properties::EMPTY }));
    t.input(Input::Closed);
    t.expect(&["close", "waiting Disconnected(SessionTakenOver) until 1000"]);
}

#[test]
fn malformed_bytes_are_told_in_version_5_and_tried_again() {
    let broken = || Input::Broken(DecodeError::Malformed(Malformed::RemainingLength));
    let mut t = Test::connected(settings());
    t.input(broken()).expect(&["disconnect 0x81", "close"]);
    t.input(Input::Closed);
    t.expect(&["waiting Broken(Malformed(RemainingLength)) until 1000"]);
    let mut t = Test::connected(Settings { version: Version::V311, ..settings() });
    t.input(broken()).expect(&["close"]);
}

#[test]
fn packets_out_of_place_end_it() {
    let auth = Auth { reason: ReasonCode::ContinueAuthentication, properties: Properties::EMPTY };
    for packet in [Packet::PingReq, Packet::Auth(auth)] {
        let mut t = Test::connected(settings());
        t.packet(packet).expect(&["disconnect 0x82", "close"]);
        t.input(Input::Closed).expect(&["ended Violation(ProtocolError)"]);
    }
    let mut t = Test::connected(settings());
    t.connack(false, ReasonCode::Success, &[]).expect(&["disconnect 0x82", "close"]);
    let mut t = Test::new(settings());
    t.input(Input::Start).input(Input::Opened).packet(Packet::PingResp);
    t.expect(&["open", "connect 'c'", "disconnect 0x82", "close"]);
}

#[test]
fn a_server_of_version_3_refuses_in_its_own_way() {
    let mut t = Test::new(settings());
    let error = DecodeError::Unsupported(Unsupported::ProtocolLevel(5));
    t.input(Input::Start).input(Input::Opened).input(Input::Broken(error));
    t.expect(&["open", "connect 'c'", "refused 0x84", "close"]);
    t.input(Input::Closed).expect(&["ended Refused(UnsupportedProtocolVersion)"]);
}

#[test]
fn what_no_server_sends_ends_it() {
    for error in [
        DecodeError::Malformed(Malformed::PacketType(0)),
        DecodeError::Malformed(Malformed::PublishQoS),
        DecodeError::Violation(Violation::FromServer(PacketKind::Subscribe)),
    ] {
        let mut t = Test::connected(settings());
        t.input(Input::Broken(error)).input(Input::Closed);
        assert_eq!(t.told.0.last().unwrap(), &format!("ended Broken({error:?})"));
    }
    let mut t = Test::connected(settings());
    let alias = Violation::TopicAliasAboveMaximum { alias: 1, max: 0 };
    t.input(Input::Broken(DecodeError::Violation(alias))).input(Input::Closed);
    assert_eq!(t.told.0[0], "disconnect 0x94");
    assert!(t.told.0[2].starts_with("waiting Broken"), "{:?}", t.told.0);
}

#[test]
fn an_end_before_connack_is_a_disconnect_all_the_same() {
    let mut t = Test::new(settings());
    t.input(Input::Start).input(Input::Opened).expect(&["open", "connect 'c'"]);
    t.input(end(ReasonCode::DisconnectWithWill)).expect(&["disconnect 0x04", "close"]);
    t.connack(false, ReasonCode::Success, &[]);
    t.input(Input::Closed).expect(&["ended Requested"]);
}
