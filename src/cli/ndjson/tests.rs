use super::*;
use crate::protocol::{
    PacketId, Properties, Property, PropertyBuf, Publish, QoS, Topic, TopicName,
};
use proptest::prelude::*;

fn publish<'a>(topic: &'a str, payload: &'a [u8], properties: Properties<'a>) -> Publish<'a> {
    Publish {
        dup: true,
        qos: QoS::AtLeastOnce,
        retain: true,
        topic: Topic::Slice(TopicName::new(topic).unwrap()),
        packet_id: PacketId::new(7),
        properties,
        payload,
    }
}

fn line(publish: &Publish<'_>, at: Option<f64>) -> String {
    let mut out = Vec::new();
    write(publish, jiff::Timestamp::new(1_800_000_000, 5_000_000).unwrap(), at, &mut out);
    String::from_utf8(out).unwrap()
}

fn all_properties(data: &[u8]) -> PropertyBuf {
    [
        Property::PayloadFormatIndicator(0),
        Property::MessageExpiryInterval(60),
        Property::TopicAlias(3),
        Property::ContentType("text/\"x\""),
        Property::ResponseTopic("re/ply"),
        Property::CorrelationData(data),
        Property::SubscriptionIdentifier(5),
        Property::SubscriptionIdentifier(268_435_455),
        Property::UserProperty("b", "1"),
        Property::UserProperty("a", "é\n"),
        Property::UserProperty("b", "1"),
    ]
    .into_iter()
    .collect()
}

#[test]
fn a_line_says_everything_about_a_message() {
    let properties = all_properties(b"\xFF\0");
    let message = publish("a/\u{1}\"", b"x\0\x7f\ny", properties.as_properties());
    assert_eq!(
        line(&message, Some(1.25)),
        concat!(
            r#"{"at":1.25,"time":"2027-01-15T08:00:00.005000Z","topic":"a/\u0001\"","qos":1,"#,
            r#""retain":true,"dup":true,"packet_id":7,"properties":{"payload-format-indicator":0,"#,
            r#""message-expiry-interval":60,"topic-alias":3,"content-type":"text/\"x\"","#,
            r#""response-topic":"re/ply","correlation-data":"/wA=","#,
            r#""subscription-identifiers":[5,268435455],"#,
            r#""user-properties":[{"b":"1"},{"a":"é\n"},{"b":"1"}]},"#,
            "\"encoding\":\"utf8\",\"payload\":\"x\\u0000\u{7f}\\ny\"}"
        )
    );
    let message =
        Publish { dup: false, packet_id: None, ..publish("t", b"\xFF", Properties::EMPTY) };
    assert_eq!(
        line(&message, None),
        r#"{"time":"2027-01-15T08:00:00.005000Z","topic":"t","qos":1,"retain":true,"encoding":"base64","payload":"/w=="}"#
    );
}

#[test]
fn what_is_read_is_what_travels_end_to_end() {
    let properties = all_properties(b"\xFF\0");
    let record = read(line(&publish("t", b"p", properties.as_properties()), None).as_bytes());
    let record = record.unwrap();
    let kept: PropertyBuf = properties
        .as_properties()
        .iter()
        .filter(|property| {
            !matches!(property, Property::TopicAlias(_) | Property::SubscriptionIdentifier(_))
        })
        .collect();
    assert_eq!(record.properties, kept);
    assert_eq!((record.topic.as_deref(), record.qos), (Some("t"), Some(QoS::AtLeastOnce)));
    assert_eq!((record.retain, record.payload), (Some(true), b"p".to_vec()));
    let time = jiff::Timestamp::new(1_800_000_000, 5_000_000).unwrap();
    assert_eq!(record.moment, Some(Moment::Time(time)));
}

