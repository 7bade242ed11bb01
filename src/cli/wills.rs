//! `lastwill wills`: which wills a lastwill broker holds, and when those that wait are due.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::ConnOptions;
use crate::cli::running::Running;
use crate::client::{Application, Cause, Client, Event, Filters, Request, Requests};
use crate::observe::escape::Escaped;
use crate::observe::wills::LIST_TOPIC;
use crate::protocol::{
    PropertyBuf, Publish, QoS, ReasonCode, Subscription, SubscriptionOptions, TopicFilter,
};

/// How long the broker has for its list.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for the list and prints it.
pub fn run(options: &ConnOptions) -> Exit {
    let console = Console::new(&options.connection);
    let mut wills = Wills::new(options);
    life::block_on(&console, async { live(&mut wills).await })
}

/// A running `wills`.
struct Wills<'o> {
    options: &'o ConnOptions,
    running: Running<'o>,
    verdict: Option<Exit>,
}

impl<'o> Wills<'o> {
    fn new(options: &'o ConnOptions) -> Self {
        let connection = &options.connection;
        Wills { options, running: Running::new(connection), verdict: None }
    }

    fn finish(&mut self, exit: Exit, requests: &mut Requests) {
        self.verdict = Some(exit);
        requests.push_back(ending());
    }

    fn on_message(&mut self, publish: &Publish<'_>, requests: &mut Requests) {
        if publish.topic.name().as_str() != LIST_TOPIC || self.verdict.is_some() {
            return;
        }
        if self.options.json {
            self.running.console.write(publish.payload);
            self.running.console.write(b"\n");
            return self.finish(Exit::Success, requests);
        }
        match serde_json::from_slice(publish.payload).ok().as_ref().and_then(table) {
            Some(table) => {
                self.running.console.write(table.as_bytes());
                self.finish(Exit::Success, requests);
            }
            None => {
                self.running
                    .console
                    .complain("Error: The broker's list of wills cannot be understood.");
                self.finish(Exit::Failure, requests);
            }
        }
    }

    /// Whether the list is all that is missing.
    fn is_waiting(&self, client: &Client) -> bool {
        self.verdict.is_none() && client.session().is_connected()
    }

    /// No list came in time.
    fn give_up(&mut self, client: &mut Client) {
        self.running.console.complain(
            "Error: The broker does not tell which wills it holds: it is no lastwill broker, or its \
             sys_wills or sys_interval is off, or this user may not read $SYS.",
        );
        self.verdict = Some(Exit::TimedOut);
        client.request(ending(), self);
    }

    fn exit(&self, client: &Client, cause: Cause) -> Exit {
        self.verdict.unwrap_or_else(|| self.running.complain_ended(client, cause))
    }
}

fn ending() -> Request {
    Request::End { reason: ReasonCode::Success, properties: PropertyBuf::new() }
}

impl Application for Wills<'_> {
    fn on_event(&mut self, event: Event<'_>, requests: &mut Requests) {
        self.running.see(&event);
        match event {
            Event::Connected { .. } => {
                let options =
                    SubscriptionOptions { qos: QoS::AtLeastOnce, ..SubscriptionOptions::default() };
                let list = TopicFilter::new(LIST_TOPIC).expect("a topic without wildcards");
                let list = [Subscription { filter: list, options }];
                requests.push_back(Request::Subscribe(Filters::new(&list, PropertyBuf::new())));
            }
            Event::Subscribed(suback) => {
                if let Some(reason) = suback.reasons.iter().find(|reason| reason.is_error()) {
                    self.running
                        .console
                        .complain(&format!("Error: The broker refuses '{LIST_TOPIC}': {reason}."));
                    self.finish(Exit::Failure, requests);
                }
            }
            Event::Message(publish) => self.on_message(publish, requests),
            _ => {}
        }
    }
}

async fn live(wills: &mut Wills<'_>) -> Exit {
    let connection = &wills.options.connection;
    let mut client = Client::new(life::settings(connection), life::endpoint(connection));
    let mut alarm = Some(Box::pin(sleep(PATIENCE)));
    client.start(wills);
    loop {
        if let Some(cause) = wills.running.over(&client) {
            return wills.exit(&client, cause);
        }
        tokio::select! {
            () = client.turn(wills) => {}
            () = life::elapsed(&mut alarm), if wills.is_waiting(&client) => {
                alarm = None;
                wills.give_up(&mut client);
            }
        }
    }
}

/// The broker's list as a table.
fn table(list: &Value) -> Option<String> {
    let wills = list["wills"].as_array()?;
    let text = |will: &Value, name: &str| {
        will[name].as_str().map(|text| Escaped(text).to_string()).unwrap_or_default()
    };
    let width = |name: &str, least: usize| {
        wills.iter().map(|will| text(will, name).chars().count()).max().unwrap_or(0).max(least)
    };
    let (clients, topics) = (width("client", "CLIENT".len()), width("topic", "TOPIC".len()));
    let mut table =
        format!("{:clients$}  {:topics$}  QOS  RETAIN  {:>7}  STATE\n", "CLIENT", "TOPIC", "BYTES");
    for will in wills {
        let state = match will["waits_ms"].as_u64() {
            Some(millis) => format!("waiting, due in {:.1} s", millis as f64 / 1000.0),
            None => match will["delay_s"].as_u64() {
                Some(secs) if secs > 0 => format!("armed, delay {secs} s"),
                _ => "armed".to_owned(),
            },
        };
        let retain = if will["retain"].as_bool()? { "yes" } else { "no" };
        let _ = writeln!(
            table,
            "{:clients$}  {:topics$}  {:<3}  {retain:<6}  {:>7}  {state}",
            text(will, "client"),
            text(will, "topic"),
            will["qos"].as_u64()?,
            will["bytes"].as_u64()?,
        );
    }
    let total = list["total"].as_u64()?;
    if total > wills.len() as u64 {
        let _ = writeln!(table, "... and {} more", total - wills.len() as u64);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table() {
        let will = |client: &str, waits: Option<u64>| {
            json!({ "client": client, "topic": "t/\u{1b}", "qos": 1, "retain": true, "bytes": 7,
                    "delay_s": 3, "waits_ms": waits })
        };
        let list = json!({ "total": 3, "wills": [will("a", Some(1500)), will("longer", None)] });
        assert_eq!(
            table(&list).unwrap(),
            "CLIENT  TOPIC   QOS  RETAIN    BYTES  STATE\n\
             a       t/\\x1b  1    yes           7  waiting, due in 1.5 s\n\
             longer  t/\\x1b  1    yes           7  armed, delay 3 s\n\
             ... and 1 more\n"
        );
        assert_eq!(table(&json!({ "wills": [1] })), None);
    }
}
