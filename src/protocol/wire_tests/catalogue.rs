//! The catalogue of broken input: bytes, the rule they break, the reason code.

use super::*;
use crate::TopicError::{Empty, MultiLevelPlace, ShareName, SingleLevelPlace, Wildcard};
use crate::{Malformed as M, PacketKind as K, PropertyId as P, Unsupported as U, Violation as V};

const C3: Side = Side::Client(Version::V31);
const C4: Side = Side::Client(Version::V311);
const C5: Side = Side::Client(Version::V5);
const S3: Side = Side::Server(Version::V31);
const S4: Side = Side::Server(Version::V311);
const S5: Side = Side::Server(Version::V5);

/// One broken packet.
pub(super) struct Row {
    pub(super) side: Side,
    pub(super) bytes: Vec<u8>,
    pub(super) error: DecodeError,
    reason: u8,
}

fn malformed(side: Side, bytes: &str, rule: Malformed) -> Row {
    Row { side, bytes: hex(bytes), error: DecodeError::Malformed(rule), reason: 0x81 }
}

fn violation(side: Side, bytes: &str, rule: Violation) -> Row {
    Row { side, bytes: hex(bytes), error: DecodeError::Violation(rule), reason: 0x82 }
}

fn with_reason(row: Row, reason: u8) -> Row {
    Row { reason, ..row }
}

fn unsupported(side: Side, bytes: &str, what: Unsupported) -> Row {
    Row { side, bytes: hex(bytes), error: DecodeError::Unsupported(what), reason: 0x84 }
}

/// All of them.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = headers();
    rows.extend(connects());
    rows.extend(wills());
    rows.extend(will_properties());
    rows.extend(publishes());
    rows.extend(subscriptions());
    rows.extend(acknowledgements());
    rows.extend(ends());
    rows.extend(property_values());
    rows
}

fn headers() -> Vec<Row> {
    vec![
        malformed(Side::Stranger, "00 00", M::PacketType(0)),
        malformed(C5, "00 00", M::PacketType(0)),
        malformed(C4, "F0 00", M::PacketType(15)),
        malformed(S3, "F0 00", M::PacketType(15)),
        malformed(Side::Stranger, "11", M::HeaderFlags(K::Connect)),
        malformed(C4, "60 02 0001", M::HeaderFlags(K::PubRel)),
        malformed(C5, "80 09 0001 00 0003 772F78 00", M::HeaderFlags(K::Subscribe)),
        malformed(C4, "AA 07 0001 0003 772F78", M::HeaderFlags(K::Unsubscribe)),
        malformed(C3, "41 02 0001", M::HeaderFlags(K::PubAck)),
        malformed(C5, "C1 00", M::HeaderFlags(K::PingReq)),
        malformed(C5, "E1 00", M::HeaderFlags(K::Disconnect)),
        malformed(C5, "F1 00", M::HeaderFlags(K::Auth)),
        malformed(S4, "21 02 0000", M::HeaderFlags(K::ConnAck)),
        malformed(C4, "30 FFFFFFFF7F", M::RemainingLength),
        malformed(Side::Stranger, "10 80808080", M::RemainingLength),
        malformed(C4, "C0 01 00", M::TrailingBytes(K::PingReq)),
        malformed(S5, "D0 01 00", M::TrailingBytes(K::PingResp)),
        violation(Side::Stranger, "30", V::FirstPacketNotConnect),
        violation(Side::Stranger, "C0 00", V::FirstPacketNotConnect),
        violation(C4, "10", V::SecondConnect),
        violation(C5, "10 00", V::SecondConnect),
        violation(C5, "20 03 00 00 00", V::FromClient(K::ConnAck)),
        violation(C4, "90 03 0001 00", V::FromClient(K::SubAck)),
        violation(C4, "B0 02 0001", V::FromClient(K::UnsubAck)),
        violation(C4, "D0 00", V::FromClient(K::PingResp)),
        violation(S5, "10 00", V::FromServer(K::Connect)),
        violation(S5, "82 00", V::FromServer(K::Subscribe)),
        violation(S5, "A2 00", V::FromServer(K::Unsubscribe)),
        violation(S5, "C0 00", V::FromServer(K::PingReq)),
        violation(S4, "E0 00", V::FromServer(K::Disconnect)),
    ]
}

