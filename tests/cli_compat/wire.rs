//! Both clients at a server that plays a script: the same packets, the same output, the same end.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use super::{Outcome, ours_20, start, theirs_command};
use crate::support::PATIENCE;
use crate::support::packet::{hex, to_hex};

/// How many command lines run at a time.
const AT_A_TIME: usize = 4;

/// A command line and the server that it meets.
#[derive(Clone, Debug)]
struct Case {
    tool: String,
    script: Vec<String>,
    stdin: String,
    args: Vec<String>,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut group: Option<Case> = None;
    for line in include_str!("wire.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(head) = line.strip_prefix('>') {
            let mut parts = head.split('|').map(str::trim);
            let mut part = || parts.next().unwrap().to_owned();
            let tool = format!("mosquitto_{}", part());
            let script = part().split(' ').map(str::to_owned).collect();
            let stdin = part().replace("\\r", "\r").replace("\\n", "\n");
            group = Some(Case { tool, script, stdin, args: Vec::new() });
            continue;
        }
        let args = line.split(' ').map(|word| if word == "''" { "" } else { word }.to_owned());
        cases.push(Case { args: args.collect(), ..group.clone().unwrap() });
    }
    cases
}

/// Plays a script and answers what the client sent; a reset is the end like any other.
fn play(listener: &TcpListener, script: &[String]) -> Vec<String> {
    let mut seen = Vec::new();
    let mut client = accept(listener);
    for step in script {
        match step.as_str() {
            "R" => seen.extend(packet(&mut client)),
            "C" => {
                drop(client);
                client = accept(listener);
            }
            "X" => return seen,
            bytes => {
                let _ = client.write_all(&hex(bytes));
            }
        }
    }
    while let Some(packet) = packet(&mut client) {
        seen.push(packet);
    }
    seen
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (client, _) = listener.accept().unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

/// The next packet in hexadecimal; `None` at the end.
fn packet(client: &mut TcpStream) -> Option<String> {
    let mut bytes = vec![0; 2];
    client.read_exact(&mut bytes).ok()?;
    let mut len = usize::from(bytes[1] & 0x7F);
    if bytes[1] >= 0x80 {
        let mut more = [0];
        client.read_exact(&mut more).ok()?;
        assert!(more[0] < 0x80, "no packet here is so long");
        len += usize::from(more[0]) << 7;
        bytes.extend(more);
    }
    let mut body = vec![0; len];
    client.read_exact(&mut body).ok()?;
    bytes.extend(body);
    Some(to_hex(&bytes).replace(' ', ""))
}

/// Runs a prepared command at a server of its own.
fn run(mut command: Command, case: &Case) -> (Outcome, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    command.args(["-h", "127.0.0.1", "-p", &port]).args(&case.args).stdin(Stdio::piped());
    let mut child = start(&mut command);
    thread::scope(|scope| {
        let playing = scope.spawn(|| play(&listener, &case.script));
        // A program that has ended already does not read it.
        let _ = child.stdin.take().unwrap().write_all(case.stdin.as_bytes());
        let outcome = Outcome::of(child);
        // The server may still wait for a client that never came.
        let _ = TcpStream::connect(listener.local_addr().unwrap());
        (outcome, playing.join().unwrap())
    })
}

/// The clock differs.
fn tidy(outcome: Outcome) -> (Option<i32>, String, String) {
    let mut stdout = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let mut from = 0;
    while let Some(place) = stdout[from..].find("\"tst\":") {
        let start = from + place;
        let end = start + stdout[start..].find(',').unwrap();
        stdout.replace_range(start..end, "TIME");
        from = start;
    }
    (outcome.code, stdout, String::from_utf8_lossy(&outcome.stderr).into_owned())
}

/// Runs a case with both, and tells the difference.
fn difference(case: &Case) -> Option<String> {
    let (their_outcome, their_packets) = run(theirs_command(&case.tool), case);
    let (our_outcome, mut our_packets) = run(ours_20(&case.tool), case);
    let is_goodbye = |packet: &String| packet.starts_with("E0");
    // 2.0.11 may close with unread input, and the reset swallows its DISCONNECT.
    if our_packets.len() == their_packets.len() + 1 && our_packets.last().is_some_and(is_goodbye) {
        our_packets.pop();
    }
    let (theirs, ours) = (tidy(their_outcome), tidy(our_outcome));
    let is_same = (&theirs, &their_packets) == (&ours, &our_packets);
    (!is_same).then(|| {
        format!(
            "{case:?}\n  theirs: {theirs:?} {their_packets:?}\n  ours: {ours:?} {our_packets:?}"
        )
    })
}

#[test]
fn a_server_sees_no_difference() {
    let queue = Mutex::new(cases());
    assert!(queue.lock().unwrap().len() > 250);
    let differences = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some(case) = queue.lock().unwrap().pop() else { return };
                    // A machine that is busy may stall one of the two: a difference shows twice.
                    if difference(&case).is_some() {
                        let found = difference(&case);
                        differences.lock().unwrap().extend(found);
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
