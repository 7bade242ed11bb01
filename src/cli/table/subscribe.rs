//! Options about what is received: those of `sub`, some of them also of `rr`.

use std::time::Duration;

use super::{Group, PRINTING, PUB, Row, SUB, SUB_RR, Typed, names};
use crate::cli::choice;
use crate::cli::draft::Draft;
use crate::cli::duration;
use crate::cli::errors::{Problem, Stop};
use crate::cli::format::{Format, JsonStyle};
use crate::cli::number::atof;
use crate::cli::options::Called;
use crate::protocol::{RetainHandling, Version};

/// What to subscribe to, when to stop, how to print.
pub const ROWS: &[Row] = &[
    row(Some('t'), Some("topic"))
        .takes("FILTER", "topic")
        .within(Group::Subscription, "Topic filter to subscribe to; may be repeated")
        .does(topic),
    row(Some('T'), Some("filter-out"))
        .takes("FILTER", "topic filter")
        .within(Group::Subscription, "Ignore messages whose topic matches; may be repeated")
        .does(|draft, typed| {
            draft.sub.filters_out.push(draft.topic_filter(typed.bytes()?, "-T", "filter")?);
            Ok(())
        }),
    row(Some('U'), Some("unsubscribe"))
        .takes("FILTER", "unsubscribe topic")
        .within(Group::Subscription, "Topic filter to unsubscribe from; may be repeated")
        .does(|draft, typed| {
            let filter = draft.topic_filter(typed.bytes()?, "-U", "unsubscribe")?;
            draft.sub.unsubscribe_filters.push(filter);
            Ok(())
        }),
    row(Some('C'), None)
        .takes("COUNT", "count")
        .within(Group::Subscription, "Exit after this many messages")
        .does(count),
    row(Some('W'), None)
        .of(PRINTING)
        .takes("SECONDS", "timeout")
        .within(Group::Subscription, "Exit with 27 after this time")
        .does(timeout),
    row(Some('W'), None)
        .of(PUB)
        .takes("DURATION", "timeout")
        .within(Group::Publishing, "Exit with 27 if not everything is published after this time")
        .own()
        .does(timeout),
    row(Some('E'), None)
        .within(Group::Subscription, "Exit when the broker has confirmed the subscriptions")
        .does(flag_exit_after_subscribe),
    row(Some('R'), None)
        .of(SUB_RR)
        .within(Group::Subscription, "Ignore retained messages; asks an MQTT 5 broker for none")
        .does(hide_retained),
    row(None, Some("retained-only"))
        .within(Group::Subscription, "Exit at the first message that is not retained")
        .does(flag_retained_only),
    row(None, Some("remove-retained"))
        .within(Group::Subscription, "Clear every retained message that arrives")
        .does(flag_remove_retained),
    row(None, Some("retain-as-published"))
        .of(SUB_RR)
        .within(Group::Subscription, "Ask the broker to leave the retain bit as it was (MQTT 5)")
        .does(flag_retain_as_published),
    row(None, Some("retain-handling"))
        .of(SUB_RR)
        .takes("WHEN", "option")
        .within(
            Group::Subscription,
            "Ask for retained messages always, for new subscriptions, or never: always, new, \
             never (MQTT 5)",
        )
        .since_21()
        .does(retain_handling),
    row(None, Some("random-filter"))
        .takes("PERCENT", "chance")
        .within(Group::Subscription, "Print only this share of the messages, 0.1 to 100")
        .does(random_filter),
    row(Some('v'), Some("verbose"))
        .of(PRINTING)
        .within(Group::Output, "Print the topic before the payload")
        .does(flag_verbose),
    row(Some('F'), None)
        .of(PRINTING)
        .takes("FORMAT", "format")
        .within(Group::Output, "Print messages in this format; see below")
        .does(format),
    row(Some('N'), None)
        .of(PRINTING)
        .within(Group::Output, "Print no end of line after a message")
        .does(flag_no_eol),
    row(None, Some("pretty"))
        .of(PRINTING)
        .within(Group::Output, "Indent the JSON of %j and %J")
        .does(flag_pretty),
    row(None, Some("message-rate"))
        .within(Group::Output, "Print how many messages arrive per second, not the messages")
        .since_21()
        .does(flag_message_rate),
    row(Some('w'), Some("watch"))
        .within(Group::Output, "Keep one screen line per topic")
        .since_21()
        .does(flag_watch),
];

