//! From what was typed to what it means: the checks that need the whole command line.

mod life;
mod pipes;
mod request;
pub mod retained;

use std::path::PathBuf;

use crate::check::Target;
use crate::cli::check::{STRING_BYTES_MAX, utf8};
use crate::cli::choice::Choice;
use crate::cli::compat::Compat;
use crate::cli::draft::{ConnectionDraft, Draft};
use crate::cli::errors::{Problem, Tail, text};
use crate::cli::examine::CheckOptions;
use crate::cli::options::{
    Called, ConnOptions, Connection, Output, PubOptions, SubOptions, WatchOptions,
};
use crate::cli::property::Command;
use crate::cli::table::Tool;
use crate::cli::tls;
use crate::protocol::packet::connect::SESSION_EXPIRY_NEVER;
use crate::protocol::{Property, PropertyBuf, PropertyId, SubscriptionOptions, Version};

pub use request::rr;

/// The Receive Maximum that CONNECT announces unless something asks for another.
const RECEIVE_MAXIMUM: u16 = 20;

/// Where the broker is if nothing is said.
const DEFAULT_HOST: &str = "localhost";

/// How many random characters follow `mosq-` in a generated client identifier.
const RANDOM_ID_LEN: usize = 18;

/// The meaning of a `sub` command line.
pub fn sub(mut draft: Draft) -> Result<SubOptions, Problem> {
    let session_expiry_secs = check_connection(&mut draft)?;
    check_filters(&draft)?;
    draft.properties.check(draft.compat)?;
    check_retained(&draft)?;
    let subscribe_properties = properties(&draft, Command::Subscribe)?;
    let unsubscribe_properties = properties(&draft, Command::Unsubscribe)?;
    let connection = connection(&draft, session_expiry_secs)?;
    let (exec, record) = (pipes::exec(&draft), pipes::recording(&draft));
    let sub = draft.sub;
    Ok(SubOptions {
        connection,
        filters: sub.filters,
        choices: sub.choices,
        subscription_options: SubscriptionOptions {
            qos: draft.qos.unwrap_or_default(),
            no_local: false,
            retain_as_published: sub.retain_as_published,
            retain_handling: sub.retain_handling,
        },
        subscribe_properties,
        unsubscribe_filters: sub.unsubscribe_filters,
        unsubscribe_properties,
        filters_out: sub.filters_out,
        count: sub.count,
        timeout: sub.timeout,
        exit_after_subscribe: sub.exit_after_subscribe,
        hide_retained: sub.hide_retained,
        retained_only: sub.retained_only,
        remove_retained: sub.remove_retained,
        random_filter_permille: sub.random_filter_permille,
        message_rate: sub.message_rate,
        watch: sub.watch,
        output: Output {
            format: sub.format,
            json_style: sub.json_style,
            verbose: sub.verbose,
            no_eol: sub.no_eol,
        },
        pipes: sub.pipes,
        exec,
        record,
    })
}

/// The meaning of a `pub` command line.
pub fn publish(mut draft: Draft) -> Result<PubOptions, Problem> {
    let session_expiry_secs = check_connection(&mut draft)?;
    draft.properties.check(draft.compat)?;
    let properties = draft.properties.build(Command::Publish);
    pipes::check_publish(&draft)?;
    let mut records = draft.publish.records.clone();
    records.qos = draft.qos;
    let topic = draft.publish.topic.take();
    let has_topic = topic.is_some() || records.have_topics();
    let Some(payload) = draft.publish.payload.take().filter(|_| has_topic) else {
        return Err(Problem {
            message: b"Error: Both topic and message must be supplied.".to_vec(),
            tail: Tail::Usage,
        });
    };
    let connection = connection(&draft, session_expiry_secs)?;
    Ok(PubOptions {
        connection,
        topic,
        payload,
        qos: draft.qos.unwrap_or_default(),
        retain: draft.publish.retain,
        repeat: draft.publish.repeat,
        timeout: draft.sub.timeout,
        repeat_delay: draft.publish.repeat_delay,
        records,
        speed: draft.publish.speed.unwrap_or(1.0),
        properties,
    })
}

/// The meaning of a `conn` command line.
pub fn conn(mut draft: Draft) -> Result<ConnOptions, Problem> {
    let session_expiry_secs = check_connection(&mut draft)?;
    let connection = connection(&draft, session_expiry_secs)?;
    Ok(ConnOptions { connection, json: draft.lab.json })
}

/// The meaning of a `watch` command line.
pub fn watch(mut draft: Draft) -> Result<WatchOptions, Problem> {
    let session_expiry_secs = check_connection(&mut draft)?;
    let connection = connection(&draft, session_expiry_secs)?;
    let filters = draft.sub.filters;
    if filters.is_empty() {
        return Err(Problem::usage(
            "Error: You must name the topics to watch, such as 'A/status' or '+/status'.",
        ));
    }
    Ok(WatchOptions { connection, filters, json: draft.lab.json })
}

