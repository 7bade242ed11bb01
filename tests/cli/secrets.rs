//! Passwords that are not on the command line: from a terminal, a file, the environment, a file
//! descriptor, a profile. The server must see them, and nobody else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::scripted::{ACCEPT_V3, Scripted, Step, turns};
use crate::support::packet::to_hex;
use crate::support::program::{Ended, Program};
use crate::support::{await_that, lastwill};

const SECRET: &str = "s3cret-Passw0rd";

/// Runs a program on a terminal of its own, types a line at the prompt, and prints what it showed.
const TERMINAL: &str = "
import os, pty, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b''
def read():
    global shown
    try:
        piece = os.read(terminal, 1000)
    except OSError:
        piece = b''
    shown += piece
    return piece
while b': ' not in shown and read():
    pass
# The prompt comes just before the echo is switched off.
while termios.tcgetattr(terminal)[3] & termios.ECHO:
    time.sleep(0.001)
os.write(terminal, sys.argv[1].encode() + b'\\n')
while read():
    pass
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

fn accepting() -> Scripted {
    Scripted::start(turns(&[ACCEPT_V3]))
}

/// A command that publishes as `me`, with nothing of ours in the environment.
fn publish(server: &Scripted, folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(lastwill());
    command.args(["pub", "-h", "127.0.0.1", "-p", &server.port, "-t", "t", "-m", "x"]);
    command.args(options).env("XDG_CONFIG_HOME", folder);
    command
}

/// The server has got the password, and the program has shown it to nobody.
#[track_caller]
fn assert_kept(ended: &Ended, server: Scripted) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let connect = &server.seen()[0];
    let wanted = to_hex(SECRET.as_bytes()).replace(' ', "").to_lowercase();
    assert!(connect.ends_with(&wanted), "{connect}");
    let shown = [&ended.stdout[..], &ended.stderr[..]].concat().join("\n");
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn a_file_the_environment_and_a_profile_give_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, format!("{SECRET}\r\nsecond line\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let name = file.to_str().unwrap();
    let own = ["-u", "me", "-d"];
    for (options, variable) in [
        (&["--password-file", name][..], ("UNUSED", "")),
        (&["--password-env", "OTHER"], ("OTHER", SECRET)),
        (&[], ("LASTWILL_PASSWORD", SECRET)),
        (&[], ("LASTWILL_PASSWORD_FILE", name)),
    ] {
        let server = accepting();
        let mut command = publish(&server, folder.path(), &[&own[..], options].concat());
        let ended = Program::start_command(command.env(variable.0, variable.1)).end();
        assert_eq!(ended.stderr, [""; 0]);
        assert_kept(&ended, server);
    }
    let save = ["profile", "save", "it", "-u", "me", "-P", SECRET, "--with-secrets"];
    let mut command = Command::new(lastwill());
    let saved = command.args(save).env("XDG_CONFIG_HOME", folder.path());
    assert_eq!(Program::start_command(saved).end().code, Some(0));
    let server = accepting();
    let mut command = publish(&server, folder.path(), &["--profile", "it", "-d"]);
    assert_kept(&Program::start_command(&mut command).end(), server);
}

#[test]
fn a_file_that_others_can_read_is_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, SECRET).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let name = file.to_str().unwrap();
    let server = accepting();
    let options = ["-u", "me", "--password-file", name];
    let ended = Program::start_command(&mut publish(&server, folder.path(), &options)).end();
    let warning = format!(
        "Warning: others can read '{name}', which holds a password (mode 644); chmod 600 ends that."
    );
    assert_eq!(ended.stderr, [warning]);
    assert_kept(&ended, server);
}

#[test]
fn a_file_descriptor_gives_the_password_and_standard_input_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let base = "exec \"$0\" pub -h 127.0.0.1 -p \"$1\" -t t -u me";
    for (script, messages) in [
        (format!("{base} -m x --password-fd 5 5<<< {SECRET}"), 1),
        (format!("printf '{SECRET}\\na\\nb\\n' | {base} -l --password-fd 0"), 2),
    ] {
        let server = Scripted::start(turns(&[ACCEPT_V3]));
        let mut command = Command::new("bash");
        command.args(["-c", &script, &lastwill(), &server.port]);
        command.env("XDG_CONFIG_HOME", folder.path());
        let ended = Program::start_command(&mut command).end();
        assert_eq!((ended.code, &ended.stderr[..]), (Some(0), &[][..]), "{ended:?}");
        let seen = server.seen();
        let published = seen.iter().filter(|packet| packet.starts_with("30")).count();
        assert_eq!(published, messages, "{seen:?}");
        assert!(seen[0].ends_with(&to_hex(SECRET.as_bytes()).replace(' ', "").to_lowercase()));
    }
}

#[test]
fn a_terminal_is_asked_and_shows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for option in ["-P", "--password-prompt"] {
        let server = accepting();
        let mut command = Command::new("python3");
        command.args(["-c", TERMINAL, SECRET]);
        let wanted = publish(&server, folder.path(), &["-u", "me", "-d", option]);
        command.arg(wanted.get_program()).args(wanted.get_args());
        let ended = Program::start_command(command.env("XDG_CONFIG_HOME", folder.path())).end();
        assert!(ended.stdout[0].starts_with("Password for me: "), "{ended:?}");
        assert_kept(&ended, server);
    }
}

#[test]
fn without_a_terminal_nobody_can_be_asked() {
    let ended = Program::start(
        "setsid",
        &[
            "--wait",
            &lastwill(),
            "pub",
            "-h",
            "127.0.0.1",
            "-p",
            "1",
            "-t",
            "t",
            "-n",
            "-u",
            "me",
            "-P",
        ],
    )
    .end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stderr.len(), 1, "{ended:?}");
    let start =
        "Error: -P without a value asks for the password on the terminal, and there is none";
    assert!(ended.stderr[0].starts_with(start), "{ended:?}");
}

#[test]
fn the_list_of_processes_does_not_show_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::start(vec![Step::Read]);
    let mut command = publish(&server, folder.path(), &["-u", "me", "-d"]);
    let running = Program::start_command(command.env("LASTWILL_PASSWORD", SECRET));
    running.stdout.line_with("sending CONNECT");
    let path = format!("/proc/{}/cmdline", running.pid());
    let mut line = Vec::new();
    await_that("a command line", || {
        line = fs::read(&path).unwrap_or_default();
        !line.is_empty()
    });
    assert!(!String::from_utf8_lossy(&line).contains(SECRET));
    drop(running);
    server.seen();
}
