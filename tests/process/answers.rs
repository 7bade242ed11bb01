//! What a client is answered, row by row as in mosquitto: CONNECT, client ids, acknowledgements,
//! limits. Where the standard demands something else, that stands here and says so.

use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, frame, hex, publish, subscribe, text, to_hex};
use crate::support::raw::Raw;

use Version::{V3, V4, V5};

/// Everything until the end of the connection in hexadecimal, one word a packet; `x` is the end,
/// `…` a connection that stays open and answers PINGREQ.
fn heard(raw: &mut Raw) -> String {
    let mut words = Vec::new();
    raw.send_hex("C0 00");
    loop {
        match raw.next() {
            None => words.push("x".to_owned()),
            Some(packet) if packet == hex("D0 00") => words.push("…".to_owned()),
            Some(packet) => {
                words.push(to_hex(&packet).replace(' ', ""));
                continue;
            }
        }
        return words.join(" ");
    }
}

/// What a stranger hears.
fn answer(broker: &Broker, bytes: &[u8]) -> String {
    let mut raw = broker.dial();
    raw.send(bytes);
    heard(&mut raw)
}

/// What a connected client hears.
fn answer_to(broker: &Broker, version: Version, bytes: &[u8]) -> String {
    let mut raw = broker.client(version, "c");
    raw.send(bytes);
    heard(&mut raw)
}

/// What differs from what is expected, told together when it is dropped.
#[derive(Default)]
struct Rows(Vec<String>);

impl Rows {
    fn check(&mut self, row: &str, heard: String, expected: &str) {
        if heard != expected {
            self.0.push(format!("{row}: {heard}, not {expected}"));
        }
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.0.is_empty(), "{}", self.0.join("\n"));
        }
    }
}

fn with(options: &[&str]) -> Broker {
    let options: Vec<&str> = options.iter().flat_map(|it| ["--set", it]).collect();
    Broker::start_with(&options)
}

/// A CONNECT of this name and level, flags, properties with their length, and the rest.
fn connect(name: &str, level: u8, flags: u8, properties: &str, rest: &[u8]) -> Vec<u8> {
    let head = [text(name), vec![level, flags, 0, 0], hex(properties)].concat();
    frame(0x10, &[&head[..], rest].concat())
}

fn id(id: &str) -> Vec<u8> {
    text(id)
}

#[test]
fn connect_row_by_row() {
    let mut rows = Rows::default();
    let broker = Broker::start();
    let bad_id = [0, 1, 0xFF];
    let and_more = [id("c"), vec![0]].concat();
    let password = [id("c"), text("secret")].concat();
    let twice = "0A 11 00000001 11 00000001";
    for (row, packet, expected) in [
        ("no CONNECT", hex("C0 00"), "x"),
        ("another name", connect("MQTX", 4, 2, "", &id("c")), "x"),
        ("an unknown level", connect("MQTT", 9, 2, "", &id("c")), "2003008400 x"),
        ("level of another name", connect("MQIsdp", 4, 2, "", &id("c")), "20020001 x"),
        ("the other way round", connect("MQTT", 3, 2, "", &id("c")), "20020001 x"),
        ("a property twice", connect("MQTT", 5, 2, twice, &id("c")), "2003008200 x"),
        ("a property that is cut", connect("MQTT", 5, 2, "02 11 00", &id("c")), "2003008100 x"),
        ("more bytes", connect("MQTT", 5, 2, "00", &and_more), "2003008100 x"),
        ("more bytes", connect("MQTT", 4, 2, "", &and_more), "x"),
        ("a password alone", connect("MQTT", 4, 0x42, "", &password), "x"),
        ("an id that is no text", connect("MQTT", 5, 2, "00", &bad_id), "2003008500 x"),
        ("an id that is no text", connect("MQTT", 4, 2, "", &bad_id), "x"),
        ("an id with U+0000", connect("MQTT", 5, 2, "00", &[0, 1, 0]), "2003008500 x"),
        ("a method", connect("MQTT", 5, 2, "04 15 0001 61", &id("c")), "2003008C00 x"),
        ("reserved flag", connect("MQTT", 4, 3, "", &id("c")), "x"),
        ("no id, 3.1", connect("MQIsdp", 3, 2, "", &id("")), "20020002 x"),
        ("no id, not clean", connect("MQTT", 4, 0, "", &id("")), "20020002 x"),
        ("no id", connect("MQTT", 4, 2, "", &id("")), "20020000 …"),
        ("a long id, 3.1", connect("MQIsdp", 3, 2, "", &id(&"i".repeat(24))), "20020000 …"),
    ] {
        rows.check(row, answer(&broker, &packet), expected);
    }
    drop(rows);
    let alone = answer(&broker, &connect("MQTT", 5, 0x42, "00", &password));
    assert!(alone.ends_with('…'), "MQTT 5 allows a password alone: {alone}");
    let assigned = answer(&broker, &connect("MQTT", 5, 2, "00", &id("")));
    assert!(assigned.contains(&to_hex(b"auto-").replace(' ', "")), "{assigned}");
    // As the standard says, and not without a word.
    assert_eq!(
        answer_to(&broker, V5, &Connect { version: V5, ..Connect::default() }.bytes()),
        "E00182 x"
    );
    assert_eq!(answer_to(&broker, V4, &Connect::default().bytes()), "x");
}

