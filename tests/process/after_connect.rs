//! What breaks the rules once a client is connected: it is closed with the code that the standard
//! names, its will goes out, and nobody else notices.

use crate::support::broker::Broker;
use crate::support::packet::{self, Connect, Version, Will};
use crate::support::raw::Raw;

use Version::{V4, V5};

/// Bytes sent on a connection of this version, and the reason codes that are right in version 5.
const CATALOGUE: &[(&str, Version, &str, &[u8])] = &[
    // The fixed header.
    ("reserved packet type", V4, "00 00", &[]),
    ("reserved packet type", V5, "00 00", &[0x81, 0x82]),
    ("AUTH in version 4", V4, "F0 00", &[]),
    ("AUTH without method", V5, "F0 00", &[0x82]),
    ("length of five bytes", V4, "30 FF FF FF FF 7F", &[]),
    ("length of five bytes", V5, "30 FF FF FF FF 7F", &[0x81]),
    ("flags of SUBSCRIBE", V4, "80 08 00 01 00 03 77 2F 78 00", &[]),
    ("flags of SUBSCRIBE", V5, "80 09 00 01 00 00 03 77 2F 78 00", &[0x81]),
    ("flags of UNSUBSCRIBE", V5, "A0 08 00 01 00 00 03 77 2F 78", &[0x81]),
    ("flags of PUBREL", V4, "60 02 00 01", &[]),
    ("flags of PUBREL", V5, "60 02 00 01", &[0x81]),
    ("flags of PUBACK", V5, "41 02 00 01", &[0x81]),
    ("flags of PINGREQ", V4, "C1 00", &[]),
    ("flags of DISCONNECT", V4, "E1 00", &[]),
    ("flags of DISCONNECT", V5, "E1 00", &[0x81]),
    ("PINGREQ with a body", V5, "C0 01 00", &[0x81]),
    // Packets that only a server sends.
    ("CONNACK", V4, "20 02 00 00", &[]),
    ("CONNACK", V5, "20 03 00 00 00", &[0x81, 0x82]),
    ("SUBACK", V5, "90 04 00 01 00 00", &[0x81, 0x82]),
    ("UNSUBACK", V5, "B0 04 00 01 00 00", &[0x81, 0x82]),
    ("PINGRESP", V4, "D0 00", &[]),
    ("PINGRESP", V5, "D0 00", &[0x81, 0x82]),
    // CONNECT again.
    ("second CONNECT", V4, "10 0D 00 04 4D 51 54 54 04 02 00 00 00 01 63", &[]),
    ("second CONNECT", V5, "10 0E 00 04 4D 51 54 54 05 02 00 00 00 00 01 63", &[0x82]),
    // PUBLISH.
    ("QoS 3", V4, "36 08 00 03 77 2F 78 00 01 78", &[]),
    ("QoS 3", V5, "36 09 00 03 77 2F 78 00 01 00 78", &[0x81]),
    ("DUP with QoS 0", V5, "38 07 00 03 77 2F 78 00 78", &[0x81, 0x82]),
    ("wildcard in topic", V4, "30 06 00 03 77 2F 23 78", &[]),
    ("wildcard in topic", V5, "30 07 00 03 77 2F 23 00 78", &[0x82, 0x81]),
    ("empty topic", V4, "30 03 00 00 78", &[]),
    ("empty topic without alias", V5, "30 04 00 00 00 78", &[0x82]),
    ("NUL in topic", V4, "30 06 00 03 61 00 62 78", &[]),
    ("NUL in topic", V5, "30 07 00 03 61 00 62 00 78", &[0x81]),
    ("topic not UTF-8", V4, "30 06 00 03 61 FF 62 78", &[]),
    ("topic with a surrogate", V5, "30 07 00 03 ED A0 80 00 78", &[0x81]),
    ("topic cut off", V4, "30 04 00 09 77 2F", &[]),
    ("packet id 0", V4, "32 07 00 03 77 2F 78 00 00", &[]),
    ("packet id 0", V5, "32 08 00 03 77 2F 78 00 00 00", &[0x82, 0x81]),
    ("no packet id", V4, "32 05 00 03 77 2F 78", &[]),
    ("alias 0", V5, "30 0A 00 03 77 2F 78 03 23 00 00 78", &[0x94]),
    ("alias above the maximum", V5, "30 0A 00 03 77 2F 78 03 23 FF FF 78", &[0x94]),
    ("unknown alias", V5, "30 07 00 00 03 23 00 01 78", &[0x82]),
    ("Subscription Identifier", V5, "30 09 00 03 77 2F 78 02 0B 01 78", &[0x82, 0x81]),
    ("payload format 2", V5, "30 09 00 03 77 2F 78 02 01 02 78", &[0x82]),
    ("payload format twice", V5, "30 0B 00 03 77 2F 78 04 01 00 01 00 78", &[0x82]),
    ("property of another packet", V5, "30 0C 00 03 77 2F 78 05 11 00 00 00 01 78", &[0x81, 0x82]),
    ("unknown property", V5, "30 09 00 03 77 2F 78 02 7E 00 78", &[0x81]),
    ("properties longer than the packet", V5, "30 07 00 03 77 2F 78 20 78", &[0x81]),
    ("wildcard in Response Topic", V5, "30 0B 00 03 77 2F 78 04 08 00 01 23 78", &[0x82]),
    // Acknowledgements.
    ("PUBACK cut off", V4, "40 01 00", &[]),
    ("PUBACK of packet id 0", V5, "40 02 00 00", &[0x81, 0x82]),
    ("PUBACK with an unknown reason", V5, "40 03 00 01 42", &[0x81, 0x82]),
    // SUBSCRIBE, UNSUBSCRIBE.
    ("SUBSCRIBE of nothing", V4, "82 02 00 01", &[]),
    ("SUBSCRIBE of nothing", V5, "82 03 00 01 00", &[0x82]),
    ("SUBSCRIBE with packet id 0", V5, "82 09 00 00 00 00 03 77 2F 78 00", &[0x82, 0x81]),
    ("SUBSCRIBE with QoS 3", V4, "82 08 00 01 00 03 77 2F 78 03", &[]),
    ("SUBSCRIBE with QoS 3", V5, "82 09 00 01 00 00 03 77 2F 78 03", &[0x82, 0x81]),
    ("SUBSCRIBE with reserved bits", V5, "82 09 00 01 00 00 03 77 2F 78 C0", &[0x81]),
    ("Retain Handling 3", V5, "82 09 00 01 00 00 03 77 2F 78 30", &[0x82, 0x81]),
    ("Subscription Identifier 0", V5, "82 09 00 01 02 0B 00 00 01 78 00", &[0x82]),
    ("Subscription Identifier twice", V5, "82 0B 00 01 04 0B 01 0B 02 00 01 78 00", &[0x82]),
    (
        "No Local on a shared subscription",
        V5,
        "82 10 00 01 00 00 0A 24 73 68 61 72 65 2F 67 2F 78 04",
        &[0x82],
    ),
    ("empty filter", V4, "82 05 00 01 00 00 00", &[]),
    ("UNSUBSCRIBE of nothing", V4, "A2 02 00 01", &[]),
    ("UNSUBSCRIBE of nothing", V5, "A2 03 00 01 00", &[0x82]),
    // DISCONNECT.
    ("DISCONNECT with a body", V4, "E0 01 00", &[]),
    ("DISCONNECT with a reason of servers", V5, "E0 01 8B", &[0x82]),
    ("DISCONNECT with an unknown reason", V5, "E0 01 42", &[0x82]),
    ("expiry in DISCONNECT after 0", V5, "E0 07 00 05 11 00 00 00 3C", &[0x82]),
    ("expiry in DISCONNECT twice", V5, "E0 0C 00 0A 11 00 00 00 00 11 00 00 00 00", &[0x82]),
];

