use std::io::ErrorKind;

use super::*;
use crate::broker::event::{Lost, WillFate};
use crate::broker::policy::ListenerId;
use crate::observe::{Destination, Log, LogSettings, LogTypes};
use crate::protocol::{Malformed, QoS, ReasonCode};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const PEER: &str = "127.0.0.1:5000";

fn text(event: &Event<'_>) -> String {
    text_of(NOW, event, &StampFormat::EpochSeconds)
}

fn connected(username: Option<&str>, version: Version) -> Event<'_> {
    Event::Connected(Connected {
        client_id: "c1",
        peer: PEER,
        listener: ListenerId(0),
        version,
        clean_start: true,
        keep_alive_secs: 60,
        username,
        session_present: false,
        is_bridge: false,
    })
}

fn ended(cause: End) -> String {
    text(&Event::Disconnected { client_id: "c1", peer: PEER, cause })
}

#[test]
fn connections_are_told_as_mosquitto_does() {
    let plain = text(&connected(None, Version::V311));
    assert_eq!(plain, "New client connected from 127.0.0.1:5000 as c1 (p4, c1, k60).");
    let named = text(&connected(Some("bob"), Version::V5));
    assert_eq!(named, "New client connected from 127.0.0.1:5000 as c1 (p5, c1, k60, u'bob').");
    assert!(text(&connected(None, Version::V31)).contains("(p3, "));
    let Event::Connected(bridge) = connected(None, Version::V311) else { unreachable!() };
    let bridge = text(&Event::Connected(Connected { is_bridge: true, ..bridge }));
    assert_eq!(bridge, "New bridge connected from 127.0.0.1:5000 as c1 (p4, c1, k60).");
}

#[test]
fn ends_are_told_as_mosquitto_does() {
    let golden = [
        (End::Disconnect(ReasonCode::Success), "."),
        (End::Disconnect(ReasonCode::DisconnectWithWill), "."),
        (End::Disconnect(ReasonCode::ProtocolError), ": protocol error."),
        (End::Lost(Lost::PeerClosed), ": connection closed by client."),
        (End::Lost(Lost::PeerReset), ": Connection reset by peer."),
        (
            End::Lost(Lost::WriteError(ErrorKind::BrokenPipe)),
            ": bad socket read/write: broken pipe",
        ),
        (End::KeepAlive(60), ": exceeded timeout."),
        (End::Server(ReasonCode::PacketTooLarge), ": oversize packet."),
        (End::Server(ReasonCode::NotAuthorized), ": not authorised."),
        (End::Server(ReasonCode::ReceiveMaximumExceeded), ": receive maximum exceeded."),
        (
            End::Server(ReasonCode::RetainNotSupported),
            ": used disallowed feature (QoS too high, retain not supported, or bad AUTH method).",
        ),
        (End::TakenOver { session_continues: true }, ": session taken over."),
        (End::Revoked(ReasonCode::AdministrativeAction), ": administrative action."),
        (End::Shutdown, ": server shutting down."),
    ];
    for (cause, rest) in golden {
        assert_eq!(ended(cause), format!("Client c1 [127.0.0.1:5000] disconnected{rest}"));
    }
}

#[test]
fn broken_bytes_have_mosquittos_word_and_then_the_rule() {
    let error = DecodeError::Malformed(Malformed::RemainingLength);
    let told = ended(End::Broken(error));
    let (first, second) = told.split_once('\n').unwrap();
    assert_eq!(first, "Client c1 [127.0.0.1:5000] disconnected: malformed packet.");
    assert_eq!(second, format!("\t{error}"));
}

#[test]
fn refusals_name_the_client_if_it_is_known() {
    let refused = |client_id, why| text(&Event::Refused { peer: PEER, client_id, why });
    assert_eq!(
        refused(Some("c1"), Refusal::Reason(ReasonCode::NotAuthorized)),
        "Client c1 [127.0.0.1:5000] disconnected: not authorised."
    );
    assert_eq!(
        refused(None, Refusal::Lost(Lost::PeerClosed)),
        "Client <unknown> [127.0.0.1:5000] disconnected: connection closed by client."
    );
    assert_eq!(
        refused(None, Refusal::Timeout),
        "Client <unknown> [127.0.0.1:5000] disconnected: exceeded timeout.\n\tno CONNECT in time"
    );
    let will = Refusal::Will {
        topic: "a\nb",
        reason: ReasonCode::NotAuthorized,
        rule: "check_will_at_connect",
    };
    assert_eq!(
        refused(Some("c1"), will),
        "Client c1 [127.0.0.1:5000] disconnected: not authorised.\n\tits will to 'a\\nb' is \
         refused: check_will_at_connect"
    );
}

