//! The options of `lastwill bench`.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};

use crate::bench::{self, Death, MetricsUrl, Pace, Plan, Stop, Target, Workload};
use crate::cli::args::{self, Places};
use crate::cli::duration;
use crate::protocol::{QoS, Version};
use crate::transport::connect;

use super::turns::{self, Turns};

/// Messages per second of `latency` where nothing is said.
const RATE: u32 = 1000;
/// How long `latency` takes where nothing is said.
const LATENCY: std::time::Duration = std::time::Duration::from_secs(10);
/// Bytes of a payload where nothing is said.
const PAYLOAD_BYTES: usize = 64;

/// The options as clap knows them.
pub fn command() -> Command {
    Command::new("bench")
        .bin_name("lastwill bench")
        .about("Measure a broker: messages, connections, wills, with every delivery checked")
        .arg(
            Arg::new("workload")
                .value_name("WORKLOAD")
                .help(workloads())
                .required_unless_present("relay")
                .value_parser(PossibleValuesParser::new(Workload::ALL.map(Workload::name))),
        )
        .args(connection())
        .args(messages())
        .args(measurement())
        .args(episodes())
        .arg(flag("relay", "Be the floor").hide(true))
        .args(turns::arguments())
        .after_help(EXAMPLES)
}

const EXAMPLES: &str = "\
Examples:
  What a broker on this machine can carry, and what each delivery costs it:
    lastwill bench fanin --pid $(pidof mosquitto)
  Latencies at a steady 5000 messages per second, QoS 1:
    lastwill bench latency -q 1 --rate 5000
  10,000 clients lose their connections at once; does every will come, and once?
    lastwill bench will-storm -c 10000 -q 1 --death reset
  Memory of an idle connection with a will:
    lastwill bench idle -c 10000 --will --pid $(pidof mosquitto)
  Two brokers in turns, with a report:
    lastwill bench fanout -L mqtt://localhost:1883 --pid 100 \\
      --against mqtt://localhost:1884 --against-pid 200 --report fanout.html
";

fn workloads() -> String {
    let each = Workload::ALL.map(|workload| format!("{}: {}", workload.name(), workload.about()));
    format!("What is measured. {}", each.join("; "))
}

fn valued(id: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(id).value_name(value).help(help)
}

fn flag(id: &'static str, help: &'static str) -> Arg {
    Arg::new(id).long(id).action(ArgAction::SetTrue).help(help)
}

fn connection() -> Vec<Arg> {
    let file = |id, help| {
        valued(id, "FILE", help)
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::FilePath)
    };
    let all = vec![
        valued(
            "url",
            "URL",
            "The broker: mqtt://, mqtts://, ws:// or wss://[USER[:PASSWORD]@]HOST[:PORT] [default: mqtt://localhost]",
        )
        .short('L'),
        valued("username", "NAME", "User name").short('u'),
        valued("password", "PASSWORD", "Password").short('P').requires("username"),
        file("cafile", "Certificates of the authorities to trust"),
        file("cert", "Certificate of the clients").requires("key"),
        file("key", "Private key of the clients").requires("cert"),
        flag("insecure", "Believe any certificate of the broker"),
        flag("remote", "Measure a broker on another machine: this is load for others"),
        valued("spawn", "CMD", "Start the broker by this command of the shell, and end it with the measurement; {port} in it and in --url is a free port")
            .conflicts_with("pid"),
        flag("floor", "Measure a relay of the same bytes without MQTT, too: what no broker can beat. The way to it is plain TCP, also where the broker is behind TLS or WebSocket"),
        valued("pid", "PID", "The process of the broker: its CPU time and memory are measured")
            .value_parser(value_parser!(u32)),
        valued("metrics", "URL", "Metrics of lastwill broker, http://HOST:PORT: how busy its lock is, and how long turns are"),
    ];
    all.into_iter().map(|arg| arg.help_heading("Broker")).collect()
}