proptest! {
    #[test]
    fn any_message_comes_back(
        topic in "[^\0+#]{1,20}",
        payload in prop::collection::vec(any::<u8>(), 0..300),
        data in prop::collection::vec(any::<u8>(), 0..50),
        pairs in prop::collection::vec(("[^\0]{0,9}", "[^\0]{0,9}"), 0..5),
    ) {
        let mut properties = PropertyBuf::new();
        properties.push(Property::CorrelationData(&data));
        properties.extend(pairs.iter().map(|(name, value)| Property::UserProperty(name, value)));
        let text = line(&publish(&topic, &payload, properties.as_properties()), None);
        prop_assert!(!text.contains('\n'));
        let record = read(text.as_bytes()).unwrap();
        prop_assert_eq!(record.topic, Some(topic));
        prop_assert_eq!(record.payload, payload);
        prop_assert_eq!(record.properties, properties);
    }
}

fn record(line: &str) -> Record {
    read(line.as_bytes()).unwrap_or_else(|problem| panic!("{line}: {problem:?}"))
}

#[test]
fn a_payload_is_text_unless_something_else_is_said() {
    assert_eq!(record(r#"{"payload":"a\u0000b"}"#).payload, b"a\0b");
    assert_eq!(record(r#"{"payload":"YQ==","encoding":"base64"}"#).payload, b"a");
    assert_eq!(record(r#"{"payload":"YQ==","encoding":"utf8"}"#).payload, b"YQ==");
    assert_eq!(record(r#"{"payload":null}"#).payload, b"");
    assert_eq!(record(r#"{"payload": {"b": [1, 2.50]} }"#).payload, br#"{"b": [1, 2.50]}"#);
    assert_eq!(record(r#"{"payload":-0.0}"#).payload, b"-0.0");
}

#[test]
fn lines_of_mosquitto_are_read_too() {
    let record = record(
        r#"{"tst":"2026-01-31T12:00:00.123456+0000","topic":"a","qos":0,"retain":1,
        "payloadlen":1,"mid":4,"properties":{"subscription-identifier":1,
        "user-properties":{"a":"1","b":"2"}},"payload":"x"}"#,
    );
    assert_eq!((record.retain, record.payload), (Some(true), b"x".to_vec()));
    let pairs: Vec<_> = record.properties.as_properties().user_properties().collect();
    assert_eq!(pairs, [("a", "1"), ("b", "2")]);
}

#[test]
fn a_bad_line_is_told_with_its_place() {
    for (line, column, part) in [
        ("", 1, "must be a JSON object"),
        ("{", 1, "EOF"),
        (r#"{"topic":"a"}"#, 13, "missing field `payload`"),
        (r#"{"topic":"a/#","payload":""}"#, 14, "contains '+' or '#'"),
        (r#"{"topc":"a","payload":""}"#, 7, "unknown field `topc`"),
        (r#"{"qos":3,"payload":""}"#, 8, "0, 1 or 2"),
        (r#"{"retain":"yes","payload":""}"#, 15, "true or false"),
        (r#"{"payload":"*","encoding":"base64"}"#, 12, "no base64"),
        (r#"{"payload":"\ud800"}"#, 19, "hex"),
        (r#"{"payload":1,"encoding":"utf8"}"#, 12, "must be a string"),
        (r#"{"payload":"","encoding":"hex"}"#, 30, "unknown variant `hex`"),
        (r#"{"payload":"","properties":{"content-type":"\u0000"}}"#, 52, "U+0000"),
        (r#"{"payload":"","time":"noon"}"#, 28, "must look like"),
        (r#"{"payload":""} x"#, 16, "trailing"),
        (r#"{"payload":"","payload":""}"#, 23, "duplicate field"),
        (" [1]", 2, "must be a JSON object"),
    ] {
        let problem = read(line.as_bytes()).unwrap_err();
        assert!(problem.what.contains(part), "{line}: {problem:?}");
        assert_eq!(problem.column, column, "{line}: {problem:?}");
    }
    let problem = read(b"{\"payload\":\"\xFF\"}").unwrap_err();
    assert!(problem.what.contains("unicode"), "{problem:?}");
}