fn connects() -> Vec<Row> {
    let connect = |bytes, rule| malformed(Side::Stranger, bytes, rule);
    let refused = |bytes, what| unsupported(Side::Stranger, bytes, what);
    let violation = |bytes, rule| violation(Side::Stranger, bytes, rule);
    vec![
        refused("10 0D 0004 4D515458 04 02 0000 0001 63", U::ProtocolName),
        refused("10 0D 0004 6D717474 04 02 0000 0001 63", U::ProtocolName),
        refused("10 0D 0004 4D515454 06 02 0000 0001 63", U::ProtocolLevel(6)),
        refused("10 0D 0004 4D515454 85 02 0000 0001 63", U::ProtocolLevel(0x85)),
        refused("10 0D 0004 4D515454 03 02 0000 0001 63", U::ProtocolLevel(3)),
        refused("10 0F 0006 4D5149736470 04 02 0000 0001 63", U::ProtocolLevel(4)),
        connect("10 00", M::Truncated),
        connect("10 03 0004 4D", M::Truncated),
        connect("10 06 0004 4D515454", M::Truncated),
        connect("10 0A 0004 4D515454 04 02 0000", M::Truncated),
        connect("10 0D 0004 4D515454 04 02 0000 0002 63", M::Truncated),
        connect("10 0D 0004 4D515454 04 82 0000 0001 63", M::Truncated),
        connect("10 0E 0004 4D515454 05 02 0000 05 0001 63", M::Truncated),
        connect("10 0E 0004 4D515454 04 02 0000 0001 63 00", M::TrailingBytes(K::Connect)),
        connect("10 0D 0004 4D515454 04 03 0000 0001 63", M::ConnectReservedFlag),
        connect("10 0E 0004 4D515454 05 03 0000 00 0001 63", M::ConnectReservedFlag),
        connect("10 10 0004 4D515454 04 42 0000 0001 63 0001 70", M::PasswordWithoutUserName),
        connect("10 12 0006 4D5149736470 03 42 0000 0001 63 0001 70", M::PasswordWithoutUserName),
        with_reason(connect("10 0D 0004 4D515454 04 02 0000 0001 FF", M::ClientId), 0x85),
        with_reason(connect("10 0E 0004 4D515454 05 02 0000 00 0001 00", M::ClientId), 0x85),
        connect("10 10 0004 4D515454 04 82 0000 0001 63 0001 00", M::NullCharacter),
        connect(
            "10 10 0004 4D515454 05 02 0000 02 2300 0001 63",
            misplaced(P::TopicAlias, K::Connect),
        ),
        violation("10 11 0004 4D515454 05 02 0000 03 21 0000 0001 63", V::ReceiveMaximumZero),
        violation(
            "10 13 0004 4D515454 05 02 0000 05 27 00000000 0001 63",
            V::MaximumPacketSizeZero,
        ),
        violation(
            "10 12 0004 4D515454 05 02 0000 04 16 0001 01 0001 63",
            V::AuthenticationDataAlone,
        ),
        violation(
            "10 10 0004 4D515454 05 02 0000 02 17 02 0001 63",
            V::PropertyNotBoolean(P::RequestProblemInformation, 2),
        ),
        violation(
            "10 14 0004 4D515454 05 02 0000 06 22 0001 22 0001 0001 63",
            V::PropertyTwice(P::TopicAliasMaximum),
        ),
    ]
}

/// Client id `c`, will topic `w/t`, payload `off`, with these will properties.
fn will_with(properties: &str) -> String {
    let bytes = hex(properties).len();
    let length = 24 + 1 + bytes;
    format!(
        "10 {length:02X} 0004 4D515454 05 06 0000 00 0001 63 {bytes:02X} {properties} \
         0003 772F74 0003 6F6666"
    )
}