fn messages() -> Vec<Arg> {
    let all = vec![
        valued("qos", "QOS", "Quality of service of messages and subscriptions: 0, 1 or 2 [default: 0, offline: 1]")
            .short('q')
            .value_parser(["0", "1", "2"])
            .hide_possible_values(true),
        valued("protocol-version", "VERSION", "311 or 5")
            .short('V')
            .value_parser(["311", "mqttv311", "5", "mqttv5"])
            .hide_possible_values(true)
            .default_value("311"),
        flag("properties", "Messages carry properties (version 5)"),
        valued("size", "BYTES", "Bytes of a payload, at least 16 [default: 64]")
            .short('s')
            .value_parser(value_parser!(usize)),
        valued(
            "clients",
            "COUNT",
            "Publishers of fanin, subscribers of fanout, retained and offline, pairs of pairs and latency, connections of idle and will-storm, of connect at a time",
        )
        .short('c')
        .value_parser(value_parser!(u32)),
        valued("window", "COUNT", "Closed loop: unfinished messages that a publisher may have [default: 400; fanin: 900 by all together; at QoS 2 at most 20]")
            .value_parser(value_parser!(u32)),
        valued("rate", "COUNT", "Open loop: messages per second, all publishers together")
            .value_parser(value_parser!(u32))
            .conflicts_with("window"),
    ];
    all.into_iter().map(|arg| arg.help_heading("Load")).collect()
}

fn episodes() -> Vec<Arg> {
    let all = vec![
        valued("death", "HOW", "How the clients of will-storm die: close, reset or silent")
            .value_parser(["close", "reset", "silent"])
            .hide_possible_values(true)
            .default_value("close"),
        flag("will", "The connections of idle have a will"),
    ];
    all.into_iter().map(|arg| arg.help_heading("Episodes")).collect()
}

fn measurement() -> Vec<Arg> {
    let all = vec![
        valued("count", "COUNT", "End after so many messages, connections or subscriptions")
            .short('n')
            .value_parser(value_parser!(u64)),
        valued("duration", "TIME", "End after this time, such as 10s").conflicts_with("count"),
        valued(
            "warm-up",
            "TIME",
            "Time or number of messages (such as 1000n) before the measurement [default: a tenth]",
        ),
        valued("threads", "COUNT", "Threads of the generator")
            .value_parser(value_parser!(usize))
            .default_value("1"),
    ];
    all.into_iter().map(|arg| arg.help_heading("Measurement")).collect()
}

/// What the command line means.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is done.
    pub plan: Plan,
    /// With which broker.
    pub target: Target,
    /// Brokers that take turns with it.
    pub others: Vec<Target>,
    /// How often, and how results are given.
    pub turns: Turns,
    /// The command that starts it.
    pub spawn: Option<String>,
    /// Whether the floor is measured, too.
    pub floor: bool,
}

impl Options {
    /// Reads what clap has understood.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn read(matches: &ArgMatches) -> Result<Options, String> {
        let plan = plan(matches)?;
        plan.check().map_err(|error| error.to_string())?;
        let floor = matches.get_flag("floor");
        if floor && !plan.workload.is_stream() {
            let name = plan.workload.name();
            return Err(format!("there is no floor of {name}, only of a stream of messages"));
        }
        has_meaning(matches, &plan)?;
        let turns = Turns::read(matches)?;
        let port = bench::free_port().map_err(|error| error.to_string())?;
        let placed = |text: &str| text.replace("{port}", &port.to_string());
        let (url, spawn) = (text(matches, "url"), text(matches, "spawn"));
        let url = match (url, spawn) {
            (Some(url), Some(_)) => placed(url),
            (Some(url), None) => url.to_owned(),
            (None, Some(command)) if !command.contains("{port}") => {
                let why = "--spawn needs {port} in its command, where the port to listen on goes, or \
                           --url for where the broker listens";
                return Err(why.to_owned());
            }
            (None, Some(_)) => format!("mqtt://127.0.0.1:{port}"),
            (None, None) => "mqtt://localhost".to_owned(),
        };
        let spawn = spawn.map(placed);
        let mut first = target(matches, &url, matches.get_one("pid").copied())?;
        first.metrics = text(matches, "metrics").map(|url| metrics(matches, url)).transpose()?;
        let others = turns.against.iter().map(|(url, pid)| target(matches, url, *pid));
        let others = others.collect::<Result<Vec<Target>, String>>()?;
        Ok(Options { plan, target: first, others, turns, spawn, floor })
    }
}

