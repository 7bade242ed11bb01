//! The decoder under random input: the committed corpus (`src/protocol/corpus`, one packet a
//! file), cut, overwritten, repeated and joined. It never panics, answers the same for any split
//! of the bytes, and what it accepts survives being encoded and decoded again.
//!
//! `cargo test` runs a bounded number of inputs; `cargo bolero` finds the same harness for longer
//! runs.

mod access;
mod files;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use lastwill::protocol::{DecodeLimits, Decoded, Decoder, Encoder, Packet, Version};

use crate::support::packet::{self, Connect};

/// Random inputs of one run.
const INPUTS: usize = 20_000;

const LIMITS: DecodeLimits = DecodeLimits {
    packet_size_max: 100_000,
    connect_size_max: 100_000,
    topic_alias_max: 10,
    strict_connect_flags: false,
};

const VERSIONS: [(Version, packet::Version); 3] = [
    (Version::V31, packet::Version::V3),
    (Version::V311, packet::Version::V4),
    (Version::V5, packet::Version::V5),
];

static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/protocol/corpus");
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 30, "the corpus is committed");
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
});

/// Every decoder that a connection may have: before CONNECT, after one of each version, and the
/// client's side of each version.
fn decoders() -> Vec<Decoder> {
    let mut all = vec![Decoder::of_client(LIMITS)];
    for (version, by_hand) in VERSIONS {
        let connect = Connect { version: by_hand, ..Connect::default() }.bytes();
        let mut decoder = Decoder::of_client(LIMITS);
        assert!(matches!(decoder.decode(&connect), Ok(Decoded::Packet(..))));
        assert_eq!(decoder.version(), Some(version));
        all.push(decoder);
        all.push(Decoder::of_server(version, LIMITS));
    }
    all
}

/// Reads a stream that arrives in pieces that end at `cuts`; answers every packet and the error at
/// its end, as text.
fn outcome(decoder: &mut Decoder, bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut seen = Vec::new();
    let mut start = 0;
    for &cut in cuts.iter().chain([&bytes.len()]) {
        let arrived = &bytes[..cut];
        while start < arrived.len() {
            match decoder.decode(&arrived[start..]) {
                Ok(Decoded::Packet(packet, length)) => {
                    assert!(length > 0 && start + length <= arrived.len(), "{length}");
                    seen.push(format!("{packet:?}"));
                    start += length;
                }
                Ok(Decoded::Incomplete { total }) => {
                    let left = arrived.len() - start;
                    assert!(total.is_none_or(|total| total > left), "{total:?} of {left}");
                    break;
                }
                Err(error) => {
                    seen.push(error.to_string());
                    return seen;
                }
            }
        }
    }
    seen
}

/// What was decoded is the same after it was encoded and decoded again.
fn assert_survives(decoder: &mut Decoder, is_server: bool, bytes: &[u8]) {
    let Ok(Decoded::Packet(first, _)) = decoder.decode(bytes) else { return };
    let version = decoder_version(&first, decoder);
    let mut again = Vec::new();
    Encoder::new(version).encode(&first, &mut again).expect("no limit was set");
    if again.is_empty() {
        assert!(!version.is_v5(), "version 5 has every packet");
        return;
    }
    let mut second_decoder = match &first {
        Packet::Connect(_) => Decoder::of_client(LIMITS),
        _ if is_server => Decoder::of_server(version, LIMITS),
        _ => {
            let index = VERSIONS.iter().position(|(known, _)| *known == version).unwrap();
            decoders().swap_remove(1 + 2 * index)
        }
    };
    match second_decoder.decode(&again) {
        Ok(Decoded::Packet(second, length)) => {
            assert_eq!(length, again.len());
            assert_same(&first, &second);
        }
        other => panic!("{first:?}\nencoded as {}\ngives {other:?}", packet::to_hex(&again)),
    }
}

fn decoder_version(packet: &Packet<'_>, decoder: &Decoder) -> Version {
    match packet {
        Packet::Connect(connect) => connect.version,
        _ => decoder.version().unwrap(),
    }
}

fn assert_same(first: &Packet<'_>, second: &Packet<'_>) {
    match (first, second) {
        // An alias is resolved, so the topic is written out the second time.
        (Packet::Publish(first), Packet::Publish(second)) => {
            assert_eq!(first.topic.name().as_str(), second.topic.name().as_str());
            assert_eq!(first.payload, second.payload);
            assert_eq!(
                (first.dup, first.qos, first.retain, first.packet_id),
                (second.dup, second.qos, second.retain, second.packet_id)
            );
        }
        _ => assert_eq!(format!("{first:?}"), format!("{second:?}")),
    }
}

/// All properties of the decoder for one input.
fn check(bytes: &[u8], cuts: &[usize]) {
    for (index, (mut whole, mut split)) in decoders().into_iter().zip(decoders()).enumerate() {
        let at_once = outcome(&mut whole, bytes, &[]);
        assert_eq!(at_once, outcome(&mut split, bytes, cuts), "split at {cuts:?}");
        let is_server = index > 0 && index % 2 == 0;
        assert_survives(&mut decoders().swap_remove(index), is_server, bytes);
    }
}

#[test]
fn the_corpus_byte_by_byte() {
    for bytes in CORPUS.iter() {
        let cuts: Vec<usize> = (0..bytes.len()).collect();
        check(bytes, &cuts);
    }
}

/// One random change of the bytes.
#[derive(Clone, Copy, Debug, bolero::TypeGenerator)]
enum Change {
    /// Overwrite one byte.
    Set(u16, u8),
    /// Insert one byte.
    Insert(u16, u8),
    /// Remove one byte.
    Remove(u16),
    /// Everything from here is missing.
    Cut(u16),
    /// Another packet of the corpus follows.
    Join(u16),
    /// The length of the packet is right again (below 128 bytes).
    FixLength,
}

impl Change {
    fn apply(self, bytes: &mut Vec<u8>) {
        let place = |at: u16, end: usize| usize::from(at) % end.max(1);
        match self {
            Change::Set(at, byte) if !bytes.is_empty() => {
                let at = place(at, bytes.len());
                bytes[at] = byte;
            }
            Change::Insert(at, byte) => bytes.insert(place(at, bytes.len()), byte),
            Change::Remove(at) if !bytes.is_empty() => {
                bytes.remove(place(at, bytes.len()));
            }
            Change::Cut(at) => bytes.truncate(place(at, bytes.len())),
            Change::Join(which) => bytes.extend(&CORPUS[place(which, CORPUS.len())]),
            Change::FixLength if bytes.len() >= 2 => bytes[1] = (bytes.len() - 2).min(127) as u8,
            _ => {}
        }
    }
}

#[test]
fn changed_packets() {
    bolero::check!()
        .with_iterations(INPUTS)
        .with_type::<(u16, [Option<Change>; 4], [u16; 3])>()
        .cloned()
        .for_each(|(start, changes, cuts)| {
            let mut bytes = CORPUS[usize::from(start) % CORPUS.len()].clone();
            changes.into_iter().flatten().for_each(|change| change.apply(&mut bytes));
            let mut cuts = cuts.map(|cut| usize::from(cut) % (bytes.len() + 1));
            cuts.sort();
            check(&bytes, &cuts);
        });
}

#[test]
fn random_bytes() {
    bolero::check!().with_iterations(INPUTS).for_each(|bytes: &[u8]| {
        check(bytes, &[bytes.len() / 2]);
    });
}