fn wills() -> Vec<Row> {
    let broken = |bytes: &str, rule| malformed(Side::Stranger, bytes, rule);
    let topic = |text: &str, rule| {
        let text_length = hex(text).len();
        let length = 17 + text_length;
        let bytes = format!(
            "10 {length:02X} 0004 4D515454 04 06 0000 0001 63 {text_length:04X} {text} 0000"
        );
        Row { side: Side::Stranger, bytes: hex(&bytes), error: rule, reason: 0x82 }
    };
    let topic_81 = |text: &str, rule: Malformed| with_reason(topic(text, rule.into()), 0x81);
    let in_v311 = "0004 4D515454 04";
    vec![
        // W14, also without Will Flag and in 3.1.
        broken(&format!("10 17 {in_v311} 1E 0000 0001 63 0003 772F74 0003 6F6666"), M::WillQoS),
        broken(&format!("10 0D {in_v311} 1A 0000 0001 63"), M::WillQoS),
        broken("10 0F 0006 4D5149736470 03 1A 0000 0001 63", M::WillQoS),
        // W18, W19
        broken(
            &format!("10 17 {in_v311} 02 0000 0001 63 0003 772F74 0003 6F6666"),
            M::TrailingBytes(K::Connect),
        ),
        broken(&format!("10 12 {in_v311} 06 0000 0001 63 0003 772F74"), M::Truncated),
        // W22, W23, W24
        topic("", V::WillTopic(Empty).into()),
        topic("77 2F 23", V::WillTopic(Wildcard).into()),
        topic("2B", V::WillTopic(Wildcard).into()),
        topic_81("61 00 62", M::NullCharacter),
        topic_81("61 FF 62", M::Utf8),
        topic_81("61 ED A0 80", M::Utf8),
    ]
}

/// W33 to W39.
fn will_properties() -> Vec<Row> {
    let wrong = |properties: &str, rule| violation(Side::Stranger, &will_with(properties), rule);
    let strange = |properties: &str, rule| malformed(Side::Stranger, &will_with(properties), rule);
    let misplaced = |id| M::PropertyMisplaced(id, PropertyPlace::Will);
    let not_utf8 = "10 19 0004 4D515454 05 06 0000 00 0001 63 02 0101 0003 772F74 0001 FF";
    vec![
        with_reason(violation(Side::Stranger, not_utf8, V::WillPayloadNotUtf8), 0x99),
        wrong("01 02", V::PropertyNotBoolean(P::PayloadFormatIndicator, 2)),
        wrong("18 00000001 18 00000001", V::PropertyTwice(P::WillDelayInterval)),
        wrong("0100 0100", V::PropertyTwice(P::PayloadFormatIndicator)),
        wrong("02 00000001 02 00000001", V::PropertyTwice(P::MessageExpiryInterval)),
        wrong("03 0000 03 0000", V::PropertyTwice(P::ContentType)),
        wrong("08 0001 61 08 0001 61", V::PropertyTwice(P::ResponseTopic)),
        wrong("09 0000 09 0000", V::PropertyTwice(P::CorrelationData)),
        strange("23 0001", misplaced(P::TopicAlias)),
        strange("0B 01", misplaced(P::SubscriptionIdentifier)),
        strange("11 00000001", misplaced(P::SessionExpiryInterval)),
        strange("1F 0000", misplaced(P::ReasonString)),
        strange("7F", M::PropertyUnknown(0x7F)),
        strange("FF 01 00", M::PropertyUnknown(0xFF)),
        strange("18 0000", M::Truncated),
        wrong("08 0001 23", V::ResponseTopic(Wildcard)),
        wrong("08 0000", V::ResponseTopic(Empty)),
        strange("03 0001 FF", M::Utf8),
        strange("08 0001 00", M::NullCharacter),
        strange("26 0001 61 0001 FF", M::Utf8),
    ]
}

const fn misplaced(id: P, kind: K) -> M {
    M::PropertyMisplaced(id, PropertyPlace::Packet(kind))
}