#[test]
fn options_refuse_with_their_codes() {
    let mut rows = Rows::default();
    for (option, packet, expected) in [
        ("accept_protocol_versions=5", connect("MQTT", 4, 2, "", &id("c")), "20020001 x"),
        ("accept_protocol_versions=5", connect("MQIsdp", 3, 2, "", &id("c")), "20020001 x"),
        ("accept_protocol_versions=3,4", connect("MQTT", 5, 2, "00", &id("c")), "2003008400 x"),
        ("allow_anonymous=false", connect("MQTT", 5, 2, "00", &id("c")), "2003008700 x"),
        ("allow_anonymous=false", connect("MQTT", 4, 2, "", &id("c")), "20020005 x"),
        ("clientid_prefixes=ok-", connect("MQTT", 5, 2, "00", &id("c")), "2003008700 x"),
        ("clientid_prefixes=ok-", connect("MQTT", 4, 2, "", &id("c")), "20020005 x"),
        ("clientid_prefixes=ok-", connect("MQTT", 4, 2, "", &id("ok-c")), "20020000 …"),
        ("clientid_prefixes=ok-", connect("MQTT", 4, 2, "", &id("")), "20020005 x"),
        ("clientid_prefixes=auto-", connect("MQTT", 4, 2, "", &id("")), "20020000 …"),
        ("allow_zero_length_clientid=false", connect("MQTT", 5, 2, "00", &id("")), "2003008000 x"),
        ("allow_zero_length_clientid=false", connect("MQTT", 4, 2, "", &id("")), "20020002 x"),
        ("use_username_as_clientid=true", connect("MQTT", 5, 2, "00", &id("c")), "2003008700 x"),
        ("use_username_as_clientid=true", connect("MQTT", 4, 2, "", &id("c")), "20020005 x"),
        ("max_keepalive=60", connect("MQTT", 4, 2, "", &id("c")), "20020002 x"),
        ("global_max_clients=0", connect("MQTT", 5, 2, "00", &id("c")), "2003008900 x"),
        ("global_max_clients=0", connect("MQTT", 4, 2, "", &id("c")), "x"),
        ("max_connections=0", connect("MQTT", 5, 2, "00", &id("c")), "x"),
        ("global_max_connections=0", connect("MQTT", 4, 2, "", &id("c")), "x"),
    ] {
        rows.check(option, answer(&with(&[option]), &packet), expected);
    }
}

