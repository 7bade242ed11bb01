//! lastwill's own options around pipes: messages in JSON, records that NUL ends.

use super::{Group, PUB, Row, SUB_RETAINED, Typed, names};
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};
use crate::cli::options::Payload;
use crate::cli::records::Holds;
use crate::cli::shape::Shape;
use crate::protocol::Version;

/// What `sub` writes and `pub` reads.
pub const ROWS: &[Row] = &[
    sub(None, Some("json"))
        .within(
            Group::Output,
            "Print each message as a line of JSON that loses nothing; uses MQTT 5; see below",
        )
        .does(|draft, _| {
            draft.sub.pipes.shape = Shape::Json;
            draft.connection.version = Version::V5;
            Ok(())
        }),
    sub(Some('0'), Some("zero-terminated"))
        .within(Group::Output, "End each message with NUL, not with a line feed")
        .does(|draft, _| {
            draft.sub.pipes.zero_terminated = true;
            Ok(())
        }),
    publish(None, Some("json"))
        .within(
            Group::Publishing,
            "Every line of standard input is a message in JSON, as sub --json prints it; -t, -q, \
             -r and -D go before what it says; uses MQTT 5; see below",
        )
        .does(json),
    publish(None, Some("topic-separator"))
        .takes("SEPARATOR", "separator")
        .within(Group::Publishing, "With -l: a line is TOPIC SEPARATOR PAYLOAD; \\t is a tab")
        .does(topic_separator),
    publish(Some('0'), Some("zero-terminated"))
        .within(Group::Publishing, "With -l and --json: NUL ends a message, not a line feed")
        .does(|draft, _| {
            draft.publish.records.ends_with = 0;
            Ok(())
        }),
];

const fn sub(short: Option<char>, long: Option<&'static str>) -> Row {
    names(short, long).of(SUB_RETAINED).own()
}

const fn publish(short: Option<char>, long: Option<&'static str>) -> Row {
    names(short, long).of(PUB).own()
}

fn json(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.check_payload_is_free()?;
    if draft.publish.records.holds != Holds::Payload {
        return Err(both().into());
    }
    draft.set_payload(Payload::StdinLines);
    draft.publish.records.holds = Holds::Json;
    draft.connection.version = Version::V5;
    Ok(())
}

fn topic_separator(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let separator = match typed.bytes()? {
        b"" => {
            return Err(Problem::option("Error: --topic-separator must not be empty.").into());
        }
        b"\\t" => b"\t",
        other => other,
    };
    if draft.publish.records.holds == Holds::Json {
        return Err(both().into());
    }
    draft.publish.records.holds = Holds::TopicAndPayload(separator.to_vec());
    Ok(())
}

fn both() -> Problem {
    Problem::usage("Error: --json and --topic-separator cannot be used together.")
}
