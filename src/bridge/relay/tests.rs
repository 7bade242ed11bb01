use super::*;
use crate::bridge::testing::bridge;
use crate::protocol::Properties;

fn relay(text: &str, holds_qos0: bool) -> Test {
    let bridge = bridge(&format!("topic # both 2 l/ r/\n{text}"));
    Test { relay: Relay::new(&bridge, holds_qos0), steps: Vec::new() }
}

struct Test {
    relay: Relay,
    steps: Vec<Step>,
}

impl Test {
    fn local(&mut self, topic: &str, qos: u8, id: u16) -> &mut Self {
        self.relay.on_local(arrival(topic, qos, id), &mut self.steps);
        self
    }

    fn remote(&mut self, topic: &str, qos: u8, id: u16) -> &mut Self {
        self.relay.on_remote(arrival(topic, qos, id), &mut self.steps);
        self
    }

    fn taken(&mut self, side: Side, id: u16) -> &mut Self {
        self.relay.on_taken(side, PacketId::new(id).unwrap(), &mut self.steps);
        self
    }

    fn released(&mut self, side: Side, id: u16) -> &mut Self {
        self.relay.on_released(side, PacketId::new(id).unwrap(), &mut self.steps);
        self
    }

    fn connected(&mut self, side: Side, session_present: bool) -> &mut Self {
        self.relay.on_connected(side, session_present, &mut self.steps);
        self
    }

    fn settled(&mut self, side: Side, token: u64) -> &mut Self {
        self.relay.on_settled(side, token, &mut self.steps);
        self
    }

    fn called(&mut self) -> &mut Self {
        self.relay.on_remote_called();
        self
    }

    fn up(&mut self, qos_max: u8) -> &mut Self {
        self.relay.on_remote_up(QoS::from_u8(qos_max).unwrap(), &mut self.steps);
        self
    }

    fn down(&mut self) -> &mut Self {
        self.relay.on_remote_down();
        self
    }

    #[track_caller]
    fn expect(&mut self, lines: &[&str]) {
        let steps = std::mem::take(&mut self.steps);
        let shown: Vec<String> = steps.iter().map(shown).collect();
        assert_eq!(shown, lines);
    }
}

fn arrival(topic: &str, qos: u8, id: u16) -> Arrival<'_> {
    let message = MessageRef {
        topic: TopicName::new(topic).unwrap(),
        qos: QoS::from_u8(qos).unwrap(),
        retain: true,
        properties: Properties::EMPTY,
        payload: b"p",
    };
    Arrival { message, packet_id: PacketId::new(id), dup: false }
}

fn shown(step: &Step) -> String {
    let named = |message: &Message| {
        let retain = u8::from(message.retain());
        format!("{} q{} r{retain}", message.topic(), message.qos() as u8)
    };
    match step {
        Step::Publish(side, message) => format!("{side:?} {}", named(message)),
        Step::Carry { side, packet_id, message, is_doubtful, .. } => {
            let doubt = if *is_doubtful { " doubtful" } else { "" };
            format!("{side:?} {packet_id} {}{doubt}", named(message))
        }
        Step::Acknowledge(side, id) => format!("{side:?} ack {id}"),
        Step::Release(side, id) => format!("{side:?} release {id}"),
        Step::Complete(side, id) => format!("{side:?} complete {id}"),
        Step::Orphan(side) => format!("{side:?} orphan"),
    }
}

#[test]
fn each_acknowledgement_waits_for_its_like_on_the_other_side() {
    let mut t = relay("", false);
    t.up(2).local("l/a", 1, 7).local("l/b", 2, 8).local("l/c", 0, 0);
    t.expect(&["Remote 8 r/a q1 r1", "Remote 9 r/b q2 r1", "Remote r/c q0 r1"]);
    t.taken(Side::Remote, 9).settled(Side::Remote, 8).settled(Side::Remote, 0);
    t.expect(&["Local ack 8", "Local ack 7"]);
    t.released(Side::Local, 8).expect(&["Remote release 9"]);
    t.settled(Side::Remote, 9).expect(&["Local complete 8"]);
    t.remote("r/a", 2, 7).taken(Side::Local, 8).released(Side::Remote, 7);
    t.settled(Side::Local, 8);
    t.expect(&["Local 8 l/a q2 r1", "Remote ack 7", "Local release 8", "Remote complete 7"]);
    t.local("l/a", 1, 65_535).expect(&["Remote 1 r/a q1 r1"]);
    t.settled(Side::Remote, 1).expect(&["Local ack 65535"]);
}

