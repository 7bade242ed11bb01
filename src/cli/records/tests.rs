use std::ffi::OsString;

use super::*;
use crate::cli::args::{self, Places};
use crate::cli::options::Called;

fn options(words: &[&str]) -> PubOptions {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    args::publish(Called::Lastwill, &words, &Places::default()).unwrap_or_else(|answer| {
        panic!("{words:?}: {}", String::from_utf8_lossy(&answer.stderr));
    })
}

/// Topic, payload, QoS, retain bit.
type Told = (String, Vec<u8>, QoS, bool);

fn told(words: &[&str], record: &[u8]) -> Result<Told, (usize, String)> {
    match message(&options(words), record) {
        Ok(Some(message)) => Ok((
            message.topic().as_str().to_owned(),
            message.payload().to_vec(),
            message.qos(),
            message.retain(),
        )),
        Ok(None) => panic!("a message in {record:?}"),
        Err(bad) => Err((bad.column, bad.what)),
    }
}

#[track_caller]
fn assert_told(words: &[&str], record: &[u8], topic: &str, payload: &[u8]) {
    let (is_topic, is_payload, ..) = told(words, record).unwrap();
    assert_eq!((is_topic.as_str(), is_payload.as_slice()), (topic, payload));
}

#[test]
fn a_separator_divides_a_record_at_its_first_place() {
    let words = ["-l", "--topic-separator", " "];
    assert_told(&words, b"a/b x y", "a/b", b"x y");
    assert_told(&words, b"a ", "a", b"");
    assert_told(&["-l", "--topic-separator", "\\t"], b"a b\t\xFF", "a b", b"\xFF");
    assert_told(&["--topic-separator=::", "-l"], b"a:b::c::", "a:b", b"c::");
    for (record, column, part) in [
        (&b"a"[..], 2, "no ' ' between topic and payload"),
        (b"", 1, "no ' '"),
        (b"a/# x", 1, "'a/#' is no valid topic to publish to"),
        (b" x", 1, "it is empty"),
        (b"a\xFF x", 2, "no valid UTF-8"),
    ] {
        let (place, what) = told(&words, record).unwrap_err();
        assert!(what.contains(part), "{what}");
        assert_eq!(place, column, "{record:?}");
    }
}

#[test]
fn the_command_line_goes_before_a_line_of_json() {
    let line = br#"{"topic":"a","qos":1,"retain":false,"payload":"p"}"#;
    let line_says = |words: &[&str]| {
        let (topic, _, qos, retain) = told(&[&["--json"], words].concat(), line).unwrap();
        (topic, qos as u8, retain)
    };
    assert_eq!(line_says(&[]), ("a".to_owned(), 1, false));
    assert_eq!(line_says(&["-t", "b"]), ("b".to_owned(), 1, false));
    assert_eq!(line_says(&["-q", "0", "-r"]), ("a".to_owned(), 0, true));
    let bare = br#"{"payload":"p"}"#;
    let (_, what) = told(&["--json"], bare).unwrap_err();
    assert_eq!(what, "it has no `topic`, and there is no -t");
    let (topic, _, qos, retain) = told(&["--json", "-t", "b", "-q", "2"], bare).unwrap();
    assert_eq!((topic.as_str(), qos as u8, retain), ("b", 2, false));
}

#[test]
fn properties_of_the_command_line_replace_those_of_the_line() {
    let line = br#"{"topic":"a","payload":"","properties":{"content-type":"x",
        "response-topic":"r","user-properties":[{"n":"1"}],"message-expiry-interval":5}}"#;
    let more = ["-D", "publish", "content-type", "y", "-D", "publish", "user-property", "n", "2"];
    let made = message(&options(&[&["--json"], &more[..]].concat()), line).unwrap().unwrap();
    let found: Vec<_> = made.as_ref().properties.iter().collect();
    assert_eq!(
        found,
        [
            Property::ResponseTopic("r"),
            Property::UserProperty("n", "1"),
            Property::ContentType("y"),
            Property::UserProperty("n", "2"),
        ]
    );
    assert_eq!(made.expiry_secs(), Some(5));
    let bad = message(&options(&["--json", "-V", "311"]), line).unwrap_err();
    assert_eq!(bad.what, "it has `properties`, which need MQTT 5 (-V 5)");
}

#[test]
fn blank_lines_between_messages_are_none() {
    for blank in [&b""[..], b"  ", b"\r"] {
        assert_eq!(message(&options(&["--json"]), blank).unwrap().map(|_| ()), None);
    }
}

#[test]
fn combinations_that_make_no_sense_are_refused() {
    for (line, part) in [
        ("-t a -m b -0", "-0 needs -l or --json"),
        ("-t a -m b --topic-separator :", "--topic-separator needs -l"),
        ("-t a -l --topic-separator :", "-t and --topic-separator cannot"),
        ("--json --topic-separator :", "--topic-separator cannot be used with"),
        ("--topic-separator : --json", "--topic-separator cannot be used with"),
        ("-l --json", "Only one type of message"),
        ("-l --topic-separator=", "must not be empty"),
        ("-l -0", "Both topic and message"),
    ] {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let answer = args::publish(Called::Lastwill, &words, &Places::default()).unwrap_err();
        let stderr = String::from_utf8_lossy(&answer.stderr);
        assert!(stderr.contains(part), "{line}: {stderr}");
        let answer = args::publish(Called::Mosquitto, &words, &Places::default()).unwrap_err();
        let stderr = String::from_utf8_lossy(&answer.stderr);
        assert!(stderr.contains("Unknown option") || line == "-l --json", "{line}: {stderr}");
    }
}
