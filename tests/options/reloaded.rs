//! Row by row: what a reload changes, and that a line that is gone has its default again. One broker
//! for all rows; what needs a restart is named.

mod files;
mod limits;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use lastwill::config::options::{self, Kind, Reload, Scope};

use super::lab::{Folder, Running};
use crate::support::packet::{Connect, Version, Will, frame, publish, text, to_hex};
use crate::support::proofs::tests;
use crate::support::raw::Raw;
use crate::support::{PATIENCE, free_port};

const V5: Version = Version::V5;

/// An option of the table, what it is set to, and what shows that it holds.
struct Row {
    option: &'static str,
    value: &'static str,
    /// Lines that stand there before and after.
    beside: &'static str,
    /// Asks the broker on this port; what the answer says.
    ask: fn(u16) -> String,
    /// What the answer contains while the option is set, and never without it.
    shows: &'static str,
}

const fn row(
    option: &'static str,
    value: &'static str,
    ask: fn(u16) -> String,
    shows: &'static str,
) -> Row {
    Row { option, value, beside: "", ask, shows }
}

const WEB: &str = "protocol websockets\n";

const ROWS: &[Row] = &[
    // What CONNACK tells.
    row("max_keepalive", "10", welcome, "13 00 0A"),
    row("max_packet_size", "2000", welcome, "27 00 00 07 D0"),
    row("max_inflight_messages", "7", welcome, "21 00 07"),
    row("max_qos", "1", welcome, "24 01"),
    row("maximum_qos", "1", welcome, "24 01"),
    row("max_topic_alias", "3", welcome, "22 00 03"),
    row("retain_available", "false", welcome, "25 00"),
    row("auto_id_prefix", "zz-", welcome, "7A 7A 2D"),
    row("listener_auto_id_prefix", "yy-", welcome, "79 79 2D"),
    row("persistent_client_expiration", "60s", welcome, "11 00 00 00 3C"),
    // Who is let in.
    row("allow_anonymous", "false", welcome, "20 03 00 87"),
    row("listener_allow_anonymous", "false", welcome, "20 03 00 87"),
    row("allow_zero_length_clientid", "false", welcome, "20 03 00 80"),
    row("clientid_prefixes", "good-", welcome, "20 03 00 87"),
    row("accept_protocol_versions", "3,4", welcome, "20 03 00 84"),
    row("use_username_as_clientid", "true", welcome, "20 03 00 87"),
    row("global_max_clients", "0", welcome, "20 03 00 89"),
    row("max_connections", "0", welcome, "closed"),
    row("global_max_connections", "0", welcome, "closed"),
    row("enable_proxy_protocol", "1", welcome, "closed"),
    row("strict_connect_flags", "true", will_flags, "closed"),
    row("compat", "mosquitto", will_flags, "closed"),
    Row {
        beside: "enable_proxy_protocol 2\n",
        ..row("proxy_protocol_v2_require_tls", "true", proxied, "closed")
    },
    // WebSocket.
    row("protocol", "websockets", upgrade, "HTTP/1.1 101"),
    Row { beside: WEB, ..row("websockets_origin", "https://other.example", upgrade, "closed") },
    Row { beside: WEB, ..row("websockets_headers_size", "60", upgrade, "HTTP/1.1 431") },
    Row { beside: WEB, ..row("packet_buffer_size", "60", upgrade, "HTTP/1.1 431") },
    // Messages.
    row("message_size_limit", "3", acknowledged, "40 03 00 01 97"),
    row("max_subscriptions", "1", two_filters, "97"),
    row("deny_subscribe", "one", two_filters, "80"),
    row("upgrade_outgoing_qos", "true", delivered, "at QoS 1"),
    row("allow_duplicate_messages", "true", delivered, "2 times"),
    row("max_topic_alias_broker", "0", delivered, "no alias"),
    row("mount_point", "elsewhere/", delivered, "not kept"),
    row("queue_qos0_messages", "true", missed, "QoS 0 too"),
    row("max_queued_messages", "1", missed, "1 of QoS 1"),
    row("max_queued_bytes", "15", missed, "1 of QoS 1"),
    row("max_queued_bytes_total", "15", missed, "1 of QoS 1"),
    row("max_inflight_bytes", "4", in_flight, "1 at once"),
    row("will_on_takeover", "false", taken_over, "no will"),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(limits::ROWS).chain(files::ROWS)
}

