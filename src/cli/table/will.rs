//! Options about the Will Message.

use super::{Group, Row, Typed, names};
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};
use crate::protocol::QoS;

/// The Last Will.
pub const ROWS: &[Row] = &[
    names(None, Some("will-topic"))
        .takes("TOPIC", "will topic")
        .within(Group::Will, "Topic that the broker publishes to when this client dies")
        .does(|draft, typed| {
            draft.will.topic = Some(draft.topic_name(typed.bytes()?, "--will-topic", "will")?);
            Ok(())
        }),
    names(None, Some("will-payload"))
        .takes("PAYLOAD", "will payload")
        .within(Group::Will, "Payload of the will [default: empty]")
        .does(|draft, typed| {
            draft.will.payload = Some(typed.bytes()?.to_vec());
            Ok(())
        }),
    names(None, Some("will-qos"))
        .takes("QOS", "will QoS")
        .within(Group::Will, "Quality of service of the will: 0, 1 or 2 [default: 0]")
        .does(qos),
    names(None, Some("will-retain"))
        .within(Group::Will, "The will stays as the topic's retained message")
        .does(|draft, _| {
            draft.will.retain = true;
            Ok(())
        }),
];

fn qos(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let number = typed.number()?;
    draft.will.qos = u8::try_from(number)
        .ok()
        .and_then(QoS::from_u8)
        .ok_or_else(|| Problem::option(format!("Error: Invalid will QoS {number}.")))?;
    Ok(())
}
