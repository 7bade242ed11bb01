//! Password files made by one and read by the other: our broker and tool, Debian's mosquitto and
//! mosquitto_passwd.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::broker::Broker;
use crate::support::packet::{Connect, VERSIONS, Version};
use crate::support::program::{self, Ended, Program};
use crate::support::raw::Raw;
use crate::support::{self, await_that, free_port, lastwill};

/// Runs one of the two tools.
fn passwd(ours: bool, args: &[&str]) -> Ended {
    let ended = match ours {
        true => program::run(&lastwill(), &[&["passwd"], args].concat()),
        false => program::run("mosquitto_passwd", args),
    };
    assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
    ended
}

/// What a login gets on a port: the code of CONNACK.
fn login(port: u16, version: Version, user: &str, password: &str) -> u8 {
    let mut raw = Raw::dial(port);
    let (username, password) = (Some(user), Some(password));
    raw.send(&Connect { version, id: "c", username, password, ..Connect::default() }.bytes());
    raw.receive_connack()
}

/// Exactly these two users are known there.
fn expect_users(port: u16) {
    for version in VERSIONS {
        let refused = if version == Version::V5 { 0x87 } else { 5 };
        assert_eq!(login(port, version, "anna", "secret"), 0);
        assert_eq!(login(port, version, "bert", "b: ü"), 0);
        assert_eq!(login(port, version, "anna", "b: ü"), refused);
        assert_eq!(login(port, version, "carl", "secret"), refused);
    }
}

fn make(ours: bool, path: &str, kind: &str) {
    passwd(ours, &["-H", kind, "-c", "-b", path, "carl", "gone"]);
    passwd(ours, &["-H", kind, "-b", path, "anna", "first"]);
    passwd(ours, &["-H", kind, "-b", path, "bert", "b: ü"]);
    passwd(ours, &["-H", kind, "-b", path, "anna", "secret"]);
    passwd(ours, &["-D", path, "carl"]);
}

/// Debian's broker with a password file.
fn mosquitto(folder: &Path, passwords: &str) -> (Program, u16) {
    let port = free_port();
    let conf = folder.join("mosquitto.conf");
    let text = format!("listener {port} 127.0.0.1\npassword_file {passwords}\nuser root\n");
    fs::write(&conf, text).unwrap();
    let broker = Program::start(support::mosquitto(), &["-c", conf.to_str().unwrap()]);
    await_that("mosquitto listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    (broker, port)
}

#[test]
fn files_of_either_tool_are_read_by_either_broker() {
    for kind in ["sha512", "sha512-pbkdf2"] {
        for ours in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("passwords").display().to_string();
            make(ours, &path, kind);
            let text = fs::read_to_string(&path).unwrap();
            let mark = if kind == "sha512" { "anna:$6$" } else { "anna:$7$" };
            assert!(text.contains(mark) && !text.contains("carl"), "{text}");
            let setting = format!("password_file={path}");
            let broker = Broker::start_with(&["--set", &setting]);
            expect_users(broker.port);
            let (_mosquitto, port) = mosquitto(folder.path(), &path);
            expect_users(port);
        }
    }
}

#[test]
fn plain_files_are_hashed_by_either_tool() {
    for ours in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords").display().to_string();
        fs::write(&path, "anna:secret\nbert:b: ü\n").unwrap();
        if !ours {
            // Theirs takes the second colon for an end.
            fs::write(&path, "anna:secret\n").unwrap();
        }
        passwd(ours, &["-U", &path]);
        let setting = format!("password_file={path}");
        let broker = Broker::start_with(&["--set", &setting]);
        assert_eq!(login(broker.port, Version::V4, "anna", "secret"), 0);
        let (_mosquitto, port) = mosquitto(folder.path(), &path);
        assert_eq!(login(port, Version::V4, "anna", "secret"), 0);
        if ours {
            expect_users(broker.port);
            expect_users(port);
        }
    }
}

#[test]
fn argon2id_of_our_tool_is_read_by_our_broker() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passwords").display().to_string();
    make(true, &path, "argon2id");
    assert!(fs::read_to_string(&path).unwrap().contains("anna:$argon2id$v=19$m=47104,t=1,p=1$"));
    let broker = Broker::start_with(&["--set", &format!("password_file={path}")]);
    expect_users(broker.port);
}

/// Whoever is called by mosquitto's name answers in its words, and asks standard input.
#[test]
fn prompts_and_messages_are_mosquittos() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("mosquitto_passwd");
    std::os::unix::fs::symlink(lastwill(), &link).unwrap();
    let path = folder.path().join("p").display().to_string();
    let run = |input: &str, args: &[&str]| {
        let command = format!("printf '{input}' | {} {}", link.display(), args.join(" "));
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = run("secret\\nsecret\\n", &["-c", &path, "anna"]);
    assert_eq!((code, out.as_str()), (0, "Adding password for user anna\n"));
    assert_eq!(err, "Password: \nReenter password: \n");
    let (code, out, _) = run("new\\nnew\\n", &[&path, "anna"]);
    assert_eq!((code, out.as_str()), (0, "Updating password for user anna\n"));
    let before = fs::read_to_string(&path).unwrap();
    for (input, args, said) in [
        ("a\\nb\\n", &[&path[..], "anna"][..], "Error: Passwords do not match.\n"),
        ("\\n", &[&path, "anna"], "Error: Empty password.\n"),
        ("", &["-D", &path, "nobody"], "Warning: User nobody not found in password file.\n"),
        ("", &["-b", &path, "a:b", "p"], "Error: Username must not contain the ':' character.\n"),
        ("", &["-c", "-D", &path, "a"], "Error: -c and -D cannot be used together.\n"),
        ("", &["-b", "-D", &path, "a"], "Error: -b and -D cannot be used together.\n"),
        ("", &["-H", "md5", &path, "a"], "Error: Unknown hash type 'md5'\n"),
        ("", &["-I", "0", &path, "a"], "Error: Number of iterations must be > 0.\n"),
        ("", &["-D", &path], "Error: -D argument given but password file or username missing.\n"),
        ("", &["-b", "no", "a", "p"], "Error: Unable to open password file no. No such file or"),
    ] {
        let (code, out, err) = run(input, args);
        assert_eq!((code, out.as_str()), (1, ""), "{args:?} {err}");
        assert!(err.contains(said), "{args:?}: {err}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    let (code, out, _) = run("", &["-c", "-b", "-", "anna", "-x"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("anna:$7$1000$") && out.ends_with("==\n"), "{out}");
}
