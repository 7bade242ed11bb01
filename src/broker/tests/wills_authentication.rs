//! Enhanced authentication, with a method that exists only here: W11, W12, W82, W93, W120.
//!
//! The exchange of AUTH before CONNACK is the server's: it hands in CONNECT when it is over.

use std::sync::Arc;

use crate::broker::event::Input;
use crate::broker::testing::*;
use crate::protocol::{Auth, Packet, Property, ReasonCode, Version};

const METHOD: Property<'static> = Property::AuthenticationMethod("test");

/// A broker that offers the method, and somebody who watches.
fn bench() -> Bench {
    let mut t = Bench::with(|policy| policy.authentication_method = Some(Arc::from("test")));
    t.watch("s", "w/t");
    t
}

/// A client whose exchange is over, with a will.
fn authenticated(t: &mut Bench) {
    t.connect("c").with(METHOD).keep_alive(10).will("w/t", "off").go();
    t.lines();
}

fn reauthenticate(t: &mut Bench, method: Property<'_>) {
    let properties = buf(&[method]);
    let properties = properties.as_properties();
    t.send("c", &Packet::Auth(Auth { reason: ReasonCode::ReAuthenticate, properties }));
}

#[test]
fn the_method_stands_in_connack_and_another_is_refused() {
    let mut t = bench();
    t.connect("c").with(METHOD).go();
    assert!(t.got("c")[0].contains("AuthenticationMethod(\"test\")"));
    t.connect("d").with(Property::AuthenticationMethod("other")).go();
    assert_eq!(t.sent(), ["d < CONNACK 8C", "d x"]);
}

#[test]
fn w11_who_dies_before_the_exchange_is_over_has_no_will() {
    let mut t = bench();
    t.open("c", Version::V5);
    t.cut("c");
    t.at(100.0);
    assert_eq!(t.sent(), Vec::<String>::new());
}

#[test]
fn w12_death_during_reauthentication_publishes_the_will() {
    let mut t = bench();
    authenticated(&mut t);
    reauthenticate(&mut t, METHOD);
    assert_eq!(t.sent(), Vec::<String>::new());
    t.cut("c");
    assert_eq!(t.sent(), ["s < w/t off q0"]);
}

#[test]
fn w82_silence_during_reauthentication_ends_by_keep_alive() {
    let mut t = bench();
    authenticated(&mut t);
    t.at(6.0);
    reauthenticate(&mut t, METHOD);
    t.at(20.9);
    assert_eq!(t.sent(), Vec::<String>::new(), "15 s after the AUTH, not earlier");
    t.at(21.1);
    assert_eq!(t.sent(), ["c < DISCONNECT 8D", "c x", "s < w/t off q0"]);
}

#[test]
fn w93_failed_reauthentication_publishes_the_will() {
    let mut t = bench();
    authenticated(&mut t);
    reauthenticate(&mut t, METHOD);
    let conn = t.conn("c");
    t.handle(Input::Revoke { conn, reason: ReasonCode::NotAuthorized, with_will: true });
    assert_eq!(t.sent(), ["c < DISCONNECT 87", "c x", "s < w/t off q0"]);
}

#[test]
fn reauthentication_by_another_method_is_a_protocol_error() {
    let mut t = bench();
    authenticated(&mut t);
    reauthenticate(&mut t, Property::AuthenticationMethod("other"));
    assert_eq!(t.sent(), ["c < DISCONNECT 82", "c x", "s < w/t off q0"]);
}

#[test]
fn w120_an_exchange_that_is_not_over_takes_nobody_over() {
    let mut t = bench();
    authenticated(&mut t);
    t.open("new", Version::V5);
    t.at(5.0);
    assert_eq!(t.sent(), Vec::<String>::new());
    t.cut("new");
    t.publish("c", "x", "still here", Q0);
    assert_eq!(t.sent(), Vec::<String>::new());
    t.connect("new").id("c").with(METHOD).go();
    let sent = t.sent();
    assert_eq!(sent[..3], ["c < DISCONNECT 8E", "c x", "s < w/t off q0"]);
    assert!(sent[3].starts_with("new < CONNACK 00"));
}
