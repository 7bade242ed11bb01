//! Debian's mosquitto: its clients on our broker, ours on its broker.

use std::fs;

use tempfile::TempDir;

use super::{expect_all_seen, say_hello, watcher};
use crate::support::broker::Broker;
use crate::support::program::{self, Program};
use crate::support::{PATIENCE, free_port, lastwill, mosquitto};

/// mosquitto's clients subscribe, publish and leave a will on our broker.
fn clients_on_our_broker(version: &str) {
    let broker = Broker::start();
    let mut watcher = watcher(&broker);
    let port = broker.port_text();
    let base = ["-p", &port, "-V", version];
    let format = "%t %p qos=%q";
    let filter = ["-i", "m-sub", "-t", "peer/#", "-q", "2", "-F", format];
    let subscriber = Program::start("mosquitto_sub", &[&base[..], &filter].concat());
    broker.await_subscribed("m-sub", "peer/#");
    say_hello(&broker);
    for (qos, payload) in [("0", "zero"), ("1", "one"), ("2", "two")] {
        let topic = format!("peer/q{qos}");
        let message = ["-t", &topic, "-m", payload, "-q", qos];
        let ended = program::run("mosquitto_pub", &[&base[..], &message].concat());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        subscriber.stdout.line_with(&format!("{topic} {payload} qos={qos}"));
    }
    let will = ["-i", "m-will", "-t", "x", "--will-topic", "peer/will", "--will-payload", "die"];
    let mortal =
        Program::start("mosquitto_sub", &[&base[..], &will, &["--will-qos", "2"]].concat());
    broker.await_subscribed("m-will", "x");
    mortal.signal("KILL");
    subscriber.stdout.line_with("peer/will die qos=2");
    expect_all_seen(&mut watcher);
    assert_eq!(subscriber.stdout.so_far().len(), 5);
}

#[test]
fn mosquitto_clients_3_1() {
    clients_on_our_broker("mqttv31");
}

#[test]
fn mosquitto_clients_3_1_1() {
    clients_on_our_broker("mqttv311");
}

#[test]
fn mosquitto_clients_5() {
    clients_on_our_broker("mqttv5");
}

/// Debian's broker on a free port.
pub struct Mosquitto {
    program: Program,
    /// Where it listens.
    pub port: String,
    _folder: TempDir,
}

impl Mosquitto {
    /// Starts it and waits until it listens.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts it with more lines of configuration, which come first.
    pub fn start_with(first: &str) -> Self {
        let port = free_port().to_string();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mosquitto.conf");
        let settings =
            format!("{first}listener {port} 127.0.0.1\nallow_anonymous true\nlog_type all\n");
        fs::write(&file, settings).unwrap();
        let args = ["-c", file.to_str().unwrap()];
        let program = Program::start(mosquitto(), &args);
        program.stderr.line_with("running");
        Mosquitto { program, port, _folder: folder }
    }

    /// Waits until `id` is subscribed.
    pub fn await_subscribed(&self, id: &str, qos: u8, filter: &str) {
        let line = format!(": {id} {qos} {filter}");
        self.program.stderr.line_that(&line, |logged| logged.ends_with(&line));
    }
}

/// Our clients subscribe, publish and leave a will on Debian's broker.
fn our_clients_on_mosquitto(version: &str) {
    let broker = Mosquitto::start();
    let client = |command: &'static str, args: &[&str]| {
        let base = [command, "-p", &broker.port, "-V", version];
        Program::start(&lastwill(), &[&base[..], args].concat())
    };
    let filter = ["-i", "watcher", "-t", "peer/#", "-q", "2", "-F", "%t %p qos=%q"];
    let watcher = client("sub", &filter);
    broker.await_subscribed("watcher", 2, "peer/#");
    for (qos, payload) in [("0", "zero"), ("1", "one"), ("2", "two")] {
        let topic = format!("peer/q{qos}");
        let ended = client("pub", &["-t", &topic, "-m", payload, "-q", qos]).end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        watcher.stdout.line_with(&format!("{topic} {payload} qos={qos}"));
    }
    let will = ["-i", "mortal", "-t", "x", "--will-topic", "peer/will", "--will-payload", "die"];
    let mortal = client("sub", &[&will[..], &["--will-qos", "2", "--will-retain"]].concat());
    broker.await_subscribed("mortal", 0, "x");
    mortal.signal("KILL");
    watcher.stdout.line_with("peer/will die qos=2");
    let patience = PATIENCE.as_secs().to_string();
    let retained = ["-t", "peer/will", "-C", "1", "-W", &patience, "-F", "%p r%r"];
    assert_eq!(client("sub", &retained).end().stdout, ["die r1"]);
    watcher.signal("TERM");
    let ended = watcher.end();
    assert_eq!((ended.code, ended.stdout.len()), (Some(0), 4), "{ended:?}");
}

#[test]
fn our_clients_on_mosquitto_3_1() {
    our_clients_on_mosquitto("mqttv31");
}

#[test]
fn our_clients_on_mosquitto_3_1_1() {
    our_clients_on_mosquitto("mqttv311");
}

#[test]
fn our_clients_on_mosquitto_5() {
    our_clients_on_mosquitto("mqttv5");
}