#[test]
fn sessions_and_subscriptions() {
    assert_eq!(
        text(&Event::SessionExpired { client_id: "c1" }),
        "Expiring client c1 due to timeout."
    );
    let deleted = Event::SessionDeleted { client_id: "c1" };
    assert_eq!(text(&deleted), "The session of client c1 was deleted.");
    let slowed = text(&Event::Slowed { client_id: "c1" });
    assert!(slowed.starts_with("Client c1 is slowed: "), "{slowed}");
    for why in [Dropped::QueueFull, Dropped::SlowReader, Dropped::TooLarge] {
        let told = text(&Event::Dropping { client_id: "c1", why });
        assert!(told.starts_with("Outgoing messages are being dropped for client c1."), "{told}");
    }
    let subscribed = Event::Subscribed { client_id: "c1", filter: "a/#", qos: QoS::AtLeastOnce };
    assert_eq!(text(&subscribed), "c1 1 a/#");
    assert_eq!(text(&Event::Unsubscribed { client_id: "c1", filter: "a/#" }), "c1 a/#");
    let refused = Event::SubscribeRefused {
        client_id: "c1",
        filter: "a/#",
        reason: ReasonCode::NotAuthorized,
    };
    assert_eq!(text(&refused), "Denied SUBSCRIBE from c1 ('a/#'): not authorised");
}

#[test]
fn no_name_of_a_client_forges_a_line() {
    let nasty = "x\n1700000000: New client connected from 1.2.3.4:5 as admin";
    let events = [
        Event::Disconnected { client_id: nasty, peer: PEER, cause: End::Shutdown },
        Event::Subscribed { client_id: nasty, filter: nasty, qos: QoS::AtMostOnce },
        Event::Unsubscribed { client_id: nasty, filter: nasty },
        Event::SessionExpired { client_id: nasty },
        Event::Dropping { client_id: nasty, why: Dropped::QueueFull },
        connected(Some(nasty), Version::V5),
        Event::Refused { peer: PEER, client_id: Some(nasty), why: Refusal::Timeout },
        Event::SubscribeRefused {
            client_id: nasty,
            filter: nasty,
            reason: ReasonCode::NotAuthorized,
        },
    ];
    for event in events {
        let told = text(&event);
        assert!(told.lines().all(|line| !line.starts_with("1700000000")), "{told}");
        assert!(told.contains(r"\n"), "{told}");
    }
}

#[test]
fn a_line_has_an_end_however_long_a_name_is() {
    let long = "\u{e4}".repeat(30_000);
    let told = text(&Event::SessionExpired { client_id: &long });
    assert!(told.len() < TEXT_BYTES_MAX + 10 && told.ends_with(" [cut]"), "{}", told.len());
}

fn log(types: LogTypes, connection_messages: bool) -> Log {
    // Rendered only, never written.
    let destinations = vec![Destination::Stderr];
    let stamp = StampFormat::EpochSeconds;
    Log::start(LogSettings {
        types,
        destinations,
        stamp,
        connection_messages,
        ..LogSettings::default()
    })
}

#[test]
fn what_is_off_is_not_rendered() {
    let quiet = log(LogTypes::NONE.with(LogType::Notice), false);
    assert_eq!(quiet.render(NOW, &connected(None, Version::V5)), None);
    assert!(quiet.render(NOW, &Event::SessionExpired { client_id: "c1" }).is_some());
    let subscribed = Event::Subscribed { client_id: "c", filter: "f", qos: QoS::AtMostOnce };
    assert_eq!(quiet.render(NOW, &subscribed), None);
    let all = log(LogTypes::ALL, true);
    let line = all.render(NOW, &subscribed).unwrap();
    assert_eq!((line.at, line.kind), (NOW, LogType::Subscribe));
    assert!(all.render(NOW, &connected(None, Version::V5)).is_some());
    let nowhere = Log::start(LogSettings {
        types: LogTypes::ALL,
        destinations: Vec::new(),
        ..LogSettings::default()
    });
    assert!(!nowhere.has(LogType::Debug));
    assert_eq!(nowhere.render(NOW, &subscribed), None);
}

#[test]
fn the_fate_of_a_will_is_told_even_without_connection_messages() {
    let topic = crate::protocol::TopicName::new("test").unwrap();
    let (fate, cause) = (WillFate::Published, End::Lost(Lost::PeerClosed));
    let event =
        Event::Will { client_id: "sub", topic, fate, cause, dead_for: std::time::Duration::ZERO };
    let line = log(LogTypes::default(), false).render(NOW, &event).unwrap();
    assert_eq!(line.kind, LogType::Notice);
    assert_eq!(
        line.text,
        "will of 'sub' published to 'test': connection closed without DISCONNECT"
    );
}

#[test]
fn a_will_that_comes_with_connect_is_told_at_debug_level() {
    let topic = crate::protocol::TopicName::new("a/b").unwrap();
    let armed = |delay_secs| Event::WillArmed {
        client_id: "c1",
        topic,
        size: 3,
        qos: QoS::AtLeastOnce,
        retain: true,
        delay_secs,
    };
    assert_eq!(kind_of(&armed(0)), LogType::Debug);
    assert_eq!(text(&armed(0)), "Will message specified (3 bytes) (r1, q1).\n\ta/b");
    assert_eq!(text(&armed(5)), "Will message specified (3 bytes) (r1, q1, delay 5 s).\n\ta/b");
}
