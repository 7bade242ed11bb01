//! Bridges over TLS.

use super::{Kind, Node, bridge, expect_both_ways};
use crate::support::free_port;
use crate::tls::lab::Lab;

/// A broker with a second listener, which speaks TLS as `localhost`: its address.
fn secure(kind: Kind, lab: &Lab, certificate: &str, more: &str) -> (Node, String) {
    let port = free_port();
    let listener = lab.listener(certificate, more).replace("PORT", &port.to_string());
    let far = Node::start(kind, &format!("{listener}\nallow_anonymous true\n"));
    (far, format!("localhost:{port}"))
}

fn carries(near: Kind, far: Kind) {
    let lab = Lab::new();
    let (far, address) = secure(far, &lab, "server", "require_certificate true");
    let [authority, certificate, key] =
        ["ca.crt", "client.crt", "client.key"].map(|name| lab.path(name));
    let lines = format!(
        "topic both/# both 2\nbridge_cafile {authority}\nbridge_certfile {certificate}\n\
         bridge_keyfile {key}\nbridge_tls_version tlsv1.2\n"
    );
    let near = Node::start(near, &bridge(&address, &lines));
    expect_both_ways(&near, &far);
}

#[test]
fn our_bridge_shows_its_certificate_to_mosquitto() {
    carries(Kind::Ours, Kind::Mosquitto);
}

#[test]
fn mosquittos_bridge_shows_its_certificate_to_us() {
    carries(Kind::Mosquitto, Kind::Ours);
}

/// What the log says about a bridge with these lines to a server with this certificate.
fn said(certificate: &str, more: &str, lines: &str, part: &str) {
    let lab = Lab::new();
    let (_far, address) = secure(Kind::Mosquitto, &lab, certificate, more);
    let lines = lines.replace('@', &lab.path(""));
    let near = Node::start(Kind::Ours, &bridge(&address, &format!("topic # in 0\n{lines}")));
    near.log().line_with(part);
}

#[test]
fn a_certificate_that_is_not_believed_is_told_with_its_reason() {
    let own = "bridge_cafile @ca.crt\n";
    said(
        "server",
        "",
        "bridge_cafile @other.crt\n",
        "Error creating bridge: b: TLS: the certificate was issued by 'Test authority', which \
         bridge_cafile does not have.",
    );
    said(
        "elsewhere",
        "",
        own,
        "b: TLS: the certificate is for 'elsewhere.example', not for 'localhost'.",
    );
    said("expired", "", own, "b: TLS: the certificate of the remote broker has expired.");
    said("server", "require_certificate true", own, "Error creating bridge: b: TLS: ");
    let insecure = format!("{own}bridge_insecure true\n");
    said("elsewhere", "", &insecure, "Bridge b connected to localhost:");
    said("elsewhere", "", &insecure, "Warning: bridge b using insecure mode");
}
