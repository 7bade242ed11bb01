//! The retained messages that say who is online.

use super::{Test, ack, failed, settings};
use crate::client::session::ending::How;
use crate::client::session::event::Input;
use crate::client::session::presence::Presence;
use crate::client::session::settings::Settings;
use crate::protocol::{Packet, Properties, Property, ReasonCode, TopicName};

fn present() -> Settings {
    let mut settings = settings();
    let topic = TopicName::new("A/status").unwrap();
    settings.presence = Some(Presence::new(topic, b"online", b"offline"));
    settings
}

impl Test {
    fn quit(&mut self, reason: ReasonCode) -> &mut Self {
        self.input(Input::End { reason, properties: Properties::EMPTY })
    }
}

#[test]
fn online_after_each_connect_and_offline_before_a_normal_end() {
    let mut test = Test::connected(present());
    test.packet(Packet::PubAck(ack(1))).expect(&["Presence { online: true, reason: Success }"]);
    test.input(Input::Closed).at(1).expect(&["waiting Lost until 1000", "open"]);
    test.open(false, &[]).told.0.retain(|line| line.starts_with("publish"));
    test.expect(&["publish 2 online retain"]);
    test.packet(Packet::PubAck(ack(2))).told.0.clear();
    test.quit(ReasonCode::Success).expect(&["publish 3 offline retain"]);
    test.packet(Packet::PubAck(ack(3))).expect(&[
        "Presence { online: false, reason: Success }",
        "disconnect 0x00",
        "close",
    ]);
}

#[test]
fn the_will_speaks_for_every_other_end() {
    let mut test = Test::connected(present());
    test.quit(ReasonCode::DisconnectWithWill).expect(&["disconnect 0x04", "close"]);
    let mut settings = present();
    settings.ending.how = Some(How::Drop);
    Test::connected(settings).quit(ReasonCode::Success).expect(&["close"]);
}

#[test]
fn a_goodbye_is_not_waited_for_for_ever() {
    let mut test = Test::connected(present());
    test.packet(Packet::PubAck(ack(1))).told.0.clear();
    test.quit(ReasonCode::Success).at(9).told.0.clear();
    test.at(10);
    assert_eq!(test.told.0[test.told.0.len() - 2..], ["disconnect 0x00", "close"]);
    // A second request does not wait.
    let mut test = Test::connected(present());
    test.quit(ReasonCode::Success).quit(ReasonCode::Success);
    test.expect(&["publish 2 offline retain", "disconnect 0x00", "close"]);
    // Without a connection there is nothing to wait for: the will has it.
    let mut test = Test::connected(present());
    test.quit(ReasonCode::Success).input(Input::Closed);
    test.expect(&["publish 2 offline retain", "ended Requested"]);
}

#[test]
fn a_refusal_is_told() {
    let mut test = Test::connected(present());
    test.packet(Packet::PubAck(failed(1, ReasonCode::NotAuthorized)))
        .expect(&["Presence { online: true, reason: NotAuthorized }"]);
    // A server without QoS 1 gets QoS 0.
    let mut test = Test::new(present());
    test.input(Input::Start).open(false, &[Property::MaximumQoS(0)]);
    let last = &test.told.0[test.told.0.len() - 2..];
    assert_eq!(last, ["publish 1 online retain", "Presence { online: true, reason: Success }"]);
}
