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

fn printed_as(form: As, output: &Output, payload: &[u8]) -> String {
    let pipes = Pipes { shape: Shape::As(form), ..Pipes::default() };
    String::from_utf8(printed(&pipes, output, payload)).unwrap()
}

#[test]
fn payloads_have_other_forms() {
    let plain = Output::default();
    let verbose = Output { verbose: true, ..Output::default() };
    assert_eq!(printed_as(As::Hex, &plain, b"\0\xFFa"), "00ff61\n");
    assert_eq!(printed_as(As::Hex, &verbose, b""), "a b \n");
    assert_eq!(printed_as(As::Base64, &verbose, b"\0\xFF"), "a b AP8=\n");
    assert_eq!(printed_as(As::Json, &plain, b" [ 1, 2 ]"), "[1,2]\n");
    let pretty = Output { json_style: JsonStyle::Pretty, ..verbose };
    assert_eq!(printed_as(As::Json, &pretty, b"[1]"), "a b [\n  1\n]\n");
}

#[test]
fn a_dump_is_that_of_hexdump() {
    let expected = "a b (18 bytes, QoS 0)
00000000  48 65 6c 6c 6f 20 77 6f  72 6c 64 21 00 ff 0a 7f  |Hello world!....|
00000010  7e 30                                             |~0|
00000012
";
    let payload = b"Hello world!\0\xFF\n\x7F~0";
    assert_eq!(printed_as(As::Dump, &Output::default(), payload), expected);
    assert_eq!(printed_as(As::Dump, &Output::default(), b""), "a b (0 bytes, QoS 0)\n00000000\n");
}
