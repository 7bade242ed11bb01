//! What happens to a message between the two sides: pure, without clients and without time.
//!
//! A message stays with the side that it came from until the other side has it: it is acknowledged
//! when it was acknowledged there.

use std::collections::{HashMap, VecDeque};

use super::topics::TopicMap;
use crate::config::Bridge;
use crate::protocol::{Message, MessageRef, PacketId, QoS, TopicName};

/// Most bytes of QoS 0 messages that wait for the remote broker.
const HELD_BYTES_MAX: usize = 4 << 20;

/// One of the two brokers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// This one.
    Local,
    /// The other one.
    Remote,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Step {
    /// Publish there; `token` comes back when that is settled.
    Publish(Side, u64, Message),
    /// Acknowledge a message that came from there.
    Acknowledge(Side, PacketId),
}

/// Messages that came from one side and are on the way to the other.
#[derive(Debug, Default)]
struct Tokens {
    by_token: HashMap<u64, PacketId>,
    by_id: HashMap<PacketId, u64>,
}

impl Tokens {
    /// The identifier may have been another message's that the server has forgotten.
    fn insert(&mut self, token: u64, packet_id: PacketId) {
        if let Some(old) = self.by_id.insert(packet_id, token) {
            self.by_token.remove(&old);
        }
        self.by_token.insert(token, packet_id);
    }

    fn take(&mut self, token: u64) -> Option<PacketId> {
        let packet_id = self.by_token.remove(&token)?;
        self.by_id.remove(&packet_id);
        Some(packet_id)
    }

    fn clear(&mut self) {
        self.by_token.clear();
        self.by_id.clear();
    }
}

/// A message for the remote broker while that is away.
#[derive(Debug)]
struct Held {
    message: Message,
    packet_id: Option<PacketId>,
}

#[derive(Debug)]
pub(super) struct Relay {
    map: TopicMap,
    keeps_retain: bool,
    /// Messages are dropped while the remote broker is away.
    drops_while_away: bool,
    /// QoS 0 waits for it too.
    holds_qos0: bool,
    /// Highest QoS that the remote broker takes, while it is there.
    remote_qos_max: Option<QoS>,
    held: VecDeque<Held>,
    held_qos0: usize,
    held_qos0_bytes: usize,
    last_token: u64,
    from_local: Tokens,
    from_remote: Tokens,
}

impl Relay {
    /// `holds_qos0`: QoS 0 waits while the remote broker is away.
    pub fn new(bridge: &Bridge, holds_qos0: bool) -> Self {
        Relay {
            map: TopicMap::new(&bridge.topics),
            keeps_retain: bridge.outgoing_retain,
            drops_while_away: bridge.local_clean_start,
            holds_qos0,
            remote_qos_max: None,
            held: VecDeque::new(),
            held_qos0: 0,
            held_qos0_bytes: 0,
            last_token: 0,
            from_local: Tokens::default(),
            from_remote: Tokens::default(),
        }
    }

    /// How many messages of QoS 0 wait: this broker does not count them any more.
    pub fn held_qos0(&self) -> usize {
        self.held_qos0
    }

    /// A message came from this broker.
    pub fn on_local(
        &mut self,
        message: MessageRef<'_>,
        packet_id: Option<PacketId>,
        out: &mut Vec<Step>,
    ) {
        let Some(topic) = self.map.outward(message.topic.as_str()) else {
            return out.extend(packet_id.map(|id| Step::Acknowledge(Side::Local, id)));
        };
        let retain = message.retain && self.keeps_retain;
        let Some(message) = renamed(MessageRef { retain, ..message }, &topic) else { return };
        let held = Held { message, packet_id };
        match (self.remote_qos_max, packet_id) {
            (Some(qos_max), _) => self.send_out(held, qos_max, out),
            (None, Some(packet_id)) if self.drops_while_away => {
                out.push(Step::Acknowledge(Side::Local, packet_id));
            }
            (None, Some(_)) => self.held.push_back(held),
            (None, None) => self.hold_qos0(held),
        }
    }

