//! What is in flight, beside a plain telling of it: every message for itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::broker::block::Block;
use crate::broker::random::Random;
use crate::protocol::{Properties, TopicName};

const PAYLOADS: [&[u8]; 9] = [b"a", b"bb", b"ccc", b"", b"e", b"ff", b"g", b"h", b"i"];

fn piece(len: usize, qos: QoS) -> Piece {
    let topic = TopicName::new("t").unwrap();
    let messages = PAYLOADS[..len].iter().map(|payload| (Properties::EMPTY, *payload));
    let blocks = Block::copies_of(topic, &Arc::from("t"), QoS::ExactlyOnce, messages, None);
    Piece::of(&blocks[0], qos)
}

/// The message of this number, and where it stands; what is acknowledged is not there.
#[derive(Default)]
struct Plain {
    next: u64,
    open: BTreeMap<u64, (Standing, Vec<u8>)>,
}

impl Plain {
    fn push(&mut self, piece: &Piece) {
        for n in 0..piece.len() {
            let standing = Standing::Publish(piece.qos());
            self.open.insert(self.next, (standing, piece.payload(n).to_vec()));
            self.next += 1;
        }
    }

    /// The answer to an acknowledgement by its name.
    fn acknowledge(&mut self, order: u64, what: &str) -> &'static str {
        let Some((standing, _)) = self.open.get_mut(&order) else { return "Unknown" };
        match (what, *standing) {
            ("PUBREC", Standing::Publish(QoS::ExactlyOnce)) => {
                *standing = Standing::Release;
                return "Moved";
            }
            ("PUBREC", Standing::Release) => return "Again",
            ("PUBACK", Standing::Publish(QoS::AtLeastOnce))
            | ("refusal", Standing::Publish(QoS::ExactlyOnce) | Standing::Release)
            | ("PUBCOMP", Standing::Release) => {}
            _ => return "WrongStep",
        }
        self.open.remove(&order);
        "Ended"
    }
}

struct Both {
    random: Random,
    plain: Plain,
    real: InFlight,
}

impl Both {
    fn below(&mut self, end: usize) -> usize {
        (self.random.next() % end as u64) as usize
    }

    fn send(&mut self) {
        let qos = [QoS::AtLeastOnce, QoS::ExactlyOnce][usize::from(self.below(4) == 0)];
        let mut piece = piece(self.below(9) + 1, qos);
        piece.skip(self.below(piece.len()));
        self.plain.push(&piece);
        if self.below(3) == 0 {
            for n in 0..piece.len() {
                self.real.push(piece.pending(n));
            }
            return;
        }
        let first = piece.first(self.below(piece.len() + 1));
        piece.skip(first.len());
        [first, piece]
            .into_iter()
            .filter(|it| it.len() > 0)
            .for_each(|it| self.real.push_piece(it));
    }

    /// One acknowledgement, mostly of what is old or just behind it.
    fn acknowledge(&mut self, what: &'static str) {
        let oldest = self.plain.open.keys().next().copied().unwrap_or(self.plain.next);
        let reach = [1, 4, 30][self.below(3)];
        let order = oldest + self.below(reach) as u64;
        let expected = self.plain.acknowledge(order, what);
        let packet_id = packet_id_of(order);
        let acked = match what {
            "PUBACK" => self.real.on_puback(packet_id),
            "PUBCOMP" => self.real.on_pubcomp(packet_id),
            _ => self.real.on_pubrec(packet_id, what == "refusal"),
        };
        let text = format!("{acked:?}");
        assert!(text.starts_with(expected), "{what} of {order}: {text} for {expected}");
        if let Acked::Ended(number) | Acked::Moved(number) = acked {
            assert_eq!(number, order);
        }
    }

    fn acknowledge_together(&mut self) {
        let oldest = self.plain.open.keys().next().copied().unwrap_or(self.plain.next);
        let (kind, what, expected) = [
            (PacketKind::PubAck, "PUBACK", "Ended"),
            (PacketKind::PubRec, "PUBREC", "Moved"),
            (PacketKind::PubComp, "PUBCOMP", "Ended"),
        ][self.below(3)];
        let first = oldest + [0, 0, self.below(10)][self.below(3)] as u64;
        let ids = (first..).take(self.below(12)).map(packet_id_of);
        for order in (first..).take(self.real.on_acks(kind, ids)) {
            assert_eq!(self.plain.acknowledge(order, what), expected);
        }
    }

    fn resend(&mut self) {
        self.real.restart();
        while let Some(resend) = self.real.next_resend(usize::MAX) {
            let (packet_id, is_publish) = match resend {
                Resend::Publish(packet_id, _) => (packet_id, true),
                Resend::Release(packet_id) => (packet_id, false),
            };
            let order = *self.plain.open.keys().find(|it| packet_id_of(**it) == packet_id).unwrap();
            assert_eq!(is_publish, self.plain.open[&order].0 != Standing::Release);
            if self.below(8) == 0 {
                assert_eq!(self.real.skip_resend(), order);
                self.plain.open.remove(&order);
            } else {
                self.real.on_resent();
            }
        }
    }