fn text<'a>(matches: &'a ArgMatches, id: &str) -> Option<&'a str> {
    matches.get_one::<String>(id).map(String::as_str)
}

fn plan(matches: &ArgMatches) -> Result<Plan, String> {
    let named = text(matches, "workload");
    let workload = Workload::ALL.into_iter().find(|workload| Some(workload.name()) == named);
    let workload = workload.ok_or("there is no such workload")?;
    let clients = matches.get_one("clients").copied().unwrap_or(workload.clients());
    let qos = qos(matches, workload);
    let pace = match (matches.get_one::<u32>("rate"), matches.get_one::<u32>("window")) {
        (Some(rate), _) => Pace::Rate(*rate),
        (None, Some(window)) => Pace::Window(*window),
        (None, None) if workload == Workload::Latency => Pace::Rate(RATE),
        (None, None) => Pace::Window(Plan::window_of(workload, clients, qos)),
    };
    let stop = match (text(matches, "duration"), matches.get_one("count")) {
        (Some(time), _) => Stop::Duration(span("--duration", time)?),
        (None, Some(count)) => Stop::Count(*count),
        (None, None) if workload == Workload::Latency => Stop::Duration(LATENCY),
        (None, None) => Stop::Count(workload.count()),
    };
    let warm_up = match text(matches, "warm-up") {
        Some(text) => warm_up(text)?,
        None => stop.warm_up(),
    };
    let version = match text(matches, "protocol-version") {
        Some("5" | "mqttv5") => Version::V5,
        _ => Version::V311,
    };
    let properties = matches.get_flag("properties");
    if properties && !version.is_v5() {
        return Err("--properties needs -V 5: version 3 has none".to_owned());
    }
    Ok(Plan {
        workload,
        qos,
        death: match text(matches, "death") {
            Some("reset") => Death::Reset,
            Some("silent") => Death::Silent,
            _ => Death::Close,
        },
        has_wills: matches.get_flag("will"),
        version,
        properties,
        payload_bytes: matches.get_one("size").copied().unwrap_or(PAYLOAD_BYTES),
        clients,
        pace,
        stop,
        warm_up,
        threads: matches.get_one("threads").copied().unwrap_or(1),
    })
}

/// Refuses what was typed and would change nothing, so that nobody takes it for measured.
fn has_meaning(matches: &ArgMatches, plan: &Plan) -> Result<(), String> {
    let (workload, name) = (plan.workload, plan.workload.name());
    let is_given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let is_crowd = matches!(workload, Workload::Idle | Workload::WillStorm);
    let has_warm_up = workload.is_stream() || workload == Workload::Connect;
    let is_alone = is_given("clients") && workload == Workload::Subscribe && plan.clients > 1;
    let is_warm = !plan.warm_up.is_nothing();
    let has_messages = !matches!(workload, Workload::Connect | Workload::Idle);
    let has_properties = has_messages && workload != Workload::WillStorm;
    let wrong = [
        (is_given("qos") && !has_messages, "-q is for messages"),
        (is_given("size") && !has_messages, "-s is for messages"),
        (plan.properties && !has_properties, "--properties are for messages"),
        (is_given("window") && workload == Workload::Latency, "--window is not for a steady rate"),
        (is_given("death") && workload != Workload::WillStorm, "--death is for will-storm"),
        (is_given("will") && workload != Workload::Idle, "--will is for idle"),
        (is_given("window") && !workload.is_stream(), "--window is for streams of messages"),
        (is_given("rate") && !workload.is_stream(), "--rate is for streams of messages"),
        (is_given("threads") && !workload.is_stream(), "--threads is for streams of messages"),
        (is_given("warm-up") && is_warm && !has_warm_up, "--warm-up is for streams and connect"),
        (is_given("count") && is_crowd, "-n is not for connections, whose number is -c"),
        (is_alone, "-c is not for subscriptions, whose number is -n"),
    ];
    match wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
        Some((_, why)) => Err(format!("{why}: it means nothing to {name}")),
        None => Ok(()),
    }
}

