//! When and where a bridge connects: fallback addresses, lazy and once, reload.

use super::wire::Stub;
use super::{Kind, Node, bridge};
use crate::interop::bridges::connect::connack;
use crate::support::await_that;

const STATE: &str = "$SYS/broker/connection/far/state";

#[test]
fn an_address_that_is_away_is_passed_over_and_gone_back_to_when_it_is_there() {
    let mut primary = Node::new(Kind::Mosquitto);
    let fallback = Node::start(Kind::Ours, "");
    let addresses = format!("{} {}", primary.address(), fallback.address());
    let near = Node::start(Kind::Ours, &bridge(&addresses, "topic a/# out 1\n"));
    near.log().line_with(&format!("Connecting bridge b ({})", primary.address()));
    near.log().line_with("Error creating bridge: b: Connection refused (");
    near.log().line_with(&format!("Bridge b connected to {}.", fallback.address()));
    near.await_retained(STATE, "1");
    let elsewhere = fallback.observer("eye", "a/#");
    near.publish("a/1", "x", "1", &[]);
    elsewhere.stdout.line_with("a/1 x");
    primary.run("");
    let back = format!("Bridge b: the primary address {} is there again.", primary.address());
    near.log().line_with(&back);
    near.log().line_with(&format!("Bridge b connected to {}.", primary.address()));
    fallback.await_retained(STATE, "0");
    let there = primary.observer("eye", "a/#");
    near.publish("a/2", "y", "1", &[]);
    there.stdout.line_with("a/2 y");
    primary.await_retained(STATE, "1");
}

#[test]
fn in_turn_no_address_is_gone_back_to() {
    let mut nodes = [Node::start(Kind::Ours, ""), Node::start(Kind::Ours, "")];
    let addresses = format!("{} {}", nodes[0].address(), nodes[1].address());
    let lines = "round_robin true\ntopic a/# out 1\n";
    let near = Node::start(Kind::Ours, &bridge(&addresses, lines));
    for (here, next) in [(0, 1), (1, 0)] {
        near.log().line_with(&format!("Bridge b connected to {}.", nodes[here].address()));
        nodes[here].end("KILL");
        near.log().line_with(&format!("Bridge b connected to {}.", nodes[next].address()));
        nodes[here].resume();
    }
    let told = near.log().so_far();
    assert!(!told.iter().any(|line| line.contains("primary address")), "{told:?}");
}

#[test]
fn once_is_one_connection_and_no_other() {
    let stub = Stub::new();
    let lines = "start_type once\ntry_private false\ntopic a/# out 1\n";
    let near = Node::start(Kind::Ours, &bridge(&stub.address(), lines));
    let (mut raw, _) = stub.accept();
    raw.send(&connack(0, 0));
    near.await_retained(STATE, "1");
    drop(raw);
    near.log().line_with("Bridge b does not connect again (start_type once).");
    near.await_retained(STATE, "0");
    assert!(!stub.is_called());
}

#[test]
fn a_lazy_bridge_connects_for_enough_messages_and_leaves_when_it_has_nothing_to_do() {
    let far = Node::start(Kind::Mosquitto, "");
    let lines = "start_type lazy\nthreshold 3\nidle_timeout 1\ntopic a/# out 1\n";
    let near = Node::start(Kind::Ours, &bridge(&far.address(), lines));
    let there = far.observer("eye", "a/#");
    for payload in ["1", "2"] {
        near.publish("a/x", payload, "1", &[]);
    }
    let told = near.log().so_far();
    assert!(!told.iter().any(|line| line.contains("Connecting bridge")), "{told:?}");
    near.publish("a/x", "3", "1", &[]);
    near.log().line_with("Connecting bridge b (");
    there.stdout.line_with("a/x 3");
    near.log().line_with("Bridge connection b has exceeded idle timeout, disconnecting.");
    near.await_retained(STATE, "0");
    far.await_retained(STATE, "0");
    let numbers: Vec<String> = there.stdout.so_far();
    assert_eq!(numbers, ["a/x 1 q1 r0", "a/x 2 q1 r0", "a/x 3 q1 r0"]);
}

#[test]
fn a_reload_ends_bridges_that_are_gone_and_starts_new_ones() {
    let far = Node::start(Kind::Ours, "");
    let old = bridge(&far.address(), "topic a/# out 1\n");
    let near = Node::start(Kind::Ours, &old);
    near.log().line_with("Bridge b connected to ");
    let new = old.replace("connection b", "connection n").replace("near", "n").replace("far", "f");
    near.configure(&new);
    near.signal("HUP");
    near.log().line_with("Bridge n connected to ");
    far.await_retained(STATE, "0");
    far.await_retained("$SYS/broker/connection/f/state", "1");
    let there = far.observer("eye", "a/#");
    near.publish("a/1", "once", "1", &[]);
    near.publish("a/1", "end", "1", &[]);
    there.stdout.line_with("a/1 end");
    assert_eq!(there.stdout.so_far().len(), 2, "the old bridge has carried nothing");
    // Files that cannot be used change nothing.
    near.configure(&format!("{new}bridge_cafile /nonexistent/ca.crt\n"));
    near.signal("HUP");
    let line = near.log().line_with("Error creating bridge: n: /nonexistent/ca.crt: No such file");
    assert!(line.ends_with('.'), "{line}");
    near.log().line_with("the configuration is not reloaded, the old one stays.");
    near.publish("a/1", "still", "1", &[]);
    there.stdout.line_with("a/1 still");
}

#[test]
fn a_bridge_whose_files_cannot_be_used_is_an_error_of_the_start() {
    let mut near = Node::new(Kind::Ours);
    near.configure(&bridge("localhost", "topic # in 0\nbridge_cafile /nonexistent/ca.crt\n"));
    let file = near.path("broker.conf");
    let ended = crate::support::program::run(&crate::support::lastwill(), &["broker", "-c", &file]);
    assert_eq!((ended.code, ended.stdout.len()), (Some(3), 0), "{ended:?}");
    let why = "Error creating bridge: b: /nonexistent/ca.crt: No such file or directory.";
    assert!(ended.stderr.iter().any(|line| line.ends_with(why)), "{ended:?}");
    assert!(!ended.stderr.iter().any(|line| line.contains("running")), "{ended:?}");
    near.run("");
}

#[test]
fn a_topic_of_its_own_tells_the_state_at_both_brokers() {
    let far = Node::start(Kind::Mosquitto, "");
    let lines = "notification_topic site/7/link\ntopic a/# out 1\n";
    let mut near = Node::start(Kind::Ours, &bridge(&far.address(), lines));
    near.await_retained("site/7/link", "1");
    far.await_retained("site/7/link", "1");
    near.end("KILL");
    far.await_retained("site/7/link", "0");
    near.resume();
    far.await_retained("site/7/link", "1");
    await_that("no other topic", || near.retained(STATE).is_none());
}