fn publishes() -> Vec<Row> {
    let alias = |row| with_reason(row, 0x94);
    let above = V::TopicAliasAboveMaximum { alias: 21, max: 20 };
    vec![
        malformed(C4, "36 08 0003 772F78 0001 78", M::PublishQoS),
        malformed(C5, "36", M::PublishQoS),
        malformed(S5, "3E", M::PublishQoS),
        malformed(C4, "38", M::DupAtQoS0),
        malformed(S4, "39 06 0003 772F78 78", M::DupAtQoS0),
        malformed(C4, "30 06 0003 772F23 78", M::TopicName(Wildcard)),
        malformed(C5, "30 05 0001 2B 00 78", M::TopicName(Wildcard)),
        malformed(C4, "30 03 0000 78", M::TopicName(Empty)),
        malformed(C4, "30 04 0001 FF 78", M::Utf8),
        malformed(S4, "30 04 0001 00 78", M::NullCharacter),
        malformed(C4, "30 00", M::Truncated),
        malformed(C4, "32 03 0001 61", M::Truncated),
        malformed(C5, "30 03 0001 61", M::Truncated),
        malformed(C5, "30 05 0001 61 03 23", M::Truncated),
        malformed(C5, "30 07 0001 61 80808080", M::VariableByteInteger),
        malformed(C5, "30 05 0001 61 80 00", M::VariableByteInteger),
        malformed(C5, "30 09 0001 61 05 18 00000001", misplaced(P::WillDelayInterval, K::Publish)),
        violation(C4, "32 05 0001 61 0000", V::PacketIdZero),
        violation(C5, "30 03 0000 00", V::TopicMissing),
        violation(C5, "30 06 0000 03 23 0001", V::TopicAliasUnknown(1)),
        violation(C5, "30 06 0001 61 02 0B 01", V::SubscriptionIdentifierFromClient),
        violation(S5, "30 06 0001 61 02 0B 00", V::SubscriptionIdentifierZero),
        violation(C5, "30 08 0001 61 04 08 0001 2B", V::ResponseTopic(Wildcard)),
        violation(
            C5,
            "30 06 0001 61 02 01 02",
            V::PropertyNotBoolean(P::PayloadFormatIndicator, 2),
        ),
        alias(violation(C5, "30 0A 0003 772F78 03 23 0000 78", V::TopicAliasZero)),
        alias(violation(C5, "30 07 0001 61 03 23 0015", above)),
        alias(violation(S5, "30 06 0000 03 23 0015", above)),
    ]
}

fn subscriptions() -> Vec<Row> {
    vec![
        malformed(C5, "82 07 0001 00 0001 61 40", M::SubscriptionReservedBits),
        malformed(C4, "82 06 0001 0001 61 04", M::SubscriptionReservedBits),
        malformed(C4, "82 08 0001 0003 612B2F 00", M::TopicFilter(SingleLevelPlace)),
        malformed(C4, "82 08 0001 0003 232F61 00", M::TopicFilter(MultiLevelPlace)),
        malformed(C4, "82 05 0001 0000 00", M::TopicFilter(Empty)),
        malformed(C5, "82 0E 0001 00 0008 24 73 68 61 72 65 2F 67 00", M::TopicFilter(ShareName)),
        malformed(C4, "A2 05 0001 0001 FF", M::Utf8),
        malformed(C4, "A2 06 0001 0002 612B", M::TopicFilter(SingleLevelPlace)),
        malformed(C4, "82 05 0001 0001 61", M::Truncated),
        violation(C5, "82 07 0001 00 0001 61 03", V::SubscriptionQoS),
        violation(C4, "82 06 0001 0001 61 03", V::SubscriptionQoS),
        violation(C5, "82 07 0001 00 0001 61 30", V::RetainHandling),
        violation(C5, "82 10 0001 00 000A 2473686172652F672F61 04", V::NoLocalOnShared),
        violation(C4, "82 02 0001", V::FilterMissing(K::Subscribe)),
        violation(C5, "82 03 0001 00", V::FilterMissing(K::Subscribe)),
        violation(C4, "A2 02 0001", V::FilterMissing(K::Unsubscribe)),
        violation(C4, "82 06 0000 0001 61 00", V::PacketIdZero),
        violation(C5, "82 09 0001 02 0B 00 0001 78 00", V::SubscriptionIdentifierZero),
        violation(
            C5,
            "82 0B 0001 04 0B 01 0B 02 0001 78 00",
            V::PropertyTwice(P::SubscriptionIdentifier),
        ),
        violation(S5, "90 03 0001 00", V::ReasonMissing(K::SubAck)),
        violation(S4, "90 02 0001", V::ReasonMissing(K::SubAck)),
        violation(S5, "B0 03 0001 00", V::ReasonMissing(K::UnsubAck)),
        violation(S5, "90 04 0001 00 11", V::ReasonCode(K::SubAck, 0x11)),
        violation(S4, "90 03 0001 87", V::ReasonCode(K::SubAck, 0x87)),
        violation(S5, "B0 04 0001 00 01", V::ReasonCode(K::UnsubAck, 1)),
        malformed(S4, "B0 03 0001 00", M::TrailingBytes(K::UnsubAck)),
    ]
}