/// Where nothing is said, messages that have to be kept have QoS 1.
fn qos(matches: &ArgMatches, workload: Workload) -> QoS {
    match text(matches, "qos") {
        Some("0") => QoS::AtMostOnce,
        Some("1") => QoS::AtLeastOnce,
        Some("2") => QoS::ExactlyOnce,
        _ if workload == Workload::Offline => QoS::AtLeastOnce,
        _ => QoS::AtMostOnce,
    }
}

fn span(option: &str, text: &str) -> Result<std::time::Duration, String> {
    let parsed = duration::parse(text.as_bytes());
    parsed.ok_or_else(|| format!("{option} takes {}, not '{text}'", duration::FORM))
}

fn warm_up(text: &str) -> Result<Stop, String> {
    match text.strip_suffix('n').map(str::parse) {
        Some(Ok(count)) => Ok(Stop::Count(count)),
        _ => {
            let time = span("--warm-up", text).map(Stop::Duration);
            time.map_err(|why| format!("{why}; or a number of messages, such as 1000n"))
        }
    }
}

/// The broker. The URL and what is about TLS mean what they mean to the client tools.
fn target(matches: &ArgMatches, url: &str, pid: Option<u32>) -> Result<Target, String> {
    let mut words = vec![OsString::from("-L"), OsString::from(url)];
    for (id, option) in [("username", "-u"), ("password", "-P")] {
        let value = text(matches, id).map(OsString::from);
        words.extend(value.into_iter().flat_map(|value| [OsString::from(option), value]));
    }
    for (id, option) in [("cafile", "--cafile"), ("cert", "--cert"), ("key", "--key")] {
        let value = matches.get_one::<PathBuf>(id).map(|path| path.clone().into_os_string());
        words.extend(value.into_iter().flat_map(|value| [OsString::from(option), value]));
    }
    if matches.get_flag("insecure") {
        words.push(OsString::from("--insecure"));
    }
    let options = args::check(&words, &Places::default()).map_err(|answer| {
        let text = String::from_utf8_lossy(&answer.stderr).into_owned();
        let line = text.lines().next().unwrap_or_default();
        let why = line.trim_start_matches("Error: ").trim_end_matches('.');
        match why.contains("URL") {
            true => format!("{why}: '{url}' is not mqtt://, mqtts://, ws:// or wss://HOST[:PORT]"),
            false => why.to_owned(),
        }
    })?;
    let target = options.target;
    names_a_place(&target.endpoint.target, url)?;
    if !matches.get_flag("remote") && !is_here(&target.endpoint.target) {
        return Err(format!(
            "{} is not on this machine; --remote measures it all the same, where that is allowed",
            options.name
        ));
    }
    Ok(Target {
        name: options.name,
        endpoint: connect::Endpoint { nodelay: true, ..target.endpoint },
        username: target.username,
        password: target.password,
        pid,
        metrics: None,
    })
}

/// Whether a URL says enough.
fn names_a_place(target: &connect::Target, url: &str) -> Result<(), String> {
    match target {
        connect::Target::Tcp { host, .. } if host.is_empty() => {
            Err(format!("'{url}' names no host"))
        }
        // Port 0 makes the host the path of a Unix socket, which nobody means who names none.
        connect::Target::Unix(path) if !path.is_absolute() => {
            let hint = match url.contains("{port}") {
                true => ": {port} is for --url with --spawn",
                false => "",
            };
            Err(format!("'{url}' names no port{hint}"))
        }
        _ => Ok(()),
    }
}

/// Where the broker tells of its lock.
fn metrics(matches: &ArgMatches, text: &str) -> Result<MetricsUrl, String> {
    let url: MetricsUrl = text.parse()?;
    if matches.get_flag("remote") || is_loopback(url.host()) {
        return Ok(url);
    }
    Err(format!("{} is not on this machine; --remote asks it all the same", url.host()))
}

/// Whether a host is certainly this machine.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether the far end is certainly on this machine.
fn is_here(target: &connect::Target) -> bool {
    match target {
        connect::Target::Tcp { host, .. } => is_loopback(host),
        connect::Target::Unix(_) | connect::Target::Within(_) => true,
        #[cfg(feature = "srv")]
        connect::Target::Domain(_) => false,
    }
}
