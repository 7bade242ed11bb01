//! Options about what is published: those of `pub`, some of them also of `rr`.

use std::path::PathBuf;
use std::time::Duration;

use super::{Group, PUB, PUB_RR, Row, Typed, names};
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};
use crate::cli::number::atof;
use crate::cli::options::Payload;

/// Longest payload in bytes.
const PAYLOAD_BYTES_MAX: usize = 268_435_455;

/// What to publish, and how often.
pub const ROWS: &[Row] = &[
    row(Some('t'), Some("topic"))
        .of(PUB_RR)
        .takes("TOPIC", "topic")
        .within(Group::Publishing, "Topic to publish to")
        .does(|draft, typed| {
            draft.publish.topic = Some(draft.topic_name(typed.bytes()?, "-t", "publish")?);
            Ok(())
        }),
    row(Some('m'), Some("message"))
        .of(PUB_RR)
        .takes("PAYLOAD", "message")
        .within(Group::Publishing, "The payload")
        .does(message),
    row(Some('f'), Some("file"))
        .of(PUB_RR)
        .takes("FILE", "file")
        .within(Group::Publishing, "The payload is the content of a file")
        .does(file),
    row(Some('s'), Some("stdin-file"))
        .of(PUB_RR)
        .within(Group::Publishing, "The payload is all of standard input")
        .does(|draft, _| source(draft, Payload::Stdin)),
    row(Some('l'), Some("stdin-line"))
        .within(Group::Publishing, "Every line of standard input is a message")
        .does(|draft, _| source(draft, Payload::StdinLines)),
    row(Some('n'), Some("null-message"))
        .of(PUB_RR)
        .within(Group::Publishing, "An empty payload; with -r it clears a retained message")
        .does(|draft, _| source(draft, Payload::Bytes(Vec::new()))),
    row(Some('r'), Some("retain"))
        .within(Group::Publishing, "The broker keeps the message for later subscribers")
        .does(|draft, _| {
            draft.publish.retain = true;
            Ok(())
        }),
    row(None, Some("repeat"))
        .takes("COUNT", "count")
        .within(Group::Publishing, "Publish this many times [default: 1]")
        .does(repeat),
    row(None, Some("repeat-delay"))
        .takes("SECONDS", "time")
        .within(Group::Publishing, "Pause between two publishes, fractions allowed [default: 0]")
        .does(repeat_delay),
];

const fn row(short: Option<char>, long: Option<&'static str>) -> Row {
    names(short, long).of(PUB)
}

fn message(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    draft.check_payload_is_free()?;
    let payload = typed.bytes()?;
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(
            Problem::option("Error: Message length must be less than 268435455 bytes.").into()
        );
    }
    draft.set_payload(Payload::Bytes(payload.to_vec()));
    Ok(())
}

fn file(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    draft.check_payload_is_free()?;
    draft.set_payload(Payload::File(PathBuf::from(typed.value()?)));
    Ok(())
}

fn source(draft: &mut Draft, payload: Payload) -> Result<(), Stop> {
    draft.check_payload_is_free()?;
    draft.set_payload(payload);
    Ok(())
}

fn repeat(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let count = u32::try_from(typed.number()?).ok().filter(|count| *count > 0);
    draft.publish.repeat =
        count.ok_or_else(|| Problem::option("Error: --repeat argument must be >0."))?;
    Ok(())
}

fn repeat_delay(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let secs = atof(typed.bytes()?);
    if secs < 0.0 {
        return Err(Problem::option("Error: --repeat-delay argument must be >=0.0.").into());
    }
    draft.publish.repeat_delay = Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX);
    Ok(())
}