/// Options that other tests change at a reload.
const ELSEWHERE: &[(&str, &str)] = &[
    ("acl_file", "a_reload_with_a_bad_file_keeps_the_rules"),
    ("password_file", "w219_whoever_has_lost_access_goes_and_its_will_is_told"),
    ("connection_messages", "a_reload_changes_the_log"),
    ("log_dest", "a_reload_changes_the_log"),
    ("log_type", "a_reload_changes_the_log"),
    ("log_format", "a_reload_changes_the_log"),
    ("memory_limit", "short_memory_stops_new_work_and_nothing_else"),
    ("sys_interval", "rules_and_listener_options_change_at_a_reload"),
    ("per_listener_settings", "whose_an_option_is_changes_at_a_reload"),
    ("will_on_revoke", "whether_the_wills_of_the_shut_out_are_published_changes_at_a_reload"),
    ("connect_timeout", "the_bounds_of_a_connections_time_change_at_a_reload"),
    ("max_connection_time", "the_bounds_of_a_connections_time_change_at_a_reload"),
    ("log_timestamp", "a_reload_changes_how_lines_look_and_where_they_go"),
    ("log_timestamp_format", "a_reload_changes_how_lines_look_and_where_they_go"),
    ("log_facility", "a_reload_changes_how_lines_look_and_where_they_go"),
    ("log_syslog_ident", "a_reload_changes_how_lines_look_and_where_they_go"),
    ("log_syslog_socket", "a_reload_changes_how_lines_look_and_where_they_go"),
    ("retain_expiry_interval", "a_reload_changes_when_retained_messages_expire"),
    ("password_cache_seconds", "password_cache_seconds_decides_about_hashing_again"),
    // Without effect, which is told at each reload.
    ("autosave_interval", "a_reload_changes_how_lines_look_and_where_they_go"),
    ("autosave_on_changes", "a_reload_changes_how_lines_look_and_where_they_go"),
    ("enable_control_api", "a_reload_changes_how_lines_look_and_where_they_go"),
];

/// A version 5 connection that says what this broker grants: no id, and a long session.
fn welcome(port: u16) -> String {
    let properties = &[0x11, 0, 0, 1, 0][..];
    let connect = Connect { version: V5, id: "", properties, keep_alive_secs: 60, ..default() };
    answer(port, &connect.bytes())
}

fn default() -> Connect<'static> {
    Connect::default()
}

/// The answer to the first packet, in hexadecimal, or `closed`.
fn answer(port: u16, bytes: &[u8]) -> String {
    let mut raw = Raw::dial(port);
    raw.send(bytes);
    raw.next().map_or("closed".to_owned(), |packet| to_hex(&packet))
}

/// A CONNECT without will whose flags have the bits of a will.
fn will_flags(port: u16) -> String {
    let body = [&text("MQTT")[..], &[4, 0x02 | 0x20, 0, 0], &text("flags")].concat();
    answer(port, &frame(0x10, &body))
}

/// A client behind a proxy whose header tells of no TLS.
fn proxied(port: u16) -> String {
    let header = [
        &b"\r\n\r\n\0\r\nQUIT\n"[..],
        &[0x21, 0x11, 0, 12, 192, 0, 2, 5, 127, 0, 0, 1, 0x18, 0x83, 0x04, 0xD2],
    ];
    answer(port, &[&header.concat()[..], &default().bytes()].concat())
}

/// The first line of the answer to a WebSocket client, or `closed`.
fn upgrade(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = "GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                   Sec-WebSocket-Protocol: mqtt\r\nOrigin: https://own.example\r\n\r\n";
    // Who hangs up early has answered too.
    let _ = stream.write_all(request.as_bytes());
    let mut bytes = [0; 12];
    match stream.read_exact(&mut bytes) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => "closed".to_owned(),
    }
}

/// A connected client of version 5, with these properties.
fn client(port: u16, id: &str, clean: bool, properties: &[u8]) -> Raw {
    let mut raw = Raw::dial(port);
    raw.send(&Connect { version: V5, id, clean, properties, ..default() }.bytes());
    assert_eq!(raw.receive_connack(), 0, "{id}");
    raw
}

fn acknowledged(port: u16) -> String {
    let mut raw = client(port, "writer", true, &[]);
    raw.send(&publish(V5, "one", "12345", 2, 1));
    to_hex(&raw.receive())
}

/// The answer to a SUBSCRIBE with two filters: its codes.
fn two_filters(port: u16) -> String {
    let mut raw = client(port, "reader", true, &[]);
    let body = [&[0, 1, 0][..], &text("one"), &[0], &text("two"), &[0]].concat();
    raw.send(&frame(0x82, &body));
    to_hex(&raw.receive()[5..])
}