    fn hold_qos0(&mut self, held: Held) {
        let bytes = self.held_qos0_bytes + held.message.size();
        if self.holds_qos0 && !self.drops_while_away && bytes <= HELD_BYTES_MAX {
            self.held_qos0 += 1;
            self.held_qos0_bytes = bytes;
            self.held.push_back(held);
        }
    }

    fn send_out(&mut self, held: Held, qos_max: QoS, out: &mut Vec<Step>) {
        let Held { message, packet_id } = held;
        self.last_token += 1;
        let token = self.last_token;
        if let Some(packet_id) = packet_id {
            self.from_local.insert(token, packet_id);
        }
        let message = match message.qos() > qos_max {
            true => message.with_qos(qos_max),
            false => message,
        };
        out.push(Step::Publish(Side::Remote, token, message));
    }

    /// A message came from the remote broker.
    pub fn on_remote(
        &mut self,
        message: MessageRef<'_>,
        packet_id: Option<PacketId>,
        out: &mut Vec<Step>,
    ) {
        let topic = self.map.inward(message.topic.as_str());
        let Some(message) = topic.and_then(|topic| renamed(message, &topic)) else {
            return out.extend(packet_id.map(|id| Step::Acknowledge(Side::Remote, id)));
        };
        self.last_token += 1;
        let token = self.last_token;
        if let Some(packet_id) = packet_id {
            self.from_remote.insert(token, packet_id);
        }
        out.push(Step::Publish(Side::Local, token, message));
    }

    /// A message that was published on a side is settled there.
    pub fn on_settled(&mut self, side: Side, token: u64, out: &mut Vec<Step>) {
        let (origin, packet_id) = match side {
            Side::Remote => (Side::Local, self.from_local.take(token)),
            Side::Local => (Side::Remote, self.from_remote.take(token)),
        };
        out.extend(packet_id.map(|id| Step::Acknowledge(origin, id)));
    }

    /// A side has forgotten its session: what came from it is not its any more.
    pub fn on_forgotten(&mut self, side: Side) {
        match side {
            Side::Local => {
                self.from_local.clear();
                self.held.retain(|held| held.packet_id.is_none());
            }
            Side::Remote => self.from_remote.clear(),
        }
    }

    /// The remote broker is there, and takes this QoS: what has waited goes out.
    pub fn on_remote_up(&mut self, qos_max: QoS, out: &mut Vec<Step>) {
        self.remote_qos_max = Some(qos_max);
        (self.held_qos0, self.held_qos0_bytes) = (0, 0);
        for held in std::mem::take(&mut self.held) {
            self.send_out(held, qos_max, out);
        }
    }

    /// The remote broker is away.
    pub fn on_remote_down(&mut self) {
        self.remote_qos_max = None;
    }
}

fn renamed(message: MessageRef<'_>, topic: &str) -> Option<Message> {
    let topic = TopicName::new(topic).ok()?;
    Some(Message::copy_of(MessageRef { topic, ..message }, None))
}

