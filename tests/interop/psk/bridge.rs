//! Bridges with pre-shared keys.

use std::fs;

use crate::interop::bridges::{Kind, Node, bridge, expect_both_ways};
use crate::support::free_port_on;

/// A broker with a second listener that knows one key: its address.
fn keyed(kind: Kind) -> (Node, String) {
    let mut far = Node::new(kind);
    let port = free_port_on(&far.host);
    fs::write(far.path("keys"), "me:0123456789abcdef\n").unwrap();
    far.run(&format!(
        "listener {port} {}\npsk_hint any\npsk_file {}\nallow_anonymous true\n",
        far.host,
        far.path("keys")
    ));
    let address = format!("{}:{port}", far.host);
    (far, address)
}

fn carries(near: Kind, far: Kind) {
    let (far, address) = keyed(far);
    let lines = "topic both/# both 2\nbridge_identity me\nbridge_psk 0123456789abcdef\n";
    let near = Node::start(near, &bridge(&address, lines));
    expect_both_ways(&near, &far);
}

#[test]
fn our_bridge_has_a_key_for_mosquitto() {
    carries(Kind::Ours, Kind::Mosquitto);
}

#[test]
fn mosquittos_bridge_has_a_key_for_us() {
    carries(Kind::Mosquitto, Kind::Ours);
}

#[test]
fn a_wrong_key_is_told_and_is_not_shown() {
    let (_far, address) = keyed(Kind::Mosquitto);
    let lines = "topic # in 0\nbridge_identity me\nbridge_psk 00ff00ff\n";
    let near = Node::start(Kind::Ours, &bridge(&address, lines));
    near.log().line_with("Error creating bridge: b: TLS: ");
    let told = near.log().so_far().join("\n");
    assert!(!told.contains("00ff00ff"), "{told}");
}
