//! Messages that the application carries from another session.

use super::*;
use crate::client::session::led::Greeting;
use crate::protocol::SubscriptionOptions;

fn carrier() -> Settings {
    Settings { is_led: true, acknowledges_by_hand: true, ..settings() }
}

fn id(id: u16) -> PacketId {
    PacketId::new(id).unwrap()
}

impl Test {
    fn carry(&mut self, number: u16, qos: u8) -> &mut Self {
        self.carry_as(number, qos, false, false)
    }

    fn carry_as(&mut self, number: u16, qos: u8, dup: bool, is_doubtful: bool) -> &mut Self {
        let message = message(&format!("p{number}"), qos, false);
        self.input(Input::Carry { packet_id: id(number), message, dup, is_doubtful })
    }

    fn release(&mut self, number: u16) -> &mut Self {
        self.input(Input::Release { packet_id: id(number) })
    }

    fn reconnect(&mut self, session_present: bool) -> &mut Self {
        self.told.0.clear();
        self.input(Input::Closed).input(Input::Reconnect(Box::new(carrier())));
        self.open(session_present, &[]);
        self.told.0.retain(|line| line.starts_with("pub"));
        self
    }
}

#[test]
fn a_carried_message_has_the_identifier_that_it_was_given_and_waits_for_its_release() {
    let mut t = Test::connected(carrier());
    t.carry(7, 1).carry(9, 2).expect(&["publish 7 p7", "publish 9 p9"]);
    t.packet(Packet::PubAck(ack(7))).expect(&["published 7 0x00"]);
    t.packet(Packet::PubRec(ack(9))).expect(&["taken 9"]);
    t.release(9).expect(&["pubrel 9 0x00"]);
    t.release(9).expect(&[]);
    t.packet(Packet::PubComp(ack(9))).expect(&["published 9 0x00"]);
}

#[test]
fn each_step_goes_on_over_a_new_connection() {
    let mut t = Test::connected(carrier());
    t.carry(1, 2).carry(2, 2).carry(3, 2);
    t.packet(Packet::PubRec(ack(2))).packet(Packet::PubRec(ack(3))).release(3);
    t.reconnect(true).expect(&["publish 1 p1 dup", "pubrel 3 0x00"]);
    t.release(2).expect(&["pubrel 2 0x00"]);
    // What was not released cannot have gone on from a server that has forgotten it.
    let mut t = Test::connected(carrier());
    t.carry(1, 2).carry(2, 2).packet(Packet::PubRec(ack(1))).packet(Packet::PubRec(ack(2)));
    t.release(2).reconnect(false).expect(&["publish 1 p1 dup", "pubrel 2 0x00"]);
}

#[test]
fn a_release_that_is_sent_again_needs_no_room_and_keeps_its_place() {
    let mut t = Test::connected(carrier());
    t.carry(1, 2).carry(2, 2).carry(3, 2).carry(4, 2);
    for number in 1..=3 {
        t.packet(Packet::PubRec(ack(number)));
    }
    t.release(1).told.0.clear();
    t.input(Input::Closed).release(2).input(Input::Reconnect(Box::new(carrier())));
    t.open(true, &[Property::ReceiveMaximum(1)]).told.0.retain(|line| line.starts_with("pub"));
    t.expect(&["pubrel 1 0x00", "pubrel 2 0x00"]);
    t.release(3).expect(&["pubrel 3 0x00"]);
    for number in 1..=3 {
        t.packet(Packet::PubComp(ack(number)));
    }
    let [first, second, third] = [1, 2, 3].map(|n| format!("published {n} 0x00"));
    t.expect(&[&first, &second, &third, "publish 4 p4 dup"]);
}

#[test]
fn what_an_earlier_run_has_sent_is_sent_again_or_only_released() {
    let mut t = Test::connected(carrier());
    t.carry_as(4, 2, true, false).expect(&["publish 4 p4 dup"]);
    t.release(5).expect(&["pubrel 5 0x00"]);
    t.packet(Packet::PubComp(ack(5))).expect(&["published 5 0x00"]);
    t.input(Input::Closed).release(6).input(Input::Reconnect(Box::new(carrier())));
    t.open(true, &[]).told.0.retain(|line| line.starts_with("pub"));
    t.expect(&["publish 4 p4 dup", "pubrel 6 0x00"]);
}

#[test]
fn a_doubtful_identifier_is_cleared_before_it_is_used() {
    let mut t = Test::connected(carrier());
    t.carry_as(1, 1, false, true).expect(&["publish 1 p1"]);
    t.carry_as(2, 2, false, true).expect(&["pubrel 2 0x00"]);
    t.reconnect(true).expect(&["publish 1 p1 dup", "pubrel 2 0x00"]);
    t.packet(Packet::PubComp(failed(2, ReasonCode::PacketIdentifierNotFound)));
    t.expect(&["publish 2 p2"]);
    t.packet(Packet::PubRec(ack(2))).expect(&["taken 2"]);
    let mut t = Test::connected(carrier());
    t.carry_as(2, 2, false, true).reconnect(false).expect(&["publish 2 p2"]);
}

#[test]
fn what_cannot_be_sent_behind_its_clearance_makes_room_at_once() {
    let settings = Settings { inflight_messages_max: 1, sent_packet_size_max: 20, ..carrier() };
    let mut t = Test::connected(settings);
    let message = message("larger than the server takes", 2, false);
    t.input(Input::Carry { packet_id: id(2), message, dup: false, is_doubtful: true });
    t.carry(3, 2).expect(&["pubrel 2 0x00"]);
    t.packet(Packet::PubComp(failed(2, ReasonCode::PacketIdentifierNotFound)));
    t.expect(&["not published 2 TooLarge", "publish 3 p3"]);
}

#[test]
fn an_identifier_in_use_is_waited_for() {
    let greetings = vec![Greeting::Subscribe("a".to_owned(), SubscriptionOptions::default())];
    let mut t = Test::connected(Settings { greetings, ..carrier() });
    t.carry(1, 1).carry(5, 1).expect(&[]);
    let reasons = vec![ReasonCode::Success];
    let properties = Properties::EMPTY;
    t.packet(Packet::SubAck(crate::protocol::SubAck { packet_id: id(1), properties, reasons }));
    t.expect(&["subscribed 1", "publish 1 p1", "publish 5 p5"]);
    // Our own requests go out of their way.
    t.publish(70, 1).publish(71, 1).expect(&["publish 6 p70", "publish 7 p71"]);
}

#[test]
fn orphans_are_brought_to_their_end_in_silence() {
    let mut t = Test::connected(carrier());
    t.carry(1, 2).carry(2, 2).carry(3, 1).packet(Packet::PubRec(ack(2)));
    t.publish(70, 1).told.0.clear();
    t.input(Input::Orphan).expect(&["pubrel 2 0x00"]);
    // The next message under an identifier waits for the end of the one before.
    t.carry(1, 2).expect(&[]);
    t.packet(Packet::PubAck(ack(3))).packet(Packet::PubComp(ack(2))).expect(&[]);
    t.packet(Packet::PubRec(ack(1))).expect(&["pubrel 1 0x00"]);
    t.packet(Packet::PubComp(ack(1))).expect(&["publish 1 p1"]);
    t.packet(Packet::PubRec(ack(1))).expect(&["taken 1"]);
    t.packet(Packet::PubAck(ack(4))).expect(&["published 70 0x00"]);
}
