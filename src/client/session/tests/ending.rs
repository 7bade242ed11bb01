//! Every way to leave, and when.

use super::{Test, settings};
use crate::client::session::ending::{Ending, How};
use crate::client::session::event::Input;
use crate::client::session::settings::Settings;
use crate::protocol::{Disconnect, Packet, Properties, Property, PropertyBuf, ReasonCode, Version};

fn leaving(how: How) -> Settings {
    let mut settings = settings();
    settings.ending.how = Some(how);
    settings
}

impl Test {
    fn end(&mut self) -> &mut Self {
        self.end_with(ReasonCode::Success)
    }

    fn end_with(&mut self, reason: ReasonCode) -> &mut Self {
        self.input(Input::End { reason, properties: Properties::EMPTY })
    }
}

#[test]
fn any_reason_code_can_be_sent() {
    for (code, line) in [(0x00, "disconnect 0x00"), (0x04, "disconnect 0x04")] {
        let mut test = Test::connected(leaving(How::Disconnect(code)));
        test.end().expect(&[line, "close"]);
        test.input(Input::Closed).expect(&["ended Requested"]);
    }
    // What the standard does not define goes out as bytes.
    let mut test = Test::connected(leaving(How::Disconnect(0xFF)));
    test.end().expect(&["raw e001ff (3 bytes)", "close"]);
    // The chosen way counts, whatever the application asks for.
    let mut test = Test::connected(leaving(How::Disconnect(0x00)));
    test.end_with(ReasonCode::DisconnectWithWill).expect(&["disconnect 0x00", "close"]);
}

#[test]
fn dropping_and_resetting_send_nothing() {
    let mut test = Test::connected(leaving(How::Drop));
    test.end().expect(&["close"]);
    test.input(Input::Closed).expect(&["ended Requested"]);
    let mut test = Test::connected(leaving(How::Reset));
    test.end().expect(&["reset"]);
    test.input(Input::Closed).expect(&["ended Requested"]);
}

#[test]
fn a_stalled_client_does_nothing_until_the_server_closes() {
    let mut test = Test::connected(leaving(How::Stall));
    test.end().expect(&[]);
    test.receive("unacknowledged", 1, 7).at(14).expect(&[]);
    let reason = ReasonCode::KeepAliveTimeout;
    let properties = Properties::EMPTY;
    test.packet(Packet::Disconnect(Disconnect { reason, properties })).expect(&[]);
    test.at(15).input(Input::Closed).expect(&[
        "Left { closed: true, elapsed: 15s, answer: Some(KeepAliveTimeout) }",
        "ended Requested",
    ]);
}

#[test]
fn a_server_that_does_not_close_is_left() {
    let mut test = Test::connected(leaving(How::Stall));
    test.end().at(29).expect(&[]);
    test.at(30).expect(&["Left { closed: false, elapsed: 30s, answer: None }", "abort"]);
    test.input(Input::Closed).expect(&["ended Requested"]);
    let mut test = Test::connected(leaving(How::Malformed));
    test.end().expect(&["raw 36050001780001 (7 bytes)"]);
    test.at(10).expect(&["Left { closed: false, elapsed: 10s, answer: None }", "abort"]);
}

#[test]
fn rules_can_be_broken() {
    let mut test = Test::connected(leaving(How::SecondConnect));
    test.end().expect(&["connect 'c'"]);
    test.input(Input::Closed)
        .expect(&["Left { closed: true, elapsed: 0ns, answer: None }", "ended Requested"]);

    let mut test = Test::new(leaving(How::Oversize));
    test.input(Input::Start).open(false, &[Property::MaximumPacketSize(100)]);
    test.told.0.clear();
    // Two bytes of header, and as many behind it as the whole packet may have.
    test.end().expect(&["raw 3064000178000000 (102 bytes)"]);
    let mut test = Test::connected(leaving(How::Oversize));
    test.end().expect(&["raw 30ffffff7f000178 (65541 bytes)"]);
}

#[test]
fn the_clock_or_the_count_can_end_it() {
    let mut properties = PropertyBuf::new();
    properties.push(Property::SessionExpiryInterval(5));
    let how = Some(How::Disconnect(4));
    let mut timed = settings();
    timed.ending = Ending { how, after_millis: Some(3000), after_messages: None, properties };
    let mut test = Test::connected(timed.clone());
    test.at(2).expect(&[]);
    test.at(3).expect(&["disconnect 0x04", "close"]);
    test.at(9).expect(&[]);
    // While there is no connection there is nobody to say it to.
    let mut test = Test::connected(timed);
    test.at(2).input(Input::Closed).at(3);
    assert_eq!(test.told.0.last().map(String::as_str), Some("abort"));
    test.input(Input::Closed);
    assert!(test.told.0.last().is_some_and(|line| line.starts_with("ended")), "{:?}", test.told.0);

    let mut counted = settings();
    counted.ending.after_messages = Some(2);
    let mut test = Test::connected(counted);
    test.receive("a", 0, 0).expect(&["message a"]);
    test.receive("b", 1, 1).expect(&["puback 1 0x00", "message b", "disconnect 0x00", "close"]);
    test.receive("c", 0, 0).expect(&[]);
}

#[test]
fn version_3_has_one_disconnect() {
    let mut settings = leaving(How::Disconnect(4));
    settings.version = Version::V311;
    let mut test = Test::connected(settings);
    test.end().expect(&["disconnect 0x00", "close"]);
}
