//! Our clients beside mosquitto's, in turns, in one run: `cargo bench --bench clients`.
//!
//! Prints the time from start to end of a publisher with one message, time and processor time of
//! `pub -l` and `sub` for each message, and how much memory they take for a million lines. The
//! broker is ours for both, so that the clients are what is measured. Needs `mosquitto_pub` and
//! `mosquitto_sub` on the PATH.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Runs of a publisher with one message.
const STARTS: usize = 100;
/// Turns of every other measurement.
const ROUNDS: usize = 3;
/// Lines of a run.
const LINES: usize = 200_000;
/// Lines of the memory measurement.
const MANY_LINES: usize = 1_000_000;
/// Clock ticks in a second, as Linux counts processor time for user space.
const TICKS: f64 = 100.0;

const OURS: &str = env!("CARGO_BIN_EXE_lastwill");

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let broker = Broker::start();
    let lines = write_lines(&folder.path().join("lines"), LINES);
    println!("times are medians; a ratio below 1 is in our favour\n");
    starts(&broker);
    println!("\n{LINES} lines of 20 bytes, each a message, microseconds for each");
    println!(
        "{:<10} {:>9} {:>9} {:>7}   {:>9} {:>9} {:>7}",
        "", "ours", "theirs", "ratio", "ours cpu", "theirs", "ratio"
    );
    for qos in ["0", "1", "2"] {
        let mut runs = Pair::default();
        for _ in 0..ROUNDS {
            runs.ours.push(publish(&mut tool("pub"), &broker, qos, &lines));
            runs.theirs.push(publish(&mut Command::new("mosquitto_pub"), &broker, qos, &lines));
        }
        runs.print(&format!("pub -l q{qos}"));
    }
    for qos in ["0", "1", "2"] {
        let mut runs = Pair::default();
        for _ in 0..ROUNDS {
            runs.ours.push(subscribe(&mut tool("sub"), &broker, qos, &lines));
            runs.theirs.push(subscribe(&mut Command::new("mosquitto_sub"), &broker, qos, &lines));
        }
        runs.print(&format!("sub q{qos}"));
    }
    let many = write_lines(&folder.path().join("many"), MANY_LINES);
    println!("\npeak memory for {MANY_LINES} lines at QoS 1, KiB");
    let theirs = &mut Command::new("mosquitto_pub");
    let peaks = [&mut tool("pub"), theirs].map(|it| publisher_memory(it, &broker, &many));
    println!("pub -l: ours {}, theirs {}", peaks[0], peaks[1]);
    println!("sub: ours {}", subscriber_memory(&mut tool("sub"), &broker, &many));
}

/// One of our tools.
fn tool(name: &str) -> Command {
    let mut command = Command::new(OURS);
    command.arg(name);
    command
}

/// A broker of ours on a free port.
struct Broker {
    child: Child,
    port: String,
}

impl Broker {
    fn start() -> Broker {
        let args = ["broker", "-p", "0", "--ready-json", "--set", "max_output_bytes=1000000000"];
        let quiet = [
            "--set",
            "max_queued_messages=0",
            "--set",
            "max_queued_bytes=0",
            "--set",
            "log_type=error",
        ];
        let mut child = Command::new(OURS)
            .args(args)
            .args(quiet)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the broker starts");
        let mut ready = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut ready).expect("a ready line");
        let ready: serde_json::Value = serde_json::from_str(&ready).expect("JSON");
        let port = ready["listeners"][0]["port"].to_string();
        Broker { child, port }
    }

    /// A client tool with what every tool is told.
    fn command<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.args(["-h", "127.0.0.1", "-p", &self.port])
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_lines(path: &Path, count: usize) -> PathBuf {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    for number in 0..count {
        writeln!(file, "line {number:015}").expect("room on the disk");
    }
    file.flush().expect("room on the disk");
    path.to_owned()
}

/// What a run took.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

/// Runs of ours and of theirs.
#[derive(Default)]
struct Pair {
    ours: Vec<Cost>,
    theirs: Vec<Cost>,
}

