//! A reload judges again who is connected: those who would not be let in any more have to go, and
//! nobody else notices.

use std::fs;

use super::passwords::{Site, connack, login, refused};
use crate::support::broker::Broker;
use crate::support::packet::{Connect, VERSIONS, Version, Will, publish};
use crate::support::raw::Raw;

/// Reads settings and files again, and waits until that is over.
pub fn reload(broker: &Broker, times: usize) {
    broker.program.signal("HUP");
    crate::support::await_that("the end of the reload", || {
        let log = broker.program.stderr.so_far();
        log.iter().filter(|line| line.ends_with(": Config reloaded.")).count() >= times
    });
}

fn enter(broker: &Broker, connect: &Connect<'_>) -> Raw {
    let mut raw = broker.dial();
    raw.send(&connect.bytes());
    assert_eq!(raw.receive_connack(), 0);
    raw
}

fn with_will<'a>(connect: Connect<'a>, topic: &'a str) -> Connect<'a> {
    Connect { will: Some(Will::new(topic, "gone")), ..connect }
}

#[test]
fn w219_whoever_has_lost_access_goes_and_its_will_is_told() {
    for version in VERSIONS {
        let users = [("anna", "1"), ("bert", "2"), ("carl", "3"), ("dora", "4")];
        let site = Site::new("allow_anonymous true", &users);
        let broker = site.start();
        let mut dora = enter(&broker, &login(version, "d", "dora", "4"));
        dora.subscribe(version, "will/#", 0);
        let mut anna = enter(&broker, &with_will(login(version, "a", "anna", "1"), "will/a"));
        let mut bert = enter(&broker, &with_will(login(version, "b", "bert", "2"), "will/b"));
        let mut carl = enter(&broker, &with_will(login(version, "c", "carl", "3"), "will/c"));
        let nobody = Connect { version, id: "n", ..Connect::default() };
        let mut nobody = enter(&broker, &nobody);
        // Anna is deleted, Bert has another password, Carl the same one with another hash.
        site.write_users(&[("bert", "new"), ("carl", "3"), ("dora", "4")]);
        reload(&broker, 1);
        anna.expect_kicked(version, 0x87);
        dora.expect_message(version, "will/a", "gone");
        bert.expect_kicked(version, 0x87);
        dora.expect_message(version, "will/b", "gone");
        for client in [&mut carl, &mut nobody, &mut dora] {
            client.ping();
        }
        broker.program.stderr.line_that("the end of Anna", |line| {
            line.contains("Client a ") && line.contains("disconnected: not authorised")
        });
        assert_eq!(connack(&broker, &login(version, "a", "anna", "1")), refused(version));
        assert_eq!(connack(&broker, &login(version, "b", "bert", "2")), refused(version));
        assert_eq!(connack(&broker, &login(version, "b", "bert", "new")), 0);
        site.configure("allow_anonymous false");
        reload(&broker, 2);
        nobody.expect_kicked(version, 0x87);
        carl.ping();
        dora.ping();
    }
}

#[test]
fn will_on_revoke_false_is_mosquittos_silence() {
    let lines = "allow_anonymous false\nwill_on_revoke false";
    let site = Site::new(lines, &[("anna", "1"), ("dora", "4")]);
    let broker = site.start();
    let mut dora = enter(&broker, &login(Version::V4, "d", "dora", "4"));
    dora.subscribe(Version::V4, "#", 0);
    let mut anna = enter(&broker, &with_will(login(Version::V4, "a", "anna", "1"), "w"));
    site.write_users(&[("dora", "4")]);
    reload(&broker, 1);
    anna.expect_kicked(Version::V4, 0x87);
    dora.ping();
}

#[test]
fn a_file_that_cannot_be_used_changes_nothing() {
    let site = Site::new("allow_anonymous false", &[("anna", "1")]);
    let broker = site.start();
    let mut anna = enter(&broker, &login(Version::V5, "a", "anna", "1"));
    site.write_passwords("bert:plain\n");
    broker.program.signal("HUP");
    broker.program.stderr.line_with("passwords:1, user bert: it is no hash");
    broker.program.stderr.line_with("the configuration is not reloaded, the old one stays.");
    fs::remove_file(site.path("passwords")).unwrap();
    broker.program.signal("HUP");
    broker.program.stderr.line_with("Unable to open password file");
    anna.ping();
    assert_eq!(connack(&broker, &login(Version::V5, "b", "anna", "1")), 0);
    assert_eq!(connack(&broker, &login(Version::V5, "b", "bert", "plain")), 0x87);
}

#[test]
fn under_load_nothing_is_lost_and_nobody_else_goes() {
    let users: Vec<(String, String)> =
        (0..20).map(|n| (format!("u{n}"), format!("p{n}"))).collect();
    let users: Vec<(&str, &str)> = users.iter().map(|(u, p)| (&u[..], &p[..])).collect();
    let site = Site::new("allow_anonymous false", &users);
    let broker = site.start();
    let mut pair = [("s", users[0]), ("p", users[1])]
        .map(|(id, (user, password))| enter(&broker, &login(Version::V4, id, user, password)));
    pair[0].subscribe(Version::V4, "load", 1);
    let mut others: Vec<Raw> = users[2..]
        .iter()
        .map(|(user, password)| enter(&broker, &login(Version::V5, user, user, password)))
        .collect();
    for round in 0..users.len() - 2 {
        // One more user is gone, and every hash is another one.
        site.write_users(&users[..users.len() - 1 - round]);
        broker.program.signal("HUP");
        for number in 0..50u16 {
            let id = number + 1;
            let payload = format!("{round} {number}");
            pair[1].send(&publish(Version::V4, "load", &payload, 2, id));
            pair[1].expect(&[0x40, 2, 0, id as u8]);
            let message = pair[0].receive();
            assert!(message.ends_with(payload.as_bytes()), "{payload}: {message:?}");
            let at = 4 + "load".len();
            pair[0].send(&[0x40, 2, message[at], message[at + 1]]);
        }
        others.pop().unwrap().expect_kicked(Version::V5, 0x87);
        others.iter_mut().for_each(Raw::ping);
    }
}
