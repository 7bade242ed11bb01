//! Rates of messages, bytes and connections; dead machines; sessions that an administrator deletes.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::kill::Kept;
use super::passwords::{Site, login};
use super::revoke::reload;
use crate::options::lab::Running;
use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, Will, frame, publish, subscribe};
use crate::support::program::{self, Program};
use crate::support::raw::Raw;
use crate::support::{free_port, lastwill};

const V4: Version = Version::V4;
const V5: Version = Version::V5;

fn with(settings: &[&str]) -> Broker {
    let sets = settings.iter().flat_map(|setting| ["--set", setting]).collect::<Vec<_>>();
    Broker::start_with(&sets)
}

/// Sends messages to itself, all at once and with a keep-alive that is soon over, and waits until
/// they are back. How long that took.
fn flood(port: u16, id: &str, count: usize, payload: &str) -> Duration {
    let mut raw = Raw::dial(port);
    raw.send(&Connect { id, keep_alive_secs: 1, ..Connect::default() }.bytes());
    assert_eq!(raw.receive_connack(), 0);
    raw.subscribe(V4, id, 0);
    let began = Instant::now();
    let text = |n: usize| format!("{n:05}{payload}");
    let all: Vec<u8> = (0..count).flat_map(|n| publish(V4, id, &text(n), 0, 0)).collect();
    raw.send(&all);
    for n in 0..count {
        raw.expect_message(V4, id, &text(n));
    }
    let took = began.elapsed();
    raw.ping();
    raw.send_hex("E0 00");
    raw.expect_closed();
    took
}

/// Three listeners: the bounds of all, another one for messages, another one for bytes.
#[test]
fn whoever_sends_too_fast_is_slowed_and_loses_nothing() {
    let [messages, bytes] = [(); 2].map(|()| free_port());
    let broker = Running::start(|port| {
        format!(
            "allow_anonymous true\nmax_message_rate 20\nmax_byte_rate 100000\n\
             listener {port} 127.0.0.1\n\
             listener {messages} 127.0.0.1\nlistener_max_message_rate 100\n\
             listener {bytes} 127.0.0.1\nlistener_max_message_rate 0\nlistener_max_byte_rate 4000\n"
        )
    });
    let port = broker.port;
    // The first second is a burst; then it is the rate. The keep-alive of 1 s is over twice.
    let floods = [
        thread::spawn(move || (flood(port, "a", 80, ""), 3.0)),
        thread::spawn(move || (flood(messages, "b", 300, ""), 2.0)),
        thread::spawn(move || (flood(bytes, "c", 100, &"x".repeat(120)), 2.0)),
        // Whoever keeps within its rates is not slowed.
        thread::spawn(move || (flood(port, "d", 20, ""), 0.0)),
    ];
    for flood in floods {
        let (took, secs_min) = flood.join().unwrap();
        let least = Duration::from_secs_f64(secs_min * 0.97);
        assert!(took >= least, "{took:?}, not {secs_min} s");
    }
}

#[test]
fn a_slowed_client_is_told_and_others_are_served() {
    let broker = with(&["max_message_rate=1"]);
    let mut raw = broker.client(V4, "fast");
    (0..30).for_each(|n| raw.send(&publish(V4, "t", &n.to_string(), 0, 0)));
    broker.program.stderr.line_with("Client fast is slowed: it sends more than max_message_rate");
    broker.client(V5, "other").ping();
    // An orderly stop does not wait for it.
    broker.program.signal("TERM");
    assert_eq!(broker.program.end().code, Some(0));
}

/// The client id of a client that is slowed comes back: what it had sent counts, and so does its
/// DISCONNECT behind that.
#[test]
fn a_client_that_comes_back_is_read_to_its_end_first() {
    let broker = with(&["max_message_rate=2"]);
    let mut watcher = broker.client(V4, "watcher");
    watcher.subscribe(V4, "#", 0);
    let will = Some(Will::new("w", "off"));
    let mut old = broker.client_with(&Connect { id: "c", will, ..Connect::default() });
    let mut all: Vec<u8> = (0..9).flat_map(|n| publish(V4, "t", &n.to_string(), 0, 0)).collect();
    all.extend([0xE0, 0]);
    old.send(&all);
    broker.program.stderr.line_with("Client c is slowed");
    let mut new = broker.client(V4, "c");
    (0..9).for_each(|n| watcher.expect_message(V4, "t", &n.to_string()));
    new.ping();
    watcher.ping();
}

