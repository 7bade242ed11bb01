//! Files of TLS that cannot be used: one line that names file and reason, at the start and at a
//! reload.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::lab::Lab;
use crate::support::broker::Broker;
use crate::support::program::{self, Program};
use crate::support::{await_that, lastwill};

/// The arguments of a broker whose files are `s.crt`, `s.key`, `a.crt` and `r.pem` in the lab.
fn arguments(lab: &Lab) -> Vec<String> {
    let mut args = lab.words("broker -p 0 --ready-json -v");
    for setting in [
        "certfile=@s.crt",
        "keyfile=@s.key",
        "cafile=@a.crt",
        "crlfile=@r.pem",
        "require_certificate=true",
    ] {
        args.extend(["--set".to_owned(), setting.replace('@', &lab.path(""))]);
    }
    args
}

fn start_with_good_files(lab: &Lab) {
    for (from, to) in [("server.crt", "s.crt"), ("server.key", "s.key"), ("ca.crt", "a.crt")] {
        clear(lab, to);
        fs::copy(lab.path(from), lab.path(to)).unwrap();
    }
    clear(lab, "r.pem");
    fs::write(
        lab.path("cnf"),
        format!(
            "[ca]\ndefault_ca=d\n[d]\ndatabase={}\n\
        default_md=sha256\ndefault_crl_days=2\n",
            lab.path("index")
        ),
    )
    .unwrap();
    fs::write(lab.path("index"), "").unwrap();
    lab.openssl("ca -gencrl -config @cnf -keyfile @ca.key -cert @ca.crt -out @r.pem");
}

/// What is done to a file, and what is said then.
type Harm = (&'static str, fn(&Lab, &str), &'static str);

const HARMS: &[Harm] = &[
    ("s.crt", remove, "s.crt: No such file or directory"),
    ("s.key", remove, "s.key: No such file or directory"),
    ("a.crt", remove, "a.crt: No such file or directory"),
    ("r.pem", remove, "r.pem: No such file or directory"),
    ("s.crt", empty, "s.crt holds no certificate in PEM form"),
    ("s.key", empty, "s.key cannot be used: it holds no private key"),
    ("a.crt", empty, "a.crt holds no certificate in PEM form"),
    ("r.pem", empty, "r.pem cannot be used: it holds no revocation list in PEM form"),
    ("s.crt", cut, "s.crt holds no certificate in PEM form"),
    ("s.key", cut, "s.key cannot be used: it holds no private key"),
    ("a.crt", cut, "a.crt holds no certificate in PEM form"),
    ("r.pem", cut, "r.pem cannot be used: it holds no revocation list in PEM form"),
    ("s.crt", folder, "s.crt: it is not a regular file"),
    ("s.key", folder, "s.key: it is not a regular file"),
    ("a.crt", folder, "a.crt: it is not a regular file"),
    ("r.pem", folder, "r.pem: it is not a regular file"),
    ("s.crt", dangle, "s.crt: No such file or directory"),
    ("s.key", of_another, "s.key is not the private key of the certificate "),
    ("s.key", encrypt, "s.key is encrypted, and nobody could be asked for its passphrase: "),
    ("s.key", encrypt_as_before, "s.key cannot be used: its encryption is of the old kind"),
];

/// Makes room for a new file.
fn clear(lab: &Lab, name: &str) {
    let path = lab.path(name);
    drop(fs::remove_dir(&path).or_else(|_| fs::remove_file(&path)));
}

fn remove(lab: &Lab, name: &str) {
    fs::remove_file(lab.path(name)).unwrap();
}

fn empty(lab: &Lab, name: &str) {
    fs::write(lab.path(name), "").unwrap();
}

fn cut(lab: &Lab, name: &str) {
    let text = fs::read(lab.path(name)).unwrap();
    fs::write(lab.path(name), &text[..text.len() / 2]).unwrap();
}

fn folder(lab: &Lab, name: &str) {
    remove(lab, name);
    fs::create_dir(lab.path(name)).unwrap();
}

fn dangle(lab: &Lab, name: &str) {
    remove(lab, name);
    std::os::unix::fs::symlink(lab.path("nowhere"), lab.path(name)).unwrap();
}

fn of_another(lab: &Lab, name: &str) {
    fs::copy(lab.path("client.key"), lab.path(name)).unwrap();
}

fn encrypt(lab: &Lab, name: &str) {
    lab.openssl(&format!("pkcs8 -topk8 -in @server.key -out @{name} -passout pass:secret"));
}

