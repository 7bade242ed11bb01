//! What is no acceptable CONNECT: refused as the standard says, and nobody else notices.

use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, hex};
use crate::support::raw::Raw;

/// The answer to bad bytes.
#[derive(Clone, Copy)]
enum Answer {
    /// The end of the connection, without a word.
    Close,
    /// CONNACK with one of these codes, then the end.
    Refuse(&'static [u8]),
}

use Answer::{Close, Refuse};

/// Bytes, and what comes back.
const CATALOGUE: &[(&str, &str, Answer)] = &[
    // No CONNECT at all.
    ("PINGREQ first", "C0 00", Close),
    ("PUBLISH first", "30 05 00 03 77 2F 78", Close),
    ("SUBSCRIBE first", "82 06 00 01 00 01 61 00", Close),
    ("DISCONNECT first", "E0 00", Close),
    ("CONNACK first", "20 02 00 00", Close),
    ("AUTH first", "F0 00", Close),
    ("reserved packet type", "00 00", Close),
    ("HTTP", "47 45 54 20 2F 20 48 54 54 50 2F 31 2E 31 0D 0A 0D 0A", Close),
    ("TLS", "16 03 01 02 00 01 00 01 FC 03 03", Close),
    ("length of five bytes", "10 FF FF FF FF 7F", Close),
    ("flags of the fixed header", "11 0D 00 04 4D 51 54 54 04 02 00 00 00 01 63", Close),
    // The variable header.
    ("empty CONNECT", "10 00", Close),
    ("protocol name", "10 0D 00 04 4D 51 54 58 04 02 00 00 00 01 63", Close),
    ("empty protocol name", "10 09 00 00 04 02 00 00 00 01 63", Close),
    ("level 6", "10 0E 00 04 4D 51 54 54 06 02 00 00 00 00 01 63", Refuse(&[0x84])),
    ("level 2", "10 0D 00 04 4D 51 54 54 02 02 00 00 00 01 63", Refuse(&[0x84])),
    ("v4 reserved flag", "10 0D 00 04 4D 51 54 54 04 03 00 00 00 01 63", Close),
    ("v5 reserved flag", "10 0E 00 04 4D 51 54 54 05 03 00 00 00 00 01 63", Refuse(&[0x81])),
    (
        "v4 will QoS 3",
        "10 17 00 04 4D 51 54 54 04 1E 00 00 00 01 63 00 03 77 2F 74 00 03 6F 66 66",
        Close,
    ),
    (
        "v5 will QoS 3",
        "10 19 00 04 4D 51 54 54 05 1E 00 00 00 00 01 63 00 00 03 77 2F 74 00 03 6F 66 66",
        Refuse(&[0x81]),
    ),
    (
        "v4 password without user name",
        "10 10 00 04 4D 51 54 54 04 42 00 00 00 01 63 00 01 70",
        Close,
    ),
    ("keep-alive cut off", "10 07 00 04 4D 51 54 54 04 02", Close),
    (
        "name and level that do not fit",
        "10 0F 00 06 4D 51 49 73 64 70 04 02 00 00 00 01 63",
        Refuse(&[0x01]),
    ),
    // Properties.
    (
        "v5 Session Expiry Interval twice",
        "10 18 00 04 4D 51 54 54 05 02 00 00 0A 11 00 00 00 01 11 00 00 00 01 00 01 63",
        Refuse(&[0x82]),
    ),
    (
        "v5 Receive Maximum 0",
        "10 11 00 04 4D 51 54 54 05 02 00 00 03 21 00 00 00 01 63",
        Refuse(&[0x82]),
    ),
    (
        "v5 Maximum Packet Size 0",
        "10 13 00 04 4D 51 54 54 05 02 00 00 05 27 00 00 00 00 00 01 63",
        Refuse(&[0x82]),
    ),
    (
        "v5 request problem 2",
        "10 10 00 04 4D 51 54 54 05 02 00 00 02 17 02 00 01 63",
        Refuse(&[0x82]),
    ),
    (
        "v5 topic alias is no property",
        "10 11 00 04 4D 51 54 54 05 02 00 00 03 23 00 01 00 01 63",
        Refuse(&[0x81, 0x82]),
    ),
    (
        "v5 unknown property",
        "10 10 00 04 4D 51 54 54 05 02 00 00 02 7E 00 00 01 63",
        Refuse(&[0x81]),
    ),
    (
        "v5 properties longer than the packet",
        "10 0E 00 04 4D 51 54 54 05 02 00 00 20 00 01 63",
        Refuse(&[0x81]),
    ),
    (
        "v5 data without method",
        "10 12 00 04 4D 51 54 54 05 02 00 00 04 16 00 01 61 00 01 63",
        Refuse(&[0x82]),
    ),
    (
        "v5 method that nobody offers",
        "10 12 00 04 4D 51 54 54 05 02 00 00 04 15 00 01 61 00 01 63",
        Refuse(&[0x8C]),
    ),
    // The payload.
    ("no client id", "10 0A 00 04 4D 51 54 54 04 02 00 00", Close),
    ("client id cut off", "10 0D 00 04 4D 51 54 54 04 02 00 00 00 09 63", Close),
    ("v3 empty client id", "10 0E 00 06 4D 51 49 73 64 70 03 02 00 00 00 00", Refuse(&[0x02])),
    ("v4 empty client id to keep", "10 0C 00 04 4D 51 54 54 04 00 00 00 00 00", Refuse(&[0x02])),
    ("v4 client id with NUL", "10 0D 00 04 4D 51 54 54 04 02 00 00 00 01 00", Close),
    ("v4 client id not UTF-8", "10 0D 00 04 4D 51 54 54 04 02 00 00 00 01 FF", Close),
    (
        "v5 client id not UTF-8",
        "10 0E 00 04 4D 51 54 54 05 02 00 00 00 00 01 FF",
        Refuse(&[0x81, 0x85]),
    ),
    ("v4 bytes left over", "10 0E 00 04 4D 51 54 54 04 02 00 00 00 01 63 00", Close),
    ("v5 bytes left over", "10 0F 00 04 4D 51 54 54 05 02 00 00 00 00 01 63 00", Refuse(&[0x81])),
    ("v4 will flag without will", "10 0D 00 04 4D 51 54 54 04 06 00 00 00 01 63", Close),
    (
        "v4 empty will topic",
        "10 14 00 04 4D 51 54 54 04 06 00 00 00 01 63 00 00 00 03 6F 66 66",
        Close,
    ),
    (
        "v4 wildcard in will topic",
        "10 17 00 04 4D 51 54 54 04 06 00 00 00 01 63 00 03 77 2F 23 00 03 6F 66 66",
        Close,
    ),
    (
        "v5 empty will topic",
        "10 16 00 04 4D 51 54 54 05 06 00 00 00 00 01 63 00 00 00 00 03 6F 66 66",
        Refuse(&[0x82]),
    ),
    (
        "v5 wildcard in will topic",
        "10 19 00 04 4D 51 54 54 05 06 00 00 00 00 01 63 00 00 03 77 2F 23 00 03 6F 66 66",
        Refuse(&[0x82]),
    ),
    (
        "v5 NUL in will topic",
        "10 19 00 04 4D 51 54 54 05 06 00 00 00 00 01 63 00 00 03 61 00 62 00 03 6F 66 66",
        Refuse(&[0x81]),
    ),
    (
        "v5 Will Delay Interval twice",
        "10 23 00 04 4D 51 54 54 05 06 00 00 00 00 01 63 0A 18 00 00 00 01 18 00 00 00 01 00 03 77 2F 74 00 03 6F 66 66",
        Refuse(&[0x82]),
    ),
    (
        "v5 will payload format 2",
        "10 1B 00 04 4D 51 54 54 05 06 00 00 00 00 01 63 02 01 02 00 03 77 2F 74 00 03 6F 66 66",
        Refuse(&[0x82]),
    ),
];

/// A client that hears everything.
fn bystander(broker: &Broker) -> Raw {
    let mut bystander = broker.client(Version::V5, "bystander");
    bystander.subscribe(Version::V5, "#", 0);
    bystander
}

#[test]
fn a_wrong_connect_is_refused() {
    let broker = Broker::start();
    let mut bystander = bystander(&broker);
    let mut wrong = Vec::new();
    for (name, bytes, answer) in CATALOGUE {
        let mut raw = broker.dial();
        raw.send_hex(bytes);
        let got = raw.next();
        let is_right = match (answer, &got) {
            (Close, None) => true,
            (Refuse(codes), Some(packet)) => {
                packet[..1] == [0x20] && packet[2] == 0 && codes.contains(&packet[3])
            }
            _ => false,
        };
        let ended = got.is_none() || raw.next().is_none();
        if !is_right || !ended {
            wrong.push(format!("{name}: {got:02X?}, ended: {ended}"));
        }
        bystander.ping();
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CATALOGUE.len(), wrong.join("\n"));
}

#[test]
fn a_connect_in_single_bytes_is_accepted() {
    let broker = Broker::start();
    let mut raw = broker.dial();
    for byte in (Connect { id: "slow", ..Connect::default() }).bytes() {
        raw.send(&[byte]);
    }
    assert_eq!(raw.receive_connack(), 0);
}

#[test]
fn half_a_connect_disturbs_nobody_and_is_forgotten() {
    let broker = Broker::start();
    let mut bystander = bystander(&broker);
    let whole = Connect { id: "half", ..Connect::default() }.bytes();
    let mut halves: Vec<Raw> = (0..50).map(|_| broker.dial()).collect();
    for (index, half) in halves.iter_mut().enumerate() {
        half.send(&whole[..index % whole.len()]);
        bystander.ping();
    }
    for mut half in halves {
        half.shut_down();
        half.expect_closed();
    }
    bystander.ping();
    let mut whole_one = broker.dial();
    whole_one.send(&whole);
    assert_eq!(whole_one.receive_connack(), 0);
}

#[test]
fn half_a_connect_and_silence_is_closed() {
    let broker = Broker::start_with(&["--set", "connect_timeout=1"]);
    let mut bystander = bystander(&broker);
    let mut silent = broker.dial();
    let mut half = broker.dial();
    half.send(&hex("10 0D 00 04 4D 51"));
    silent.expect_closed();
    half.expect_closed();
    bystander.ping();
}

#[test]
fn what_follows_a_refused_connect_is_ignored() {
    let broker = Broker::start();
    let mut bystander = bystander(&broker);
    let mut raw = broker.dial();
    raw.send(&hex("10 0C 00 04 4D 51 54 54 04 00 00 00 00 00 30 05 00 03 77 2F 78"));
    assert_eq!(raw.receive_connack(), 2);
    raw.expect_closed();
    bystander.ping();
}
