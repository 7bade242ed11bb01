//! `lastwill rr`: publish a request, print the responses.
//!
//! No signal is caught but SIGALRM, which is a `-W`: a requester that is killed leaves its will.

mod answers;
mod reply;

use std::time::Duration;

use tokio::time::sleep;

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::{Called, RrOptions};
use crate::cli::publish::input;
use crate::cli::running::Running;
use crate::cli::signals::Alarm;
use crate::client::{Application, Cause, Client, Event, Filters, NotSent, Request, Requests};
use crate::protocol::{
    Message, MessageRef, ReasonCode, SubAck, Subscription, TopicFilter, TopicName,
};
use answers::Answers;

pub use reply::MARK;

/// How long a server may take to close after `-W`: whoever sets a time wants it kept.
const GRACE: Duration = Duration::from_secs(1);

/// Asks, and waits for what was asked for.
pub fn run(options: &RrOptions) -> Exit {
    let console = Console::new(&options.connection);
    options.connection.warnings.iter().for_each(|line| console.complain(line));
    let payload = match input::read(&options.payload, options.connection.compat) {
        Ok(payload) => payload.unwrap_or_default(),
        Err(lines) => {
            lines.iter().for_each(|line| console.complain(line));
            return Exit::Failure;
        }
    };
    let payload = match reply::fill(options, payload) {
        Ok(payload) => payload,
        Err(line) => {
            console.complain(line);
            return Exit::Failure;
        }
    };
    let Some(request) = request(options, &payload) else { return Exit::Failure };
    let mut rr = Rr::new(options, request);
    life::block_on(&console, async { live(&mut rr).await })
}

/// The PUBLISH; `None` if the topic is no valid name, which validation excludes.
fn request(options: &RrOptions, payload: &[u8]) -> Option<Message> {
    let message = MessageRef {
        topic: TopicName::new(&options.topic).ok()?,
        qos: options.subscription_options.qos,
        retain: false,
        properties: options.properties.as_properties(),
        payload,
    };
    Some(Message::copy_of(message, None))
}

/// A running `rr`.
struct Rr<'o> {
    options: &'o RrOptions,
    running: Running<'o>,
    /// Taken when it is published.
    request: Option<Message>,
    answers: Answers<'o>,
    /// How it will end, once that is decided: nothing is printed any more.
    verdict: Option<Exit>,
}

impl<'o> Rr<'o> {
    fn new(options: &'o RrOptions, request: Message) -> Self {
        let connection = &options.connection;
        let advice = match connection.compat.is_20() {
            true => ". mosquitto_rr only supports connecting to an MQTT v5 broker",
            false => "",
        };
        Rr {
            options,
            running: Running::with_advice(connection, advice),
            request: Some(request),
            answers: Answers::new(options),
            verdict: None,
        }
    }

    fn is_own(&self) -> bool {
        self.options.connection.called == Called::Lastwill
    }

    /// The request that ends the session with the properties of `-D disconnect`.
    fn ending(&self, reason: ReasonCode) -> Request {
        Request::End { reason, properties: self.options.connection.disconnect_properties.clone() }
    }

    fn finish(&mut self, exit: Exit, requests: &mut Requests) {
        self.verdict.get_or_insert(exit);
        requests.push_back(self.ending(ReasonCode::Success));
    }

    fn on_connected(&mut self, requests: &mut Requests) {
        let Ok(filter) = TopicFilter::new(&self.options.response_topic) else { return };
        let subscription = Subscription { filter, options: self.options.subscription_options };
        let properties = self.options.subscribe_properties.clone();
        requests.push_back(Request::Subscribe(Filters::new(&[subscription], properties)));
    }

    /// The request goes out when the broker is ready for its response.
    fn on_subscribed(&mut self, suback: &SubAck<'_>, requests: &mut Requests) {
        if let Some(reason) = suback.reasons.iter().find(|reason| reason.is_error()) {
            self.running.console.complain(&reason.to_string());
            return self.finish(Exit::SubscriptionDenied, requests);
        }
        if let Some(message) = self.request.take() {
            let topic_alias = self.options.properties.as_properties().topic_alias();
            requests.push_back(Request::Publish { token: 0, message, topic_alias });
        }
    }

    /// The server has taken the request or refused it; only our own name says so.
    fn on_published(&mut self, reason: ReasonCode) {
        if !self.is_own() || self.verdict.is_some() {
            return;
        }
        let topic = &self.options.topic;
        if reason.is_error() {
            self.running.console.complain(&format!("Warning: The request failed: {reason}."));
        } else if reason == ReasonCode::NoMatchingSubscribers {
            self.running.console.complain(&format!("Warning: Nobody is subscribed to '{topic}'."));
        }
    }

    fn refuse(&mut self, exit: Exit, requests: &mut Requests) {
        if self.verdict.is_none() {
            self.complain(exit);
            self.finish(exit, requests);
        }
    }

    /// Ends before the work is done; the server publishes our will in version 5.
    fn time_out(&mut self, client: &mut Client) {
        self.running.console.complain("Timed out");
        self.verdict = Some(Exit::TimedOut);
        let request = self.ending(ReasonCode::DisconnectWithWill);
        client.request(request, self);
    }

    fn complain(&self, exit: Exit) {
        life::complain_exit(&self.running.console, self.options.connection.compat, exit);
    }

    /// Says why it ended, where that is not what was decided before.
    fn exit(&self, client: &Client, cause: Cause) -> Exit {
        if let Some(verdict) = self.verdict {
            return verdict;
        }
        // mosquitto_rr takes a DISCONNECT of the server for the end that it asked for.
        if let Cause::Disconnected(reason) = cause {
            if self.is_own() {
                let text = format!("Error: The broker ended the connection: {reason}.");
                self.running.console.complain(&text);
            }
            return Exit::DisconnectedUnanswered;
        }
        self.running.complain_ended(client, cause)
    }
}

impl Application for Rr<'_> {
    fn on_event(&mut self, event: Event<'_>, requests: &mut Requests) {
        self.running.see(&event);
        match event {
            Event::Connected { .. } => self.on_connected(requests),
            Event::Subscribed(suback) => self.on_subscribed(suback, requests),
            Event::PublishSent { .. } => self.answers.on_asked(),
            Event::Published { reason, .. } => self.on_published(reason),
            Event::Message(publish) if self.verdict.is_none() => {
                let is_last = self.answers.on_message(publish, &mut self.running.console);
                if is_last || self.running.console.is_broken() {
                    self.finish(Exit::Success, requests);
                }
            }
            Event::NotPublished { why: NotSent::QoS(_), .. } => {
                self.refuse(Exit::QoSNotSupported, requests);
            }
            Event::NotPublished { .. } | Event::TooLarge => {
                self.refuse(Exit::PacketTooLarge, requests);
            }
            _ => {}
        }
    }
}

async fn live(rr: &mut Rr<'_>) -> Exit {
    let connection = &rr.options.connection;
    let mut client = Client::new(life::settings(connection), life::endpoint(connection));
    let mut alarm = Alarm::new(rr.options.timeout.map(sleep));
    client.start(rr);
    loop {
        if let Some(cause) = rr.running.over(&client) {
            return rr.exit(&client, cause);
        }
        // Until the connection stands, the signal kills as it kills any program.
        if client.is_open() {
            alarm.catch_signal();
        }
        tokio::select! {
            () = client.turn(rr) => {}
            () = alarm.rings() => {
                if let Some(exit) = rr.verdict {
                    return exit;
                }
                rr.time_out(&mut client);
                alarm.set(sleep(GRACE));
            }
        }
    }
}
