//! The will of a bridge, between real brokers: W224 to W230.

use super::wire::Relay;
use super::{Kind, Node, bridge};
use crate::support::await_that;

const STATE: &str = "$SYS/broker/connection/far/state";

/// Which states an observer has seen.
fn states(observer: &crate::support::program::Program) -> Vec<String> {
    let lines = observer.stdout.so_far();
    let of_state = lines.iter().filter_map(|line| line.strip_prefix(STATE)?.split(' ').nth(1));
    of_state.map(str::to_owned).collect()
}

#[test]
fn w225_a_link_that_is_dead_is_told_here_too() {
    let far = Node::start(Kind::Mosquitto, "");
    let mut relay = Relay::new(&far);
    relay.open();
    let lines = "keepalive_interval 5\ntopic a/# out 1\n";
    let near = Node::start(Kind::Ours, &bridge(&relay.address(), lines));
    near.await_retained(STATE, "1");
    far.await_retained(STATE, "1");
    relay.pull();
    near.log().line_with("Client near [");
    near.await_retained(STATE, "0");
    far.await_retained(STATE, "0");
    relay.close();
    relay.open();
    near.await_retained(STATE, "1");
    far.await_retained(STATE, "1");
}

#[test]
fn w225_a_remote_broker_that_dies_is_told_here() {
    let mut far = Node::start(Kind::Mosquitto, "");
    let near = Node::start(Kind::Ours, &bridge(&far.address(), "topic a/# out 1\n"));
    let here = near.observer("eye", "$SYS/broker/connection/#");
    near.await_retained(STATE, "1");
    far.end("KILL");
    here.stdout.line_with(&format!("{STATE} 0 q1 r1"));
    near.await_retained(STATE, "0");
    far.resume();
    near.await_retained(STATE, "1");
}

#[test]
fn w226_after_a_flap_the_last_word_is_that_the_bridge_is_there() {
    for (remote, version) in [(Kind::Mosquitto, "mqttv311"), (Kind::Ours, "mqttv50")] {
        let far = Node::start(remote, "");
        let mut relay = Relay::new(&far);
        relay.open();
        let lines = format!("bridge_protocol_version {version}\ntopic a/# out 1\n");
        let near = Node::start(Kind::Ours, &bridge(&relay.address(), &lines));
        let (here, there) = (near.observer("eye", STATE), far.observer("eye", STATE));
        let arrived = far.observer("other", "a/#");
        for number in ["1", "2", "3", "4"] {
            near.await_retained(STATE, "1");
            far.await_retained(STATE, "1");
            relay.close();
            near.await_retained(STATE, "0");
            near.publish("a/x", number, "1", &[]);
            relay.open();
        }
        // What was queued meanwhile comes behind the state, and nothing about the state behind that.
        arrived.stdout.line_with("a/x 4");
        near.publish("a/x", "end", "1", &[]);
        arrived.stdout.line_with("a/x end");
        near.await_retained(STATE, "1");
        for observer in [&here, &there] {
            let seen = states(observer);
            assert_eq!(seen.last().map(String::as_str), Some("1"), "{seen:?}");
            assert!(seen.iter().filter(|state| *state == "1").count() >= 5, "{seen:?}");
        }
        let retained = far.retained(STATE);
        assert_eq!(retained.as_deref(), Some("1"));
    }
}

#[test]
fn w227_a_broker_that_stops_in_order_shows_0_at_the_remote_one_and_one_that_is_killed_too() {
    for (remote, version) in [
        (Kind::Mosquitto, "mqttv311"),
        (Kind::Mosquitto, "mqttv50"),
        (Kind::Ours, "mqttv311"),
        (Kind::Ours, "mqttv50"),
    ] {
        let far = Node::start(remote, "");
        let lines = format!("bridge_protocol_version {version}\ntopic a/# out 1\n");
        let mut near = Node::start(Kind::Ours, &bridge(&far.address(), &lines));
        for signal in ["TERM", "KILL"] {
            far.await_retained(STATE, "1");
            let ended = near.end(signal);
            assert_eq!(ended.code, (signal == "TERM").then_some(0), "{ended:?}");
            far.await_retained(STATE, "0");
            near.resume();
        }
        far.await_retained(STATE, "1");
    }
}

