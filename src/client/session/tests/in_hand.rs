//! Messages that the application acknowledges itself.

use super::*;

fn by_hand() -> Test {
    Test::connected(Settings { acknowledges_by_hand: true, ..settings() })
}

impl Test {
    fn done(&mut self, id: u16) -> &mut Self {
        self.input(Input::Acknowledge { packet_id: PacketId::new(id).unwrap() })
    }

    fn complete(&mut self, id: u16) -> &mut Self {
        self.input(Input::Complete { packet_id: PacketId::new(id).unwrap() })
    }

    /// The connection is lost and made again.
    fn again(&mut self, session_present: bool) -> &mut Self {
        self.input(Input::Closed).at(1);
        self.open(session_present, &[]);
        self.told.0.clear();
        self
    }
}

#[test]
fn nothing_is_acknowledged_before_the_application_is_done() {
    let mut t = by_hand();
    t.receive("zero", 0, 0).expect(&["message zero"]);
    t.receive("one", 1, 1).receive("two", 2, 2).expect(&["message one", "message two"]);
    t.done(2).expect(&["pubrec 2 0x00"]);
    t.done(1).expect(&["puback 1 0x00"]);
    t.done(1).done(2).done(9).expect(&[]);
    t.packet(Packet::PubRel(ack(2))).expect(&["released 2"]);
    t.complete(2).expect(&["pubcomp 2 0x00"]);
    t.complete(2).expect(&[]);
}

#[test]
fn a_release_of_something_that_an_earlier_run_had_is_told() {
    let mut t = by_hand();
    t.packet(Packet::PubRel(ack(7))).expect(&["released 7"]);
    t.again(true).complete(7).expect(&[]);
    t.packet(Packet::PubRel(ack(7))).expect(&["released 7"]);
    t.complete(7).expect(&["pubcomp 7 0x00"]);
}

#[test]
fn a_repeat_of_what_the_application_has_is_no_message() {
    let mut t = by_hand();
    t.receive("one", 1, 1).receive("two", 2, 2).again(true);
    t.receive_dup("one", 1, 1, true).receive_dup("two", 2, 2, true).expect(&[]);
    t.done(1).done(2).expect(&["puback 1 0x00", "pubrec 2 0x00"]);
    t.receive_dup("two", 2, 2, true).expect(&["pubrec 2 0x00"]);
}

#[test]
fn what_was_done_without_a_connection_is_acknowledged_when_it_comes_again() {
    let mut t = by_hand();
    t.receive("one", 1, 1).receive("two", 2, 2).input(Input::Closed).done(1).done(2);
    t.told.0.clear();
    t.at(1).open(true, &[]).told.0.clear();
    t.receive_dup("one", 1, 1, true).expect(&["puback 1 0x00"]);
    t.receive_dup("two", 2, 2, true).expect(&["pubrec 2 0x00"]);
}

#[test]
fn done_between_the_connection_and_the_repeat_waits_for_the_repeat() {
    let mut t = by_hand();
    t.receive("one", 1, 1).again(true).done(1).expect(&[]);
    t.receive_dup("one", 1, 1, true).expect(&["puback 1 0x00"]);
}

#[test]
fn another_message_under_the_same_identifier_is_one() {
    let mut t = by_hand();
    t.receive("one", 1, 1).again(true);
    t.receive("other", 1, 1).expect(&["message other"]);
    let mut t = by_hand();
    t.receive("two", 2, 1).again(false);
    t.receive("other", 2, 1).expect(&["message other"]);
}

#[test]
fn a_server_that_sends_without_end_is_refused_when_it_is_too_much() {
    let mut settings = Settings { acknowledges_by_hand: true, ..settings() };
    settings.properties.push(Property::ReceiveMaximum(1));
    let mut t = Test::connected(settings);
    t.receive("a", 1, 1).receive("b", 2, 2).receive("c", 1, 3);
    t.expect(&["message a", "message b", "message c"]);
    t.receive(&"x".repeat(16 << 20), 1, 4).expect(&["disconnect 0x93", "close"]);
}