/// The meaning of a `check` command line.
pub fn check(mut draft: Draft) -> Result<CheckOptions, Problem> {
    let session_expiry_secs = check_connection(&mut draft)?;
    let connection = connection(&draft, session_expiry_secs)?;
    let target = Target {
        endpoint: super::life::endpoint(&connection),
        username: connection.username,
        password: connection.password,
    };
    let name = format!("{}:{}", connection.host, connection.port);
    Ok(CheckOptions { target, name, examination: draft.check, quiet: connection.quiet })
}

/// The checks that come first, in mosquitto's order: will, port, session. Returns the Session
/// Expiry Interval in seconds.
fn check_connection(draft: &mut Draft) -> Result<u32, Problem> {
    life::check(draft)?;
    tls::check(&draft.tls)?;
    if draft.transport.srv && (draft.connection.port.is_some() || draft.transport.proxy.is_some()) {
        return Err(Problem::usage(
            "Error: -S takes host and port from SRV records: it cannot be used with -p, --unix or \
             --proxy.",
        ));
    }
    if draft.connection.port == Some(0) && draft.transport.proxy.is_some() {
        return Err(Problem::usage(
            "Error: --proxy and a Unix domain socket (--unix, -p 0) cannot be used together.",
        ));
    }
    check_session(draft)
}

/// `-c` and `-x`: what they mean depends on the final version, and a session that stays needs a
/// name of its own.
fn check_session(draft: &mut Draft) -> Result<u32, Problem> {
    let connection = &draft.connection;
    let is_named = connection.client_id.is_some();
    let keep = connection.keep_session;
    if !connection.version.is_v5() {
        if keep && !is_named {
            return Err(Problem::usage(
                "Error: You must provide a client id if you are using the -c option.",
            ));
        }
        return Ok(if keep { SESSION_EXPIRY_NEVER } else { 0 });
    }
    let default_secs = if keep { SESSION_EXPIRY_NEVER } else { 0 };
    let secs = connection.session_expiry_secs.unwrap_or(default_secs);
    if secs == SESSION_EXPIRY_NEVER && !is_named {
        return Err(Problem::usage(
            "Error: You must provide a client id if you are using an infinite session expiry \
             interval.",
        ));
    }
    if secs > 0 {
        let id = PropertyId::SessionExpiryInterval;
        draft.properties.add_number(Command::Connect, id, secs);
    }
    let given = draft.properties.number(Command::Connect, PropertyId::SessionExpiryInterval);
    Ok(given.unwrap_or(0))
}

fn check_filters(draft: &Draft) -> Result<(), Problem> {
    let sub = &draft.sub;
    if !draft.connection.version.is_v5() && sub.choices.values().any(Choice::needs_v5) {
        return Err(Problem::usage(
            "Error: no-local, retain-as-published, retain-handling and id of -t need MQTT 5, and \
             -V says otherwise.",
        ));
    }
    match draft.compat {
        Compat::V20 if sub.filters.is_empty() => {
            Err(Problem::usage("Error: You must specify a topic to subscribe to."))
        }
        Compat::V21 if sub.filters.is_empty() && sub.unsubscribe_filters.is_empty() => {
            Err(Problem::usage(
                "Error: You must specify a topic to subscribe to (-t) or unsubscribe from (-U).",
            ))
        }
        _ => Ok(()),
    }
}

fn check_retained(draft: &Draft) -> Result<(), Problem> {
    if draft.sub.hide_retained && draft.sub.retained_only {
        return Err(Problem::plain(
            "\nError: Combining '-R' and '--retained-only' makes no sense.",
        ));
    }
    pipes::check_sub(draft)
}

/// The properties of a packet, which need MQTT 5.
fn properties(draft: &Draft, command: Command) -> Result<PropertyBuf, Problem> {
    if !draft.connection.version.is_v5() && draft.properties.has(command) {
        let why = draft.compat.sentence(text::NOT_SUPPORTED);
        return Err(Problem::plain(format!("Unable to connect ({why}).")));
    }
    Ok(draft.properties.build(command))
}

fn connection(draft: &Draft, session_expiry_secs: u32) -> Result<Connection, Problem> {
    let disconnect_properties = match draft.connection.version.is_v5() {
        true => draft.properties.build(Command::Disconnect),
        false => PropertyBuf::new(),
    };
    let will = life::will(draft)?;
    let client_id = client_id(draft)?;
    let (username, password) = credentials(&draft.connection)?;
    let (connect_properties, receive_maximum) = connect_properties(draft)?;
    let typed = &draft.connection;
    let host = typed.host.clone().unwrap_or_else(|| DEFAULT_HOST.to_owned());
    let unix = unix(draft);
    let tls = tls::build(draft, unix.is_none().then_some(&host))?;
    let psk = tls::build_psk(&draft.tls)?;
    Ok(Connection {
        called: draft.called,
        compat: draft.compat,
        host,
        port: typed.port.unwrap_or(draft.tls.default_port()),
        tls,
        psk,
        unix,
        proxy: draft.transport.proxy.clone(),
        websocket: draft.transport.websocket,
        srv: draft.transport.srv,
        bind_address: typed.bind_address.clone(),
        nodelay: typed.nodelay,
        keep_alive_secs: typed.keep_alive_secs,
        version: typed.version,
        client_id,
        clean_start: !typed.keep_session,
        session_expiry_secs,
        username,
        password,
        connect_properties,
        warnings: life::warnings(draft, will.as_ref(), session_expiry_secs),
        presence: life::presence(draft),
        ending: life::ending(draft, disconnect_properties.clone()),
        disconnect_properties,
        inflight_max: typed.inflight_max,
        receive_maximum,
        will,
        own: draft.own,
        debug: typed.debug,
        quiet: typed.quiet,
    })
}