impl Pair {
    fn print(&self, name: &str) {
        let each = |times: Vec<Duration>| median(times).as_secs_f64() * 1e6 / LINES as f64;
        let wall = |costs: &[Cost]| each(costs.iter().map(|cost| cost.wall).collect());
        let cpu = |costs: &[Cost]| each(costs.iter().map(|cost| cost.cpu).collect());
        let (ours, theirs) = (wall(&self.ours), wall(&self.theirs));
        let (ours_cpu, theirs_cpu) = (cpu(&self.ours), cpu(&self.theirs));
        println!(
            "{name:<10} {ours:>9.2} {theirs:>9.2} {:>7.2}   {ours_cpu:>9.2} {theirs_cpu:>9.2} {:>7.2}",
            ours / theirs,
            ours_cpu / theirs_cpu
        );
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Processor time of children that have ended.
fn children_cpu() -> Duration {
    ticks(&fs::read_to_string("/proc/self/stat").expect("Linux"), 13)
}

/// Two neighbouring fields of a stat file, user and system time, counted from behind the name.
fn ticks(stat: &str, first: usize) -> Duration {
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = fields[first..first + 2].iter().filter_map(|field| field.parse::<f64>().ok());
    Duration::from_secs_f64(ticks.sum::<f64>() / TICKS)
}

/// Processor time of a child that runs.
fn cpu_of(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    ticks(&stat, 11)
}

/// Runs a child to its end.
fn measured(command: &mut Command) -> Cost {
    let (cpu, start) = (children_cpu(), Instant::now());
    let status = command.stdout(Stdio::null()).status().expect("the tool is installed");
    assert!(status.success(), "{command:?}: {status}");
    Cost { wall: start.elapsed(), cpu: children_cpu() - cpu }
}

fn starts(broker: &Broker) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let message = ["-t", "start", "-m", "x"];
        ours.push(measured(broker.command(&mut tool("pub")).args(message)).wall);
        let mut command = Command::new("mosquitto_pub");
        theirs.push(measured(broker.command(&mut command).args(message)).wall);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("one message, start to end: ours {ours:.2?}, theirs {theirs:.2?}, ratio {ratio:.2}");
}

/// A subscriber that ends after the lines of a run, and is subscribed when this returns.
fn reader(command: &mut Command, broker: &Broker, qos: &str) -> (Child, JoinHandle<()>) {
    let mut ready = tool("pub");
    measured(broker.command(&mut ready).args(["-t", "ready", "-m", "ready", "-r"]));
    // The retained message comes first and says that it is subscribed.
    let count = (LINES + 1).to_string();
    let args = ["-t", "ready", "-t", "bench", "-q", qos, "-C", &count];
    let child = broker.command(command).args(args).stdout(Stdio::piped()).spawn();
    let mut child = child.expect("the tool is installed");
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    output.read_line(&mut String::new()).expect("a line");
    let drain = thread::spawn(move || {
        io::copy(&mut output, &mut io::sink()).expect("a pipe");
    });
    (child, drain)
}

/// A publisher that reads the lines from a pipe, which stays open: theirs loses what is not
/// acknowledged at the end of its input.
fn writer(command: &mut Command, broker: &Broker, qos: &str, lines: &Path) -> (Child, ChildStdin) {
    let args = ["-t", "bench", "-l", "-q", qos];
    let child = broker.command(command).args(args).stdin(Stdio::piped()).spawn();
    let mut child = child.expect("the tool is installed");
    let mut input = child.stdin.take().expect("it is piped");
    io::copy(&mut File::open(lines).expect("the lines"), &mut input).expect("a pipe");
    (child, input)
}

/// The publisher is measured until everything has arrived at our subscriber.
fn publish(command: &mut Command, broker: &Broker, qos: &str, lines: &Path) -> Cost {
    let (mut subscriber, drain) = reader(&mut tool("sub"), broker, qos);
    let start = Instant::now();
    let (mut publisher, input) = writer(command, broker, qos, lines);
    assert!(subscriber.wait().is_ok_and(|status| status.success()), "everything arrives");
    let cost = Cost { wall: start.elapsed(), cpu: cpu_of(publisher.id()) };
    drain.join().expect("no panic");
    drop(input);
    assert!(publisher.wait().is_ok_and(|status| status.success()), "{command:?}");
    cost
}

/// The subscriber is measured; what it gets comes from our publisher.
fn subscribe(command: &mut Command, broker: &Broker, qos: &str, lines: &Path) -> Cost {
    let (mut subscriber, drain) = reader(command, broker, qos);
    let start = Instant::now();
    let (mut publisher, input) = writer(&mut tool("pub"), broker, qos, lines);
    drop(input);
    let before = children_cpu();
    assert!(subscriber.wait().is_ok_and(|status| status.success()), "{command:?}");
    let cost = Cost { wall: start.elapsed(), cpu: children_cpu() - before };
    drain.join().expect("no panic");
    assert!(publisher.wait().is_ok_and(|status| status.success()), "the publisher ends");
    cost
}

/// The most memory that a client has at once while many lines pass, in KiB.
fn peak_memory(mut child: Child) -> u64 {
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().is_ok_and(|status| status.is_none()) {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        thread::park_timeout(Duration::from_millis(20));
    }
    peak
}

fn publisher_memory(command: &mut Command, broker: &Broker, lines: &Path) -> u64 {
    let stdin = File::open(lines).expect("the lines");
    let args = ["-t", "bench", "-l", "-q", "1"];
    let child = broker.command(command).args(args).stdin(stdin).spawn();
    peak_memory(child.expect("the tool is installed"))
}

/// A line that comes before the subscriber is there is missed: `-W` ends it then.
fn subscriber_memory(command: &mut Command, broker: &Broker, lines: &Path) -> u64 {
    let count = MANY_LINES.to_string();
    let args = ["-t", "bench", "-q", "1", "-W", "60", "-C", &count];
    let child = broker.command(command).args(args).stdout(Stdio::null()).spawn();
    let child = child.expect("the tool is installed");
    let args = ["-t", "bench", "-l", "-q", "1"];
    let stdin = File::open(lines).expect("the lines");
    let mut feeder = tool("pub");
    let mut feeder = broker.command(&mut feeder).args(args).stdin(stdin).spawn().expect("ours");
    let peak = peak_memory(child);
    let _ = feeder.wait();
    peak
}
