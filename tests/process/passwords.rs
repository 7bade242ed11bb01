//! Who may connect: user names and passwords over real connections.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use lastwill::auth::{Kind, PasswordHash};
use tempfile::TempDir;

use super::revoke::reload;
use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::packet::{Connect, VERSIONS, Version, publish};
use crate::support::program::{self, Program};
use crate::support::raw::Raw;

/// A folder with a configuration and a password file.
pub struct Site {
    folder: TempDir,
}

impl Site {
    /// With these lines of configuration and these users.
    pub fn new(lines: &str, users: &[(&str, &str)]) -> Self {
        let site = Site { folder: tempfile::tempdir().unwrap() };
        site.write_users(users);
        site.configure(lines);
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the configuration: the password file, then these lines.
    pub fn configure(&self, lines: &str) {
        let passwords = self.path("passwords");
        let text = format!("password_file {}\n{lines}\n", passwords.display());
        fs::write(self.path("broker.conf"), text).unwrap();
    }

    /// Writes the password file.
    pub fn write_users(&self, users: &[(&str, &str)]) {
        let line = |(user, password): &(&str, &str)| {
            let hash = PasswordHash::new(Kind::Pbkdf2 { iterations: 10 }, password.as_bytes());
            format!("{user}:{}\n", hash.unwrap())
        };
        let text: String = users.iter().map(line).collect();
        self.write_passwords(&text);
    }

    /// Writes the password file as text.
    pub fn write_passwords(&self, text: &str) {
        fs::write(self.path("passwords"), text).unwrap();
        fs::set_permissions(self.path("passwords"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn arguments(&self) -> Vec<String> {
        let conf = self.path("broker.conf").display().to_string();
        ["broker", "-c", &conf, "-p", "0", "--ready-json", "-v"].map(str::to_owned).to_vec()
    }

    /// Starts a broker here.
    pub fn start(&self) -> Broker {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Broker::ready(Program::start(&lastwill(), &arguments))
    }

    /// Starts a broker that is not to run.
    fn fail(&self) -> program::Ended {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        program::run(&lastwill(), &arguments)
    }
}

/// A CONNECT with user name and password.
pub fn login<'a>(version: Version, id: &'a str, user: &'a str, password: &'a str) -> Connect<'a> {
    let (username, password) = (Some(user), Some(password));
    Connect { version, id, username, password, ..Connect::default() }
}

/// The code of the CONNACK that a CONNECT gets.
pub fn connack(broker: &Broker, connect: &Connect<'_>) -> u8 {
    let mut raw = broker.dial();
    raw.send(&connect.bytes());
    raw.receive_connack()
}

/// The code of the refusal: not authorised.
pub fn refused(version: Version) -> u8 {
    if version == Version::V5 { 0x87 } else { 5 }
}

#[test]
fn users_need_their_password_and_strangers_need_to_be_allowed() {
    let site = Site::new("allow_anonymous false", &[("anna", "secret"), ("bert", "other")]);
    let broker = site.start();
    for version in VERSIONS {
        let no = refused(version);
        let user = |user, password| connack(&broker, &login(version, "c", user, password));
        assert_eq!(user("anna", "secret"), 0);
        assert_eq!(user("bert", "other"), 0);
        assert_eq!(user("anna", "secret"), 0, "again, by memory");
        assert_eq!(user("anna", "other"), no);
        assert_eq!(user("anna", ""), no);
        assert_eq!(user("carl", "secret"), no);
        assert_eq!(user("", "secret"), no);
        let only_user = Connect { password: None, ..login(version, "c", "anna", "") };
        assert_eq!(connack(&broker, &only_user), no);
        assert_eq!(connack(&broker, &Connect { version, ..Connect::default() }), no);
    }
    broker.program.stderr.line_with("not authorised");
    let log = broker.program.stderr.so_far().join("\n");
    assert!(!log.contains("secret"), "{log}");
    assert!(log.contains("u'anna'"), "{log}");
}

#[test]
fn anonymous_clients_pass_by_the_file_where_they_are_allowed() {
    let site = Site::new("allow_anonymous true", &[("anna", "secret")]);
    let broker = site.start();
    for version in VERSIONS {
        assert_eq!(connack(&broker, &Connect { version, ..Connect::default() }), 0);
        assert_eq!(connack(&broker, &login(version, "c", "anna", "no")), refused(version));
    }
    // Version 5 may send a password without a user name; version 3 may not.
    let v5 = Connect { version: Version::V5, password: Some("p"), ..Connect::default() };
    assert_eq!(connack(&broker, &v5), 0);
    let mut v4 = broker.dial();
    v4.send(&Connect { password: Some("p"), ..Connect::default() }.bytes());
    v4.expect_closed();
}

#[test]
fn without_a_file_a_user_name_is_as_good_as_none() {
    for (setting, is_let_in) in [("allow_anonymous=true", true), ("allow_anonymous=false", false)] {
        let broker = Broker::start_with(&["--set", setting]);
        for version in VERSIONS {
            let code = if is_let_in { 0 } else { refused(version) };
            assert_eq!(connack(&broker, &login(version, "c", "any", "thing")), code);
            assert_eq!(connack(&broker, &Connect { version, ..Connect::default() }), code);
        }
    }
}

#[test]
fn packets_behind_a_connect_wait_for_its_verdict_and_keep_their_order() {
    let site = Site::new("allow_anonymous false", &[("anna", "secret")]);
    // Some ten milliseconds of hashing.
    let hash = PasswordHash::new(Kind::Pbkdf2 { iterations: 20_000 }, b"secret").unwrap();
    site.write_passwords(&format!("anna:{hash}\n"));
    let broker = site.start();
    let mut watcher = broker.dial();
    watcher.send(&login(Version::V4, "w", "anna", "secret").bytes());
    assert_eq!(watcher.receive_connack(), 0);
    watcher.subscribe(Version::V4, "t/#", 0);
    let all = |id: &str, password: &str| {
        let mut bytes = login(Version::V4, id, "anna", password).bytes();
        for number in 0..300 {
            bytes.extend(publish(Version::V4, &format!("t/{id}"), &number.to_string(), 0, 0));
        }
        bytes.extend([0xC0, 0]);
        bytes
    };
    let mut bad = broker.dial();
    bad.send(&all("bad", "wrong"));
    assert_eq!(bad.receive_connack(), 5);
    bad.expect_closed();
    let mut good = broker.dial();
    good.send(&all("good", "secret"));
    assert_eq!(good.receive_connack(), 0);
    good.expect_hex("D0 00");
    for number in 0..300 {
        watcher.expect_message(Version::V4, "t/good", &number.to_string());
    }
}

#[test]
fn a_flood_of_wrong_passwords_delays_nobody() {
    let site = Site::new("allow_anonymous true", &[]);
    let slow = PasswordHash::new(Kind::Pbkdf2 { iterations: 50_000 }, b"secret").unwrap();
    let fast = PasswordHash::new(Kind::Pbkdf2 { iterations: 10 }, b"quick").unwrap();
    site.write_passwords(&format!("anna:{slow}\nbert:{fast}\n"));
    let broker = site.start();
    // So many that checking them takes much longer than everything that follows.
    let mut flood: Vec<Raw> = Vec::new();
    for number in 0..400 {
        let mut raw = broker.dial();
        raw.send(&login(Version::V4, &format!("f{number}"), "anna", "wrong").bytes());
        flood.push(raw);
    }
    let mut pair = [broker.client(Version::V4, "s"), broker.client(Version::V4, "p")];
    pair[0].subscribe(Version::V4, "t", 0);
    for number in 0..50 {
        let number = number.to_string();
        pair[1].send(&publish(Version::V4, "t", &number, 0, 0));
        pair[0].expect_message(Version::V4, "t", &number);
        broker.client(Version::V4, &format!("a{number}")).ping();
    }
    // Another address has its turn next, whatever waits from the first one.
    let mut other = Raw::dial_from([127, 0, 0, 2], broker.port);
    other.send(&login(Version::V4, "b", "bert", "quick").bytes());
    assert_eq!(other.receive_connack(), 0);
    let refused = |line: &String| line.contains("not authorised");
    let answered = broker.program.stderr.so_far().iter().filter(|line| refused(line)).count();
    assert!(answered < 400, "the flood was over before anybody could be delayed by it");
}

#[test]
fn files_that_cannot_be_used_stop_the_start_with_one_line() {
    let hash = PasswordHash::new(Kind::Sha512, b"p").unwrap().to_string();
    let site = Site::new("", &[]);
    let shown = site.path("passwords").display().to_string();
    for (text, said) in [
        (format!("anna:{hash}\nanna:{hash}\n"), "Duplicate user anna in password file FILE:2."),
        (
            "anna:secret\n".to_owned(),
            "Unable to decode line in password file FILE:1, user anna: it is no hash \
             ('lastwill passwd -U' hashes plain passwords).",
        ),
        (
            format!("anna:{hash}\nbert:{}", &hash[..52]),
            "Unable to decode line in password file FILE:2, user bert: the hash has not \
             64 bytes.",
        ),
    ] {
        site.write_passwords(&text);
        expect_no_start(&site, &said.replace("FILE", &shown));
    }
    fs::remove_file(site.path("passwords")).unwrap();
    let unable = format!("Unable to open password file {shown}:");
    expect_no_start(&site, &format!("{unable} No such file or directory."));
    fs::create_dir(site.path("passwords")).unwrap();
    expect_no_start(&site, &format!("{unable} it is no regular file."));
    fs::remove_dir(site.path("passwords")).unwrap();
    fs::write(site.path("real"), "").unwrap();
    symlink(site.path("real"), site.path("passwords")).unwrap();
    let said = "it is a symbolic link, and MOSQUITTO_UNSAFE_ALLOW_SYMLINKS is not set.";
    expect_no_start(&site, &format!("{unable} {said}"));
}

fn expect_no_start(site: &Site, said: &str) {
    let ended = site.fail();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let errors: Vec<&String> = ended.stderr.iter().filter(|line| line.contains("Error")).collect();
    assert_eq!(errors.len(), 1, "{ended:?}");
    assert!(errors[0].ends_with(&format!("Error: {said}")), "{errors:?}\n{said}");
}

#[test]
fn questionable_files_are_told() {
    let site = Site::new("", &[]);
    fs::write(site.path("passwords"), "no colon\n").unwrap();
    fs::set_permissions(site.path("passwords"), fs::Permissions::from_mode(0o644)).unwrap();
    let broker = site.start();
    let log = &broker.program.stderr;
    log.line_with("Warning: File");
    log.line_with("has world readable permissions; chmod 0600 ends that.");
    log.line_with("passwords:1 is passed over: there is no ':' behind the user name.");
    log.line_with("passwords is empty: no client can connect with a user name.");
}

#[test]
fn a_link_is_followed_where_that_is_allowed() {
    let site = Site::new("", &[("anna", "p")]);
    fs::rename(site.path("passwords"), site.path("real")).unwrap();
    symlink(site.path("real"), site.path("passwords")).unwrap();
    let mut command = std::process::Command::new(lastwill());
    command.args(site.arguments()).env("MOSQUITTO_UNSAFE_ALLOW_SYMLINKS", "1");
    let broker = Broker::ready(Program::start_command(&mut command));
    assert_eq!(connack(&broker, &login(Version::V4, "c", "anna", "p")), 0);
}

#[test]
fn users_of_the_command_line_are_let_in_and_nobody_else() {
    let site = Site::new("", &[("bert", "2")]);
    fs::write(site.path("anna"), "s e:cret\r\nmore\n").unwrap();
    let anna = format!("anna:{}", site.path("anna").display());
    let broker = Broker::start_with(&["--allow-user", &anna]);
    assert_eq!(connack(&broker, &login(Version::V5, "c", "anna", "s e:cret")), 0);
    assert_eq!(connack(&broker, &login(Version::V5, "c", "anna", "no")), 0x87);
    assert_eq!(connack(&broker, &Connect { version: Version::V5, ..Connect::default() }), 0x87);
    let file = format!("password_file={}", site.path("passwords").display());
    let both = ["--allow-user", &anna, "--set", &file, "--set", "allow_anonymous=true"];
    let broker = Broker::start_with(&both);
    assert_eq!(connack(&broker, &login(Version::V5, "c", "anna", "s e:cret")), 0);
    assert_eq!(connack(&broker, &login(Version::V5, "c", "bert", "2")), 0);
    assert_eq!(connack(&broker, &Connect::default()), 0);
    for (argument, said) in [
        ("anna", "expected NAME:FILE, the password being the first line of FILE"),
        ("anna:/no/such", "Unable to open password of --allow-user /no/such: No such file or"),
    ] {
        let ended = program::run(&lastwill(), &["broker", "-p", "0", "--allow-user", argument]);
        assert_eq!(ended.code, Some(3), "{ended:?}");
        assert!(ended.stderr.iter().any(|line| line.contains(said)), "{ended:?}");
    }
}

/// Enough hashing to be seen: a second login is quick by memory, and slow without, as the last reload
/// has it.
#[test]
fn password_cache_seconds_decides_about_hashing_again() {
    let hash = PasswordHash::new(Kind::Pbkdf2 { iterations: 200_000 }, b"p").unwrap();
    let site = Site::new("", &[]);
    site.write_passwords(&format!("anna:{hash}\n"));
    let broker = site.start();
    let time = |seconds: &str, reloads: usize| {
        site.configure(&format!("password_cache_seconds {seconds}"));
        reload(&broker, reloads);
        assert_eq!(connack(&broker, &login(Version::V4, "c", "anna", "p")), 0);
        let clock = lastwill::clock::Clock::new();
        for _ in 0..3 {
            assert_eq!(connack(&broker, &login(Version::V4, "c", "anna", "p")), 0);
        }
        clock.elapsed_nanos()
    };
    let (with, without, again) = (time("60", 1), time("0", 2), time("60", 3));
    let told = format!("{with} ns and {again} ns with memory, {without} ns without");
    assert!(with.max(again) * 2 < without, "{told}");
}

#[test]
fn a_configuration_can_be_tested_without_its_secrets() {
    let site = Site::new("", &[]);
    fs::remove_file(site.path("passwords")).unwrap();
    let conf = site.path("broker.conf").display().to_string();
    let ended = program::run(&lastwill(), &["broker", "-c", &conf, "--test-config"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr[0].starts_with("Error: Unable to open password file"), "{ended:?}");
    assert_eq!(ended.stderr[1], "Warning: with this the broker would not start.");
    assert_eq!(ended.stderr[2], "Configuration file is OK.");
}