/// Connects with a will to `w/gone` and sends the bytes; answers what is wrong with the reaction.
fn offend(broker: &Broker, version: Version, bytes: &str, codes: &[u8]) -> Result<(), String> {
    let will = Some(Will::new("w/gone", "broken"));
    let mut raw = broker.client_with(&Connect { version, id: "c", will, ..Connect::default() });
    raw.send_hex(bytes);
    if version == V5 {
        let said = raw.next();
        let reason = said.as_ref().filter(|packet| packet[0] == 0xE0 && packet.len() > 2);
        if !reason.is_some_and(|packet| codes.contains(&packet[2])) {
            return Err(format!("{said:02X?}, not a DISCONNECT with {codes:02X?}"));
        }
    }
    raw.next().map_or(Ok(()), |packet| Err(format!("not the end, but {packet:02X?}")))
}

fn bystander(broker: &Broker) -> Raw {
    let mut bystander = broker.client(V4, "bystander");
    bystander.subscribe(V4, "#", 0);
    bystander
}

#[test]
fn broken_rules_end_one_connection_and_publish_its_will() {
    let broker = Broker::start();
    let mut bystander = bystander(&broker);
    let mut wrong = Vec::new();
    for (name, version, bytes, codes) in CATALOGUE {
        if let Err(why) = offend(&broker, *version, bytes, codes) {
            wrong.push(format!("{name} ({version:?}): {why}"));
            continue;
        }
        bystander.expect_message(V4, "w/gone", "broken");
        bystander.ping();
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CATALOGUE.len(), wrong.join("\n"));
}