const fn row(short: Option<char>, long: Option<&'static str>) -> Row {
    names(short, long).of(SUB)
}

fn topic(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let text = typed.bytes()?;
    let (filter, choice) = match draft.called {
        Called::Lastwill => choice::split(text)?,
        Called::Mosquitto => (text.to_vec(), None),
    };
    let filter = draft.topic_filter(&filter, "-t", "subscription")?;
    if let Some(choice) = choice {
        if choice.no_local && filter.starts_with("$share/") {
            return Err(Problem::option(format!(
                "Error: no-local cannot be used with the shared subscription '{filter}': MQTT \
                 forbids it."
            ))
            .into());
        }
        if choice.needs_v5() {
            draft.connection.version = Version::V5;
        }
        draft.sub.choices.insert(draft.sub.filters.len(), choice);
    }
    draft.sub.filters.push(filter);
    Ok(())
}

fn count(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let count = positive(typed.number()?, "message count")?;
    draft.sub.count = Some(count);
    Ok(())
}

fn timeout(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    if draft.called == Called::Mosquitto {
        let secs = positive(typed.number()?, "timeout")?;
        draft.sub.timeout = Some(Duration::from_secs(secs.into()));
        return Ok(());
    }
    let timeout = duration::parse(typed.bytes()?).filter(|timeout| !timeout.is_zero());
    draft.sub.timeout = Some(timeout.ok_or_else(|| {
        let text = typed.value().unwrap_or_default().display();
        Problem::option(format!(
            "Error: Invalid timeout \"{text}\", it must be {}.",
            duration::FORM
        ))
    })?);
    Ok(())
}

fn positive(number: i32, what: &str) -> Result<u32, Problem> {
    u32::try_from(number)
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| Problem::option(format!("Error: Invalid {what} \"{number}\".")))
}

/// Also asks an MQTT 5 broker to send none.
fn hide_retained(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.hide_retained = true;
    draft.sub.retain_handling = RetainHandling::Never;
    Ok(())
}

fn retain_handling(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.retain_handling = match typed.bytes()? {
        b"always" => RetainHandling::Always,
        b"new" => RetainHandling::IfNew,
        b"never" => RetainHandling::Never,
        other => {
            let mut message = b"Error: Unknown value '".to_vec();
            message.extend_from_slice(other);
            message.extend_from_slice(b"' for --retain-handling.");
            return Err(Problem::option(message).into());
        }
    };
    Ok(())
}

fn random_filter(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let permille = (atof(typed.bytes()?) * 10.0) as i64;
    let permille = u32::try_from(permille).ok().filter(|value| (1..=10_000).contains(value));
    draft.sub.random_filter_permille = Some(permille.ok_or_else(|| {
        Problem::option("Error: --random-filter chance must be between 0.1-100.0")
    })?);
    Ok(())
}

fn format(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let format = Format::parse_for(typed.bytes()?, draft.compat)
        .map_err(|error| Problem::usage(error.message()))?;
    draft.sub.format = Some(format);
    Ok(())
}

fn flag_exit_after_subscribe(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.exit_after_subscribe = true;
    Ok(())
}

fn flag_retained_only(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.retained_only = true;
    Ok(())
}

fn flag_remove_retained(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.remove_retained = true;
    Ok(())
}

fn flag_retain_as_published(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.retain_as_published = true;
    Ok(())
}

fn flag_verbose(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.verbose = true;
    Ok(())
}

fn flag_no_eol(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.no_eol = true;
    Ok(())
}

fn flag_pretty(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.json_style = JsonStyle::Pretty;
    Ok(())
}

fn flag_message_rate(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.message_rate = true;
    Ok(())
}

fn flag_watch(draft: &mut Draft, _: &Typed<'_>) -> Result<(), Stop> {
    draft.sub.watch = true;
    Ok(())
}
