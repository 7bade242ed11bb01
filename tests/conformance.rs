//! The numbered statements of the standard, one test each, on sockets. A test is named after the
//! statement of MQTT 5.0; where 3.1.1 numbers it otherwise, the test says so.

mod connect;
mod publish;
mod qos;
mod session;
mod subscribe;
mod wills;

use crate::support::broker::Broker;
use crate::support::packet::Version;
use crate::support::raw::Raw;

use Version::{V4, V5};

/// 3.1.1 and 5.0.
const BOTH: [Version; 2] = [V4, V5];

/// A client that is subscribed at QoS 2.
fn subscriber(broker: &Broker, version: Version, filter: &str) -> Raw {
    let mut raw = broker.client(version, "subscriber");
    raw.subscribe(version, filter, 2);
    raw
}

/// PUBACK, PUBREC, PUBREL and PUBCOMP in their short form.
fn ack(first: u8, packet_id: u16) -> Vec<u8> {
    [&[first, 2][..], &packet_id.to_be_bytes()].concat()
}

/// The packet id of a received PUBLISH above QoS 0.
fn packet_id_of(publish: &[u8]) -> u16 {
    assert_eq!(publish[0] & 0xF0, 0x30);
    let topic = usize::from(publish[3]);
    u16::from_be_bytes([publish[4 + topic], publish[5 + topic]])
}
