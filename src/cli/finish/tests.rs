//! What command lines mean.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::cli::args::{self, Places};
use crate::cli::options::{Called, Payload, PubOptions, SubOptions};
use crate::protocol::packet::connect::SESSION_EXPIRY_NEVER;
use crate::protocol::{Property, PropertyBuf, QoS, RetainHandling, Version};

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

#[track_caller]
fn sub(line: &str) -> SubOptions {
    args::sub(Called::Mosquitto, &words(line), &Places::default()).expect(line)
}

#[track_caller]
fn publish(line: &str) -> PubOptions {
    args::publish(Called::Mosquitto, &words(line), &Places::default()).expect(line)
}

fn of(properties: &PropertyBuf) -> Vec<Property<'_>> {
    properties.as_properties().iter().collect()
}

#[test]
fn nothing_said_means_the_defaults() {
    let options = sub("-t a");
    let connection = &options.connection;
    assert_eq!((connection.host.as_str(), connection.port), ("localhost", 1883));
    assert_eq!((connection.version, connection.keep_alive_secs), (Version::V311, 60));
    assert_eq!((connection.clean_start, connection.session_expiry_secs), (true, 0));
    assert_eq!((connection.client_id.as_str(), connection.inflight_max), ("", 20));
    assert_eq!(of(&connection.connect_properties), []);
    assert_eq!(
        (&connection.will, &connection.username, &connection.password),
        (&None, &None, &None)
    );
    assert_eq!(options.subscription_options.qos, QoS::AtMostOnce);
    let options = publish("-t a -n");
    assert_eq!((options.repeat, options.repeat_delay), (1, Duration::ZERO));
    assert_eq!(options.payload, Payload::Bytes(Vec::new()));
}

#[test]
fn the_last_word_counts_and_lists_grow() {
    let options = sub("-h a -h b -p 1 -p 2 -V 5 -V 31 -i x -i y -t a -t b -T c -T d -U e -U f");
    let connection = &options.connection;
    assert_eq!((connection.host.as_str(), connection.port), ("b", 2));
    assert_eq!((connection.version, connection.client_id.as_str()), (Version::V31, "y"));
    assert_eq!(options.filters, ["a", "b"]);
    assert_eq!(options.filters_out, ["c", "d"]);
    assert_eq!(options.unsubscribe_filters, ["e", "f"]);
    assert_eq!(publish("-t a -t b -m -x").topic.as_deref(), Some("b"));
    assert_eq!(publish("-t a -m -x").payload, Payload::Bytes(b"-x".to_vec()));
}

#[test]
fn a_session_stays_as_long_as_asked() {
    for (line, clean_start, secs, properties) in [
        ("-i a", true, 0, vec![]),
        ("-i a -c", false, SESSION_EXPIRY_NEVER, vec![]),
        ("-i a -V 5", true, 0, vec![Property::ReceiveMaximum(20)]),
        (
            "-i a -V 5 -c",
            false,
            SESSION_EXPIRY_NEVER,
            vec![
                Property::SessionExpiryInterval(SESSION_EXPIRY_NEVER),
                Property::ReceiveMaximum(20),
            ],
        ),
        (
            "-i a -x 0x10",
            true,
            16,
            vec![Property::SessionExpiryInterval(16), Property::ReceiveMaximum(20)],
        ),
        ("-i a -c -x 0", false, 0, vec![Property::ReceiveMaximum(20)]),
        (
            "-i a -x ∞",
            true,
            SESSION_EXPIRY_NEVER,
            vec![
                Property::SessionExpiryInterval(SESSION_EXPIRY_NEVER),
                Property::ReceiveMaximum(20),
            ],
        ),
        (
            "-D connect session-expiry-interval 7 -D connect user-property k v",
            true,
            7,
            vec![
                Property::SessionExpiryInterval(7),
                Property::UserProperty("k", "v"),
                Property::ReceiveMaximum(20),
            ],
        ),
        ("-i a -c -x 9 -V 311", false, SESSION_EXPIRY_NEVER, vec![]),
    ] {
        let connection = sub(&format!("-t a {line}")).connection;
        assert_eq!(connection.clean_start, clean_start, "{line}");
        assert_eq!(connection.session_expiry_secs, secs, "{line}");
        assert_eq!(of(&connection.connect_properties), properties, "{line}");
    }
}

#[test]
fn receive_maximum_follows_the_count() {
    for (line, wanted) in
        [("-C 1", 1), ("-C 20", 20), ("-C 100000", 20), ("-C 3 -D connect receive-maximum 50", 50)]
    {
        let connection = sub(&format!("-t a -V 5 {line}")).connection;
        assert_eq!(connection.receive_maximum, wanted, "{line}");
        let property = [Property::ReceiveMaximum(wanted)];
        assert_eq!(of(&connection.connect_properties), property, "{line}");
    }
}

