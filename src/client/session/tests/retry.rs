//! Connecting again where that was asked for.

use super::*;
use crate::client::session::retry::Retry;
use crate::protocol::Disconnect;

fn retrying(attempts_max: Option<u32>) -> Settings {
    Settings { retry: Some(Retry { attempts_max, jitter_seed: 0 }), ..settings() }
}

#[test]
fn the_first_connection_is_tried_again_too() {
    let mut t = Test::new(retrying(None));
    t.input(Input::Start)
        .input(Input::OpenFailed)
        .expect(&["open", "waiting OpenFailed until 1000"]);
    t.at(1).input(Input::OpenFailed).expect(&["open", "waiting OpenFailed until 3000"]);
    t.at(3).input(Input::OpenFailed).expect(&["open", "waiting OpenFailed until 6000"]);
    t.at(6).open(false, &[]);
    t.expect(&["open", "connect 'c'", "limit 4294967295", "connected as 'c'"]);
    t.input(Input::Closed).expect(&["waiting Lost until 7000"]);
}

#[test]
fn attempts_in_a_row_are_counted() {
    let mut t = Test::new(retrying(Some(2)));
    t.input(Input::Start).input(Input::OpenFailed).at(1).input(Input::OpenFailed).at(3);
    t.told.0.clear();
    t.input(Input::OpenFailed).expect(&["ended OpenFailed"]);

    let mut t = Test::new(retrying(Some(1)));
    t.input(Input::Start).input(Input::OpenFailed).at(1).open(false, &[]);
    t.told.0.clear();
    t.input(Input::Closed).expect(&["waiting Lost until 2000"]);
    t.at(2).input(Input::OpenFailed).expect(&["open", "ended OpenFailed"]);
}

#[test]
fn a_server_that_is_busy_is_asked_again_and_one_that_refuses_us_is_not() {
    let mut t = Test::new(retrying(None));
    t.input(Input::Start).input(Input::Opened).connack(false, ReasonCode::ServerBusy, &[]);
    t.expect(&["open", "connect 'c'", "refused 0x89", "close"]);
    t.input(Input::Closed).expect(&["waiting Refused(ServerBusy) until 1000"]);
    t.at(1).input(Input::Opened).connack(false, ReasonCode::BadUserNameOrPassword, &[]);
    t.input(Input::Closed);
    t.expect(&[
        "open",
        "connect 'c'",
        "refused 0x86",
        "close",
        "ended Refused(BadUserNameOrPassword)",
    ]);
}

#[test]
fn whoever_was_replaced_stays_away() {
    let mut t = Test::connected(retrying(None));
    let reason = ReasonCode::SessionTakenOver;
    t.packet(Packet::Disconnect(Disconnect { reason, properties: Properties::EMPTY }));
    t.input(Input::Closed).expect(&["close", "ended Disconnected(SessionTakenOver)"]);
}

#[test]
fn messages_wait_for_the_first_connection() {
    let mut t = Test::new(retrying(None));
    t.input(Input::Start).publish(1, 1).publish(2, 1).input(Input::OpenFailed);
    t.told.0.clear();
    t.at(1).open(false, &[]);
    t.expect(&[
        "open",
        "connect 'c'",
        "limit 4294967295",
        "connected as 'c'",
        "publish 1 p1",
        "publish 2 p2",
    ]);
}
