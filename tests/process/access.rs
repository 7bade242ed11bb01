//! `acl_file` in the running broker: what may be read and written, wills, reload, bad files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tempfile::TempDir;

use crate::support::broker::Broker;
use crate::support::named::{client, connect};
use crate::support::packet::{Version, publish};
use crate::support::program::{Ended, Program};
use crate::support::raw::Raw;
use crate::support::{await_that, lastwill, program};

/// A broker with an ACL file.
struct Guarded {
    broker: Broker,
    acl: PathBuf,
    _folder: TempDir,
}

impl Guarded {
    fn start(rules: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let acl = folder.path().join("acl");
        fs::write(&acl, rules).unwrap();
        let file = format!("acl_file={}", acl.display());
        let options = [&["-v", "--set", &file], options].concat();
        Guarded { broker: Broker::start_with(&options), acl, _folder: folder }
    }

    fn lines(&self, part: &str) -> usize {
        let lines = self.broker.program.stderr.so_far();
        lines.iter().filter(|line| line.contains(part)).count()
    }

    /// Reads the file again, with this content, and waits until it holds or is refused.
    fn reload(&self, rules: &str, told: &str) {
        let before = self.lines(told);
        fs::write(&self.acl, rules).unwrap();
        self.broker.program.signal("HUP");
        await_that(told, || self.lines(told) > before);
    }

    fn await_line(&self, part: &str) {
        self.broker.program.stderr.line_with(part);
    }
}

/// What tells that new settings hold, or do not.
const RELOADED: &str = "Config reloaded.";
const REFUSED: &str = "the old one stays";

/// The reason code of the acknowledgement of a QoS 1 message.
fn puback(raw: &mut Raw, topic: &str) -> u8 {
    raw.send(&publish(Version::V5, topic, "x", 0x02, 7));
    let ack = raw.receive();
    assert_eq!(ack[0], 0x40, "{ack:?}");
    ack.get(4).copied().unwrap_or(0)
}

/// Publishes one message; the reason code, and how many messages the reader got.
fn exchange(writer: &mut Raw, reader: &mut Raw) -> (u8, usize) {
    let code = puback(writer, "t");
    reader.send_hex("C0 00");
    let mut heard = 0;
    while reader.receive()[0] != 0xD0 {
        heard += 1;
    }
    (code, heard)
}

const RULES: &str = "topic read open/#\n\
                     user w\n\
                     topic write open/#\n\
                     topic write shut/#\n\
                     topic deny open/not\n\
                     pattern readwrite own/%u/%c/#\n";

#[test]
fn people_get_what_the_file_allows_and_nothing_else() {
    let guarded = Guarded::start(RULES, &[]);
    let (broker, port) = (&guarded.broker, guarded.broker.port_text());
    let mut anyone = broker.client(Version::V4, "anyone");
    anyone.subscribe(Version::V4, "#", 0);
    let mosquitto = |user: &[&str], topic: &str| {
        let args = [user, &["-p", &port, "-V", "5", "-q", "1", "-t", topic, "-m", topic]].concat();
        program::run("mosquitto_pub", &args)
    };
    let as_w = &["-u", "w", "-i", "c"][..];
    for topic in ["open/a", "shut/a", "open/not", "own/w/c/x", "open/b"] {
        mosquitto(as_w, topic);
    }
    mosquitto(&[], "open/anonymous");
    anyone.expect_message(Version::V4, "open/a", "open/a");
    anyone.expect_message(Version::V4, "open/b", "open/b");
    anyone.ping();
    guarded.await_line("Denied PUBLISH from c (d0, q1, r0, m1, 'open/not', ... (8 bytes))");
    // One's own place, by pattern.
    let args = ["sub", "-p", &port, "-u", "w", "-i", "c", "-t", "#", "-C", "1", "-W", "20"];
    let own = Program::start(&lastwill(), &args);
    broker.await_subscribed("c", "#");
    for (id, topic) in [("c2", "own/w/c2/x"), ("c3", "own/w/c/x"), ("c3", "own/w/c3/c/x")] {
        let ended = program::run(
            "mosquitto_pub",
            &["-p", &port, "-u", "w", "-i", id, "-q", "1", "-t", topic, "-m", "not for c"],
        );
        assert_eq!(ended.code, Some(0), "version 3 is not told: {ended:?}");
    }
    let mut w = client(broker.port, Version::V5, "w", Some("w"));
    assert_eq!(puback(&mut w, "open/not"), 0x87);
    assert_eq!(puback(&mut w, "own/w/w"), 0);
    own.signal("TERM");
    assert!(own.end().stdout.is_empty());
    // A subscription is granted all the same.
    let mut reader = client(broker.port, Version::V5, "r", Some("nobody"));
    reader.subscribe(Version::V5, "open/#", 1);
}