/// Two overlapping subscriptions at QoS 1, a retained message from before any reload, and then two
/// messages at QoS 0: how they come.
fn delivered(port: u16) -> String {
    // Session Expiry 0; Topic Alias Maximum 5.
    let mut reader = client(port, "reader", true, &[0x22, 0, 5]);
    let body = [&[0, 1, 0][..], &text("kept"), &[0]].concat();
    reader.send(&frame(0x82, &body));
    let suback = reader.receive();
    assert_eq!(suback[0], 0x90, "{}", to_hex(&suback));
    reader.send_hex("C0 00");
    let is_kept = reader.receive()[0] & 0xF0 == 0x30;
    if is_kept {
        reader.expect_hex("D0 00");
    }
    let body = [&[0, 1, 0][..], &text("d/#"), &[1], &text("d/one"), &[1]].concat();
    reader.send(&frame(0x82, &body));
    reader.receive();
    let mut writer = client(port, "writer", true, &[]);
    for _ in 0..2 {
        writer.send(&publish(V5, "d/one", "x", 0, 0));
    }
    writer.ping();
    reader.send_hex("C0 00");
    let (mut count, mut qos, mut has_alias) = (0, 0, false);
    loop {
        let packet = reader.receive();
        if packet[0] == 0xD0 {
            break;
        }
        count += 1;
        qos = packet[0] >> 1 & 3;
        has_alias |= packet[2..4] == [0, 0];
    }
    format!(
        "{} times at QoS {qos}, {}, {}",
        count / 2,
        if has_alias { "with an alias" } else { "no alias" },
        if is_kept { "found" } else { "not kept" },
    )
}

/// What waits for a session that was away: one message of QoS 0, three of QoS 1 that are long, and
/// how many of them.
fn missed(port: u16) -> String {
    const LONG: &[u8] = &[0x11, 0, 0, 1, 0];
    let mut reader = client(port, "absent", true, LONG);
    reader.subscribe(V5, "m", 1);
    reader.send_hex("E0 00");
    reader.expect_closed();
    let mut writer = client(port, "writer", true, &[]);
    writer.send(&publish(V5, "m", "quality 0", 0, 0));
    for id in 1..=3 {
        writer.send(&publish(V5, "m", "ten bytes.", 2, id));
        writer.receive();
    }
    let mut reader = client(port, "absent", false, LONG);
    reader.send_hex("C0 00");
    let mut counts = [0; 2];
    loop {
        let packet = reader.receive();
        if packet[0] == 0xD0 {
            break;
        }
        counts[usize::from(packet[0] >> 1 & 1)] += 1;
    }
    let mut gone = client(port, "absent", true, &[]);
    gone.ping();
    let first = if counts[0] > 0 { "QoS 0 too, " } else { "" };
    format!("{first}{} of QoS 1", counts[1])
}

/// How many messages come to a client that acknowledges nothing.
fn in_flight(port: u16) -> String {
    let mut reader = client(port, "slow", true, &[]);
    reader.subscribe(V5, "f", 1);
    let mut writer = client(port, "writer", true, &[]);
    for id in 1..=2 {
        writer.send(&publish(V5, "f", "long", 2, id));
        writer.receive();
    }
    reader.send_hex("C0 00");
    let mut count = 0;
    while reader.receive()[0] != 0xD0 {
        count += 1;
    }
    format!("{count} at once")
}

/// Whether a will goes out when its client connects again.
fn taken_over(port: u16) -> String {
    let mut watcher = client(port, "watcher", true, &[]);
    watcher.subscribe(V5, "w", 0);
    let connect = Connect {
        version: V5,
        id: "twice",
        clean: false,
        properties: &[0x11, 0, 0, 1, 0],
        will: Some(Will::new("w", "off")),
        ..default()
    };
    let mut old = Raw::dial(port);
    old.send(&connect.bytes());
    old.receive_connack();
    let mut new = Raw::dial(port);
    new.send(&Connect { will: None, ..connect }.bytes());
    new.receive_connack();
    watcher.send_hex("C0 00");
    match watcher.receive()[0] {
        0xD0 => "no will".to_owned(),
        _ => "a will".to_owned(),
    }
}

