//! The meaning of an `rr` command line.

use super::{check_connection, connection, properties, random_letters};
use crate::cli::check::topic_name;
use crate::cli::draft::Draft;
use crate::cli::errors::Problem;
use crate::cli::options::{Called, Output, Placeholder, RrOptions};
use crate::cli::property::Command;
use crate::cli::rr::MARK;
use crate::protocol::{Property, PropertyBuf, SubscriptionOptions};

/// Above the response topics that are made up.
const REPLY_PREFIX: &str = "lastwill/reply/";

/// How many random characters a response topic and correlation data have: 128 bits and more.
const RANDOM_LEN: usize = 22;

/// The meaning of an `rr` command line.
pub fn rr(mut draft: Draft) -> Result<RrOptions, Problem> {
    let session_expiry_secs = check_connection(&mut draft)?;
    draft.properties.check(draft.compat)?;
    let given = draft.properties.build(Command::Publish);
    let is_own = draft.called == Called::Lastwill;
    let typed = draft.request.response_topic.take();
    let has_response_topic = typed.is_some() || is_own;
    let (Some(topic), Some(payload), true) =
        (draft.publish.topic.take(), draft.publish.payload.take(), has_response_topic)
    else {
        return Err(incomplete(is_own));
    };
    if given.as_properties().response_topic().is_some() {
        return Err(Problem::plain("Error in PUBLISH properties: Duplicate response topic."));
    }
    let subscribe_properties = properties(&draft, Command::Subscribe)?;
    let connection = connection(&draft, session_expiry_secs)?;
    let is_v5 = connection.version.is_v5();
    let (topic, placeholder, response_topic) = response_topic(topic, typed, is_v5)?;
    let (properties, correlation_data) =
        request_properties(&given, &response_topic, is_v5, is_own)?;
    let (sub, asked) = (draft.sub, draft.request);
    let output = Output {
        format: sub.format,
        json_style: sub.json_style,
        verbose: sub.verbose,
        no_eol: sub.no_eol,
    };
    Ok(RrOptions {
        connection,
        topic,
        payload,
        properties,
        placeholder,
        response_topic,
        subscription_options: SubscriptionOptions {
            qos: draft.qos.unwrap_or_default(),
            no_local: false,
            retain_as_published: sub.retain_as_published,
            retain_handling: sub.retain_handling,
        },
        subscribe_properties,
        correlation_data,
        is_strict: asked.is_strict,
        count: asked.count,
        timeout: sub.timeout,
        hide_retained: sub.hide_retained,
        latency: asked.latency,
        output,
    })
}

fn incomplete(is_own: bool) -> Problem {
    Problem::usage(match is_own {
        true => "Error: Both topic and message must be supplied.",
        false => "Error: All of topic, message, and response topic must be supplied.",
    })
}

/// The topic of the request and that of the response, which is made up where none was typed.
fn response_topic(
    topic: String,
    typed: Option<String>,
    is_v5: bool,
) -> Result<(String, Placeholder, String), Problem> {
    if let Some(response_topic) = typed {
        return Ok((topic, Placeholder::Off, response_topic));
    }
    let made = format!("{REPLY_PREFIX}{}", random_letters(RANDOM_LEN)?);
    let (topic, placeholder) = told(topic, &made, is_v5)?;
    Ok((topic, placeholder, made))
}

/// How the responder learns a response topic that was made up: by a property, or by what stands
/// for it in topic and payload.
fn told(topic: String, made: &str, is_v5: bool) -> Result<(String, Placeholder), Problem> {
    if is_v5 {
        return Ok((topic, Placeholder::Off));
    }
    if !topic.contains(MARK) {
        return Ok((topic, Placeholder::Required));
    }
    let topic = topic_name(topic.replace(MARK, made).as_bytes(), "-t", "publish")?;
    Ok((topic, Placeholder::Optional))
}

/// The properties of the PUBLISH, with what tells its response from others under our own name.
/// Version 3 has none.
fn request_properties(
    given: &PropertyBuf,
    response_topic: &str,
    is_v5: bool,
    is_own: bool,
) -> Result<(PropertyBuf, Option<Vec<u8>>), Problem> {
    if !is_v5 {
        return Ok((PropertyBuf::new(), None));
    }
    let mut properties = given.clone();
    properties.push(Property::ResponseTopic(response_topic));
    if !is_own {
        return Ok((properties, None));
    }
    let correlation_data = match given.as_properties().correlation_data() {
        Some(data) => data.to_vec(),
        None => {
            // Letters and digits: a responder in a shell can pass them on.
            let made = random_letters(RANDOM_LEN)?.into_bytes();
            properties.push(Property::CorrelationData(&made));
            made
        }
    };
    Ok((properties, Some(correlation_data)))
}