fn acknowledgements() -> Vec<Row> {
    vec![
        malformed(C4, "40 01 00", M::Truncated),
        malformed(C4, "40 03 0001 00", M::TrailingBytes(K::PubAck)),
        malformed(C5, "40 05 0001 00 00 00", M::TrailingBytes(K::PubAck)),
        malformed(C5, "50 04 0001 00 01", M::Truncated),
        violation(C5, "40 02 0000", V::PacketIdZero),
        violation(C5, "40 03 0001 92", V::ReasonCode(K::PubAck, 0x92)),
        violation(C5, "50 03 0001 03", V::ReasonCode(K::PubRec, 3)),
        violation(C5, "62 03 0001 10", V::ReasonCode(K::PubRel, 0x10)),
        violation(C5, "70 03 0001 80", V::ReasonCode(K::PubComp, 0x80)),
        violation(C5, "40 0A 0001 00 06 1F 0000 1F 0000", V::PropertyTwice(P::ReasonString)),
        malformed(S4, "20 02 02 00", M::ConnAckFlags),
        malformed(S5, "20 03 80 00 00", M::ConnAckFlags),
        malformed(S5, "20 02 00 00", M::Truncated),
        violation(S4, "20 02 00 06", V::ReasonCode(K::ConnAck, 6)),
        violation(S5, "20 03 00 8D 00", V::ReasonCode(K::ConnAck, 0x8D)),
        violation(S5, "20 07 00 00 04 16 0001 01", V::AuthenticationDataAlone),
        unsupported(S5, "20 02 00 01", U::ProtocolLevel(5)),
    ]
}

fn ends() -> Vec<Row> {
    let mut rows = vec![
        malformed(C4, "E0 01 00", M::TrailingBytes(K::Disconnect)),
        malformed(C3, "E0 01 00", M::TrailingBytes(K::Disconnect)),
        malformed(C5, "E0 03 00 00 00", M::TrailingBytes(K::Disconnect)),
        malformed(C5, "E0 05 00 03 23 0001", misplaced(P::TopicAlias, K::Disconnect)),
        violation(
            C5,
            "E0 0C 00 0A 11 00000001 11 00000001",
            V::PropertyTwice(P::SessionExpiryInterval),
        ),
        violation(S5, "E0 07 8B 05 11 00000001", V::SessionExpiryFromServer),
        violation(C5, "F0 00", V::AuthenticationMethodMissing),
        violation(C5, "F0 02 18 00", V::AuthenticationMethodMissing),
        violation(C5, "F0 06 00 04 15 0001 6D", V::ReasonCode(K::Auth, 0)),
        violation(S5, "F0 06 19 04 15 0001 6D", V::ReasonCode(K::Auth, 0x19)),
    ];
    for code in [0x01, 0x03, 0x87, 0x8B, 0x8C, 0x8E, 0x91, 0x9A, 0xFF] {
        let rule = V::ReasonCode(K::Disconnect, code);
        rows.push(violation(C5, &format!("E0 01 {code:02X}"), rule));
    }
    for code in [0x04, 0x8C, 0xA3] {
        let rule = V::ReasonCode(K::Disconnect, code);
        rows.push(violation(S5, &format!("E0 01 {code:02X}"), rule));
    }
    rows
}

/// Properties with only two values, where a server states them.
fn property_values() -> Vec<Row> {
    let stated = [
        P::MaximumQoS,
        P::RetainAvailable,
        P::WildcardSubscriptionAvailable,
        P::SubscriptionIdentifierAvailable,
        P::SharedSubscriptionAvailable,
    ];
    let connack = |id: P| {
        let bytes = format!("20 05 00 00 02 {:02X} 02", id as u8);
        violation(S5, &bytes, V::PropertyNotBoolean(id, 2))
    };
    stated.into_iter().map(connack).collect()
}

#[test]
fn each_broken_packet_names_its_rule() {
    for row in rows() {
        let bytes = &row.bytes;
        let decoded = row.side.decoder().decode(bytes).map(|decoded| format!("{decoded:?}"));
        assert_eq!(decoded, Err(row.error), "{:?} {bytes:02x?}", row.side);
        assert_eq!(row.error.reason_code() as u8, row.reason, "{bytes:02x?}");
    }
}