/// The properties of CONNECT, and the Receive Maximum among them.
fn connect_properties(draft: &Draft) -> Result<(PropertyBuf, u16), Problem> {
    let mut built = properties(draft, Command::Connect)?;
    let asked = draft.properties.number(Command::Connect, PropertyId::ReceiveMaximum);
    let asked_maximum = asked.and_then(|value| u16::try_from(value).ok());
    let maximum = asked_maximum.unwrap_or_else(|| receive_maximum(draft));
    if draft.connection.version.is_v5() && asked.is_none() {
        built.push(Property::ReceiveMaximum(maximum));
    }
    Ok((built, maximum))
}

/// Port 0 makes a path of the host.
fn unix(draft: &Draft) -> Option<PathBuf> {
    let is_path = draft.connection.port == Some(0);
    let typed = draft.transport.path.clone().unwrap_or_else(|| DEFAULT_HOST.into());
    is_path.then(|| PathBuf::from(typed))
}

/// No more than will be printed: the rest stays with the broker.
fn receive_maximum(draft: &Draft) -> u16 {
    if draft.tool == Tool::Rr {
        return 1;
    }
    let count = draft.sub.count.and_then(|count| u16::try_from(count).ok());
    count.map_or(RECEIVE_MAXIMUM, |count| count.min(RECEIVE_MAXIMUM))
}

fn client_id(draft: &Draft) -> Result<String, Problem> {
    let typed = &draft.connection;
    let id = match (&typed.client_id, &typed.id_prefix) {
        (Some(id), _) => id.clone(),
        (None, Some(prefix)) => {
            let mut id = prefix.clone();
            id.extend_from_slice(std::process::id().to_string().as_bytes());
            id
        }
        (None, None) if typed.keep_session => return Err(invalid_id(draft.tool)),
        (None, None) if typed.version == Version::V31 => return random_id(),
        (None, None) => return Ok(String::new()),
    };
    let Some(id) = utf8(&id) else {
        return Err(Problem::plain(match draft.called {
            Called::Mosquitto => "",
            Called::Lastwill => "Error: The client id is no valid UTF-8.",
        }));
    };
    if id.is_empty() || id.len() > STRING_BYTES_MAX {
        return Err(invalid_id(draft.tool));
    }
    Ok(id.to_owned())
}

fn invalid_id(tool: Tool) -> Problem {
    Problem::plain(match tool {
        Tool::Sub
        | Tool::Rr
        | Tool::Retained
        | Tool::Conn
        | Tool::Watch
        | Tool::Wills
        | Tool::Check => "Error: Invalid id and/or clean_session.",
        Tool::Pub => "Error: Invalid id.",
    })
}

/// MQTT 3.1 knows no empty identifier, so one is made up.
fn random_id() -> Result<String, Problem> {
    Ok(format!("mosq-{}", random_letters(RANDOM_ID_LEN)?))
}

/// Letters and digits that nobody can guess.
fn random_letters(len: usize) -> Result<String, Problem> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut random = vec![0; len];
    getrandom::fill(&mut random)
        .map_err(|error| Problem::plain(format!("Error: No random numbers: {error}.")))?;
    Ok(random.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % 62])).collect())
}

type Credentials = (Option<String>, Option<Vec<u8>>);

/// The password is read last, so that nobody is asked for it in vain.
fn credentials(typed: &ConnectionDraft) -> Result<Credentials, Problem> {
    let problem = || Problem::plain("Error: Problem setting username and/or password.");
    let username = match &typed.username {
        Some(bytes) => {
            let text = utf8(bytes).filter(|text| text.len() <= STRING_BYTES_MAX);
            Some(text.ok_or_else(problem)?.to_owned())
        }
        None => None,
    };
    let Some(password) = &typed.password else { return Ok((username, None)) };
    if username.is_none() && !typed.version.is_v5() {
        return Err(problem());
    }
    let password = password.read(username.as_deref(), typed.quiet)?;
    if password.len() > STRING_BYTES_MAX {
        return Err(problem());
    }
    Ok((username, Some(password)))
}

#[cfg(test)]
mod tests;