/// Where the bridge sends nothing of its own with an identifier before it carries messages.
#[test]
fn identifiers_are_the_same_where_none_was_used_before() {
    let bridge = bridge("topic # out 2 l/ r/\nbridge_attempt_unsubscribe false");
    let mut t = Test { relay: Relay::new(&bridge, false), steps: Vec::new() };
    t.up(2).local("l/a", 1, 1).local("l/b", 2, 65_535);
    t.expect(&["Remote 1 r/a q1 r1", "Remote 65535 r/b q2 r1"]);
    t.settled(Side::Remote, 1).taken(Side::Remote, 65_535).released(Side::Local, 65_535);
    t.settled(Side::Remote, 65_535);
    t.expect(&["Local ack 1", "Local ack 65535", "Remote release 65535", "Local complete 65535"]);
}

#[test]
fn what_an_earlier_run_has_begun_goes_on() {
    let mut t = relay("", false);
    t.released(Side::Local, 5).expect(&[]);
    t.up(2).expect(&["Remote release 6"]);
    t.settled(Side::Remote, 6).expect(&["Local complete 5"]);
    t.released(Side::Remote, 3).expect(&["Local release 4"]);
    t.settled(Side::Local, 4).expect(&["Remote complete 3"]);
}

/// A local connection that is lost while the remote broker is away: this broker says all of it again.
#[test]
fn a_release_that_waits_is_passed_on_once() {
    let mut t = relay("", false);
    t.connected(Side::Local, true).released(Side::Local, 65_535).released(Side::Local, 1);
    t.connected(Side::Local, true).released(Side::Local, 65_535).released(Side::Local, 1);
    t.up(2).expect(&["Remote release 1", "Remote release 2"]);
}

#[test]
fn what_goes_nowhere_is_acknowledged_at_once() {
    let mut t = relay("", false);
    t.up(2).local("x", 1, 1).remote("x", 2, 2).local("x", 0, 0);
    t.expect(&["Local ack 1", "Remote ack 2"]);
    t.released(Side::Remote, 2).expect(&["Remote complete 2"]);
}

#[test]
fn what_was_not_taken_at_qos_2_is_complete_without_the_other_side() {
    let mut t = relay("", false);
    t.up(1).local("l/a", 2, 1).settled(Side::Remote, 2).released(Side::Local, 1);
    t.expect(&["Remote 2 r/a q1 r1", "Local ack 1", "Local complete 1"]);
    // Of an earlier run, to a remote broker that does not take QoS 2 any more.
    t.released(Side::Local, 9).expect(&["Local complete 9"]);
    t.up(0).local("l/a", 2, 1).released(Side::Local, 1);
    t.expect(&["Remote r/a q0 r1", "Local ack 1", "Local complete 1"]);
}

#[test]
fn messages_wait_in_order_while_the_remote_broker_is_away() {
    let mut t = relay("", true);
    t.local("l/1", 1, 1).local("l/2", 0, 0).local("l/3", 2, 2).expect(&[]);
    assert_eq!(t.relay.held_qos0(), 1);
    t.up(1).expect(&["Remote 2 r/1 q1 r1", "Remote r/2 q0 r1", "Remote 3 r/3 q1 r1"]);
    assert_eq!(t.relay.held_qos0(), 0);
    t.down().local("l/4", 1, 3).expect(&[]);
    t.settled(Side::Remote, 2).expect(&["Local ack 1"]);
}

#[test]
fn qos_0_does_not_wait_unless_it_is_to() {
    let mut t = relay("", false);
    t.local("l/1", 0, 0).up(2).expect(&[]);
}