#[test]
fn each_message_is_plain_words() {
    for row in rows() {
        let text = row.error.to_string();
        let (_, words) = text.split_once(": ").unwrap();
        assert!(words.len() > 10 && words.contains(' '), "{text}");
        assert!(!text.contains(['{', '(']), "{text}");
    }
    let large = DecodeError::TooLarge { size: 7, max: 5 };
    assert_eq!(large.to_string(), "packet too large: 7 bytes, at most 5 are accepted");
}

#[test]
fn strict_flags_are_refused_on_demand_and_never_in_3_1() {
    let strict = DecodeLimits { strict_connect_flags: true, ..LIMITS };
    let qos = "10 0D 0004 4D515454 04 0A 0000 0001 63";
    let retain = "10 0E 0004 4D515454 05 22 0000 00 0001 63";
    let v31 = "10 0F 0006 4D5149736470 03 2B 0000 0001 63";
    for (bytes, expected) in
        [(qos, Some(M::WillQoSWithoutWill)), (retain, Some(M::WillRetainWithoutWill)), (v31, None)]
    {
        let bytes = hex(bytes);
        let lenient = Decoder::of_client(LIMITS).decode(&bytes).map(|_| ());
        assert_eq!(lenient, Ok(()), "D1: accepted and ignored");
        let refused = Decoder::of_client(strict).decode(&bytes).map(|_| ()).err();
        assert_eq!(refused, expected.map(DecodeError::Malformed));
    }
}

#[test]
fn a_refused_connect_still_tells_its_version() {
    for (bytes, version) in [
        ("10 0D 0004 4D515458 04 02 0000 0001 63", None),
        ("10 0D 0004 4D515454 06 02 0000 0001 63", Some(Version::V5)),
        ("10 0D 0004 4D515454 03 02 0000 0001 63", Some(Version::V311)),
        ("10 0F 0006 4D5149736470 04 02 0000 0001 63", Some(Version::V31)),
        ("10 0E 0004 4D515454 05 03 0000 00 0001 63", Some(Version::V5)),
        ("10 0D 0004 4D515454 04 03 0000 0001 63", Some(Version::V311)),
    ] {
        let mut decoder = Decoder::of_client(LIMITS);
        assert!(decoder.decode(&hex(bytes)).is_err());
        assert_eq!(decoder.version(), version, "{bytes}");
    }
}

#[test]
fn mqtt_3_1_tolerates_what_old_clients_send() {
    for bytes in
        ["80 06 0001 0001 61 00", "8A 06 0001 0001 61 00", "82 02 0001", "A8 05 0001 0001 61"]
    {
        assert!(matches!(C3.decoder().decode(&hex(bytes)), Ok(Decoded::Packet(..))), "{bytes}");
    }
    assert!(matches!(C3.decoder().decode(&hex("68 02 0001")), Ok(Decoded::Packet(..))));
    let reserved_flag = hex("10 0F 0006 4D5149736470 03 03 0000 0001 63");
    assert!(Decoder::of_client(LIMITS).decode(&reserved_flag).is_ok());
    let session_present = hex("20 02 FF 00");
    let Ok(Decoded::Packet(Packet::ConnAck(connack), _)) = S3.decoder().decode(&session_present)
    else {
        panic!("the byte is reserved in 3.1");
    };
    assert!(!connack.session_present);
}

/// The variants of an enum in error.rs.
fn variants(of: &str) -> Vec<&'static str> {
    let source = include_str!("../error.rs");
    let (_, body) = source.split_once(&format!("pub enum {of} {{\n")).unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let lines = body.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
    let names = lines.filter_map(|line| line.trim().split([',', '(', ' ']).next());
    names.filter(|name| name.starts_with(char::is_uppercase)).collect()
}

#[test]
fn every_rule_is_in_the_catalogue() {
    let seen: Vec<String> = rows().iter().map(|row| format!("{:?}", row.error)).collect();
    for of in ["Malformed", "Violation", "Unsupported"] {
        let names = variants(of);
        assert!(names.len() > 1, "{names:?}");
        // These two need an option and have a test of their own.
        let strict = ["WillQoSWithoutWill", "WillRetainWithoutWill"];
        for name in names.into_iter().filter(|name| !strict.contains(name)) {
            let start = format!("{of}({name}");
            let ends = [')', '(', ' '];
            let is_there = seen
                .iter()
                .any(|error| error.strip_prefix(&start).is_some_and(|rest| rest.starts_with(ends)));
            assert!(is_there, "no broken packet for {of}::{name}");
        }
    }
}
