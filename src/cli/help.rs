//! Help texts, as clap renders them from [`crate::cli::table`].

mod check;
mod lab;
mod own;
mod pipes;
mod request;
mod retained;

use std::ffi::OsStr;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command, ValueHint};

use crate::cli::compat::Compat;
use crate::cli::options::Called;
use crate::cli::table::{Group, Row, Takes, Tool, rows};

/// How the tool is invoked: `lastwill sub` or `mosquitto_sub`.
pub fn invocation(tool: Tool, called: Called) -> String {
    match called {
        Called::Lastwill => format!("lastwill {}", tool.name()),
        Called::Mosquitto => tool.mosquitto_name().to_owned(),
    }
}

/// What `--version` prints. Under mosquitto's names it is the version whose behaviour is followed.
pub fn version(tool: Tool, called: Called, compat: Compat) -> String {
    let (version, library) = match (called, compat) {
        (Called::Lastwill, _) => return format!("lastwill {}\n", env!("CARGO_PKG_VERSION")),
        (Called::Mosquitto, Compat::V20) => ("2.0.11", "2.0.11"),
        (Called::Mosquitto, Compat::V21) => ("2.1.2", "2.1.0"),
    };
    format!("{} version {version} running on libmosquitto {library}.\n", tool.mosquitto_name())
}

