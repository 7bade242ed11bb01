//! `rr` with a responder made of our `sub` and `pub`, and the will of one that is killed.

use std::process::Command;

use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::program::{self, Program};

#[test]
fn a_responder_in_a_shell_answers() {
    let broker = Broker::start();
    let (us, port) = (lastwill(), broker.port_text());
    let script = format!(
        "{us} sub -p {port} -V 5 -i responder -C 2 -t who -F '%R %p %D' | \
         while read -r topic payload data; do {us} pub -p {port} -t \"$topic\" -m \"$payload!\" \
         -D publish correlation-data \"$data\"; done"
    );
    let responder = Program::start("bash", &["-c", &script]);
    broker.await_subscribed("responder", "who");
    let own = broker.run("rr", &["-t", "who", "-m", "me", "-W", "20", "--strict-correlation"]);
    assert_eq!((own.code, own.stdout), (Some(0), vec!["me!".to_owned()]));
    let theirs = ["-p", &port, "-t", "who", "-e", "back", "-m", "you", "-W", "20"];
    let theirs = program::run("mosquitto_rr", &theirs);
    assert_eq!((theirs.code, theirs.stdout), (Some(0), vec!["you!".to_owned()]));
    assert_eq!(responder.end().code, Some(0));
}

#[test]
fn the_will_of_a_killed_requester_is_published() {
    let broker = Broker::start();
    let port = broker.port_text();
    for signal in ["KILL", "TERM"] {
        let id = format!("rr-{signal}");
        let args = ["rr", "-p", &port, "-t", "q", "-e", "a", "-n", "-i", &id, "--will-topic", "w"];
        let requester = Program::start_command(Command::new(lastwill()).args(args));
        broker.await_subscribed(&id, "a");
        requester.signal(signal);
        assert_eq!(requester.end().code, None);
        broker.program.stderr.line_with(&format!("will of '{id}' published"));
    }
}

#[test]
fn links_are_the_tools() {
    let broker = Broker::start();
    let folder = tempfile::tempdir().unwrap();
    let made = program::run(&lastwill(), &["link", folder.path().to_str().unwrap()]);
    assert_eq!((made.code, made.stderr.len()), (Some(0), 5), "{made:?}");
    let link = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let port = broker.port_text();
    let retained = ["-p", &port, "-t", "a", "-m", "x", "-r", "-q", "1"];
    assert_eq!(program::run(&link("mosquitto_pub"), &retained).code, Some(0));
    let got = program::run(&link("mosquitto_sub"), &["-p", &port, "-t", "a", "-C", "1"]);
    assert_eq!(got.stdout, ["x"]);
    let asked = ["-p", &port, "-t", "b", "-e", "a", "-m", "?", "-W", "20"];
    assert_eq!(program::run(&link("mosquitto_rr"), &asked).stdout, ["x"]);
}