    fn step(&mut self) {
        match self.below(40) {
            0..8 => self.send(),
            8..18 => self.acknowledge("PUBACK"),
            18..24 => self.acknowledge("PUBREC"),
            24..30 => self.acknowledge("PUBCOMP"),
            30 => self.acknowledge("refusal"),
            31..37 => self.acknowledge_together(),
            37 => {
                self.real.skip();
                self.plain.next += 1;
            }
            38 => self.resend(),
            _ => self.real.shrink(),
        }
        self.compare();
    }

    fn compare(&self) {
        let expected = self.plain.open.iter().map(|(order, (standing, payload))| {
            (*order, (*standing != Standing::Release).then(|| payload.clone()))
        });
        let payload_of = |it: Unacknowledged<'_>| it.map(|it| it.message.payload().to_vec());
        let actual = self.real.iter().map(|(order, pending)| (order, payload_of(pending)));
        let (expected, actual): (Vec<_>, Vec<_>) = (expected.collect(), actual.collect());
        assert_eq!(actual, expected);
        let (real, open) = (&self.real, &self.plain.open);
        let payloads = open.values().filter(|it| it.0 != Standing::Release);
        let bytes: usize = payloads.map(|it| it.1.len()).sum();
        assert_eq!((real.bytes, real.outstanding), (bytes, open.len()));
        assert_eq!((real.unacknowledged_len(), real.next_order()), (open.len(), self.plain.next));
        assert_eq!(real.next_id(), packet_id_of(self.plain.next));
        assert!(real.are_all_sent());
        let lens = real.segments.iter().map(Segment::len);
        assert!(
            real.len == lens.clone().sum::<usize>()
                && (real.segments.len() < 2 || lens.min() > Some(0))
        );
        assert!(real.len == 0 || real.segments[0].standing(0) != Standing::Free);
    }
}

#[test]
fn what_is_sent_together_is_acknowledged_as_if_it_was_sent_alone() {
    for seed in 0..200 {
        let random = Random::new(seed);
        let mut both = Both { random, plain: Plain::default(), real: InFlight::default() };
        (0..300).for_each(|_| both.step());
    }
}

#[test]
fn what_is_acknowledged_in_order_is_never_taken_apart() {
    let mut in_flight = InFlight::default();
    in_flight.push_piece(piece(9, QoS::ExactlyOnce));
    in_flight.push_piece(piece(9, QoS::ExactlyOnce));
    let ids = |in_flight: &InFlight| (0..18).map(packet_id_of).take(in_flight.len);
    for id in ids(&in_flight).collect::<Vec<_>>() {
        assert!(matches!(in_flight.on_pubrec(id, false), Acked::Moved(_)));
        assert!(in_flight.segments.len() <= 3);
    }
    assert!(matches!(in_flight.segments[0].kind, Kind::Release(18)));
    for id in ids(&in_flight).collect::<Vec<_>>() {
        assert!(matches!(in_flight.on_pubcomp(id), Acked::Ended(_)));
    }
    assert_eq!((in_flight.len, in_flight.segments.len()), (0, 0));
    // The same by acknowledgements that come together.
    let (puback, pubrec, pubcomp) = (PacketKind::PubAck, PacketKind::PubRec, PacketKind::PubComp);
    in_flight.push_piece(piece(9, QoS::AtLeastOnce));
    in_flight.push_piece(piece(9, QoS::ExactlyOnce));
    let mut acked = |kind, range: std::ops::Range<u64>| {
        (in_flight.on_acks(kind, range.map(packet_id_of)), in_flight.segments.len())
    };
    assert_eq!(acked(pubrec, 18..22), (0, 2));
    assert_eq!(acked(puback, 18..22), (4, 2));
    assert_eq!(acked(puback, 23..27), (0, 2));
    assert_eq!(acked(puback, 22..40), (5, 1));
    assert_eq!(acked(pubcomp, 27..36), (0, 1));
    assert_eq!(acked(pubrec, 27..30), (3, 2));
    assert_eq!(acked(pubrec, 30..40), (6, 1));
    assert_eq!(acked(pubcomp, 27..29), (2, 1));
    assert_eq!(acked(pubcomp, 29..36), (7, 0));
    assert_eq!(in_flight.len, 0);
}

#[test]
fn a_hundred_may_be_large_and_more_only_if_they_are_small() {
    let large = vec![b'x'; SMALL_BYTES_MAX / 100];
    let topic = TopicName::new("t").unwrap();
    let blocks = |payload: &[u8]| {
        let message = std::iter::once((Properties::EMPTY, payload));
        Block::copies_of(topic, &Arc::from("t"), QoS::AtLeastOnce, message, None)
    };
    let sent = |payload: &[u8], messages_max| {
        let piece = Piece::of(&blocks(payload)[0], QoS::AtLeastOnce);
        let mut in_flight = InFlight::default();
        while in_flight.has_window(messages_max, 0) {
            assert!(in_flight.window(messages_max) > 0);
            in_flight.push_piece(piece.clone());
        }
        in_flight.unacknowledged_len()
    };
    assert_eq!((sent(b"small", 1000), sent(b"small", 7)), (1000, 7));
    assert_eq!((sent(&large, 1000), sent(&large, 7)), (101, 7));
    let larger = vec![b'x'; SMALL_BYTES_MAX];
    assert_eq!((sent(&larger, 1000), sent(&larger, 7)), (100, 7));
}
