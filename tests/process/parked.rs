//! Quiet clients, which the broker keeps without a task, while its store fails and when it is killed.

use super::failing::Fault;
use super::kill::Kept;
use crate::support::packet::{Connect, Version, Will, publish};
use crate::support::raw::Raw;

const V4: Version = Version::V4;

/// A client whose session is kept, and whether it was there before.
fn resumed(port: u16, id: &str, will: Option<Will<'_>>) -> (Raw, bool) {
    let mut raw = Raw::dial(port);
    raw.send(&Connect { id, clean: false, will, ..Connect::default() }.bytes());
    let connack = raw.receive();
    assert_eq!((connack[0], connack[3]), (0x20, 0));
    (raw, connack[2] == 1)
}

#[test]
fn parked_clients_outlast_a_store_that_fails() {
    let mut broker = Kept::start(&[]);
    let (port, will) = (broker.port, Some(Will { qos: 1, ..Will::new("will", "gone") }));
    let (mut reader, _) = resumed(port, "reader", None);
    reader.subscribe(V4, "#", 1);
    let (mut quiet, _) = resumed(port, "quiet", will);
    let (mortal, _) = resumed(port, "mortal", will);
    // Accepted before, heard from only when the store fails.
    let mut mute = Raw::dial(port);
    let (mut writer, _) = resumed(port, "writer", None);
    let program = broker.program.as_ref().unwrap();
    let fault = Fault::inject(program.pid(), "fdatasync", "EIO");
    writer.send(&publish(V4, "t", "first", 2, 1));
    program.stderr.line_with("Nothing is acknowledged");
    quiet.send(&publish(V4, "t", "second", 2, 2));
    mortal.close();
    mute.send(&Connect { id: "mute", ..Connect::default() }.bytes());
    assert_eq!(mute.receive_connack(), 3);
    mute.expect_closed();
    fault.end();
    program.stderr.line_with("The store works again");
    writer.expect_hex("40 02 00 01");
    quiet.expect_hex("40 02 00 02");
    let seen = [(); 3].map(|()| reader.receive());
    for text in ["first", "second", "gone"] {
        assert!(seen.iter().any(|packet| packet.ends_with(text.as_bytes())), "{text}");
    }
    for client in [&mut reader, &mut quiet, &mut writer] {
        client.ping();
    }
    broker.kill();
}

#[test]
fn parked_clients_of_a_killed_broker_come_back() {
    let mut broker = Kept::start(&[]);
    let port = broker.port;
    let ids: Vec<_> = (0..20).map(|number| format!("c{number}")).collect();
    let mut clients: Vec<Raw> = Vec::new();
    for id in &ids {
        let topic = format!("will/{id}");
        let will = Some(Will { qos: 1, ..Will::new(&topic, "gone") });
        let (mut raw, was_there) = resumed(port, id, will);
        assert!(!was_there);
        raw.subscribe(V4, "t", 1);
        clients.push(raw);
    }
    let (mut watcher, _) = resumed(port, "watcher", None);
    watcher.subscribe(V4, "will/+", 1);
    // And one that has said nothing yet.
    let mute = Raw::dial(port);
    clients.iter_mut().for_each(Raw::ping);
    broker.kill();
    drop((clients, watcher, mute));
    broker.run(&[]);
    let mut writer = Raw::dial(port);
    writer.send(&Connect { id: "writer", ..Connect::default() }.bytes());
    assert_eq!(writer.receive_connack(), 0);
    writer.send(&publish(V4, "t", "x", 2, 1));
    writer.expect_hex("40 02 00 01");
    for id in &ids {
        let (mut raw, was_there) = resumed(port, id, None);
        assert!(was_there, "{id}");
        raw.expect(&publish(V4, "t", "x", 2, 1));
        raw.send_hex("40 02 00 01");
    }
    // Each will once.
    let (mut watcher, was_there) = resumed(port, "watcher", None);
    assert!(was_there);
    for n in 1..=20 {
        let packet = watcher.receive();
        assert!(packet.ends_with(b"gone"), "{packet:?}");
        watcher.send(&[0x40, 2, 0, n]);
    }
    watcher.ping();
    broker.kill();
}
