//! Options of `rr` alone.

use super::{Group, RR, Row, Typed, names};
use crate::cli::check::topic_name;
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, Stop};

/// Where responses come, and how many.
pub const ROWS: &[Row] = &[
    row(Some('e'), None)
        .takes("TOPIC", "response topic")
        .within(Group::Response, "Topic that the response is published to")
        .does(|draft, typed| {
            draft.request.response_topic = Some(topic_name(typed.bytes()?, "-e", "response")?);
            Ok(())
        }),
    row(Some('C'), None)
        .takes("COUNT", "count")
        .within(Group::Response, "Wait for this many responses [default: 1]")
        .own()
        .does(count),
    row(None, Some("strict-correlation"))
        .within(Group::Response, "Ignore responses without correlation data too (MQTT 5)")
        .own()
        .does(|draft, _| {
            draft.request.is_strict = true;
            Ok(())
        }),
    row(None, Some("latency"))
        .within(Group::Response, "Print the time from request to response")
        .since_21()
        .does(|draft, _| {
            draft.request.latency = true;
            draft.connection.nodelay = true;
            Ok(())
        }),
];

const fn row(short: Option<char>, long: Option<&'static str>) -> Row {
    names(short, long).of(RR)
}

fn count(draft: &mut Draft, typed: &Typed<'_>) -> Result<(), Stop> {
    let number = typed.number()?;
    let count = u32::try_from(number).ok().filter(|count| *count > 0);
    draft.request.count = count
        .ok_or_else(|| Problem::option(format!("Error: Invalid message count \"{number}\".")))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use crate::cli::options::Called;
    use crate::cli::table::{Tool, find, rows};

    #[test]
    fn our_own_options_have_no_mosquitto_name() {
        for option in ["-C", "--strict-correlation"] {
            let option = OsStr::new(option);
            assert!(find(Tool::Rr, Called::Lastwill, option).is_some());
            assert!(find(Tool::Rr, Called::Mosquitto, option).is_none());
        }
        assert!(find(Tool::Sub, Called::Mosquitto, OsStr::new("-C")).is_some(), "-C of sub");
        assert!(rows(Tool::Rr, Called::Mosquitto).all(|row| !row.own));
    }

    #[test]
    fn rr_knows_what_mosquitto_rr_knows() {
        let knows = |option: &&str| find(Tool::Rr, Called::Mosquitto, OsStr::new(option)).is_some();
        let known = "-t -L -e -m -f -s -n -q -W -v -N -F -R -D -V -x --pretty --latency --unix -d";
        let foreign = "-T -C -E -U -l -r -w --repeat --retained-only --random-filter";
        assert_eq!(known.split(' ').find(|option| !knows(option)), None);
        assert_eq!(foreign.split(' ').find(knows), None);
    }
}