#[test]
fn w92_w97_rate_action_disconnect_publishes_the_will() {
    // The will alone is a minute's worth of bytes.
    let payload = "x".repeat(60);
    let broker = with(&["max_byte_rate=1", "rate_action=disconnect"]);
    for version in [V4, V5] {
        let id = format!("c{}", version as u8);
        let will = Some(Will::new("w", &payload));
        let connect = Connect { version, id: &id, will, ..Connect::default() };
        let mut raw = broker.client_with(&connect);
        raw.send_hex("C0 00");
        raw.expect_kicked(version, 0x96);
        let published = format!("will of '{id}' published to 'w': closed by the broker (0x96");
        broker.program.stderr.line_with(&published);
        let mut again = broker.dial();
        again.send(&connect.bytes());
        assert_eq!(again.receive_connack(), if version == V5 { 0x9F } else { 3 });
        again.expect_closed();
    }
}

/// A client that connects and dies: each will comes, and each new CONNECT waits for its turn.
#[test]
fn w220_who_connects_and_dies_in_a_loop_waits() {
    let broker = Running::start(|port| {
        format!("allow_anonymous true\nmax_message_rate 2\nlistener {port} 127.0.0.1\n")
    });
    let mut watcher = broker.client("watcher");
    watcher.subscribe(V4, "w", 0);
    let began = Instant::now();
    for n in 0..6 {
        let payload = n.to_string();
        let will = Some(Will::new("w", &payload));
        broker.accepted(&Connect { id: "spam", will, ..Connect::default() }).close();
        watcher.expect_message(V4, "w", &payload);
    }
    // Two at once, then two a second.
    assert!(began.elapsed() >= Duration::from_millis(1950), "{:?}", began.elapsed());
    // Whoever hangs up while it waits has no will.
    let will = Some(Will::new("w", "never"));
    let connect = Connect { id: "spam", will, ..Connect::default() };
    (0..3).for_each(|_| {
        let mut raw = Raw::dial(broker.port);
        raw.send(&connect.bytes());
    });
    watcher.ping();
}

/// What comes in one piece with the DISCONNECT behind it counts too.
#[test]
fn who_sends_and_disconnects_in_a_loop_waits() {
    let broker = with(&["max_message_rate=2"]);
    let mut watcher = broker.client(V4, "watcher");
    watcher.subscribe(V4, "t", 0);
    let began = Instant::now();
    for n in 0..8 {
        let mut raw = broker.client(V4, "hasty");
        raw.send(&[publish(V4, "t", &n.to_string(), 0, 0), frame(0xE0, &[])].concat());
        watcher.expect_message(V4, "t", &n.to_string());
        raw.expect_closed();
    }
    // Two at once, then two a second.
    assert!(began.elapsed() >= Duration::from_millis(2900), "{:?}", began.elapsed());
}

/// The will of whoever takes a client id over waits until there is room behind all that the
/// connection before it had sent.
#[test]
fn w220_what_a_rival_had_sent_counts_before_the_will() {
    let broker = with(&["max_message_rate=2"]);
    let began = Instant::now();
    let mut old = broker.client(V4, "c");
    let all: Vec<u8> = (0..9).flat_map(|n| publish(V4, "t", &n.to_string(), 0, 0)).collect();
    old.send(&all);
    broker.program.stderr.line_with("Client c is slowed");
    let will = Some(Will::new("w", "gone"));
    broker.client_with(&Connect { id: "c", will, ..Connect::default() }).ping();
    // Ten of them, the will among them: two at once, then two a second.
    assert!(began.elapsed() >= Duration::from_millis(3900), "{:?}", began.elapsed());
}