fn encrypt_as_before(lab: &Lab, name: &str) {
    lab.openssl(&format!("ec -in @server.key -out @{name} -aes128 -passout pass:secret"));
}

fn start(args: &[String]) -> Program {
    // In a session of its own there is no terminal, whoever runs the tests.
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    Program::start(&lastwill(), &args)
}

#[test]
fn every_bad_file_is_named_with_the_reason_at_the_start() {
    let lab = Lab::new();
    let mut args = vec!["--wait".to_owned(), lastwill()];
    args.extend(arguments(&lab));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    for (name, harm, why) in HARMS {
        start_with_good_files(&lab);
        harm(&lab, name);
        let ended = program::run("setsid", &args);
        let lines: Vec<_> = ended.stderr.iter().filter(|it| it.starts_with("Error: ")).collect();
        assert_eq!(ended.code, Some(1), "{why}: {ended:?}");
        assert!(lines.len() == 1 && lines[0].contains(why), "{why}: {lines:?}");
        assert_eq!(ended.stdout, [""; 0], "nothing was started");
    }
}

#[test]
fn a_bad_file_at_a_reload_changes_nothing() {
    let lab = Lab::new();
    start_with_good_files(&lab);
    let broker = Broker::ready(start(&arguments(&lab)));
    let publish = format!(
        "-h localhost -p {} --cafile @ca.crt --cert @client.crt --key @client.key -t t -m x",
        broker.port
    );
    let publish = lab.words(&publish);
    let publish: Vec<&str> = publish.iter().map(String::as_str).collect();
    for (count, (name, harm, why)) in HARMS.iter().enumerate() {
        start_with_good_files(&lab);
        harm(&lab, name);
        broker.program.signal("HUP");
        let is_refusal = |line: &&String| line.contains("the old one stays.");
        await_that("the refusal of a reload", || {
            broker.program.stderr.so_far().iter().filter(is_refusal).count() > count
        });
        let lines = broker.program.stderr.so_far();
        let reason = lines.iter().rfind(|line| line.contains("Error: cannot use TLS on ")).unwrap();
        let is_asked_once = *name == "s.key" && why.contains("encrypted");
        assert!(reason.contains(why) || is_asked_once, "{why}: {reason}");
        let ended = program::run("mosquitto_pub", &publish);
        assert_eq!((ended.code, ended.stderr), (Some(0), vec![]), "{why}");
    }
}

#[test]
fn links_are_followed_and_dates_are_warned_about() {
    let lab = Lab::new();
    start_with_good_files(&lab);
    for (from, to) in [("expired.crt", "s.crt"), ("expired.key", "s.key")] {
        remove(&lab, to);
        std::os::unix::fs::symlink(lab.path(from), lab.path(to)).unwrap();
    }
    let broker = Broker::ready(start(&arguments(&lab)));
    let line = broker.program.stderr.line_with("Warning: clients will refuse the certificate ");
    assert!(line.ends_with("s.crt: it has expired."), "{line}");
}

/// The passphrase is asked for on the terminal, and a reload does not ask again.
#[test]
fn the_passphrase_of_a_key_is_asked_for_once() {
    let lab = Lab::new();
    start_with_good_files(&lab);
    encrypt(&lab, "s.key");
    let line = format!("{} {}", lastwill(), arguments(&lab).join(" "));
    let mut command = Command::new("script");
    let command = command.args(["-qefc", &line, "/dev/null"]);
    let mut terminal =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut output = terminal.stdout.take().unwrap();
    let mut seen = Vec::new();
    let mut until = |what: &str| {
        while !String::from_utf8_lossy(&seen).contains(what) {
            let mut chunk = [0; 4096];
            let read = output.read(&mut chunk).unwrap();
            assert!(read > 0, "no {what:?} in {}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&chunk[..read]);
        }
        String::from_utf8_lossy(&seen).into_owned()
    };
    until("s.key: ");
    let mut input = terminal.stdin.take().unwrap();
    input.write_all(b"secret\n").unwrap();
    let text = until("\"port\":");
    let (_, pid) = text.split_once("\"pid\":").unwrap();
    let pid = pid.split([',', '}']).next().unwrap();
    assert!(Command::new("kill").args(["-HUP", pid]).status().unwrap().success());
    until("Config reloaded.");
    assert!(Command::new("kill").args(["-TERM", pid]).status().unwrap().success());
    let text = until("terminating");
    assert_eq!(text.matches("Passphrase of").count(), 1);
    terminal.wait().unwrap();
    drop(input);
}
