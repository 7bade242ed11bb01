//! Our own options about the life of a client: how it ends, what its will carries, whether a topic
//! says that it is online.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::{Group, Row, Typed, names};
use crate::cli::check::topic_name;
use crate::cli::draft::{Draft, WillSource};
use crate::cli::duration;
use crate::cli::errors::{Problem, Stop};
use crate::cli::number::whole;
use crate::client::How;
use crate::protocol::Version;

/// The will beyond mosquitto's four options.
pub const WILL: &[Row] = &[
    names(None, Some("will-file"))
        .takes("FILE", "file")
        .within(Group::Will, "Payload of the will from a file")
        .own()
        .does(|draft, typed| {
            let path = PathBuf::from(typed.value()?);
            set_source(draft, WillSource::File(path))
        }),
    names(None, Some("will-stdin"))
        .within(Group::Will, "Payload of the will from standard input")
        .own()
        .does(|draft, _| set_source(draft, WillSource::Stdin)),
    names(None, Some("will-delay"))
        .takes("TIME", "time")
        .within(Group::Will, "How long the broker waits for us to come back, such as 30s; MQTT 5")
        .own()
        .does(|draft, typed| seconds(draft, typed, "will-delay-interval")),
    names(None, Some("will-expiry"))
        .takes("TIME", "time")
        .within(Group::Will, "How long the published will is worth delivering; MQTT 5")
        .own()
        .does(|draft, typed| seconds(draft, typed, "message-expiry-interval")),
    names(None, Some("will-content-type"))
        .takes("TYPE", "content type")
        .within(Group::Will, "Content Type of the will; MQTT 5")
        .own()
        .does(|draft, typed| will_property(draft, typed, "content-type")),
    names(None, Some("will-response-topic"))
        .takes("TOPIC", "topic")
        .within(Group::Will, "Response Topic of the will; MQTT 5")
        .own()
        .does(|draft, typed| {
            topic_name(typed.bytes()?, "--will-response-topic", "response")?;
            will_property(draft, typed, "response-topic")
        }),
    names(None, Some("will-correlation"))
        .takes("DATA", "data")
        .within(Group::Will, "Correlation Data of the will; MQTT 5")
        .own()
        .does(|draft, typed| will_property(draft, typed, "correlation-data")),
    names(None, Some("will-user-property"))
        .takes("NAME=VALUE", "name and value")
        .within(Group::Will, "A user property of the will, may be repeated; MQTT 5")
        .own()
        .does(user_property),
    names(None, Some("will-payload-format"))
        .takes("FORMAT", "format")
        .within(Group::Will, "Payload Format Indicator of the will: text or bytes; MQTT 5")
        .own()
        .does(payload_format),
];

/// How the client ends, and presence.
pub const ROWS: &[Row] = &[
    names(None, Some("end"))
        .takes("HOW", "way to end")
        .within(
            Group::Ending,
            "How to leave: normal, will (DISCONNECT 0x04), drop, reset, stall, malformed, \
             second-connect or oversize; see below",
        )
        .own()
        .does(end),
    names(None, Some("end-reason"))
        .takes("CODE", "reason code")
        .within(Group::Ending, "Leave with a DISCONNECT of this reason code, 0 to 255; MQTT 5")
        .own()
        .does(end_reason),
    names(None, Some("end-after"))
        .takes("TIME", "time")
        .within(Group::Ending, "Leave this long after the connection was accepted, such as 5s")
        .own()
        .does(end_after),
    names(None, Some("end-after-messages"))
        .takes("COUNT", "count")
        .within(Group::Ending, "Leave after this many messages, received or published")
        .own()
        .does(end_after_messages),
    names(None, Some("end-session-expiry"))
        .takes("TIME", "time")
        .within(Group::Ending, "Session Expiry Interval in DISCONNECT, -1 for ever; MQTT 5")
        .own()
        .does(end_session_expiry),
    names(None, Some("presence"))
        .takes("TOPIC", "topic")
        .within(
            Group::Presence,
            "Keep a retained topic true: \"online\" while connected, \"offline\" afterwards, \
             whatever the end",
        )
        .own()
        .does(|draft, typed| {
            let topic = topic_name(typed.bytes()?, "--presence", "presence")?;
            draft.lab.presence = Some(topic);
            Ok(())
        }),
    names(None, Some("presence-online"))
        .takes("PAYLOAD", "payload")
        .within(Group::Presence, "What the topic says while connected [default: online]")
        .own()
        .does(|draft, typed| {
            draft.lab.online = Some(typed.bytes()?.to_vec());
            Ok(())
        }),
    names(None, Some("presence-offline"))
        .takes("PAYLOAD", "payload")
        .within(Group::Presence, "What the topic says afterwards [default: offline]")
        .own()
        .does(|draft, typed| {
            draft.lab.offline = Some(typed.bytes()?.to_vec());
            Ok(())
        }),
];

