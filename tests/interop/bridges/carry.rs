//! What goes over a bridge: directions, prefixes, QoS, RETAIN, between every two brokers.

use super::{Kind, Node, bridge};

const TOPICS: &str = "topic out/# out 2 l/ r/\ntopic in/+/x in 1 l/ r/\n\
                      topic both/# both 2 l/ r/\ntopic \"\" both 1 one/here one/there\n\
                      topic plain/# out 0\n";

/// Two brokers with a bridge between them, which is connected.
fn pair(bridging: Kind, remote: Kind, lines: &str, prepare: impl Fn(&Node, &Node)) -> [Node; 2] {
    let far = Node::start(remote, "");
    let mut near = Node::new(bridging);
    near.run(&bridge(&far.address(), lines));
    prepare(&near, &far);
    [near, far]
}

fn carries(bridging: Kind, remote: Kind, version: &str) {
    let lines = format!("bridge_protocol_version {version}\n{TOPICS}");
    let [near, far] = pair(bridging, remote, &lines, |_, _| {});
    for filter in ["r/in/+/x", "r/both/#", "one/there"] {
        far.await_subscribed("far", filter);
    }
    let (here, there) = (near.observer("eye", "#"), far.observer("eye", "#"));
    let out = [
        ("l/out/a/b", "1", "2", "r/out/a/b 1 q2 r0"),
        ("l/out", "2", "1", "r/out 2 q1 r0"),
        ("l/both/x", "3", "2", "r/both/x 3 q2 r0"),
        ("one/here", "4", "2", "one/there 4 q1 r0"),
        ("plain/p", "5", "2", "plain/p 5 q0 r0"),
    ];
    for (topic, payload, qos, expected) in out {
        near.publish(topic, payload, qos, &[]);
        there.stdout.line_with(expected);
    }
    let inward = [
        ("r/in/1/x", "6", "2", "l/in/1/x 6 q1 r0"),
        ("r/both/y", "7", "2", "l/both/y 7 q2 r0"),
        ("one/there", "8", "0", "one/here 8 q0 r0"),
    ];
    for (topic, payload, qos, expected) in inward {
        far.publish(topic, payload, qos, &[]);
        here.stdout.line_with(expected);
    }
    // What matches no topic of the bridge, or goes the other way, stays.
    near.publish("l/in/1/x", "stays", "1", &[]);
    near.publish("l/other", "stays", "1", &[]);
    far.publish("r/out/a", "stays", "1", &[]);
    far.publish("r/in/1/y", "stays", "1", &[]);
    near.publish("l/both/kept", "9", "1", &["-r"]);
    there.stdout.line_with("r/both/kept 9 q1 r1");
    far.publish("r/both/back", "10", "1", &["-r"]);
    here.stdout.line_with("l/both/back 10 q1 r1");
    near.await_retained("l/both/back", "10");
    far.await_retained("r/both/kept", "9");
    let told = |seen: Vec<String>| {
        let own = seen.iter().filter(|line| !line.contains("stays"));
        own.filter(|line| !line.starts_with('$')).count()
    };
    // Each once on each side: nothing has come back.
    near.publish("l/out/end", "end", "1", &[]);
    far.publish("r/both/end", "end", "1", &[]);
    for (eye, side) in [(&here, "l"), (&there, "r")] {
        eye.stdout.line_with(&format!("{side}/out/end end"));
        eye.stdout.line_with(&format!("{side}/both/end end"));
    }
    assert_eq!(told(here.stdout.so_far()), 12, "{:?}", here.stdout.so_far());
    assert_eq!(told(there.stdout.so_far()), 12, "{:?}", there.stdout.so_far());
    let crossed = |seen: Vec<String>| seen.iter().filter(|line| line.contains("stays")).count();
    assert_eq!((crossed(here.stdout.so_far()), crossed(there.stdout.so_far())), (2, 2));
}

#[test]
fn our_bridge_carries_to_mosquitto_3_1_1() {
    carries(Kind::Ours, Kind::Mosquitto, "mqttv311");
}

#[test]
fn our_bridge_carries_to_mosquitto_5() {
    carries(Kind::Ours, Kind::Mosquitto, "mqttv50");
}

#[test]
fn our_bridge_carries_to_mosquitto_3_1() {
    carries(Kind::Ours, Kind::Mosquitto, "mqttv31");
}

#[test]
fn our_bridge_carries_to_ourselves_3_1_1() {
    carries(Kind::Ours, Kind::Ours, "mqttv311");
}

#[test]
fn our_bridge_carries_to_ourselves_5() {
    carries(Kind::Ours, Kind::Ours, "mqttv50");
}

#[test]
fn mosquittos_bridge_carries_to_us_3_1_1() {
    carries(Kind::Mosquitto, Kind::Ours, "mqttv311");
}

#[test]
fn mosquittos_bridge_carries_to_us_5() {
    carries(Kind::Mosquitto, Kind::Ours, "mqttv50");
}
