//! Ten thousand clients with different wills die at once.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::broker::Broker;
use crate::support::packet::{self, Version};
use crate::support::program::Program;
use crate::support::raw::Raw;

/// Clients in all; each child holds half of them, since open files are limited per process.
const CLIENTS: usize = 10_000;
/// How long one round trip may take somebody else meanwhile. Generous: a broker that serves nobody
/// until all wills are out takes longer.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(2);

/// Connects clients `from` to `to`, each with a will of QoS 1 of its own and a last message, and
/// holds them until it is killed. The packets have the same length for every client.
const HOLD: &str = r#"
ulimit -n "$(ulimit -Hn)"
for ((i = $2; i < $3; i++)); do
    exec {fd}<>/dev/tcp/127.0.0.1/$1 || exit 1
    printf -v n %05d "$i"
    connect='\x10\x27\x00\x04MQTT\x04\x0e\x00\x00\x00\x06k%s\x00\x07w/%s\x00\x0awill %s'
    printf "$connect"'\x30\x0d\x00\x07m/%slast' "$n" "$n" "$n" "$n" >&"$fd"
done
echo held
read -r -u "$fd"
"#;

fn hold(port: u16, from: usize, to: usize) -> Program {
    let words = [port.to_string(), from.to_string(), to.to_string()];
    Program::start_command(Command::new("bash").args(["-c", HOLD, "hold"]).args(&words))
}

/// The next PUBLISH, acknowledged: its topic and payload.
fn next_message(raw: &mut Raw) -> (String, String) {
    let packet = raw.receive();
    assert_eq!(packet[0] & 0xF0, 0x30, "a PUBLISH, not {}", packet::to_hex(&packet));
    let head = if packet[1] & 0x80 == 0 { 2 } else { 3 };
    let topic_end = head + 2 + usize::from(u16::from_be_bytes([packet[head], packet[head + 1]]));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let topic = text(&packet[head + 2..topic_end]);
    let is_acknowledged = packet[0] & 0x06 != 0;
    if is_acknowledged {
        raw.send(&packet::frame(0x40, &packet[topic_end..topic_end + 2]));
    }
    (topic, text(&packet[topic_end + if is_acknowledged { 2 } else { 0 }..]))
}

#[test]
fn every_will_of_a_flood_comes_once_and_nobody_else_waits() {
    let broker = Broker::start_with(&["--set", "log_type=error"]);
    let mut watcher = broker.client(Version::V4, "watcher");
    watcher.subscribe(Version::V4, "#", 1);
    let mut other = broker.client(Version::V5, "other");
    let half = CLIENTS / 2;
    let holders = [hold(broker.port, 0, half), hold(broker.port, half, CLIENTS)];
    let mut alive = BTreeSet::new();
    while alive.len() < CLIENTS {
        let (topic, payload) = next_message(&mut watcher);
        assert_eq!(payload, "last", "{topic}: a will before the death");
        assert!(alive.insert(topic[2..].to_owned()), "{topic} twice");
    }
    for holder in &holders {
        holder.stdout.line_with("held");
    }
    let killed = Instant::now();
    holders.iter().for_each(|holder| holder.signal("KILL"));
    let mut slowest = Duration::ZERO;
    let mut first = Duration::ZERO;
    while !alive.is_empty() {
        let (topic, payload) = next_message(&mut watcher);
        let client = topic.strip_prefix("w/").expect("the last messages are over");
        assert_eq!(payload, format!("will {client}"));
        assert!(alive.remove(client), "{topic} twice, or of nobody");
        if first.is_zero() {
            first = killed.elapsed();
        }
        if alive.len() % 500 == 0 {
            let asked = Instant::now();
            other.ping();
            slowest = slowest.max(asked.elapsed());
        }
    }
    println!(
        "{CLIENTS} wills: the first after {first:?}, the last after {:?}; others waited {slowest:?}",
        killed.elapsed()
    );
    assert!(slowest < ROUND_TRIP_MAX, "another client waited {slowest:?}");
    // Nothing comes a second time.
    watcher.ping();
}
