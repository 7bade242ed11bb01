use jiff::Zoned;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::{JsonMessage, JsonStyle, NotJson, PayloadAs, parse, write};
use crate::cli::compat::Compat;
use crate::cli::format::Received;
use crate::protocol::{Properties, Property, PropertyBuf, QoS};

fn now() -> Zoned {
    date(2026, 1, 31).at(12, 0, 0, 123_456_789).to_zoned(TimeZone::UTC).unwrap()
}

fn received(payload: &[u8]) -> Received<'_> {
    Received {
        topic: "a/b",
        payload,
        qos: QoS::AtMostOnce,
        retain: false,
        packet_id: 0,
        properties: Properties::EMPTY,
    }
}

fn message(received: &Received<'_>, payload: PayloadAs, style: JsonStyle) -> String {
    let mut out = Vec::new();
    JsonMessage { received, payload, compat: Compat::V21 }.write(style, &now(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What `%J` makes of a payload; `None` if it is not JSON.
fn reprinted(payload: &[u8]) -> Option<String> {
    let mut out = Vec::new();
    write(&parse(payload)?, JsonStyle::Compact, &mut out);
    Some(String::from_utf8_lossy(&out).into_owned())
}

#[test]
fn members_stand_in_order() {
    let mut properties = PropertyBuf::new();
    for property in [
        Property::UserProperty("k", "v"),
        Property::ContentType("x"),
        Property::CorrelationData(b"co\0rr"),
        Property::UserProperty("k", "v2"),
        Property::SubscriptionIdentifier(3),
    ] {
        properties.push(property);
    }
    let message = message(
        &Received {
            qos: QoS::AtLeastOnce,
            retain: true,
            packet_id: 9,
            properties: properties.as_properties(),
            ..received(b"hello")
        },
        PayloadAs::Text,
        JsonStyle::Compact,
    );
    assert_eq!(
        message,
        r#"{"tst":"2026-01-31T12:00:00.123456+0000","topic":"a/b","qos":1,"retain":true,"#
            .to_owned()
            + r#""payloadlen":5,"mid":9,"properties":{"user-properties":[{"k":"v"},{"k":"v2"}],"#
            + r#""content-type":"x","correlation-data":"co","subscription-identifier":3},"#
            + r#""payload":"hello"}"#
    );
}

#[test]
fn an_empty_payload_is_null() {
    for payload in [PayloadAs::Text, PayloadAs::Value] {
        let message = message(&received(b""), payload, JsonStyle::Compact);
        assert!(message.ends_with(r#""payloadlen":0,"payload":null}"#), "{message}");
    }
}

#[test]
fn version_2_0_has_another_shape() {
    let mut list = PropertyBuf::new();
    for (name, value) in [("k", "1"), ("k", "2")] {
        list.push(Property::UserProperty(name, value));
    }
    let received =
        Received { retain: true, properties: list.as_properties(), ..received(b"hello") };
    let mut out = Vec::new();
    JsonMessage { received: &received, payload: PayloadAs::Text, compat: Compat::V20 }
        .write(JsonStyle::Compact, &now(), &mut out)
        .unwrap();
    let wanted = "{\"tst\":\"2026-01-31T12:00:00.123456Z+0000\",\"topic\":\"a/b\",\"qos\":0,\
                  \"retain\":1,\"payloadlen\":5,\"properties\":{\"user-properties\":\
                  {\"k\":\"1\",\"k\":\"2\"}},\"payload\":\"hello\"}";
    assert_eq!(String::from_utf8(out).unwrap(), wanted);
}

#[test]
fn strings_keep_bytes_and_end_at_nul() {
    let mut out = Vec::new();
    let payload = b"\"\\/\x08\x0c\n\r\t\x01\x1f\x7f\xff\xc3\xa9\0x";
    let message = received(payload);
    let message = JsonMessage { received: &message, payload: PayloadAs::Text, compat: Compat::V21 };
    message.write(JsonStyle::Compact, &now(), &mut out).unwrap();
    let end = b"\"payloadlen\":16,\"payload\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xff\xc3\xa9\"}";
    assert!(out.ends_with(end), "{}", String::from_utf8_lossy(&out));
}

#[test]
fn payloads_are_reprinted_as_doubles_see_them() {
    for (payload, wanted) in [
        ("1.0", "1"),
        ("1e3", "1000"),
        ("123456789012345678", "1.2345678901234568e+17"),
        ("1e21", "1e+21"),
        ("1e400", "null"),
        ("-0", "-0"),
        ("01", "1"),
        ("1.", "1"),
        ("1e-5", "1e-05"),
        ("0.0001", "0.0001"),
        ("0.30000000000000004", "0.3"),
        ("1e15", "1e+15"),
        ("999999999999999", "999999999999999"),
        ("4.9e-324", "4.94065645841247e-324"),
        (" { \"a\" : [ 1 , true,null ], \"a\":{} } ", r#"{"a":[1,true,null],"a":{}}"#),
        ("\u{feff}[]", "[]"),
        (r#""\u0041\u00e9\ud83d\ude00\/""#, "\"Aé😀/\""),
        (r#""a\u0000b""#, r#""a""#),
        ("\"a\nb\"", r#""a\nb""#),
    ] {
        assert_eq!(reprinted(payload.as_bytes()).as_deref(), Some(wanted), "{payload}");
    }
}

#[test]
fn what_is_no_single_json_value_is_refused() {
    for payload in [
        "",
        "nul",
        "1e",
        "-",
        "--1",
        "+1",
        ".5",
        "1 2",
        "[1,]",
        "{\"a\" 1}",
        "{a:1}",
        "\"abc",
        "[",
        r#""\q""#,
        r#""\ud83d""#,
        r#""\udc00""#,
        "1\0",
        "tru",
        "0x10",
    ] {
        assert_eq!(reprinted(payload.as_bytes()), None, "{payload:?}");
    }
    let mut out = Vec::new();
    let received = received(b"{");
    let message =
        JsonMessage { received: &received, payload: PayloadAs::Value, compat: Compat::V21 };
    let result = message.write(JsonStyle::Compact, &now(), &mut out);
    assert_eq!((result, out), (Err(NotJson), Vec::new()));
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    assert!(reprinted(&nested(1000)).is_some());
    assert!(reprinted(&nested(1001)).is_none());
}

#[test]
fn pretty_indents_objects_and_leaves_arrays_on_a_line() {
    let mut out = Vec::new();
    let value = parse(br#"{"a":[1,2],"b":{},"c":[{"d":1},{"e":[]}],"f":[]}"#).unwrap();
    write(&value, JsonStyle::Pretty, &mut out);
    let wanted = "{\n\t\"a\":\t[1, 2],\n\t\"b\":\t{\n\t},\n\t\"c\":\t[{\n\t\t\t\"d\":\t1\n\t\t}, {\n\
                  \t\t\t\"e\":\t[]\n\t\t}],\n\t\"f\":\t[]\n}";
    assert_eq!(String::from_utf8(out).unwrap(), wanted);
    let mut properties = PropertyBuf::new();
    properties.push(Property::UserProperty("a", "b"));
    properties.push(Property::UserProperty("c", "d"));
    let message = message(
        &Received { properties: properties.as_properties(), ..received(b"x") },
        PayloadAs::Text,
        JsonStyle::Pretty,
    );
    let part = "\"user-properties\":\t[{\n\t\t\t\t\"a\":\t\"b\"\n\t\t\t}, {\n\t\t\t\t\"c\":\t\"d\"\n\t\t\t}]\n\t},";
    assert!(message.contains(part), "{message}");
}