#[test]
fn w228_the_will_of_a_local_client_goes_over_once_and_with_its_properties() {
    for (remote, version, properties) in [
        (Kind::Mosquitto, "mqttv50", "text/plain|k:v"),
        (Kind::Ours, "mqttv50", "text/plain|k:v"),
        (Kind::Ours, "mqttv311", "|"),
    ] {
        let far = Node::start(remote, "");
        let lines = format!("bridge_protocol_version {version}\ntopic w/# both 2\n");
        let near = Node::start(Kind::Ours, &bridge(&far.address(), &lines));
        near.await_retained(STATE, "1");
        far.await_subscribed("far", "w/#");
        let format = "%t %p q%q %C|%P";
        let there = far.client("sub", &["-i", "eye", "-t", "w/#", "-q", "2", "-F", format]);
        far.await_subscribed("eye", "w/#");
        let here = near.observer("eye", "w/#");
        let will = ["--will-topic", "w/a", "--will-payload", "dead", "--will-qos", "2"];
        let more = ["--will-content-type", "text/plain", "--will-user-property", "k=v"];
        let mortal = near.client("conn", &[&["-i", "A"][..], &will, &more].concat());
        mortal.stdout.line_with("connected");
        mortal.signal("KILL");
        there.stdout.line_with(&format!("w/a dead q2 {properties}"));
        here.stdout.line_with("w/a dead q2");
        near.publish("w/end", "end", "2", &[]);
        there.stdout.line_with("w/end end");
        here.stdout.line_with("w/end end");
        assert_eq!(there.stdout.so_far().len(), 2, "{:?}", there.stdout.so_far());
        assert_eq!(here.stdout.so_far().len(), 2, "{:?}", here.stdout.so_far());
    }
}

#[test]
fn w229_the_administrators_will_is_published_by_the_remote_broker() {
    let far = Node::start(Kind::Mosquitto, "");
    let lines = "notifications false\nbridge_will_topic site/7\nbridge_will_payload dark\n\
                 bridge_will_qos 1\nbridge_will_retain true\ntopic a/# out 1\n";
    let mut near = Node::start(Kind::Ours, &bridge(&far.address(), lines));
    near.log().line_with("Bridge b connected to ");
    let there = far.observer("eye", "site/7");
    near.end("KILL");
    there.stdout.line_with("site/7 dark q1 r1");
    far.await_retained("site/7", "dark");
    let mut both = Node::new(Kind::Ours);
    both.configure(&bridge("h", &lines.replace("notifications false\n", "")));
    let file = both.path("broker.conf");
    let ended = crate::support::program::run(&crate::support::lastwill(), &["broker", "-c", &file]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.stderr.join("\n").contains("MQTT has one will per connection"), "{ended:?}");
    both.run("");
}

#[test]
fn w230_a_remote_access_list_that_forbids_the_state_is_no_silent_loop() {
    let mut far = Node::new(Kind::Ours);
    std::fs::write(far.path("acl"), "topic readwrite a/#\n").unwrap();
    far.run(&format!("acl_file {}\n", far.path("acl")));
    let near = Node::start(Kind::Ours, &bridge(&far.address(), "topic a/# out 1\n"));
    near.log().line_with("Bridge b: the remote broker refuses the connection: Not authorized");
    near.log().line_with("notifications_local_only");
    near.configure(&bridge(
        &far.address(),
        "topic a/# out 1\nnotifications_local_only true\nbridge_reload_type immediate\n",
    ));
    near.signal("HUP");
    near.log().line_with("Bridge b connected to ");
    let there = far.observer("eye", "a/#");
    near.publish("a/1", "x", "1", &[]);
    there.stdout.line_with("a/1 x");
    await_that("the bridge is there", || near.retained(STATE).as_deref() == Some("1"));
}