const WAYS: [(&[u8], How); 8] = [
    (b"normal", How::Disconnect(0x00)),
    (b"will", How::Disconnect(0x04)),
    (b"drop", How::Drop),
    (b"reset", How::Reset),
    (b"stall", How::Stall),
    (b"malformed", How::Malformed),
    (b"second-connect", How::SecondConnect),
    (b"oversize", How::Oversize),
];

fn end(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let word = typed.bytes()?;
    let how = WAYS.iter().find(|(name, _)| *name == word).map(|(_, how)| *how);
    let how = how.ok_or_else(|| {
        wrong(
            typed,
            word,
            "one of normal, will, drop, reset, stall, malformed, second-connect, oversize",
        )
    })?;
    if how == How::Disconnect(0x04) {
        draft.connection.version = Version::V5;
    }
    draft.lab.how = Some(how);
    Ok(())
}

fn end_reason(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let word = typed.bytes()?;
    let code = whole(word).and_then(|number| u8::try_from(number).ok());
    let code = code.ok_or_else(|| wrong(typed, word, "a number from 0 to 255, such as 0x04"))?;
    draft.lab.how = Some(How::Disconnect(code));
    draft.connection.version = Version::V5;
    Ok(())
}

fn end_after(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let word = typed.bytes()?;
    let span = duration::parse(word).ok_or_else(|| wrong(typed, word, duration::FORM))?;
    draft.lab.after = Some(span);
    Ok(())
}

fn end_after_messages(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let word = typed.bytes()?;
    let count = whole(word).and_then(|number| u64::try_from(number).ok());
    let count = count.filter(|count| *count > 0);
    draft.lab.after_messages =
        Some(count.ok_or_else(|| wrong(typed, word, "a number of messages, at least 1"))?);
    Ok(())
}

fn end_session_expiry(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    if typed.bytes()? == b"-1" {
        return add_property(draft, "disconnect", "session-expiry-interval", "4294967295".into());
    }
    let secs = span_secs(typed)?;
    add_property(draft, "disconnect", "session-expiry-interval", secs)
}

fn set_source(draft: &mut Draft, source: WillSource) -> Result<(), Stop> {
    draft.will.source = Some(source);
    Ok(())
}

/// A span in whole seconds, as a word.
fn span_secs(typed: &Typed<'_>) -> Result<OsString, Stop> {
    let word = typed.bytes()?;
    let span = duration::parse(word).ok_or_else(|| wrong(typed, word, duration::FORM))?;
    let secs = u32::try_from(span.as_secs()).ok().filter(|_| span.subsec_nanos() == 0);
    let secs = secs.ok_or_else(|| wrong(typed, word, "whole seconds, at most 4294967295"))?;
    Ok(secs.to_string().into())
}

fn seconds(draft: &mut Draft, typed: &Typed<'_>, property: &str) -> Result<(), Stop> {
    let secs = span_secs(typed)?;
    add_property(draft, "will", property, secs)
}

fn will_property(draft: &mut Draft, typed: &Typed<'_>, property: &str) -> Result<(), Stop> {
    add_property(draft, "will", property, typed.value()?.to_owned())
}

fn payload_format(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let value = match typed.bytes()? {
        b"text" | b"1" => "1",
        b"bytes" | b"0" => "0",
        word => return Err(wrong(typed, word, "text (1) or bytes (0)").into()),
    };
    add_property(draft, "will", "payload-format-indicator", value.into())
}

fn user_property(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let word = typed.bytes()?;
    let equals = word.iter().position(|byte| *byte == b'=');
    let equals = equals.ok_or_else(|| wrong(typed, word, "NAME=VALUE"))?;
    let part = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let (name, value) = (part(&word[..equals]), part(&word[equals + 1..]));
    draft.properties.add(&["will".into(), "user-property".into(), name, value], draft.compat)?;
    draft.connection.version = Version::V5;
    Ok(())
}

/// Adds a property as `-D` would.
fn add_property(
    draft: &mut Draft,
    packet: &str,
    property: &str,
    value: OsString,
) -> Result<(), Stop> {
    draft.properties.add(&[packet.into(), property.into(), value], draft.compat)?;
    draft.connection.version = Version::V5;
    Ok(())
}

/// A value that is not what the option takes.
fn wrong(typed: &Typed<'_>, word: &[u8], right: &str) -> Problem {
    let word = String::from_utf8_lossy(word);
    Problem::usage(format!("Error: Invalid {} '{word}': it takes {right}.", typed.row.shown()))
}
