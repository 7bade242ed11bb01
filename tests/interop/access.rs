//! The same ACL file in our broker and in Debian's mosquitto: the same messages arrive.

use std::fs;

use super::mosquitto::Mosquitto;
use crate::support::broker::Broker;
use crate::support::named::client;
use crate::support::packet::{Version, publish};

const USERS: [Option<&str>; 4] = [None, Some("u1"), Some("u2"), Some("u+")];

const TOPICS: [&str; 14] = [
    "a",
    "a/b",
    "a/b/c",
    "deny/x",
    "deny/x/y",
    "own/u1/x",
    "own/u2/x",
    "id/pub-1/x",
    "id/sub-2/x",
    "both/u1/pub-1",
    "$other/x",
    "$SYS/broker/connection/x/state",
    "$SYS/broker/x",
    "with blank/x y",
];

const FILES: [&str; 8] = [
    "",
    "topic #\n",
    "topic read #\nuser u1\ntopic write #\nuser u2\ntopic deny/#\ntopic deny deny/x\n",
    "pattern own/%u/#\npattern read id/%c/#\npattern write both/%u/%c\npattern deny own/u2/x\n",
    "user u1\ntopic own/u2/x\npattern deny own/u2/x\npattern own/#\ntopic readwrite a/+\n",
    "topic $SYS/broker/connection/+/state\ntopic $other/#\nuser u1\ntopic write $SYS/#\n",
    "user u2\ntopic readwrite  with blank/x y\ntopic a/b/#\nuser u1\ntopic read a/+\n\
     user u2\ntopic deny a/b/c\ntopic a/b/c\n",
    "# comment\n\nuser u+\ntopic a\ntopic deny a/b\npattern #\npattern deny a/b/c\n",
];

/// Who publishes what, and who gets it: one line each.
fn outcome(port: u16) -> Vec<String> {
    let mut seen = Vec::new();
    let mut readers: Vec<_> = USERS
        .iter()
        .enumerate()
        .map(|(n, user)| {
            let mut reader = client(port, Version::V5, &format!("sub-{n}"), *user);
            for filter in ["#", "$SYS/broker/connection/+/state", "$SYS/broker/x", "$other/#"] {
                reader.subscribe(Version::V5, filter, 0);
            }
            reader
        })
        .collect();
    for (n, user) in USERS.iter().enumerate() {
        let mut writer = client(port, Version::V5, &format!("pub-{n}"), *user);
        for topic in TOPICS {
            let payload = format!("{user:?}");
            writer.send(&publish(Version::V5, topic, &payload, 0x02, 1));
            let ack = writer.receive();
            // Whether somebody was there to hear it is no matter of access.
            let is_denied = ack.get(4) == Some(&0x87);
            seen.push(format!("{user:?} writes {topic}: denied {is_denied}"));
        }
    }
    for (reader, user) in readers.iter_mut().zip(USERS) {
        reader.send_hex("C0 00");
        loop {
            let packet = reader.receive();
            if packet[0] == 0xD0 {
                break;
            }
            seen.push(format!("{user:?} gets {}", String::from_utf8_lossy(&packet[2..])));
        }
    }
    seen
}

#[test]
fn the_same_file_lets_the_same_messages_through_as_in_mosquitto() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acl");
    for rules in FILES {
        fs::write(&file, rules).unwrap();
        let path = file.to_str().unwrap();
        let theirs = Mosquitto::start_with(&format!("acl_file {path}\nuser root\n"));
        let ours = Broker::start_with(&["--set", &format!("acl_file={path}")]);
        let (ours, theirs) = (outcome(ours.port), outcome(theirs.port.parse().unwrap()));
        assert_eq!(ours, theirs, "{rules}");
        assert!(!ours.is_empty());
    }
}