#[test]
fn an_address_that_connects_too_fast_is_refused() {
    let broker = with(&["max_connect_rate=1"]);
    let began = Instant::now();
    let mut all: Vec<Raw> = (0..12).map(|_| broker.dial()).collect();
    for (n, raw) in all.iter_mut().enumerate() {
        let (version, id) = (if n % 2 == 0 { V4 } else { V5 }, format!("c{n}"));
        raw.send(&Connect { version, id: &id, ..Connect::default() }.bytes());
    }
    let codes: Vec<Option<u8>> =
        all.iter_mut().map(|raw| raw.next().map(|packet| packet[3])).collect();
    let most = began.elapsed().as_secs() as usize + 2;
    let count = |code: Option<u8>| codes.iter().filter(|it| **it == code).count();
    assert_eq!(codes[0], Some(0));
    assert!((1..=most).contains(&count(Some(0))), "{codes:?}");
    // As many are told why, and the rest is closed.
    let told = count(Some(0x9F)) + count(Some(3));
    assert!((1..=most).contains(&told), "{codes:?}");
    assert_eq!(count(Some(0)) + told + count(None), 12, "{codes:?}");
    let line = "Client connection from 127.0.0.1 denied: max_connect_rate exceeded.";
    broker.program.stderr.line_with(line);
    broker.program.stderr.line_with("disconnected: connection rate exceeded.");
    // Another address has nothing to do with it.
    let mut other = Raw::dial_from([127, 0, 0, 2], broker.port);
    other.send(&Connect { version: V5, id: "other", ..Connect::default() }.bytes());
    assert_eq!(other.receive_connack(), 0);
}

/// Behind a proxy the address counts that it tells.
#[test]
fn the_clients_of_a_proxy_are_counted_one_by_one() {
    let broker = with(&["max_connect_rate=1", "enable_proxy_protocol=1"]);
    let dial = |host: u8, id: &str| {
        let mut raw = broker.dial();
        raw.send(format!("PROXY TCP4 192.0.2.{host} 127.0.0.1 6275 1883\r\n").as_bytes());
        raw.send(&Connect { version: V5, id, ..Connect::default() }.bytes());
        raw
    };
    for host in 1..6 {
        assert_eq!(dial(host, &host.to_string()).receive_connack(), 0);
    }
    let mut many: Vec<Raw> = (0..9).map(|n| dial(9, &format!("many{n}"))).collect();
    let refused = many.iter_mut().filter_map(Raw::next).filter(|packet| packet[3] == 0x9F).count();
    assert!(refused >= 1);
}

/// The client's machine is gone without a word, and its keep-alive is a long one: TCP finds out, by
/// probes if all was acknowledged that was sent to it, and otherwise because it was not.
#[test]
fn w214_tcp_notices_a_dead_machine_and_the_will_is_published() {
    let script = r#"
        set -e
        ip link set lo up
        unshare --net sleep 60 &
        far=$!
        for ((i = 0; i < 200; i++)); do
            [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ] && break; sleep 0.05
        done
        ip link add near type veth peer name far netns $far
        ip addr add 10.9.9.1/24 dev near; ip link set near up
        nsenter --net=/proc/$far/ns/net ip addr add 10.9.9.2/24 dev far
        nsenter --net=/proc/$far/ns/net ip link set far up
        printf 'listener 1893\nallow_anonymous true\ntcp_keepalive 1 1 2\ntcp_user_timeout 2000\nuser root\n' > "$FOLDER/conf"
        "$LASTWILL" broker -c "$FOLDER/conf" 2> "$FOLDER/log" &
        broker=$!
        wait_for() { for ((i = 0; i < 80; i++)); do grep -q "$1" "$FOLDER/log" && return; sleep 0.2; done; return 1; }
        wait_for 'listening on'
        "$LASTWILL" sub -p 1893 -t w -C 1 -W 15 & watcher=$!
        nsenter --net=/proc/$far/ns/net "$LASTWILL" sub -h 10.9.9.1 -p 1893 -k 3600 -i victim -t t \
            --will-topic w --will-payload dead & victim=$!
        wait_for 'as victim'
        wait_for 'New client connected from 127.0.0.1'
        nsenter --net=/proc/$far/ns/net ip link set far down
        wait $watcher
        kill -9 $victim $far; kill $broker; wait $broker
        grep "will of 'victim'" "$FOLDER/log"
        "#;
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "bash", "-c", script]);
    let command = command.env("LASTWILL", lastwill()).env("FOLDER", folder.path());
    let ended = Program::start_command(command).end();
    assert_eq!(ended.stdout.first().map(String::as_str), Some("dead"), "{ended:?}");
    let line = "published to 'w': network failure: the client's machine does not answer";
    assert!(ended.stdout.iter().any(|it| it.contains(line)), "{ended:?}");
}