#[test]
fn publish_row_by_row() {
    let mut rows = Rows::default();
    let broker = with(&["message_size_limit=4"]);
    let publish5 = |topic: &str, first, id| publish(V5, topic, "x", first, id);
    let deep = "/".repeat(201);
    for (row, version, packet, expected) in [
        ("nobody hears it", V5, publish5("a", 2, 1), "4003000110 …"),
        ("nobody hears it", V5, publish5("a", 4, 1), "50020001 …"),
        ("nobody hears it", V4, publish(V4, "a", "x", 2, 1), "40020001 …"),
        ("a wildcard", V5, publish5("a/#", 0, 0), "E00181 x"),
        ("a wildcard", V4, publish(V4, "a/+", "x", 0, 0), "x"),
        ("no topic", V5, publish5("", 0, 0), "E00182 x"),
        ("no topic", V4, publish(V4, "", "x", 0, 0), "x"),
        ("not UTF-8", V5, frame(0x30, &[0, 1, 0xFF, 0]), "E00181 x"),
        ("QoS 3", V5, publish5("a", 6, 1), "E00181 x"),
        ("QoS 3", V4, publish(V4, "a", "x", 6, 1), "x"),
        ("DUP with QoS 0", V5, publish5("a", 8, 0), "E00181 x"),
        ("packet id 0", V5, publish5("a", 2, 0), "E00182 x"),
        ("packet id 0", V4, publish(V4, "a", "x", 2, 0), "x"),
        ("alias 0", V5, hex("30 07 0001 61 03 23 0000"), "E00194 x"),
        ("alias above 10", V5, hex("30 07 0001 61 03 23 000B"), "E00194 x"),
        ("an alias that stands for nothing", V5, hex("30 06 0000 03 23 0001"), "E00182 x"),
        ("201 separators", V5, publish5(&deep, 2, 1), "E00181 x"),
        ("201 separators", V4, publish(V4, &deep, "x", 2, 1), "x"),
        ("too large", V4, publish(V4, "a", "12345", 2, 1), "40020001 …"),
        // 0x95 is not among the codes of PUBACK.
        ("too large", V5, publish(V5, "a", "12345", 2, 1), "4003000197 …"),
        ("$SYS", V5, publish5("$SYS/x", 2, 1), "4003000187 …"),
        ("$SYS", V4, publish(V4, "$SYS/x", "x", 2, 1), "40020001 …"),
    ] {
        rows.check(&format!("{row} {version:?}"), answer_to(&broker, version, &packet), expected);
    }
    let broker = with(&["retain_available=false", "max_qos=1"]);
    for (row, version, packet, expected) in [
        ("retain", V5, publish5("a", 1, 0), "E0019A x"),
        ("retain", V4, publish(V4, "a", "x", 1, 0), "x"),
        ("QoS 2", V5, publish5("a", 4, 1), "E0019B x"),
        ("QoS 2", V4, publish(V4, "a", "x", 4, 1), "x"),
        ("a subscription with QoS 2", V5, subscribe(V5, "a", 2), "900400010001 …"),
        ("a subscription with QoS 2", V4, subscribe(V4, "a", 2), "9003000101 …"),
    ] {
        rows.check(&format!("{row} {version:?}"), answer_to(&broker, version, &packet), expected);
    }
}

#[test]
fn subscribe_row_by_row() {
    let mut rows = Rows::default();
    let broker = with(&["deny_subscribe=no"]);
    let unsubscribe = hex("A2 06 0001 00 0001 61");
    for (row, version, packet, expected) in [
        ("refused", V5, subscribe(V5, "$CONTROL/x", 1), "900400010087 …"),
        ("refused", V4, subscribe(V4, "$CONTROL/x", 1), "9003000180 …"),
        ("refused, 3.1", V3, subscribe(V3, "$CONTROL/x", 1), "9003000101 …"),
        ("refused by option", V4, subscribe(V4, "no", 1), "9003000180 …"),
        ("a wrong filter", V5, subscribe(V5, "a#", 0), "E00181 x"),
        ("a wrong filter", V4, subscribe(V4, "a#", 0), "x"),
        ("no filter text", V5, subscribe(V5, "", 0), "E00181 x"),
        // A Protocol Error (section 3.8.3.1).
        ("QoS 3", V5, subscribe(V5, "a", 3), "E00182 x"),
        ("QoS 3", V4, subscribe(V4, "a", 3), "x"),
        ("reserved bits", V5, subscribe(V5, "a", 0xC0), "E00181 x"),
        ("retain handling 3", V5, subscribe(V5, "a", 0x30), "E00182 x"),
        ("no filter", V5, hex("82 03 0001 00"), "E00182 x"),
        ("no filter", V4, hex("82 02 0001"), "x"),
        ("identifier 0", V5, hex("82 09 0001 02 0B00 0001 61 00"), "E00182 x"),
        ("$share with No Local", V5, subscribe(V5, "$share/g/a", 4), "E00182 x"),
        ("nothing to unsubscribe", V5, unsubscribe.clone(), "B00400010011 …"),
        ("nothing to unsubscribe", V4, hex("A2 05 0001 0001 61"), "B0020001 …"),
        ("wrong flags", V5, hex("80 07 0001 00 0001 61 00"), "E00181 x"),
        ("a short packet", V5, hex("82 01 00"), "E00181 x"),
        ("200 separators", V4, subscribe(V4, &"/".repeat(200), 0), "9003000100 …"),
    ] {
        rows.check(&format!("{row} {version:?}"), answer_to(&broker, version, &packet), expected);
    }
}