#[cfg(test)]
mod tests {
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
            let message = message(topic, qos);
            self.relay.on_local(message, PacketId::new(id), &mut self.steps);
            self
        }

        fn remote(&mut self, topic: &str, qos: u8, id: u16) -> &mut Self {
            let message = message(topic, qos);
            self.relay.on_remote(message, PacketId::new(id), &mut self.steps);
            self
        }

        fn settled(&mut self, side: Side, token: u64) -> &mut Self {
            self.relay.on_settled(side, token, &mut self.steps);
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

    fn message(topic: &str, qos: u8) -> MessageRef<'_> {
        MessageRef {
            topic: TopicName::new(topic).unwrap(),
            qos: QoS::from_u8(qos).unwrap(),
            retain: true,
            properties: Properties::EMPTY,
            payload: b"p",
        }
    }

    fn shown(step: &Step) -> String {
        match step {
            Step::Publish(side, token, message) => format!(
                "{side:?} {token} {} q{} r{}",
                message.topic(),
                message.qos() as u8,
                u8::from(message.retain())
            ),
            Step::Acknowledge(side, id) => format!("{side:?} ack {id}"),
        }
    }

    #[test]
    fn a_message_is_acknowledged_when_the_other_side_has_it() {
        let mut t = relay("", false);
        t.up(2).local("l/a", 1, 7).local("l/b", 2, 8).local("l/c", 0, 0);
        t.expect(&["Remote 1 r/a q1 r1", "Remote 2 r/b q2 r1", "Remote 3 r/c q0 r1"]);
        t.settled(Side::Remote, 2).settled(Side::Remote, 1).settled(Side::Remote, 3);
        t.expect(&["Local ack 8", "Local ack 7"]);
        t.settled(Side::Remote, 1).expect(&[]);
        t.remote("r/a", 1, 7).settled(Side::Remote, 4).settled(Side::Local, 4);
        t.expect(&["Local 4 l/a q1 r1", "Remote ack 7"]);
    }

    #[test]
    fn what_goes_nowhere_is_acknowledged_at_once() {
        let mut t = relay("", false);
        t.up(2).local("x", 1, 1).remote("x", 2, 2).local("x", 0, 0);
        t.expect(&["Local ack 1", "Remote ack 2"]);
    }

    #[test]
    fn messages_wait_in_order_while_the_remote_broker_is_away() {
        let mut t = relay("", true);
        t.local("l/1", 1, 1).local("l/2", 0, 0).local("l/3", 2, 2).expect(&[]);
        assert_eq!(t.relay.held_qos0(), 1);
        t.up(1).expect(&["Remote 1 r/1 q1 r1", "Remote 2 r/2 q0 r1", "Remote 3 r/3 q1 r1"]);
        assert_eq!(t.relay.held_qos0(), 0);
        t.down().local("l/4", 1, 3).expect(&[]);
        t.settled(Side::Remote, 1).expect(&["Local ack 1"]);
    }

    #[test]
    fn qos_0_does_not_wait_unless_it_is_to() {
        let mut t = relay("", false);
        t.local("l/1", 0, 0).up(2).expect(&[]);
    }

    #[test]
    fn a_clean_local_session_drops_what_comes_while_the_remote_broker_is_away() {
        let mut t = relay("local_cleansession true\n", true);
        t.local("l/1", 1, 1).local("l/2", 0, 0).expect(&["Local ack 1"]);
        t.up(2).expect(&[]);
    }

    #[test]
    fn retain_is_taken_off_on_the_way_out_where_it_is_to() {
        let mut t = relay("bridge_outgoing_retain false\n", false);
        t.up(2).local("l/1", 0, 0).remote("r/1", 0, 0);
        t.expect(&["Remote 1 r/1 q0 r0", "Local 2 l/1 q0 r1"]);
    }

    #[test]
    fn a_forgotten_session_gets_no_acknowledgements() {
        let mut t = relay("", false);
        t.up(2).local("l/1", 1, 1).remote("r/1", 1, 1);
        t.steps.clear();
        t.relay.on_forgotten(Side::Local);
        t.relay.on_forgotten(Side::Remote);
        t.settled(Side::Remote, 1).settled(Side::Local, 2).expect(&[]);
        t.local("l/2", 1, 1).settled(Side::Remote, 1).expect(&["Remote 3 r/2 q1 r1"]);
        t.down().local("l/3", 1, 2).relay.on_forgotten(Side::Local);
        t.up(2).expect(&[]);
    }

    #[test]
    fn an_identifier_that_comes_anew_is_only_the_new_messages() {
        let mut t = relay("", false);
        t.up(2).local("l/1", 1, 1).local("l/2", 1, 1).settled(Side::Remote, 1);
        t.settled(Side::Remote, 2);
        t.expect(&["Remote 1 r/1 q1 r1", "Remote 2 r/2 q1 r1", "Local ack 1"]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut t = relay("", true);
        for _ in 0..HELD_BYTES_MAX {
            t.local("l/12345678", 0, 0);
        }
        assert!(t.relay.held_qos0() * 11 <= HELD_BYTES_MAX);
    }
}