#[test]
fn new_rules_hold_under_load_and_nobody_is_disturbed() {
    let open = "topic #\n";
    let guarded = Guarded::start(open, &[]);
    let port = guarded.broker.port;
    let mut bystander = guarded.broker.client(Version::V5, "bystander");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let loads: Vec<_> = ["l1", "l2"]
            .iter()
            .map(|id| {
                let is_over = &is_over;
                scope.spawn(move || {
                    let mut load = client(port, Version::V5, id, None);
                    load.subscribe(Version::V5, "none", 0);
                    let mut sent = 0_u32;
                    while !is_over.load(Ordering::Relaxed) {
                        let code = puback(&mut load, "load/x");
                        assert!([0x00, 0x10, 0x87].contains(&code), "{code}");
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        let mut reader = client(port, Version::V5, "reader", None);
        reader.subscribe(Version::V5, "t", 0);
        let mut writer = client(port, Version::V5, "writer", None);
        for _ in 0..10 {
            await_that("reading and writing", || exchange(&mut writer, &mut reader) == (0, 1));
            guarded.reload("topic read #\n", RELOADED);
            await_that("no writing", || exchange(&mut writer, &mut reader) == (0x87, 0));
            assert_eq!(exchange(&mut writer, &mut reader), (0x87, 0));
            guarded.reload("topic write #\n", RELOADED);
            await_that("writing without reading", || exchange(&mut writer, &mut reader) == (0, 0));
            assert_eq!(exchange(&mut writer, &mut reader), (0, 0));
            guarded.reload(open, RELOADED);
        }
        is_over.store(true, Ordering::Relaxed);
        let sent: Vec<u32> = loads.into_iter().map(|load| load.join().unwrap()).collect();
        assert!(sent.iter().all(|sent| *sent > 20), "{sent:?}");
    });
    bystander.ping();
}

#[test]
fn a_refused_will_names_topic_user_rule_and_option() {
    let guarded = Guarded::start(RULES, &[]);
    let port = guarded.broker.port;
    for (version, topic, code, rule) in [
        (Version::V5, "open/not", 0x87, "line 5 of acl_file"),
        (Version::V4, "elsewhere", 5, "no rule in acl_file"),
    ] {
        let mut raw = guarded.broker.dial();
        raw.send(&connect(version, "mortal", Some("w"), Some((topic, "x"))));
        assert_eq!(raw.receive_connack(), code);
        raw.expect_closed();
        let line = guarded.broker.program.stderr.line_with(rule);
        for part in [topic, "user 'w'", "check_will_at_connect false"] {
            assert!(line.contains(part), "{line}");
        }
    }
    drop(client(port, Version::V5, "mortal", Some("w")));
    let compat = Guarded::start(RULES, &["--compat", "mosquitto"]);
    let mut watcher = compat.broker.client(Version::V5, "watcher");
    watcher.subscribe(Version::V5, "open/#", 0);
    let mut raw = compat.broker.dial();
    raw.send(&connect(Version::V5, "mortal", Some("w"), Some(("open/not", "x"))));
    assert_eq!(raw.receive_connack(), 0);
    compat.await_line("would not be published: user 'w' may not write there: line 5");
    raw.close();
    compat.await_line("will of 'mortal' not published: the client may not write to 'open/not'");
    watcher.ping();
}

/// However often it connects.
#[test]
fn a_presence_that_is_refused_is_told_once() {
    let guarded = Guarded::start("topic read #\n", &["--set", "check_will_at_connect=false"]);
    let port = guarded.broker.port_text();
    let args = ["conn", "-p", &port, "-V", "5", "-i", "c", "--presence", "c/status"];
    let conn = Program::start(&lastwill(), &args);
    let connected =
        || conn.stdout.so_far().iter().filter(|line| line.starts_with("connected pid=")).count();
    for count in 1..=2 {
        await_that("a connection", || connected() == count);
        // Another one takes its client id over.
        client(guarded.broker.port, Version::V5, "c", None).close();
    }
    await_that("the last connection", || connected() == 3);
    conn.signal("TERM");
    let ended = conn.end();
    let told = |word: &str| ended.stderr.iter().filter(|line| line.contains(word)).count();
    let refused = ["message \"online\": Not authorized", "message \"offline\": Not authorized"];
    assert_eq!(refused.map(told), [1, 1], "{ended:?}");
}

/// The right to write the will is withdrawn while its client is connected.
#[test]
fn a_will_whose_right_is_withdrawn_is_told_in_sys_too() {
    let all = "topic #\ntopic read $SYS/#\n";
    let guarded = Guarded::start(all, &["--set", "sys_interval=1"]);
    let mut watcher = guarded.broker.client(Version::V5, "watcher");
    watcher.subscribe(Version::V5, "$SYS/broker/wills/event", 0);
    watcher.subscribe(Version::V5, "w/#", 0);
    let mut other = client(guarded.broker.port, Version::V5, "other", None);
    let mut mortal = guarded.broker.dial();
    mortal.send(&connect(Version::V5, "mortal", None, Some(("w/t", "off"))));
    assert_eq!(mortal.receive_connack(), 0);
    guarded.reload("topic read #\ntopic read $SYS/#\n", RELOADED);
    await_that("the new rules", || puback(&mut other, "x") == 0x87);
    mortal.close();
    let told = watcher.receive();
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("\"fate\":\"refused\"") && told.contains("\"mortal\""), "{told}");
    watcher.ping();
    guarded.await_line("will of 'mortal' not published: the client may not write to 'w/t'");
}

#[test]
fn a_reload_with_a_bad_file_keeps_the_rules() {
    let guarded = Guarded::start("topic open\n", &[]);
    let mut c = client(guarded.broker.port, Version::V5, "c", None);
    for (rules, line) in [
        ("topic open\ntopic rw all\n", "Error: Invalid topic access type \"rw\""),
        ("everything\n", "Error: Invalid line in acl_file"),
        ("topic all\ntopic", "Error: Empty topic in acl_file"),
    ] {
        guarded.reload(rules, REFUSED);
        guarded.await_line(line);
        assert_eq!(puback(&mut c, "open"), 0x10);
        assert_eq!(puback(&mut c, "all"), 0x87);
    }
    fs::remove_file(&guarded.acl).unwrap();
    guarded.broker.program.signal("HUP");
    guarded.await_line("Error: Unable to open acl_file");
    let before = guarded.lines(RELOADED);
    guarded.reload("topic all\n", RELOADED);
    assert_eq!(guarded.lines(RELOADED), before + 1);
    await_that("the new rules", || puback(&mut c, "all") == 0x10);
    assert_eq!(puback(&mut c, "open"), 0x87);
}

/// Starts a broker with this file; how it ended.
fn refused(file: &Path, args: &[&str]) -> Ended {
    let set = format!("acl_file={}", file.display());
    let ended = program::run(&lastwill(), &[&["broker", "-p", "0", "--set", &set], args].concat());
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(!ended.stderr.iter().any(|line| line.contains("running")), "{ended:?}");
    ended
}

#[test]
fn a_start_with_a_bad_file_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("good"), "topic a\n").unwrap();
    fs::write(path("bad"), "topic a\n\ntopic +a\n").unwrap();
    fs::write(path("cut"), b"topic a\ntopic b/\xC3").unwrap();
    std::os::unix::fs::symlink(path("good"), path("link")).unwrap();
    for (name, part) in [
        ("missing", "Error: Unable to open acl_file"),
        ("link", "Error: Unable to open acl_file"),
        (".", "Error: Unable to open acl_file"),
        ("bad", "Error: Invalid ACL topic \"+a\" in acl_file"),
        ("cut", "Error: Malformed UTF-8 in acl_file"),
    ] {
        let ended = refused(&path(name), &[]);
        let errors: Vec<_> = ended.stderr.iter().filter(|line| line.contains("Error:")).collect();
        assert_eq!(errors.len(), 1, "{ended:?}");
        assert!(errors[0].contains(part), "{ended:?}");
    }
    let ended = refused(&path("bad"), &["-q"]);
    assert!(ended.stderr.iter().any(|line| line.ends_with("bad:3.")), "{ended:?}");
}

#[test]
fn an_empty_file_allows_nothing_and_says_so() {
    let guarded = Guarded::start("", &[]);
    guarded.await_line("it has no rule, so nobody may read or write anything.");
    let mut c = client(guarded.broker.port, Version::V5, "c", None);
    assert_eq!(puback(&mut c, "a"), 0x87);
}

#[test]
fn test_config_reads_the_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let (conf, acl) = (folder.path().join("conf"), folder.path().join("acl"));
    fs::write(&conf, format!("acl_file {}\n", acl.display())).unwrap();
    let args = ["broker", "-c", conf.to_str().unwrap(), "--test-config"];
    let ended = program::run(&lastwill(), &args);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr[0].contains("Unable to open acl_file"), "{ended:?}");
    fs::write(&acl, "topic a\n").unwrap();
    assert_eq!(program::run(&lastwill(), &args).code, Some(0));
}
