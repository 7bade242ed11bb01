use super::*;
use crate::cli::format::Format;
use crate::protocol::{Properties, QoS, Topic, TopicName};

fn printed(pipes: &Pipes, output: &Output, payload: &[u8]) -> Vec<u8> {
    let publish = Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: Topic::Slice(TopicName::new("a b").unwrap()),
        packet_id: None,
        properties: Properties::EMPTY,
        payload,
    };
    let now = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    let mut out = Vec::new();
    pipes.print(output, &publish, &now, &mut out).unwrap();
    out
}

#[test]
fn nul_ends_every_message_even_an_empty_one() {
    let pipes = Pipes { zero_terminated: true, ..Pipes::default() };
    let plain = Output::default();
    assert_eq!(printed(&pipes, &plain, b"x\ny"), b"x\ny\0");
    assert_eq!(printed(&pipes, &plain, b""), b"\0");
    let verbose = Output { verbose: true, ..Output::default() };
    assert_eq!(printed(&pipes, &verbose, b"x"), b"a b x\0");
    assert_eq!(printed(&pipes, &verbose, b""), b"a b \0");
    let format = Output { format: Some(Format::parse(b"%l").unwrap()), ..Output::default() };
    assert_eq!(printed(&pipes, &format, b"x"), b"1\0");
    assert_eq!(printed(&Pipes::default(), &verbose, b""), b"a b (null)\n");
}

#[test]
fn json_is_one_line_a_message() {
    let line = br#"{"time":"1970-01-01T00:00:00.000000Z","topic":"a b","qos":0,"retain":false,"encoding":"utf8","payload":"x"}"#;
    let json = Pipes { shape: Shape::Json, zero_terminated: false };
    assert_eq!(printed(&json, &Output::default(), b"x"), [&line[..], b"\n"].concat());
    let json = Pipes { shape: Shape::Json, zero_terminated: true };
    assert_eq!(printed(&json, &Output::default(), b"x"), [&line[..], b"\0"].concat());
}