#[test]
fn each_row_changes_at_a_reload_and_its_default_comes_back() {
    let broker = Running::with("sys_interval 0\n");
    let folder = Folder::with("");
    files::write(&folder);
    let place = folder.dir.path().display().to_string();
    let reload = |lines: &str| {
        let head =
            format!("allow_anonymous true\nlistener {} 127.0.0.1\nsys_interval 0\n", broker.port);
        folder.write(format!("{head}{}", lines.replace('@', &place)));
        let mut config = folder.load();
        config.read_files().unwrap();
        broker.server.reload(&config).unwrap();
    };
    let mut writer = broker.client("writer");
    writer.send(&publish(Version::V4, "kept", "still here", 1, 0));
    writer.ping();
    for Row { option, value, beside, ask, shows } in rows() {
        let with = format!("{beside}{option} {value}\n");
        let mut there = broker.client("there");
        for (lines, is_set) in [(*beside, false), (&with, true), (beside, false)] {
            reload(lines);
            let said = ask(broker.port);
            assert_eq!(said.contains(shows), is_set, "{option}: {said} with {lines:?}");
        }
        reload("");
        match option.ends_with("allow_anonymous") {
            // Who would not be let in any more has gone.
            true => there.expect_closed(),
            // Nobody else who is there notices.
            false => there.ping(),
        }
    }
}

#[test]
fn every_row_that_a_reload_changes_has_a_test_or_is_of_a_kind_that_has() {
    let elsewhere = ELSEWHERE.iter().map(|(name, _)| *name);
    let known: BTreeSet<&str> = rows().map(|row| row.option).chain(elsewhere).collect();
    let tests = tests();
    for (option, test) in ELSEWHERE {
        assert!(tests.contains_key(*test), "{option}: there is no test {test}");
    }
    for name in &known {
        assert_eq!(options::find(name).unwrap().reload, Reload::Yes, "{name}");
    }
    // Options of TLS and of bridges are read anew as a whole; tests/tls/reload.rs and src/bridge
    // show that they are.
    let is_whole = |name: &str| {
        let group = options::GROUPS.iter().find(|(_, rows)| rows.iter().any(|it| it.name == name));
        group.is_some_and(|(heading, _)| heading.contains("TLS"))
    };
    let left: Vec<&str> = options::all()
        .filter(|row| row.reload == Reload::Yes && row.kind() != Kind::Anything)
        .filter(|row| row.scope() != Scope::Bridge && row.name != "connection")
        .map(|row| row.name)
        .filter(|name| !known.contains(name) && !is_whole(name))
        .collect();
    assert!(left.is_empty(), "nothing shows that a reload changes {left:?}");
}

/// A value for each option that needs a restart.
const FIXED: &[(&str, &str)] = &[
    ("socket_domain", "ipv4"),
    ("bind_interface", "lo"),
    ("persistence", "true"),
    ("persistence_location", "/elsewhere"),
    ("persistence_file", "other.db"),
    ("persistence_sync", "second"),
    ("user", "nobody"),
    ("pid_file", "/run/other.pid"),
    ("metrics_listener", "9641"),
    ("threads", "7"),
    ("tls_version", "tlsv1.3"),
    #[cfg(feature = "psk")]
    ("psk_hint", "any"),
];

/// Those that make another listener, which a reload refuses, or have no effect at all.
const LISTENING: &[&str] = &["listener", "port", "bind_address"];

#[test]
fn everything_that_needs_a_restart_is_named_and_nothing_else_is_lost() {
    let known: BTreeSet<&str> = FIXED.iter().map(|(name, _)| *name).collect();
    let is_there = |name: &str| name != "psk_hint" || cfg!(feature = "psk");
    let rows = options::all()
        .filter(|row| row.reload == Reload::No && row.kind() != Kind::Anything)
        .map(|row| row.name)
        .filter(|name| !LISTENING.contains(name) && is_there(name))
        .filter(|name| lastwill::config::given::canonical(name) == *name);
    assert_eq!(rows.collect::<BTreeSet<_>>(), known);
    let port = free_port();
    let head = format!("listener {port} 127.0.0.1\nallow_anonymous true\n");
    let folder = Folder::with(&head);
    let program = crate::support::program::Program::start(
        &crate::support::lastwill(),
        &["broker", "--ready-json", "-c", folder.path()],
    );
    let broker = crate::support::broker::Broker::ready(program);
    let lines: String = FIXED
        .iter()
        // A listener without certificates cannot have a hint; the options beside are judged alone.
        .map(|(name, value)| format!("{name} {value}\n"))
        .collect();
    folder.write(format!("{head}max_keepalive 10\n{lines}"));
    broker.program.signal("HUP");
    broker.program.stderr.line_with("Config reloaded.");
    for (name, _) in FIXED.iter().filter(|(name, _)| *name != "user") {
        broker.program.stderr.line_with(&format!("'{name}' has changed"));
    }
    // What can change has changed.
    assert!(welcome(port).contains("13 00 0A"));
    folder.write(format!("{head}listener {} 127.0.0.1\n", free_port()));
    broker.program.signal("HUP");
    let line = "It is not currently possible to add/remove listeners when reloading";
    broker.program.stderr.line_with(line);
    assert!(welcome(port).contains("13 00 0A"), "the old configuration stays");
}