/// What `--help` prints.
pub fn text(tool: Tool, called: Called, compat: Compat) -> String {
    let name = invocation(tool, called);
    let later = rows(tool, called).filter(|row| row.group.is_some() && !row.is_in(compat));
    let command = later
        .fold(command(tool, called), |command, row| command.mut_arg(id(row), |arg| arg.hide(true)))
        .override_usage(usage(tool, &name))
        .after_help(after_help(tool, called))
        .help_template("{about}\n\nUsage: {usage}\n\n{all-args}{after-help}");
    let mut text = command.term_width(100).render_help().to_string();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// A known option that looks like an unknown one.
pub fn similar(tool: Tool, word: &OsStr) -> Option<String> {
    let error = command(tool, Called::Lastwill)
        .try_get_matches_from([OsStr::new(tool.name()), word])
        .err()?;
    match error.get(ContextKind::SuggestedArg)? {
        ContextValue::String(option) => Some(option.clone()),
        _ => None,
    }
}

/// The options of a tool under one of its names as clap knows them: for help, completions and man
/// pages.
pub fn command(tool: Tool, called: Called) -> Command {
    let about = match tool {
        Tool::Sub => "Subscribe to topics and print what is published",
        Tool::Pub => "Publish messages to a topic",
        Tool::Check => "Examine a broker: every will, every connection-level rule",
        Tool::Rr => "Publish a request and print the response",
        Tool::Retained => "List, print and remove retained messages",
        Tool::Conn => "Connect, hold a will and wait",
        Tool::Watch => "Watch who is online, and when wills come",
        Tool::Wills => "List the wills that a lastwill broker holds",
    };
    let visible = rows(tool, called).filter_map(|row| Some((row.group?, row)));
    Command::new(tool.name())
        .about(about)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .after_help(after_help(tool, called))
        .args(visible.enumerate().map(|(place, (group, row))| arg(place, group, row)))
}

/// How clap calls an option.
fn id(row: &Row) -> String {
    match (row.long, row.short) {
        (Some(long), _) => long.to_owned(),
        (None, short) => short.map(String::from).unwrap_or_default(),
    }
}

fn arg(place: usize, group: Group, row: &'static Row) -> Arg {
    let mut arg =
        Arg::new(id(row)).help(row.help).help_heading(group.heading()).display_order(place);
    if let Some(short) = row.short {
        arg = arg.short(short);
    }
    if let Some(long) = row.long {
        arg = arg.long(long);
    }
    match row.takes {
        Takes::Nothing => arg.action(ArgAction::SetTrue),
        Takes::One { placeholder, .. } => arg
            .value_name(placeholder)
            .value_hint(match placeholder {
                "FILE" => ValueHint::FilePath,
                "HOST" => ValueHint::Hostname,
                _ => ValueHint::Other,
            })
            .action(ArgAction::Append),
        Takes::Property => arg.value_name("PROPERTY").action(ArgAction::Append),
        Takes::Joined { placeholder } => arg
            .value_name(placeholder)
            .num_args(0..=1)
            .require_equals(true)
            .action(ArgAction::Append),
    }
}

/// The shape of a command line of the tool, invoked as `name`.
pub fn usage(tool: Tool, name: &str) -> String {
    let is_own = !name.starts_with("mosquitto_");
    match tool {
        Tool::Pub if is_own => format!(
            "{name} [OPTION]... (-t TOPIC (-m PAYLOAD | -f FILE | -s | -l | -n) | --json | \
             --replay FILE)"
        ),
        Tool::Rr if is_own => {
            format!("{name} [OPTION]... -t TOPIC [-e TOPIC] (-m PAYLOAD | -f FILE | -s | -n)")
        }
        Tool::Sub => format!("{name} [OPTION]... -t FILTER [-t FILTER]..."),
        Tool::Pub => format!("{name} [OPTION]... -t TOPIC (-m PAYLOAD | -f FILE | -s | -l | -n)"),
        Tool::Rr => {
            format!("{name} [OPTION]... -t TOPIC -e TOPIC (-m PAYLOAD | -f FILE | -s | -n)")
        }
        Tool::Retained => format!("{name} (list | get | remove) [OPTION]... [FILTER]..."),
        Tool::Conn | Tool::Wills | Tool::Check => format!("{name} [OPTION]..."),
        Tool::Watch => format!("{name} [OPTION]... FILTER..."),
    }
}

/// What help and man page say below the options.
pub struct Section {
    /// Its heading, such as `Format (-F)`.
    pub heading: &'static str,
    /// Its lines, indented by two blanks.
    pub text: String,
}

/// The sections of a tool under one of its names.
pub fn sections(tool: Tool, called: Called) -> Vec<Section> {
    let name = invocation(tool, called);
    let format = Section { heading: "Format (-F)", text: FORMAT.to_owned() };
    let properties = Section { heading: "Properties (-D)", text: PROPERTIES.to_owned() };
    let mut sections = match tool {
        Tool::Sub => vec![format, properties, sub_examples(&name)],
        Tool::Pub => vec![properties, pub_examples(&name)],
        Tool::Rr => vec![format, properties, request::examples(&name, called)],
        Tool::Retained => retained::sections(&name),
        Tool::Conn => vec![properties, lab::conn_examples(&name)],
        Tool::Watch => vec![lab::watch_examples(&name)],
        Tool::Wills => vec![lab::wills_examples(&name)],
        Tool::Check => check::sections(&name),
    };
    // What is examined has no attempts, no end of its own, and other exit codes.
    if called == Called::Lastwill && tool != Tool::Check {
        lab::extend(&mut sections, tool);
        own::extend(&mut sections, tool);
        pipes::extend(&mut sections, tool, &name);
        request::extend(&mut sections, tool);
    }
    sections
}

fn after_help(tool: Tool, called: Called) -> String {
    let sections = sections(tool, called).into_iter();
    let texts = sections.map(|section| format!("{}:\n{}", section.heading, section.text));
    texts.collect::<Vec<_>>().join("\n")
}

const FORMAT: &str = "  %t topic         %p payload        %x %X payload in hexadecimal
  %l length        %q QoS            %r retain bit
  %m packet id     %j JSON           %J JSON with a payload that is JSON itself
  %I local time    %U Unix time      @Y @m @d @H ... one letter of strftime, @N nanoseconds
  %C content type  %R response topic %D correlation data      %P user properties
  %E expiry        %A topic alias    %F payload format        %S subscription identifier
  %f %d payload as a float of 4 or 8 bytes
  %% @@ \\\\ the sign itself, \\n \\t \\r \\0 \\a \\e \\v as in C
  %-20t %020l %.2:x alignment, padding with zeros, width, precision, separator
";

const PROPERTIES: &str =
    "  -D COMMAND PROPERTY VALUE, or -D COMMAND user-property NAME VALUE; uses MQTT 5
  connect      authentication-method authentication-data maximum-packet-size receive-maximum
               request-problem-information request-response-information
               session-expiry-interval topic-alias-maximum
  publish      content-type correlation-data message-expiry-interval payload-format-indicator
               response-topic topic-alias
  subscribe    subscription-identifier
  unsubscribe  no other than user-property
  disconnect   session-expiry-interval reason-string server-reference
  will         content-type correlation-data message-expiry-interval payload-format-indicator
               response-topic will-delay-interval
";

fn sub_examples(name: &str) -> Section {
    let text = format!(
        "  Everything below a topic, with the topics:
    {name} -v -t 'sensors/#'
  The next message, but wait no longer than 10 seconds (exit status 27 then):
    {name} -C 1 -W 10 -t door/state
  One line of JSON per message:
    {name} -F %j -t '#'
  Tell others when this client dies:
    {name} -t jobs -i worker --will-topic worker/status --will-payload gone --will-retain
"
    );
    Section { heading: "Examples", text }
}

fn pub_examples(name: &str) -> Section {
    let text = format!(
        "  A retained message, which later subscribers get at once:
    {name} -t door/state -m open -r
  Clear it:
    {name} -t door/state -n -r
  Every line of a log, acknowledged:
    tail -f app.log | {name} -t log -l -q 1
  Stay connected behind a will until killed:
    sleep 600 | {name} -t a -l --will-topic a/status --will-payload offline --will-retain
"
    );
    Section { heading: "Examples", text }
}
