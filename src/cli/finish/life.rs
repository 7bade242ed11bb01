//! The will, the end and the presence of a client: what the options about them mean together.

use std::io::Read;
use std::time::Duration;

use crate::cli::check::STRING_BYTES_MAX;
use crate::cli::draft::{Draft, WillSource};
use crate::cli::errors::{Problem, system_text};
use crate::cli::options::{Called, PresenceOptions, WillOptions};
use crate::cli::property::Command;
use crate::client::{Ending, How};
use crate::protocol::packet::connect::SESSION_EXPIRY_NEVER;
use crate::protocol::{PropertyBuf, PropertyId, QoS};

/// The combinations that make no sense.
pub fn check(draft: &Draft) -> Result<(), Problem> {
    let will = &draft.will;
    let lacks_topic = will.topic.is_none();
    if lacks_topic && (will.payload.is_some() || will.source.is_some()) {
        return Err(Problem::usage("Error: Will payload given, but no will topic given."));
    }
    if lacks_topic && will.retain {
        return Err(Problem::usage("Error: Will retain given, but no will topic given."));
    }
    if will.payload.is_some() && will.source.is_some() {
        return Err(Problem::usage(
            "Error: The will has one payload: --will-payload, --will-file or --will-stdin.",
        ));
    }
    let lab = &draft.lab;
    if lab.presence.is_some() && !lacks_topic {
        return Err(Problem::usage(
            "Error: --presence is a will of its own: it cannot be combined with --will-topic.",
        ));
    }
    if lab.presence.is_none() && (lab.online.is_some() || lab.offline.is_some()) {
        return Err(Problem::usage(
            "Error: --presence-online and --presence-offline need --presence TOPIC.",
        ));
    }
    let needs_v5 = matches!(lab.how, Some(How::Disconnect(code)) if code != 0);
    if needs_v5 && !draft.connection.version.is_v5() {
        return Err(Problem::usage(
            "Error: --end will and --end-reason need MQTT 5: a DISCONNECT of version 3 has no \
             reason code. Use -V 5.",
        ));
    }
    Ok(())
}

/// The Will Message, from its own options or from `--presence`.
pub fn will(draft: &Draft) -> Result<Option<WillOptions>, Problem> {
    let lists = &draft.properties;
    let properties = lists.build(Command::Will);
    let delay_secs = lists.number(Command::Will, PropertyId::WillDelayInterval).unwrap_or(0);
    let needs_v5 = lists.has(Command::Will) && !draft.connection.version.is_v5();
    let presence = presence(draft);
    let (topic, payload, qos, retain) = match (&draft.will.topic, &presence) {
        (Some(topic), _) => (topic, payload(draft)?, draft.will.qos, draft.will.retain),
        (None, Some(own)) => (&own.topic, own.offline.clone(), QoS::AtLeastOnce, true),
        (None, None) => return Ok(None),
    };
    if payload.len() > STRING_BYTES_MAX || needs_v5 {
        return Err(Problem::plain("Error: Problem setting will."));
    }
    Ok(Some(WillOptions { topic: topic.clone(), payload, qos, retain, delay_secs, properties }))
}

/// The payload of the will. A file or stdin is read now: CONNECT needs it.
fn payload(draft: &Draft) -> Result<Vec<u8>, Problem> {
    // One byte more than fits, so that what is too long is refused.
    let bytes_max = STRING_BYTES_MAX as u64 + 1;
    let mut content = Vec::new();
    let (name, read) = match &draft.will.source {
        None => return Ok(draft.will.payload.clone().unwrap_or_default()),
        Some(WillSource::Stdin) => (
            "standard input".to_owned(),
            std::io::stdin().take(bytes_max).read_to_end(&mut content),
        ),
        Some(WillSource::File(path)) => (
            format!("\"{}\"", path.display()),
            std::fs::File::open(path)
                .and_then(|file| file.take(bytes_max).read_to_end(&mut content)),
        ),
    };
    let complaint = match read {
        Err(error) => {
            format!("Error: Unable to read the will from {name}: {}.", system_text(&error))
        }
        Ok(_) if content.len() > STRING_BYTES_MAX => {
            format!("Error: The will in {name} is too long: at most {STRING_BYTES_MAX} bytes.")
        }
        Ok(_) => return Ok(content),
    };
    Err(Problem::plain(complaint))
}

/// What `--presence` asks for.
pub fn presence(draft: &Draft) -> Option<PresenceOptions> {
    let lab = &draft.lab;
    let or = |given: &Option<Vec<u8>>, otherwise: &str| {
        given.clone().unwrap_or_else(|| otherwise.as_bytes().to_vec())
    };
    Some(PresenceOptions {
        topic: lab.presence.clone()?,
        online: or(&lab.online, "online"),
        offline: or(&lab.offline, "offline"),
    })
}

/// When and how to leave; `properties` are those of DISCONNECT.
pub fn ending(draft: &Draft, properties: PropertyBuf) -> Ending {
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    Ending {
        how: draft.lab.how,
        after_millis: draft.lab.after.map(millis),
        after_messages: draft.lab.after_messages,
        properties,
    }
}

/// What is legal and hardly meant, in sentences.
pub fn warnings(draft: &Draft, will: Option<&WillOptions>, expiry_secs: u32) -> Vec<String> {
    let delay_secs = will.map_or(0, |will| will.delay_secs);
    let is_cut = expiry_secs != SESSION_EXPIRY_NEVER && delay_secs > expiry_secs;
    if draft.called == Called::Mosquitto || !is_cut {
        return Vec::new();
    }
    let when = match expiry_secs {
        0 => "at once".to_owned(),
        secs => format!("after {secs} s"),
    };
    vec![format!(
        "Warning: The session ends before the will delay of {delay_secs} s is over, and the will is \
         published {when}. -x {delay_secs} lets the session live as long."
    )]
}