#[test]
fn a_will_is_complete() {
    let line = "-t a --will-topic w --will-payload die --will-qos 2 --will-retain \
                -D will will-delay-interval 5 -D WILL User-Property k v";
    let connection = sub(line).connection;
    let will = connection.will.expect("a will");
    assert_eq!((will.topic.as_str(), will.payload.as_slice()), ("w", b"die".as_slice()));
    assert_eq!((will.qos, will.retain, will.delay_secs), (QoS::ExactlyOnce, true, 5));
    let properties = [Property::WillDelayInterval(5), Property::UserProperty("k", "v")];
    assert_eq!(of(&will.properties), properties);
    assert_eq!(will.as_will().map(|will| will.delay_secs), Some(5));
    assert_eq!(connection.version, Version::V5);
    assert_eq!(sub("-t a --will-qos 1 -D will content-type x").connection.will, None);
    let payload = "x".repeat(65_536);
    let line = format!("-t a --will-topic w --will-payload {payload}");
    let refused = args::sub(Called::Mosquitto, &words(&line), &Places::default());
    let stderr = refused.expect_err("too long for its field").stderr;
    assert_eq!(stderr, b"Error: Problem setting will.\n");
}

#[test]
fn a_url_fills_many_fields() {
    let connection = publish("-h x -p 9 -L mqtt://me:pw@h/a/b -n").connection;
    assert_eq!((connection.host.as_str(), connection.port), ("h", 1883));
    assert_eq!(connection.username.as_deref(), Some("me"));
    assert_eq!(connection.password.as_deref(), Some(b"pw".as_slice()));
    let options = sub("-L mqtt://[::1]:7/a -p 8 -t b");
    assert_eq!((options.connection.host.as_str(), options.connection.port), ("::1", 8));
    assert_eq!(options.filters, ["a", "b"]);
}

#[test]
fn identifiers_are_given_prefixed_or_made_up() {
    let prefixed = sub("-t a -I pre-").connection.client_id;
    assert_eq!(prefixed, format!("pre-{}", std::process::id()));
    let generated = sub("-t a -V 31").connection.client_id;
    let random = generated.strip_prefix("mosq-").expect("a prefix");
    assert!(random.len() == 18 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_ne!(sub("-t a -V 31").connection.client_id, generated);
}

#[test]
fn retain_options_depend_on_their_order() {
    for (line, hide, handling) in [
        ("", false, RetainHandling::Always),
        ("-R", true, RetainHandling::Never),
        ("--retain-handling new", false, RetainHandling::IfNew),
        ("--retain-handling new -R", true, RetainHandling::Never),
        ("-R --retain-handling always", true, RetainHandling::Always),
    ] {
        let options = sub(&format!("-t a {line}"));
        assert_eq!(options.hide_retained, hide, "{line}");
        assert_eq!(options.subscription_options.retain_handling, handling, "{line}");
    }
}

#[test]
fn payloads_come_from_one_place() {
    for (line, payload) in [
        ("-m x", Payload::Bytes(b"x".to_vec())),
        ("-n", Payload::Bytes(Vec::new())),
        ("-f some/file", Payload::File(PathBuf::from("some/file"))),
        ("-s", Payload::Stdin),
        ("-l", Payload::StdinLines),
    ] {
        assert_eq!(publish(&format!("-t a {line}")).payload, payload, "{line}");
    }
}

#[test]
fn numbers_keep_their_units() {
    let options = sub("-t a -C 3 -W 2 --random-filter 12.5 -k 5 -M 70000");
    assert_eq!((options.count, options.timeout), (Some(3), Some(Duration::from_secs(2))));
    assert_eq!(options.random_filter_permille, Some(125));
    assert_eq!(options.connection.keep_alive_secs, 5);
    assert_eq!(options.connection.inflight_max, u16::MAX);
    let options = publish("-t a -n --repeat 3 --repeat-delay 0.25 -r -q 1");
    assert_eq!((options.repeat, options.repeat_delay), (3, Duration::from_millis(250)));
    assert_eq!((options.retain, options.qos), (true, QoS::AtLeastOnce));
    let endless = publish("-t a -n --repeat-delay 1e300").repeat_delay;
    assert_eq!(endless, Duration::MAX);
}

#[test]
fn plain_connections_to_the_tls_port_need_saying() {
    assert_eq!(sub("-t a -p 8883 --no-tls").connection.port, 8883);
}
