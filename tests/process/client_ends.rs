//! What each end of `sub` and `pub` under mosquitto's names does to their own will: the broker
//! tells the fate of every one.

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::program::{self, Ended, Program};

/// A tool of mosquitto's name whose will is named after it.
fn start(broker: &Broker, tool: &str, id: &str, args: &[&str]) -> Program {
    let topic = format!("w/{id}");
    let port = broker.port_text();
    let will = ["-p", &port, "-i", id, "--will-topic", &topic, "--will-payload", "dead"];
    let mut command = Command::new(lastwill());
    Program::start_command(command.arg0(tool).args(will).args(args))
}

/// Waits for the line of the broker that tells what became of the will.
#[track_caller]
fn assert_fate(broker: &Broker, id: &str, is_published: bool) {
    let fate = format!("will of '{id}' {}", if is_published { "published" } else { "discarded" });
    broker.program.stderr.line_with(&fate);
    let told = broker.program.stderr.so_far();
    let fates = told.iter().filter(|line| line.contains(&format!("will of '{id}' ")));
    assert_eq!(fates.count(), 1, "{told:?}");
}

/// Runs a subscriber, sends it a signal when it is subscribed, and answers how it ended.
fn interrupted(broker: &Broker, id: &str, version: &str, signal: &str) -> Ended {
    let subscriber = start(broker, "mosquitto_sub", id, &["-t", "none", "-V", version, "-d"]);
    subscriber.stdout.line_with("Subscribed");
    subscriber.signal(signal);
    subscriber.end()
}

#[test]
fn a_signal_publishes_the_will_of_a_subscriber_in_version_5_only() {
    let broker = Broker::start();
    for (version, is_published) in [("5", true), ("311", false), ("31", false)] {
        for signal in ["INT", "TERM"] {
            let id = format!("{signal}-{version}");
            let ended = interrupted(&broker, &id, version, signal);
            assert_eq!(ended.code, Some(0), "{id}: {ended:?}");
            assert_fate(&broker, &id, is_published);
        }
    }
}

#[test]
fn a_timeout_does_to_the_will_what_a_signal_does() {
    let broker = Broker::start();
    for (version, is_published) in [("5", true), ("311", false)] {
        let id = format!("timeout-{version}");
        let args = ["-t", "none", "-V", version, "-W", "1"];
        let ended = start(&broker, "mosquitto_sub", &id, &args).end();
        assert_eq!((ended.code, ended.stderr), (Some(27), vec!["Timed out".to_owned()]));
        assert_fate(&broker, &id, is_published);
    }
    // The counter of messages leaves without a word.
    let args = ["-t", "none", "--message-rate", "-W", "1"];
    assert_eq!(start(&broker, "mosquitto_sub", "rate", &args).end().code, Some(27));
    assert_fate(&broker, "rate", true);
}

#[test]
fn a_killed_client_leaves_its_will() {
    let broker = Broker::start();
    let ended = interrupted(&broker, "killed", "5", "KILL");
    assert_eq!(ended.code, None);
    assert_fate(&broker, "killed", true);
    for signal in ["TERM", "INT", "KILL"] {
        let id = format!("pub-{signal}");
        let args = ["-t", "t", "-m", "x", "--repeat", "2", "--repeat-delay", "600", "-d"];
        let publisher = start(&broker, "mosquitto_pub", &id, &args);
        publisher.stdout.line_with("sending PUBLISH");
        publisher.signal(signal);
        assert_eq!(publisher.end().code, None, "{id}");
        assert_fate(&broker, &id, true);
    }
}

#[test]
fn an_end_in_order_takes_the_will_back() {
    let broker = Broker::start();
    for version in ["31", "311", "5"] {
        for qos in ["0", "1", "2"] {
            let id = format!("pub-{version}-{qos}");
            let args = ["-t", "t", "-m", "x", "-q", qos, "-V", version];
            assert_eq!(start(&broker, "mosquitto_pub", &id, &args).end().code, Some(0));
            assert_fate(&broker, &id, false);
        }
        let id = format!("sub-{version}");
        let args = ["-t", "none", "-E", "-V", version];
        assert_eq!(start(&broker, "mosquitto_sub", &id, &args).end().code, Some(0));
        assert_fate(&broker, &id, false);
    }
    let retain = ["-t", "kept", "-m", "x", "-r", "-q", "1"];
    assert_eq!(start(&broker, "mosquitto_pub", "keeper", &retain).end().code, Some(0));
    let ended = start(&broker, "mosquitto_sub", "counter", &["-t", "kept", "-C", "1"]).end();
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["x".to_owned()]));
    assert_fate(&broker, "counter", false);
}

/// A server that closes every connection when it has read something; its port.
fn closing_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // What it is does not matter.
            let _ = stream.read(&mut [0; 1024]);
        }
    });
    port
}

#[test]
fn w235_a_server_that_does_not_answer_may_not_take_the_will() {
    let port = closing_server().to_string();
    let publish = ["pub", "-p", &port, "-t", "t", "-m", "m"];
    let ended = program::run(&lastwill(), &publish);
    assert_eq!(ended.code, Some(7));
    let what = "The broker closed the connection without an answer to CONNECT.";
    assert_eq!(ended.stderr, [format!("Error: {what}")]);
    let with_will = [&publish[..], &["--will-topic", "w", "--will-qos", "2"]].concat();
    let ended = program::run(&lastwill(), &with_will);
    assert_eq!(ended.code, Some(7));
    assert!(ended.stderr[0].contains("may not take the will"), "{:?}", ended.stderr);
    // It goes on trying, and says so once.
    let sub = ["sub", "-p", &port, "-t", "t", "--will-topic", "w"];
    let subscriber = Program::start(&lastwill(), &sub);
    subscriber.stderr.line_with("may not take the will");
    // mosquitto's words under its name.
    let mut command = Command::new(lastwill());
    let program = Program::start_command(command.arg0("mosquitto_pub").args(&with_will[1..]));
    assert_eq!(program.end().stderr, ["Error: The connection was lost"]);
}
