//! Memory stays flat however many messages pass.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};

use super::scripted::{ACCEPT_V3, Scripted, Step, turns};
use crate::support::broker::Broker;
use crate::support::{await_that, lastwill};

const LINES: usize = 200_000;

/// Most memory that a tool may ever have used, in KiB. All the lines kept would be several times
/// as much.
const PEAK_KIB_MAX: usize = 48 << 10;

/// By how much the lines may let it grow, in KiB, above what the program itself takes.
const GROWTH_KIB_MAX: usize = 32 << 10;

/// A process that never outlives its test.
struct Running(Child);

impl Running {
    /// The most memory it ever had, in KiB.
    fn peak_kib(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Publishes many lines of 200 bytes, and looks before the input ends.
fn lines_do_not_pile_up(qos: &str) {
    let broker = Broker::start_with(&["-v"]);
    let mut command = Command::new(lastwill());
    command.args(["pub", "-p", &broker.port_text(), "-t", "t", "-l", "-q", qos]);
    let mut running = Running(command.stdin(Stdio::piped()).spawn().unwrap());
    let mut stdin = running.0.stdin.take().unwrap();
    let line = [&[b'x'; 199][..], b"\n"].concat();
    stdin.write_all(&line).unwrap();
    broker.program.stderr.line_with("Received PUBLISH");
    let before = running.peak_kib();
    let thousand = line.repeat(1000);
    for _ in 0..LINES / 1000 {
        stdin.write_all(&thousand).unwrap();
    }
    let growth = running.peak_kib() - before;
    drop(stdin);
    assert!(growth < GROWTH_KIB_MAX, "{growth} KiB above {before}");
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn lines_of_qos_0_do_not_pile_up() {
    lines_do_not_pile_up("0");
}

#[test]
fn lines_of_qos_1_do_not_pile_up() {
    lines_do_not_pile_up("1");
}

#[test]
fn received_messages_do_not_pile_up() {
    let packet = format!("30cb010001 74{}", "78".repeat(200)).replace(' ', "");
    let mut script = turns(&[ACCEPT_V3, "9003000100"]);
    script.push(Step::Repeat(packet.repeat(100), LINES / 100));
    let server = Scripted::start(script);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut command = Command::new(lastwill());
    command.args(["sub", "-h", "127.0.0.1", "-p", &server.port, "-t", "t"]);
    let running = Running(command.stdout(fs::File::create(&path).unwrap()).spawn().unwrap());
    let all = (LINES * 201) as u64;
    await_that("all messages printed", || fs::metadata(&path).unwrap().len() == all);
    let peak = running.peak_kib();
    assert!(peak < PEAK_KIB_MAX, "{peak} KiB");
}