/// Sizes that no option changes.
#[test]
fn packets_have_largest_sizes() {
    let broker = Broker::start();
    // Only the fixed header: nothing more is waited for.
    let announced = |first: u8, size: u32| {
        let mut bytes = vec![first];
        let digits = [size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14 & 0x7F];
        bytes.extend(digits.map(|digit| digit as u8));
        bytes
    };
    for (row, first, max) in [
        ("SUBSCRIBE", 0x82, 100_000),
        ("UNSUBSCRIBE", 0xA2, 100_000),
        ("PUBACK", 0x40, 10_000),
        ("DISCONNECT", 0xE0, 10_000),
    ] {
        let mut raw = broker.client(V5, "c");
        raw.send(&announced(first, max + 1));
        raw.expect_kicked(V5, 0x95);
        let mut raw = broker.client(V4, "c");
        raw.send(&announced(first, max + 1));
        raw.expect_closed();
        let mut raw = broker.client(V5, "c");
        raw.send(&announced(first, max - 10));
        raw.close();
        broker.client(V5, row).ping();
    }
    for (name, expected) in [("0004 4D515454 05", "2003009500 x"), ("0004 4D515454 04", "x")] {
        let too_large = [announced(0x10, 100_001), hex(name)].concat();
        assert_eq!(answer(&broker, &too_large), expected, "CONNECT");
    }
    let small = with(&["max_packet_size=1000"]);
    assert_eq!(answer_to(&small, V5, &announced(0x30, 1001)), "E00195 x");
    assert_eq!(answer_to(&small, V4, &announced(0x30, 1001)), "x");
}

/// Every topic of a listener's clients lies below its mount point, and they don't see it.
#[test]
fn a_mount_point_is_put_before_and_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broker.conf");
    let probe = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (a, b) = (probe(), probe());
    let (inner, outer) = (a.local_addr().unwrap().port(), b.local_addr().unwrap().port());
    drop((a, b));
    let lines = format!(
        "allow_anonymous true\nlistener {inner} 127.0.0.1\nmount_point site/\n\
         listener {outer} 127.0.0.1\n"
    );
    std::fs::write(&file, lines).unwrap();
    let program = crate::support::program::Program::start(
        &crate::support::lastwill(),
        &["broker", "-v", "-c", file.to_str().unwrap()],
    );
    program.stderr.line_with("listening on");
    let client = |port: u16, id: &str, will| {
        let mut raw = Raw::dial(port);
        raw.send(&Connect { version: V5, id, will, ..Connect::default() }.bytes());
        assert_eq!(raw.receive_connack(), 0);
        raw
    };
    let mut all = client(outer, "all", None);
    all.subscribe(V5, "#", 0);
    let mut shared = client(inner, "shared", None);
    shared.subscribe(V5, "$share/g/a/#", 0);
    let mut own = client(inner, "own", None);
    own.subscribe(V5, "#", 0);
    let will = Some(crate::support::packet::Will::new("w", "off"));
    let mut mortal = client(inner, "mortal", will);
    mortal.send(&publish(V5, "a/b", "x", 0, 0));
    all.expect_message(V5, "site/a/b", "x");
    own.expect_message(V5, "a/b", "x");
    shared.expect_message(V5, "a/b", "x");
    all.send(&publish(V5, "elsewhere", "x", 0, 0));
    all.expect_message(V5, "elsewhere", "x");
    all.send(&publish(V5, "site/a/c", "y", 0, 0));
    all.expect_message(V5, "site/a/c", "y");
    own.expect_message(V5, "a/c", "y");
    shared.expect_message(V5, "a/c", "y");
    mortal.close();
    all.expect_message(V5, "site/w", "off");
    own.expect_message(V5, "w", "off");
    // What the broker tells lies above every mount point.
    own.subscribe(V5, "$SYS/#", 0);
    own.send(&hex("A2 06 0001 00 0001 23"));
    own.expect_hex("B0 04 0001 00 00");
    all.send(&publish(V5, "site/z", "z", 0, 0));
    own.ping();
    shared.ping();
}