/// A session with a will that waits for an hour.
fn leave(port: u16, connect: &Connect<'_>) {
    let expiry = [0x11, 0, 0, 0x0E, 0x10];
    let will = Will { properties: &[0x18, 0, 0, 0x0E, 0x10], qos: 1, ..Will::new("w", connect.id) };
    let mut raw = Raw::dial(port);
    raw.send(&Connect { properties: &expiry, will: Some(will), ..*connect }.bytes());
    assert_eq!(raw.receive_connack(), 0);
    raw.send(&subscribe(V5, "q", 1));
    raw.receive();
    raw.close();
}

fn is_resumed(port: u16, connect: &Connect<'_>) -> bool {
    let mut raw = Raw::dial(port);
    raw.send(&Connect { clean: false, ..*connect }.bytes());
    let connack = raw.receive();
    assert_eq!(connack[3], 0);
    raw.send(&frame(0xE0, &[]));
    raw.expect_closed();
    connack[2] == 1
}

#[test]
fn w148_sessions_of_deleted_users_end_at_a_reload() {
    for with_will in [true, false] {
        let lines = format!("allow_anonymous true\nwill_on_revoke {with_will}");
        let users = [("anna", "1"), ("bert", "2"), ("dora", "4")];
        let site = Site::new(&lines, &users);
        let broker = site.start();
        let mut dora = broker.client_with(&login(V5, "d", "dora", "4"));
        dora.subscribe(V5, "w", 0);
        let nobody = Connect { version: V5, id: "n", ..Connect::default() };
        let (anna, bert) = (login(V5, "a", "anna", "1"), login(V5, "b", "bert", "2"));
        [&anna, &bert, &nobody].into_iter().for_each(|connect| leave(broker.port, connect));
        for id in ["a", "b", "n"] {
            broker.program.stderr.line_with(&format!("will of '{id}' to 'w' waits"));
        }
        // Anna is deleted; Bert has another password, and who has that may go on.
        site.write_users(&[("bert", "new"), ("dora", "4")]);
        reload(&broker, 1);
        if with_will {
            dora.expect_message(V5, "w", "a");
        }
        dora.ping();
        broker.program.stderr.line_with("The session of client a was deleted.");
        site.write_users(&[("anna", "1"), ("bert", "new"), ("dora", "4")]);
        reload(&broker, 2);
        assert!(!is_resumed(broker.port, &anna), "nothing waits for her any more");
        assert!(is_resumed(broker.port, &login(V5, "b", "bert", "new")));
        // Nobody without a name is let in any more.
        site.configure(&format!("allow_anonymous false\nwill_on_revoke {with_will}"));
        reload(&broker, 3);
        if with_will {
            dora.expect_message(V5, "w", "n");
        }
        dora.ping();
    }
}