#[test]
fn a_packet_above_the_limit_is_refused() {
    let broker = Broker::start_with(&["--set", "max_packet_size=1000"]);
    let mut bystander = bystander(&broker);
    let fits = "x".repeat(900);
    let large = "x".repeat(1001);
    for version in [V4, V5] {
        let will = Some(Will::new("w/gone", "too large"));
        let mut raw = broker.client_with(&Connect { version, id: "c", will, ..Connect::default() });
        raw.send(&packet::publish(version, "t", &fits, 0, 0));
        bystander.expect_message(V4, "t", &fits);
        raw.send(&packet::publish(version, "t", &large, 0, 0));
        raw.expect_kicked(version, 0x95);
        bystander.expect_message(V4, "w/gone", "too large");
        bystander.ping();
    }
}

/// The length alone is enough: nobody waits for 256 MiB that the limit forbids.
#[test]
fn an_announced_length_above_the_limit_is_refused_at_once() {
    let broker = Broker::start_with(&["--set", "max_packet_size=1000"]);
    let mut raw = broker.client(V5, "c");
    raw.send_hex("30 FF FF FF 7F 00 01 78");
    raw.expect_kicked(V5, 0x95);
}

#[test]
fn half_a_packet_and_silence_ends_by_keep_alive() {
    let broker = Broker::start();
    let mut bystander = bystander(&broker);
    let will = Some(Will::new("w/gone", "silent"));
    let connect = Connect { id: "half", keep_alive_secs: 1, will, ..Connect::default() };
    let mut half = broker.client_with(&connect);
    let publish = packet::publish(V4, "w/x", "never whole", 0, 0);
    half.send(&publish[..publish.len() - 1]);
    half.expect_closed();
    bystander.expect_message(V4, "w/gone", "silent");
    bystander.ping();
}

#[test]
fn what_follows_a_broken_packet_is_ignored() {
    let broker = Broker::start();
    let mut bystander = bystander(&broker);
    let mut raw = broker.client(V4, "c");
    raw.send_hex("36 08 00 03 77 2F 78 00 01 78 30 06 00 03 77 2F 78 79");
    raw.expect_closed();
    bystander.ping();
}
