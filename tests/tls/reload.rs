//! SIGHUP: files of TLS that have changed.

use std::fs;

use super::lab::Lab;
use super::listener::ours;
use super::raw::Secure;
use crate::support::await_that;
use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, Will, hex, publish, subscribe};

/// A client that is connected by version 5, with a will.
fn connected(lab: &Lab, broker: &Broker, id: &str) -> Secure {
    let mut secure = Secure::dial(lab, broker.port, Some(id));
    let (version, will) = (Version::V5, Some(Will::new("w", id)));
    secure.send(&Connect { version, id, will, ..Connect::default() }.bytes());
    let head = secure.take(2);
    assert_eq!(head[0], 0x20);
    let rest = secure.take(usize::from(head[1]));
    assert_eq!(rest[1], 0, "CONNACK for {id}");
    secure
}

fn ping(secure: &mut Secure) {
    secure.send(&hex("C0 00"));
    secure.expect(&hex("D0 00"));
}

/// Sends SIGHUP and waits for the outcome.
fn reload(broker: &Broker, outcome: &str) {
    let count = || broker.program.stderr.so_far().iter().filter(|it| it.contains(outcome)).count();
    let before = count();
    broker.program.signal("HUP");
    await_that(outcome, || count() > before);
}

const RELOADED: &str = "Config reloaded.";
const STAYS: &str = "the old one stays.";

/// What `openssl ca` needs. With `extensions`, lists are of version 2, otherwise of version 1.
fn set_up_revocation(lab: &Lab, extensions: bool) {
    let folder = lab.path("");
    let mut text = format!(
        "[ca]\ndefault_ca = d\n[d]\ndatabase = {folder}/index\ncrlnumber = {folder}/number\n\
         default_md = sha256\ndefault_crl_days = 2\n"
    );
    if extensions {
        text.push_str("crl_extensions = e\n[e]\nauthorityKeyIdentifier = keyid\n");
    }
    fs::write(lab.path("ca.cnf"), text).unwrap();
    fs::write(lab.path("number"), "01\n").unwrap();
    fs::write(lab.path("index"), "").unwrap();
    list(lab, "");
}

/// Makes a new list of what is revoked.
fn list(lab: &Lab, words: &str) {
    let own = "-config @ca.cnf -keyfile @ca.key -cert @ca.crt";
    lab.openssl(&format!("ca {own} -gencrl -out @list.pem {words}"));
}

fn revoke(lab: &Lab, name: &str) {
    lab.openssl(&format!("ca -config @ca.cnf -keyfile @ca.key -cert @ca.crt -revoke @{name}.crt"));
    list(lab, "");
}

const REQUIRED: [&str; 2] = ["require_certificate=true", "use_identity_as_username=true"];

#[test]
fn who_was_revoked_is_disconnected_and_the_others_notice_nothing() {
    for extensions in [false, true] {
        let lab = Lab::new();
        set_up_revocation(&lab, extensions);
        let broker = ours(&lab, "server", &[&REQUIRED[..], &["crlfile=@list.pem"]].concat());
        let mut bad = connected(&lab, &broker, "client");
        let mut good = connected(&lab, &broker, "second");
        good.send(&subscribe(Version::V5, "w", 0));
        good.expect(&hex("90 04 00 01 00 00"));
        // One that shakes hands, but has said nothing when the reload comes.
        let mut early = Secure::dial(&lab, broker.port, Some("client"));
        early.shake();
        reload(&broker, RELOADED);
        ping(&mut bad);
        revoke(&lab, "client");
        reload(&broker, RELOADED);
        broker.program.stderr.line_with("is not allowed any more: its certificate cannot be");
        assert_eq!(bad.rest(), hex("E0 01 98"));
        good.expect(&publish(Version::V5, "w", "client", 0, 0));
        ping(&mut good);
        assert_eq!(early.rest(), [0; 0]);
        let mut again = Secure::dial(&lab, broker.port, Some("client"));
        assert!(again.is_refused());
        broker.program.stderr.line_with("it was revoked");
        ping(&mut connected(&lab, &broker, "second"));
        // A list that is out of date lets nobody in.
        list(&lab, "-crl_lastupdate 20200101000000Z -crl_nextupdate 20200102000000Z");
        reload(&broker, RELOADED);
        broker.program.stderr.line_with("list of revoked certificates is out of date");
    }
}

#[test]
fn who_comes_from_an_authority_that_is_not_trusted_any_more_has_to_go() {
    let lab = Lab::new();
    let both = ["ca.crt", "other.crt"].map(|name| fs::read(lab.path(name)).unwrap()).concat();
    fs::write(lab.path("all.crt"), both).unwrap();
    let broker = ours(&lab, "server", &[&REQUIRED[..], &["cafile=@all.crt"]].concat());
    let mut client = connected(&lab, &broker, "client");
    let mut other = connected(&lab, &broker, "other");
    fs::copy(lab.path("other.crt"), lab.path("all.crt")).unwrap();
    reload(&broker, RELOADED);
    assert_eq!(client.rest(), hex("E0 01 98"));
    ping(&mut other);
    // Sessions that were begun before cannot be resumed into it: the keys of the tickets are new.
    assert!(Secure::dial(&lab, broker.port, Some("client")).is_refused());
}

#[test]
fn new_certificates_are_for_new_connections() {
    let lab = Lab::new();
    fs::copy(lab.path("server.crt"), lab.path("now.crt")).unwrap();
    fs::copy(lab.path("server.key"), lab.path("now.key")).unwrap();
    let broker = ours(&lab, "now", &[]);
    let first = connected(&lab, &broker, "client").server_certificate();
    fs::copy(lab.path("server2.crt"), lab.path("now.crt")).unwrap();
    // Half of a change is none.
    reload(&broker, STAYS);
    broker.program.stderr.line_with("now.key is not the private key of the certificate ");
    assert_eq!(connected(&lab, &broker, "client").server_certificate(), first);
    fs::copy(lab.path("server2.key"), lab.path("now.key")).unwrap();
    let mut old = connected(&lab, &broker, "client");
    reload(&broker, RELOADED);
    ping(&mut old);
    assert_ne!(connected(&lab, &broker, "second").server_certificate(), first);
}