/// The same for users that are deleted while the broker is not there; anything else that has changed
/// deletes nothing.
#[test]
fn w148_sessions_of_users_deleted_meanwhile_end_at_the_start() {
    let site = Site::new("", &[("anna", "1"), ("dora", "4")]);
    let lines =
        format!("persistence true\npersistence_location {}\nuser root\n", site.path("").display());
    site.configure(&format!("allow_anonymous true\n{lines}"));
    let mut broker = site.start();
    let (anna, dora) = (login(V5, "a", "anna", "1"), login(V5, "d", "dora", "4"));
    let nobody = Connect { version: V5, id: "n", ..Connect::default() };
    [&anna, &dora, &nobody].into_iter().for_each(|connect| leave(broker.port, connect));
    let stop = |broker: Broker| {
        broker.program.signal("TERM");
        assert_eq!(broker.program.end().code, Some(0));
    };
    stop(broker);
    site.write_users(&[("dora", "4")]);
    site.configure(&format!("allow_anonymous false\n{lines}"));
    broker = site.start();
    broker.program.stderr.line_with("The session of client a was deleted.");
    assert!(is_resumed(broker.port, &dora));
    stop(broker);
    site.write_users(&[("anna", "1"), ("dora", "4")]);
    site.configure(&format!("allow_anonymous true\n{lines}"));
    broker = site.start();
    assert!(!is_resumed(broker.port, &anna));
    assert!(is_resumed(broker.port, &nobody));
}

/// What is told behind "Config reloaded. has happened before.
#[test]
fn a_reload_is_over_when_everybody_is_judged() {
    let site = Site::new("allow_anonymous false", &[("anna", "1"), ("bert", "2")]);
    let broker = site.start();
    let mut anna = broker.client_with(&login(V5, "a", "anna", "1"));
    let mut bert = broker.client_with(&login(V5, "b", "bert", "2"));
    // Both hashes are new ones; only that of Bert is of another password.
    site.write_users(&[("anna", "1"), ("bert", "other")]);
    reload(&broker, 1);
    let lines = broker.program.stderr.so_far();
    let at = |text: &str| lines.iter().position(|line| line.contains(text));
    let (gone, over) = (at("Client b "), at("Config reloaded."));
    assert!(gone.is_some() && gone < over, "{lines:?}");
    bert.expect_kicked(V5, 0x87);
    anna.ping();
}

#[test]
fn w148_a_session_is_deleted_in_the_store_of_a_stopped_broker() {
    let mut broker = Kept::start(&[]);
    let connect = |id| Connect { version: V5, id, ..Connect::default() };
    let ids = ["stays", "loud", "silent"];
    ids.into_iter().for_each(|id| leave(broker.port, &connect(id)));
    let mut watcher = Raw::dial(broker.port);
    watcher.send(
        &Connect { properties: &[0x11, 0xFF, 0xFF, 0xFF, 0xFF], ..connect("watcher") }.bytes(),
    );
    assert_eq!(watcher.receive_connack(), 0);
    watcher.subscribe(V5, "w", 1);
    broker.kill();
    let path = broker.store().display().to_string();
    let store =
        |args: &[&str]| program::run(&lastwill(), &[&["store", "delete", &path], args].concat());
    let loud = store(&["loud"]);
    assert_eq!((loud.code, loud.stdout.len()), (Some(0), 0), "{loud:?}");
    assert_eq!(store(&["silent", "--without-will"]).code, Some(0));
    let nobody = store(&["nobody"]);
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.stderr[0].ends_with("has no session of a client 'nobody'"), "{nobody:?}");
    broker.run(&[]);
    let resume =
        Connect { clean: false, properties: &[0x11, 0xFF, 0xFF, 0xFF, 0xFF], ..connect("watcher") };
    let mut watcher = Raw::dial(broker.port);
    watcher.send(&resume.bytes());
    assert_eq!(watcher.receive()[2..4], [1, 0]);
    let message = watcher.receive();
    assert!(message[0] == 0x32 && message.ends_with(b"loud"), "{message:?}");
    watcher.send(&[0x40, 2, 0, 1]);
    watcher.ping();
    assert!(is_resumed(broker.port, &connect("stays")));
    assert!(!is_resumed(broker.port, &connect("loud")));
    assert!(!is_resumed(broker.port, &connect("silent")));
}
