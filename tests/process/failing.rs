//! A disk that refuses under a running broker: the system's answers are replaced by strace, since
//! Linux lets nobody take the disk away from under an open file.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::kill::{Kept, check};
use super::peers::{Publisher, Reader};
use crate::support::packet::{Connect, Version};
use crate::support::program::{self, Program};
use crate::support::raw::Raw;
use crate::support::{await_that, lastwill};

/// What the flood may cost: the queues between socket and store have bounds.
const MEMORY_MAX: u64 = 128 << 20;
/// Connections of the flood, and how much each would send.
const FLOOD: (usize, usize) = (10, 16 << 20);

/// A tracer that makes system calls of a process fail.
pub struct Fault {
    strace: Program,
}

impl Fault {
    /// Lets `call` of the process fail with `error`, as errno names it. Returns when it does.
    pub fn inject(pid: u32, call: &str, error: &str) -> Self {
        let (pid, trace) = (pid.to_string(), format!("trace={call}"));
        let inject = format!("inject={call}:error={error}");
        let args = ["-f", "-p", &pid, "-e", &trace, "-e", &inject];
        let strace = Program::start_command(Command::new("strace").args(args));
        let line = strace.stderr.line_that("word of strace", |line| {
            line.contains("attached") || line.contains("not permitted")
        });
        assert!(
            line.contains("attached"),
            "strace may not attach to a process of ours ({line}): this test needs ptrace, in a \
             container the capability SYS_PTRACE"
        );
        Fault { strace }
    }

    /// The system answers for itself again. Strace waits for every thread before it lets go in
    /// order; without it the kernel lets go at once.
    pub fn end(self) {
        self.strace.signal("KILL");
        self.strace.end();
    }
}

/// Resident bytes of a process.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Connections that were accepted before, each publishing at QoS 1 for as long as the broker takes
/// it in; how many bytes went out.
fn flood(connections: &mut [TcpStream]) -> usize {
    // QoS 1, topic q1, Packet Identifier 1; 16,006 bytes behind the length.
    let mut packet = vec![0x32, 0x86, 0x7D, 0, 2, b'q', b'1', 0, 1];
    packet.resize(16_009, 7);
    let many = packet.repeat(4);
    let mut sent = 0;
    for stream in connections {
        let mut own = 0;
        while own < FLOOD.1 {
            match stream.write(&many[own % packet.len()..]) {
                Ok(written) => own += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("the flood ended: {error}"),
            }
        }
        sent += own;
    }
    sent
}

/// A connection that the broker has accepted.
fn accepted(port: u16, id: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(&Connect { id, ..Connect::default() }.bytes()).unwrap();
    let mut answer = [0; 4];
    std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
    assert_eq!(answer, [0x20, 2, 0, 0]);
    stream.set_nonblocking(true).unwrap();
    stream
}

/// The publish of a number to `q2`, which is its Packet Identifier too.
fn publish(n: u8) -> [u8; 9] {
    [0x32, 7, 0, 2, b'q', b'2', 0, n, b'0' + n]
}

/// Lets one system call fail under load, and accounts for everything.
fn fails_and_recovers(call: &str, error: &str, text: &str) {
    let mut broker = Kept::start(&[]);
    let port = broker.port;
    let mut reader = Reader::new(port, "reader", 2);
    reader.subscribe(&["p1", "q2"]);
    drop(reader);
    let mut absent = Reader::new(port, "absent", 1);
    absent.subscribe(&["q1"]);
    drop(absent);
    let mut witness = Raw::dial(port);
    witness.send(&Connect { id: "witness", ..Connect::default() }.bytes());
    assert_eq!(witness.receive_connack(), 0);
    let mut crowd: Vec<_> =
        (0..FLOOD.0).map(|number| accepted(port, &format!("f{number}"))).collect();
    let program = broker.program.as_ref().unwrap();
    let pid = program.pid();
    let before = resident(pid);
    let is_over = Arc::new(AtomicBool::new(false));
    let publisher = {
        let is_over = Arc::clone(&is_over);
        thread::spawn(move || Publisher::new(port, "p1", "p1", 1).run(&is_over))
    };
    program.stderr.line_with("as p1");
    let fault = Fault::inject(pid, call, error);
    let numbers = [1, 2, 3, 4, 5, 6];
    // They come together.
    witness.send(&numbers.map(publish).concat());
    let line = program.stderr.line_with("Error: the store ");
    let file = broker.store().display().to_string();
    assert!(line.contains(&file) && line.contains(text), "{line}");
    program.stderr.line_with("Nothing is acknowledged");
    assert!(flood(&mut crowd) < FLOOD.0 * FLOOD.1, "everything was taken in");
    refuses_newcomers(port);
    let grown = resident(pid).saturating_sub(before);
    assert!(grown < MEMORY_MAX, "memory has grown by {} MiB", grown >> 20);
    // The acknowledgements were held back until now: strace saw each try fail.
    witness.expect_nothing_yet();
    fault.end();
    program.stderr.line_with("The store works again");
    numbers.iter().for_each(|&n| witness.expect(&[0x40, 2, 0, n]));
    let newcomer = ["pub", "-p", &port.to_string(), "-t", "t", "-n"];
    await_that("newcomers are accepted again", || {
        program::run(&lastwill(), &newcomer).code == Some(0)
    });
    broker.kill();
    broker.run(&[]);
    is_over.store(true, Ordering::SeqCst);
    let count = publisher.join().expect("the publisher goes on");
    let mut reader = Reader::new(port, "reader", 2);
    reader.drain(|seen| (count == 0 || seen("p1").last() == Some(&count)) && seen("q2").len() == 6);
    check("QoS 1", reader.seen.get("p1").map_or(&[][..], Vec::as_slice), count, false);
    assert_eq!(reader.seen["q2"], [1, 2, 3, 4, 5, 6]);
}

/// Version 5 says that the quota is exceeded, version 3.1.1 that the server is unavailable.
fn refuses_newcomers(port: u16) {
    for (version, code) in [(Version::V5, 0x97), (Version::V4, 3)] {
        await_that("newcomers are refused", || {
            let mut newcomer = Raw::dial(port);
            newcomer.send(&Connect { version, id: "new", ..Connect::default() }.bytes());
            let is_refused = newcomer.receive_connack() == code;
            if is_refused {
                newcomer.expect_closed();
            }
            is_refused
        });
    }
}

#[test]
fn a_disk_that_cannot_write_stops_acknowledgements_and_loses_nothing() {
    fails_and_recovers("pwrite64", "EIO", "Input/output error");
}

#[test]
fn a_disk_that_cannot_sync_stops_acknowledgements_and_loses_nothing() {
    fails_and_recovers("fdatasync", "EIO", "Input/output error");
}

#[test]
fn a_disk_that_has_become_read_only_stops_acknowledgements_and_loses_nothing() {
    fails_and_recovers("pwrite64", "EROFS", "Read-only file system");
}
