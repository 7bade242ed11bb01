//! How connections over TLS end, and what becomes of wills.

use super::lab::Lab;
use super::listener::ours;
use super::raw::Secure;
use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, Will, hex};

/// A broker, and a client with a will that is connected.
fn mortal(lab: &Lab) -> (Broker, Secure) {
    let broker = ours(lab, "server", &[]);
    let secure = connected(lab, &broker, "mortal");
    (broker, secure)
}

fn connected(lab: &Lab, broker: &Broker, id: &str) -> Secure {
    let mut secure = Secure::dial(lab, broker.port, None);
    let will = Some(Will::new("w", "gone"));
    secure.send(&Connect { version: Version::V4, id, will, ..Connect::default() }.bytes());
    secure.expect(&hex("20 02 00 00"));
    secure
}

/// The will of the client went out, because of this.
#[track_caller]
fn published(broker: &Broker, cause: &str) {
    let line = broker.program.stderr.line_with("will of 'mortal'");
    assert!(line.contains("published to 'w'") && line.contains(cause), "{line}");
}

#[track_caller]
fn discarded(broker: &Broker) {
    broker.program.stderr.line_with("Client mortal [");
    let lines = broker.program.stderr.so_far();
    let line = lines.iter().find(|line| line.contains("will of 'mortal'"));
    assert!(line.is_none_or(|line| !line.contains("published")), "{line:?}");
}

#[test]
fn w202_tcp_that_ends_without_close_notify_publishes_the_will() {
    let lab = Lab::new();
    let (broker, mut secure) = mortal(&lab);
    secure.shut_down();
    published(&broker, "");
    let (broker, secure) = mortal(&lab);
    drop(secure);
    published(&broker, "");
}

#[test]
fn w203_close_notify_without_disconnect_publishes_the_will() {
    let lab = Lab::new();
    let (broker, mut secure) = mortal(&lab);
    secure.close_notify();
    published(&broker, "connection closed without DISCONNECT");
}

#[test]
fn w204_disconnect_discards_the_will_whatever_becomes_of_tls() {
    let lab = Lab::new();
    let (broker, mut secure) = mortal(&lab);
    secure.send(&hex("E0 00"));
    drop(secure);
    discarded(&broker);
    let (broker, mut secure) = mortal(&lab);
    secure.send(&hex("E0 00"));
    secure.close_notify();
    discarded(&broker);
}

#[test]
fn w105_w205_bytes_that_are_no_tls_publish_the_will() {
    let lab = Lab::new();
    // A record that nobody has sealed, an alert in plain text, a record too long, plain MQTT.
    for bytes in
        ["17 03 03 00 05 01 02 03 04 05", "15 03 03 00 02 02 28", "17 03 03 FF FF", "E0 00"]
    {
        let (broker, mut secure) = mortal(&lab);
        secure.send_beside(&hex(bytes));
        secure.shut_down();
        published(&broker, "");
        let _ = secure.rest();
    }
}

/// DISCONNECT and the reset behind it arrive together: what was sent is read first (D15).
#[test]
fn w206_what_was_sent_before_a_reset_is_read_first() {
    let lab = Lab::new();
    let broker = ours(&lab, "server", &[]);
    for round in 0..20 {
        let id = format!("mortal-{round}");
        let mut secure = connected(&lab, &broker, &id);
        let messages = (0..50).flat_map(|_| hex("30 05 00 01 74 68 69"));
        secure.send(&messages.chain(hex("E0 00")).collect::<Vec<_>>());
        // The bytes are in the broker's socket when the other client's come back.
        let mut probe = connected(&lab, &broker, "probe");
        probe.send(&hex("C0 00"));
        probe.expect(&hex("D0 00"));
        probe.send(&hex("E0 00"));
        secure.reset();
        broker.program.stderr.line_with(&format!("Client {id} ["));
        let lines = broker.program.stderr.so_far();
        assert!(!lines.iter().any(|line| line.contains("published to 'w'")), "{id}: {lines:?}");
    }
}
