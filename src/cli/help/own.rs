//! What help says about retries, exit codes, durations and where options come from.

use super::Section;
use crate::cli::exit;
use crate::cli::settings::{keyed, variable};
use crate::cli::table::Tool;

/// Columns of a list of names.
const COLUMNS: usize = 96;

const RETRY: &str = "  The first attempt after a failure comes after 1 second, each further one after twice the time,
  up to --retry-max; every delay is shortened by up to a quarter, by chance. A connection that the
  broker accepts ends the row: the next failure is the first one again. Every attempt asks for the
  same session. It is said once that we wait, and once that we are back.
  Not tried again: a broker that refuses this client (user name or password, not authorised, client
  id, version, banned), that gave our place to another client with the same id, that moved, or
  that breaks the protocol. A broker that is unavailable or busy is.
  pub keeps what it has read: QoS 1 and 2 up to 16 MiB or 100,000 messages; QoS 0 waits unread in
  standard input.
";

const DURATIONS: &str = "  -W and --retry-max take a number with ms, s, m, h or d behind it; a bare number counts seconds.
";

const TOPICS: &str =
    "  -t 'a/#;qos=1;no-local' has options for this filter alone; all but qos use MQTT 5:
  qos=0|1|2             instead of -q
  no-local              not what this client publishes itself
  retain-as-published   leave the retain bit as it was
  retain-handling=WHEN  retained messages always, for new subscriptions, or never: always, new,
                        never, or 0, 1, 2
  id=NUMBER             Subscription Identifier: filters with the same one share a SUBSCRIBE
  A semicolon that belongs to the filter is written twice.
";

const PASSWORDS: &str = "  -P asks on the terminal where no value follows it: at the end, or before another option. A password
  that is written like an option is joined: --pw=VALUE. A password on the command line can be read
  by everyone on this machine; those of --password-file, --password-env, --password-fd,
  LASTWILL_PASSWORD and a profile cannot.
";

/// Adds what holds under our own name, above the examples.
pub fn extend(sections: &mut Vec<Section>, tool: Tool) {
    let examples = sections.iter().position(|section| section.heading == "Examples");
    let place = examples.unwrap_or(sections.len());
    if tool == Tool::Sub {
        let text = TOPICS.to_owned();
        sections.insert(place, Section { heading: "Options of one filter", text });
    }
    let own = [
        ("Durations", DURATIONS.to_owned()),
        ("Passwords", PASSWORDS.to_owned()),
        ("Attempts", RETRY.to_owned()),
        ("Strict exit status", exit::STRICT.to_owned()),
        ("Environment", sources(tool)),
    ];
    let own = own.into_iter().map(|(heading, text)| Section { heading, text });
    sections.splice(place..place, own);
}

/// Where options come from, and the variables.
fn sources(tool: Tool) -> String {
    let mut text = "  Options come from the default options file, then the environment, then a profile (--profile,
  LASTWILL_PROFILE), then the file of -o, then the command line; what comes later holds. A
  variable that is empty counts as not set. Flags are true or false.
  A profile is a table of $XDG_CONFIG_HOME/lastwill/profiles.toml with the options by their long
  names; see lastwill profile --help. The variables:
"
    .to_owned();
    let mut line = String::from(" ");
    for (key, _) in keyed(tool) {
        let name = variable(key);
        if line.len() + 1 + name.len() > COLUMNS {
            text.push_str(&line);
            text.push('\n');
            line = String::from(" ");
        }
        line.push(' ');
        line.push_str(&name);
    }
    text.push_str(&line);
    text.push('\n');
    text
}
