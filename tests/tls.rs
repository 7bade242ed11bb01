//! TLS: our clients with Debian's mosquitto at the other end, and our broker with everybody's
//! clients.

pub mod lab;
mod listener;
mod raw;
mod reload;
mod setup;
mod siege;
mod wills;

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;

use crate::support::program::{self, Ended, Program};
use crate::support::{PATIENCE, lastwill};
use lab::{Broker, Lab};

/// Runs a tool to its end, on `localhost`.
fn run(lab: &Lab, words: &str) -> Ended {
    program::run(&lastwill(), &lab.words(words).iter().map(String::as_str).collect::<Vec<_>>())
}

fn start(lab: &Lab, words: &str) -> Program {
    Program::start(&lastwill(), &lab.words(words).iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn messages_of_any_size_travel_both_ways() {
    let lab = Lab::new();
    let broker = Broker::start(&lab, &lab.listener("server", ""));
    let port = &broker.ports[0];
    let payload: String = (0..900_000u32).map(|number| format!("{:07x}", number * 31)).collect();
    std::fs::File::create(lab.path("payload")).unwrap().write_all(payload.as_bytes()).unwrap();
    let trust = format!("-h localhost -p {port} --cafile @ca.crt");
    let subscriber = start(&lab, &format!("sub {trust} -i s -t big -q 1 -C 2"));
    broker.await_subscribed("s 1 big");
    let ended = run(&lab, &format!("pub {trust} -t big -q 1 -f @payload --repeat 2"));
    assert_eq!((ended.code, ended.stderr), (Some(0), vec![]));
    let ended = subscriber.end();
    assert_eq!((ended.code, ended.stdout.len()), (Some(0), 2));
    assert!(ended.stdout.iter().all(|line| *line == payload), "the payload came as it was sent");
    // The broker saw DISCONNECT and an orderly end.
    broker.program.stderr.line_with("Received DISCONNECT from s");
}

#[test]
fn every_way_to_trust_a_server() {
    let lab = Lab::new();
    let broker = Broker::start(&lab, &lab.listener("server", ""));
    let port = &broker.ports[0];
    for words in [
        format!("-h localhost -p {port} --cafile @ca.crt"),
        format!("-h 127.0.0.1 -p {port} --cafile @ca.crt"),
        format!("-h localhost -p {port} --capath @"),
        format!("-h localhost -p {port} --cafile @other.crt --insecure"),
        format!("-h localhost -p {port} --cafile @ca.crt --tls-version tlsv1.3"),
        format!("-h localhost -p {port} --cafile @ca.crt --ciphers ECDHE+AESGCM:RC4"),
        format!("-h localhost -p {port} --cafile @ca.crt --tls-alpn mqtt --tls-keylog @keys"),
    ] {
        let ended = run(&lab, &format!("pub {words} -t t -m x"));
        assert_eq!((ended.code, ended.stderr), (Some(0), vec![]), "{words}");
    }
    let keys = std::fs::read_to_string(lab.path("keys")).unwrap();
    assert!(keys.lines().any(|line| line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")), "{keys}");
    let url = format!("mqtts://localhost:{port}/t");
    let mut command = Command::new(lastwill());
    command.env("SSL_CERT_FILE", lab.path("ca.crt")).args(["pub", "-L", &url, "-m", "x"]);
    assert_eq!(Program::start_command(&mut command).end().code, Some(0));
}

/// What `openssl` makes when one follows the usual instructions.
#[test]
fn certificates_of_the_usual_laboratory_are_trusted() {
    let lab = Lab::new();
    lab.openssl("req -x509 -newkey rsa:2048 -nodes -keyout @ca1.key -out @ca1.crt -subj /CN=Lab");
    lab.openssl("req -newkey rsa:2048 -nodes -keyout @v1.key -out @v1.csr -subj /CN=localhost");
    lab.openssl(
        "x509 -req -in @v1.csr -CA @ca1.crt -CAkey @ca1.key -CAcreateserial -out @v1.crt -days 3",
    );
    lab.openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout @self.key -out @self.crt -subj /CN=localhost",
    );
    let conf = ["v1", "self"].map(|name| lab.listener(name, "")).concat();
    let (broker, broker_of_12) = (Broker::start(&lab, &conf), Broker::start_of_12(&lab, &conf));
    for broker in [&broker, &broker_of_12] {
        for (port, authority) in broker.ports.iter().zip(["ca1", "self"]) {
            let words = format!("pub -h localhost -p {port} --cafile @{authority}.crt -t t -m x");
            let ended = run(&lab, &words);
            assert_eq!((ended.code, ended.stderr), (Some(0), vec![]), "{words}");
        }
    }
    let port = &broker_of_12.ports[0];
    let words = format!("-h localhost -p {port} --cafile @ca1.crt --tls-version tlsv1.3");
    refused(&run(&lab, &format!("pub {words} -t t -m x")), "it wants another version of TLS");
    let [v1, own] = &broker.ports[..] else { panic!("two listeners") };
    for (port, host, authority, why) in [
        (v1, "127.0.0.1", "ca1", "is for 'localhost', not for '127.0.0.1'"),
        (v1, "localhost", "self", "was issued by 'Lab', which is not trusted"),
        (own, "localhost", "ca1", "was issued by 'localhost', which is not trusted"),
        (own, "127.0.0.1", "self", "is for 'localhost', not for '127.0.0.1'"),
    ] {
        let words = format!("pub -h {host} -p {port} --cafile @{authority}.crt -t t -m x");
        refused(&run(&lab, &words), why);
    }
}

#[track_caller]
fn refused(ended: &Ended, why: &str) {
    let line = ended.stderr.join("\n");
    assert_eq!(ended.code, Some(8), "{line}");
    assert!(line.starts_with("Error: A TLS error occurred: ") && line.contains(why), "{line}");
}

#[test]
fn a_bad_server_is_refused_and_the_reason_told() {
    let lab = Lab::new();
    let conf = ["server", "expired", "elsewhere"].map(|name| lab.listener(name, "")).concat();
    let broker = Broker::start(&lab, &(conf + &lab.plain_listener()));
    let [good, expired, elsewhere, plain] = &broker.ports[..] else { panic!("four listeners") };
    for (port, authority, why) in [
        (good, "other", "was issued by 'Test authority', which is not trusted"),
        (expired, "ca", "the server's certificate expired at 2020-01-02T"),
        (elsewhere, "ca", "is for 'elsewhere.example', not for 'localhost'"),
        (plain, "ca", "does it speak TLS on this port?"),
    ] {
        let words = format!("-h localhost -p {port} --cafile @{authority}.crt -t t");
        refused(&run(&lab, &format!("pub {words} -m x")), why);
        refused(&run(&lab, &format!("sub {words}")), why);
    }
}

#[test]
fn a_server_may_want_to_know_us() {
    let lab = Lab::new();
    let conf = lab.listener("server", "require_certificate true\n");
    for (broker, why) in [
        (Broker::start(&lab, &conf), "'certificate required'; it wants a client certificate"),
        (Broker::start_of_12(&lab, &conf), "'handshake failure'; it may want a client certificate"),
    ] {
        let port = &broker.ports[0];
        let base = format!("pub -h localhost -p {port} --cafile @ca.crt -t t -m x");
        let ended = run(&lab, &format!("{base} --cert @client.crt --key @client.key"));
        assert_eq!((ended.code, ended.stderr), (Some(0), vec![]), "{base}");
        refused(&run(&lab, &base), why);
    }
}

#[test]
fn bad_files_are_named_before_anything_is_connected() {
    let lab = Lab::new();
    lab.openssl("pkcs8 -topk8 -in @client.key -out @locked.key -passout pass:secret");
    for (words, why) in [
        ("--cafile @none.crt", "none.crt: No such file or directory."),
        ("--capath @none", "none: No such file or directory."),
        ("--cafile @ca.key", "ca.key holds no certificate in PEM form."),
        ("--cafile @ca.crt --cert @client.crt --key @ca.key", "ca.key is not the private key of"),
        ("--cafile @ca.crt --cert @client.crt --key @ca.crt", "it holds no private key."),
        ("--cafile @ca.crt --cert @client.crt --key @locked.key", "there is no terminal to ask"),
        ("--cafile @ca.crt --ciphers RC4", "these are: ECDHE-ECDSA-AES256-GCM-SHA384:"),
        ("--cafile @ca.crt --tls-version tlsv1.1", "takes tlsv1.2 or tlsv1.3."),
        ("--cafile @ca.crt --tls-engine e", "no build of lastwill has OpenSSL engines"),
    ] {
        let words = lab.words(&format!("--wait {} pub -p 1 -t t -m x {words}", lastwill()));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // In a session of its own there is no terminal, whoever runs the tests.
        let ended = program::run("setsid", &words);
        let line = ended.stderr.join("\n");
        assert_eq!(ended.code, Some(1), "{line}");
        assert!(line.starts_with("Error: ") && line.contains(why), "{line}");
    }
}

#[test]
fn a_handshake_that_stalls_is_bounded_by_the_alarm_and_by_signals() {
    let lab = Lab::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let words = format!("sub -h 127.0.0.1 -p {port} --cafile @ca.crt -t t");
    let ended = run(&lab, &format!("{words} -W 1"));
    assert_eq!((ended.code, ended.stderr), (Some(255), vec![]));
    let stalled = start(&lab, &format!("{words} -W {}", PATIENCE.as_secs()));
    let (_first, _) = listener.accept().unwrap();
    let (mut second, _) = listener.accept().unwrap();
    std::io::Read::read(&mut second, &mut [0]).unwrap();
    stalled.signal("TERM");
    assert_eq!(stalled.end().code, Some(255));
}

#[test]
fn a_subscriber_outlives_its_server() {
    let lab = Lab::new();
    let broker = Broker::start(&lab, &lab.listener("server", ""));
    let port = broker.ports[0].clone();
    let trust = format!("-h localhost -p {port} --cafile @ca.crt -t t");
    let subscriber = start(&lab, &format!("sub {trust} -i s -C 1"));
    broker.await_subscribed("s 0 t");
    let broker = broker.replaced(&lab);
    subscriber.stderr.line_with("The connection was lost, trying to connect again.");
    broker.await_subscribed("s 0 t");
    assert_eq!(run(&lab, &format!("pub {trust} -m again")).code, Some(0));
    let ended = subscriber.end();
    assert_eq!((ended.code, ended.stdout), (Some(0), vec!["again".to_owned()]));
}
