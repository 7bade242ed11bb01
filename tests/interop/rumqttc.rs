//! rumqttc, the Rust client that most programs use.

use rumqttc::{v5, *};

use super::{FROM_PEER, expect_all_seen, say_hello, watcher};
use crate::support::PATIENCE;
use crate::support::broker::Broker;

/// A connection of version 3.1.1 until the first packet that `wanted` takes.
fn until_v4<T>(connection: &mut Connection, wanted: impl Fn(Packet) -> Option<T>) -> T {
    loop {
        let event = connection.recv_timeout(PATIENCE).expect("something from the broker in time");
        if let Event::Incoming(packet) = event.expect("a connection")
            && let Some(found) = wanted(packet)
        {
            return found;
        }
    }
}

fn until_v5<T>(
    connection: &mut v5::Connection,
    wanted: impl Fn(v5::mqttbytes::v5::Packet) -> Option<T>,
) -> T {
    loop {
        let event = connection.recv_timeout(PATIENCE).expect("something from the broker in time");
        if let v5::Event::Incoming(packet) = event.expect("a connection")
            && let Some(found) = wanted(packet)
        {
            return found;
        }
    }
}

/// What the subscriber saw of everything.
fn seen(topic: &str, payload: &[u8], qos: u8) -> String {
    format!("{topic} {} qos={qos}", String::from_utf8_lossy(payload))
}

fn expected() -> Vec<String> {
    let from_us = seen("peer/from-us", b"hello", 1);
    let qos = [0, 1, 2, 2];
    let rest = FROM_PEER
        .iter()
        .zip(qos)
        .map(|((topic, payload), qos)| seen(topic, payload.as_bytes(), qos));
    std::iter::once(from_us).chain(rest).collect()
}

fn next_v4(connection: &mut Connection) -> String {
    until_v4(connection, |packet| match packet {
        Packet::Publish(publish) => Some(seen(&publish.topic, &publish.payload, publish.qos as u8)),
        _ => None,
    })
}

#[test]
fn rumqttc_3_1_1() {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    let connect = |id: &str, will: Option<LastWill>| {
        let mut options = MqttOptions::new(id, "127.0.0.1", broker.port);
        if let Some(will) = will {
            options.set_last_will(will);
        }
        Client::new(options, 10)
    };
    let (subscriber, mut incoming) = connect("r-sub", None);
    subscriber.subscribe("peer/#", QoS::ExactlyOnce).unwrap();
    until_v4(&mut incoming, |packet| matches!(packet, Packet::SubAck(_)).then_some(()));
    say_hello(&broker);
    let mut got = vec![next_v4(&mut incoming)];

    let (publisher, mut outgoing) = connect("r-pub", None);
    for (qos, (topic, payload)) in FROM_PEER[..3].iter().enumerate() {
        publisher.publish(*topic, qos_of(qos), false, *payload).unwrap();
    }
    until_v4(&mut outgoing, |packet| matches!(packet, Packet::PubComp(_)).then_some(()));
    got.extend((0..3).map(|_| next_v4(&mut incoming)));

    let (topic, payload) = FROM_PEER[3];
    let will = LastWill::new(topic, payload, QoS::ExactlyOnce, false);
    let (mortal, mut its_connection) = connect("r-will", Some(will));
    until_v4(&mut its_connection, |packet| matches!(packet, Packet::ConnAck(_)).then_some(()));
    drop((mortal, its_connection));
    got.push(next_v4(&mut incoming));
    assert_eq!(got, expected());
    expect_all_seen(&mut watcher);
}

fn qos_of(level: usize) -> QoS {
    [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][level]
}

fn next_v5(connection: &mut v5::Connection) -> String {
    until_v5(connection, |packet| match packet {
        v5::mqttbytes::v5::Packet::Publish(publish) => {
            let topic = String::from_utf8_lossy(&publish.topic).into_owned();
            Some(seen(&topic, &publish.payload, publish.qos as u8))
        }
        _ => None,
    })
}

#[test]
fn rumqttc_5() {
    use v5::mqttbytes::QoS;
    use v5::mqttbytes::v5::{LastWill, Packet};
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    let connect = |id: &str, will: Option<LastWill>| {
        let mut options = v5::MqttOptions::new(id, "127.0.0.1", broker.port);
        if let Some(will) = will {
            options.set_last_will(will);
        }
        v5::Client::new(options, 10)
    };
    let (subscriber, mut incoming) = connect("r-sub", None);
    subscriber.subscribe("peer/#", QoS::ExactlyOnce).unwrap();
    until_v5(&mut incoming, |packet| matches!(packet, Packet::SubAck(_)).then_some(()));
    say_hello(&broker);
    let mut got = vec![next_v5(&mut incoming)];

    let (publisher, mut outgoing) = connect("r-pub", None);
    let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];
    for (qos, (topic, payload)) in qos.into_iter().zip(FROM_PEER) {
        publisher.publish(topic, qos, false, payload).unwrap();
    }
    until_v5(&mut outgoing, |packet| matches!(packet, Packet::PubComp(_)).then_some(()));
    got.extend((0..3).map(|_| next_v5(&mut incoming)));

    let (topic, payload) = FROM_PEER[3];
    let will = LastWill::new(topic, payload, QoS::ExactlyOnce, false, None);
    let (mortal, mut its_connection) = connect("r-will", Some(will));
    until_v5(&mut its_connection, |packet| matches!(packet, Packet::ConnAck(_)).then_some(()));
    drop((mortal, its_connection));
    got.push(next_v5(&mut incoming));
    assert_eq!(got, expected());
    expect_all_seen(&mut watcher);
}