#[test]
fn qos_0_waits_for_the_answer_of_a_remote_broker_that_is_called() {
    let mut t = relay("", false);
    t.called().local("l/1", 0, 0).local("l/2", 1, 1).local("l/3", 0, 0).expect(&[]);
    t.up(2).expect(&["Remote r/1 q0 r1", "Remote 2 r/2 q1 r1", "Remote r/3 q0 r1"]);
    t.settled(Side::Remote, 2).down().local("l/4", 0, 0).expect(&["Local ack 1"]);
    // It does not answer: what is acknowledged waits for the next attempt, QoS 0 does not.
    t.called().local("l/5", 0, 0).local("l/6", 1, 2).down().expect(&[]);
    assert_eq!((t.relay.held_qos0(), t.relay.held_qos0_bytes), (0, 0));
    t.called().local("l/7", 0, 0).up(2).expect(&["Remote 3 r/6 q1 r1", "Remote r/7 q0 r1"]);
}

#[test]
fn qos_0_that_is_to_wait_outlasts_an_attempt_that_fails() {
    let mut t = relay("", true);
    t.local("l/1", 0, 0).called().local("l/2", 0, 0).down().called().up(2);
    t.expect(&["Remote r/1 q0 r1", "Remote r/2 q0 r1"]);
}

#[test]
fn a_clean_local_session_drops_what_comes_while_the_remote_broker_is_away() {
    let mut t = relay("local_cleansession true\n", true);
    t.local("l/1", 1, 1).local("l/2", 0, 0).local("l/3", 2, 2).released(Side::Local, 2);
    t.expect(&["Local ack 1", "Local ack 2", "Local complete 2"]);
    t.called().local("l/4", 0, 0).up(2).expect(&[]);
}

#[test]
fn retain_is_taken_off_on_the_way_out_where_it_is_to() {
    let mut t = relay("bridge_outgoing_retain false\n", false);
    t.up(2).local("l/1", 0, 0).remote("r/1", 0, 0);
    t.expect(&["Remote r/1 q0 r0", "Local l/1 q0 r1"]);
}

#[test]
fn what_a_forgotten_session_had_sent_is_nobodys() {
    let mut t = relay("", false);
    t.connected(Side::Local, false).connected(Side::Remote, false).up(2);
    t.steps.clear();
    t.local("l/1", 1, 1).connected(Side::Local, false);
    t.expect(&["Remote 2 r/1 q1 r1", "Remote orphan"]);
    t.down().local("l/3", 1, 2).connected(Side::Local, false).up(2);
    t.expect(&["Remote orphan"]);
    t.remote("r/1", 1, 1).connected(Side::Remote, false);
    t.expect(&["Local 2 l/1 q1 r1", "Local orphan"]);
    // Both have known each other since we began: nothing is in doubt.
    t.connected(Side::Remote, true).local("l/2", 2, 1).expect(&["Remote 2 r/2 q2 r1"]);
}

#[test]
fn identifiers_are_in_doubt_where_only_the_target_remembers_an_earlier_run() {
    let mut t = relay("", false);
    t.connected(Side::Local, false).connected(Side::Remote, true).up(2);
    t.steps.clear();
    t.local("l/1", 2, 1).expect(&["Remote 2 r/1 q2 r1 doubtful"]);
    t.taken(Side::Remote, 2).released(Side::Local, 1).settled(Side::Remote, 2);
    t.steps.clear();
    t.local("l/2", 2, 1).remote("r/1", 2, 1);
    t.expect(&["Remote 2 r/2 q2 r1", "Local 2 l/1 q2 r1"]);
    // The remote broker has forgotten too.
    t.connected(Side::Remote, false).up(2).local("l/3", 2, 9);
    t.expect(&["Local orphan", "Remote 10 r/3 q2 r1"]);
}

#[test]
fn what_waits_is_bounded() {
    for holds_qos0 in [true, false] {
        let mut t = relay("", holds_qos0);
        t.called();
        for _ in 0..HELD_BYTES_MAX / 10 {
            t.local("l/12345678", 0, 0);
        }
        assert!(t.relay.held_qos0() * 11 <= HELD_BYTES_MAX);
    }
}
