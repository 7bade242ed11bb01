//! A child process whose output is read as it comes and which never outlives its test.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::{PATIENCE, await_that};

/// The lines that a pipe has delivered so far.
#[derive(Clone, Default)]
pub struct Lines(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    lines: Vec<String>,
    closed: bool,
}

impl Lines {
    fn read_from(pipe: impl Read + Send + 'static) -> Self {
        let lines = Lines::default();
        let filled = lines.clone();
        thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                filled.lock().lines.push(String::from_utf8_lossy(&line).into_owned());
                filled.0.1.notify_all();
            }
            filled.lock().closed = true;
            filled.0.1.notify_all();
        });
        lines
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done` answers something, or panics after [`PATIENCE`].
    fn until<T>(&self, what: &str, mut done: impl FnMut(&State) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut state = self.lock();
        loop {
            if let Some(found) = done(&state) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || state.closed {
                let lines = state.lines.join("\n");
                drop(state);
                panic!("no {what} in:\n{lines}");
            }
            state = self.0.1.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for a line that contains `part`, and answers it.
    pub fn line_with(&self, part: &str) -> String {
        self.line_that(&format!("line with {part:?}"), |line| line.contains(part))
    }

    /// Waits for a line that `fits`, and answers it.
    pub fn line_that(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        self.until(what, |state| state.lines.iter().find(|line| fits(line)).cloned())
    }

    /// What there is so far.
    pub fn so_far(&self) -> Vec<String> {
        self.lock().lines.clone()
    }

    /// Waits for the end of the pipe, and answers everything.
    fn all(&self) -> Vec<String> {
        self.until("end of output", |state| state.closed.then(|| state.lines.clone()))
    }
}

/// A running program.
pub struct Program {
    child: Child,
    /// Its standard output.
    pub stdout: Lines,
    /// Its standard error.
    pub stderr: Lines,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// The lines of its standard output.
    pub stdout: Vec<String>,
    /// The lines of its standard error.
    pub stderr: Vec<String>,
}

impl Program {
    /// Starts `program` with `args`.
    pub fn start(program: &str, args: &[&str]) -> Self {
        Self::start_command(Command::new(program).args(args))
    }

    /// Starts a prepared command.
    pub fn start_command(command: &mut Command) -> Self {
        if is_broker(command) {
            // Started by root, it would become a user who may not read what the tests make.
            command.args(["--set", "user=root"]);
        }
        Self::start_as_is(command)
    }

    /// Starts a prepared command: a broker that root starts becomes another user.
    pub fn start_as_is(command: &mut Command) -> Self {
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = Lines::read_from(child.stdout.take().unwrap());
        let stderr = Lines::read_from(child.stderr.take().unwrap());
        Program { child, stdout, stderr }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it has.
    pub fn resident_bytes(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    }

    /// Sends a signal by its name, as `TERM`.
    pub fn signal(&self, name: &str) {
        let args = [format!("-{name}"), self.pid().to_string()];
        let sent = Command::new("kill").args(&args).status().unwrap();
        assert!(sent.success(), "kill {args:?}");
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let stdout = self.stdout.all();
        let stderr = self.stderr.all();
        let code = self.wait().code();
        Ended { code, stdout, stderr }
    }

    /// Waits for the exit of a process that has closed its output already.
    fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        await_that("the end of a process that has closed its output", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let mut err = std::io::stderr().lock();
            for line in self.stdout.so_far().iter().chain(&self.stderr.so_far()) {
                let _ = writeln!(err, "[{}] {line}", self.child.id());
            }
        }
    }
}

/// Whether a command starts a broker that keeps the user open.
fn is_broker(command: &Command) -> bool {
    let args: Vec<_> = command.get_args().collect();
    let names_user = args.iter().any(|arg| arg.to_string_lossy().contains("user="));
    args.first().is_some_and(|first| *first == "broker") && !names_user
}

/// Runs a program to its end.
pub fn run(program: &str, args: &[&str]) -> Ended {
    Program::start(program, args).end()
}
