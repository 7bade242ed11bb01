//! `lastwill retained`: list, print and remove retained messages, and end.
//!
//! It subscribes and takes what comes with the retain bit; `rounds` says when no more comes.

mod rounds;

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::sleep;

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::SubOptions;
use crate::cli::running::Running;
use crate::cli::shape::Shape;
use crate::client::{Application, Cause, Client, Event, Filters, NotSent, Request, Requests};
use crate::clock::local_now;
use crate::protocol::{
    Message, MessageRef, Properties, PropertyBuf, Publish, QoS, ReasonCode, SubAck, Subscription,
    SubscriptionOptions, TopicFilter, TopicName,
};
use rounds::{Next, Rounds};

/// How long a quiet broker is given before it is asked once more.
const PAUSE: Duration = Duration::from_millis(250);
/// The filter of the question that only its answer matters of: nobody subscribes to it.
const PROBE: &str = "lastwill/retained/probe";

/// What to do with retained messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Print their topics.
    List,
    /// Print the one of a topic.
    Get,
    /// Clear them.
    Remove,
}

impl Verb {
    /// The verb that a word names.
    pub fn of(word: &str) -> Option<Verb> {
        Some(match word {
            "list" => Verb::List,
            "get" => Verb::Get,
            "remove" => Verb::Remove,
            _ => return None,
        })
    }
}

/// `lastwill retained`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedOptions {
    /// What to do.
    pub verb: Verb,
    /// Connection, filters, output, timeout.
    pub sub: SubOptions,
    /// Say what would be removed, and remove nothing (`--dry-run`).
    pub dry_run: bool,
}

/// Does what the verb says until it is done.
pub fn run(options: &RetainedOptions) -> Exit {
    let mut retained = Retained::new(options);
    let console = Console::new(&options.sub.connection);
    life::block_on(&console, async { live(&mut retained).await })
}

/// A running `retained`.
struct Retained<'o> {
    options: &'o RetainedOptions,
    running: Running<'o>,
    rounds: Rounds,
    /// What the loop has to do about the end.
    next: Option<Next>,
    /// Topics that came already: overlapping filters bring a message more than once.
    seen: HashSet<String>,
    /// Topics to clear; the token of a clearing message is the place here.
    to_clear: Vec<String>,
    /// Clearing messages that are not settled.
    unsettled: usize,
    /// Whether no more messages come.
    is_complete: bool,
    found: bool,
    verdict: Option<Exit>,
    line: Vec<u8>,
}

impl<'o> Retained<'o> {
    fn new(options: &'o RetainedOptions) -> Self {
        let connection = &options.sub.connection;
        Retained {
            options,
            running: Running::new(connection),
            rounds: Rounds::default(),
            next: None,
            seen: HashSet::new(),
            to_clear: Vec::new(),
            unsettled: 0,
            is_complete: false,
            found: false,
            verdict: None,
            line: Vec::new(),
        }
    }

    fn on_connected(&mut self, requests: &mut Requests) {
        let options = self.options.sub.subscription_options;
        let filters = subscriptions(&self.options.sub.filters, options);
        let properties = self.options.sub.subscribe_properties.clone();
        requests.push_back(Request::Subscribe(Filters::new(&filters, properties)));
    }

    fn on_subscribed(&mut self, suback: &SubAck<'_>, requests: &mut Requests) {
        for (filter, reason) in self.options.sub.filters.iter().zip(&suback.reasons) {
            if reason.is_error() {
                self.running.console.complain(&format!(
                    "Error: The subscription to '{filter}' was denied: {reason}."
                ));
                self.verdict = Some(Exit::Failure);
            }
        }
        match suback.reasons.iter().all(|reason| reason.is_error()) {
            true => self.finish(requests),
            false => self.probe(requests),
        }
    }

    /// Asks a question whose answer comes behind what was to be sent before.
    fn probe(&self, requests: &mut Requests) {
        let filters = [PROBE.to_owned()];
        let filters = subscriptions(&filters, SubscriptionOptions::default());
        requests.push_back(Request::Unsubscribe(Filters::new(&filters, PropertyBuf::new())));
    }

    fn on_message(&mut self, publish: &Publish<'_>, requests: &mut Requests) {
        if !publish.retain || publish.payload.is_empty() || self.is_complete {
            return;
        }
        self.rounds.on_message();
        let topic = publish.topic.name();
        let may_repeat = self.options.sub.filters.len() > 1;
        if may_repeat && !self.seen.insert(topic.as_str().to_owned()) {
            return;
        }
        self.found = true;
        match self.options.verb {
            Verb::List => self.list(publish),
            Verb::Get => {
                self.print(publish);
                self.complete(requests);
            }
            Verb::Remove if self.options.dry_run => self.list(publish),
            Verb::Remove => self.to_clear.push(topic.as_str().to_owned()),
        }
        if self.running.console.is_broken() {
            self.complete(requests);
        }
    }

    fn list(&mut self, publish: &Publish<'_>) {
        let sub = &self.options.sub;
        if sub.pipes.shape != Shape::Plain || sub.output.format.is_some() {
            return self.print(publish);
        }
        let topic = publish.topic.name().as_str();
        match sub.output.verbose {
            true => self.say(&format!("{}\t{topic}", publish.payload.len())),
            false => self.say(topic),
        }
    }

    /// Prints a line, or what NUL ends.
    fn say(&mut self, text: &str) {
        match self.options.sub.pipes.zero_terminated {
            true => self.running.console.write(format!("{text}\0").as_bytes()),
            false => self.running.console.say(text),
        }
    }

    fn print(&mut self, publish: &Publish<'_>) {
        let sub = &self.options.sub;
        self.line.clear();
        let printed = sub.pipes.print(&sub.output, publish, &local_now(), &mut self.line);
        if let Err(problem) = printed {
            self.running.console.complain_raw(&problem.message(publish.topic.name().as_str()));
        }
        self.running.console.write(&self.line);
    }

    /// The broker has answered the question.
    fn on_answer(&mut self, requests: &mut Requests) {
        match self.rounds.on_answer() {
            Next::Ask => self.probe(requests),
            Next::Pause => self.next = Some(Next::Pause),
            Next::Done => self.complete(requests),
        }
    }

    /// No more messages are wanted.
    fn complete(&mut self, requests: &mut Requests) {
        self.is_complete = true;
        if self.options.verb == Verb::Get && !self.found && self.verdict.is_none() {
            let topic = self.options.sub.filters.first().map_or("", String::as_str);
            self.running
                .console
                .complain(&format!("Error: There is no retained message on '{topic}'."));
            self.verdict = Some(Exit::NothingThere);
        }
        match self.to_clear.is_empty() {
            true => self.finish(requests),
            false => self.clear(requests),
        }
    }

    /// Clears what was found. Before that it unsubscribes, or each clearing message would come back
    /// to us.
    fn clear(&mut self, requests: &mut Requests) {
        let filters = subscriptions(&self.options.sub.filters, SubscriptionOptions::default());
        let properties = self.options.sub.unsubscribe_properties.clone();
        requests.push_back(Request::Unsubscribe(Filters::new(&filters, properties)));
        self.unsettled = self.to_clear.len();
        let topics = self.to_clear.iter().map(|topic| TopicName::new(topic)).enumerate();
        requests
            .extend(topics.filter_map(|(place, topic)| Some(clearing(topic.ok()?, place as u64))));
    }

    fn finish(&mut self, requests: &mut Requests) {
        let properties = self.options.sub.connection.disconnect_properties.clone();
        requests.push_back(Request::End { reason: ReasonCode::Success, properties });
    }

    /// A clearing message is settled; `why` says what went wrong.
    fn on_cleared(&mut self, token: u64, why: Option<String>, requests: &mut Requests) {
        let Some(topic) = self.to_clear.get(token as usize).cloned() else { return };
        match why {
            None => self.say(&topic),
            Some(why) => {
                self.running
                    .console
                    .complain(&format!("Error: '{topic}' could not be removed: {why}."));
                self.verdict = Some(Exit::Failure);
            }
        }
        self.unsettled -= 1;
        if self.unsettled == 0 {
            self.finish(requests);
        }
    }

    /// Says why it ended, and how.
    fn exit(&self, client: &Client, cause: Cause) -> Exit {
        if cause == Cause::Requested {
            return self.verdict.unwrap_or(Exit::Success);
        }
        self.running.complain_ended(client, cause)
    }
}

impl Application for Retained<'_> {
    fn on_event(&mut self, event: Event<'_>, requests: &mut Requests) {
        self.running.see(&event);
        match event {
            Event::Connected { .. } => self.on_connected(requests),
            Event::Subscribed(suback) => self.on_subscribed(suback, requests),
            Event::Unsubscribed(_) if !self.is_complete => self.on_answer(requests),
            Event::Message(publish) => self.on_message(publish, requests),
            Event::Published { token, reason, .. } => {
                let why = reason.is_error().then(|| reason.to_string());
                self.on_cleared(token, why, requests);
            }
            Event::NotPublished { token, why } => {
                let why = match why {
                    NotSent::QoS(_) => "the broker takes no QoS 1",
                    NotSent::Offline | NotSent::TooLarge => "it could not be sent",
                };
                self.on_cleared(token, Some(why.to_owned()), requests);
            }
            _ => {}
        }
    }
}

fn subscriptions(filters: &[String], options: SubscriptionOptions) -> Vec<Subscription<'_>> {
    let valid = filters.iter().filter_map(|filter| TopicFilter::new(filter).ok());
    valid.map(|filter| Subscription { filter, options }).collect()
}

/// An empty retained message of QoS 1, which clears a topic.
fn clearing(topic: TopicName<'_>, token: u64) -> Request {
    let properties = Properties::EMPTY;
    let message =
        MessageRef { topic, qos: QoS::AtLeastOnce, retain: true, properties, payload: &[] };
    Request::Publish { token, message: Message::copy_of(message, None), topic_alias: None }
}

async fn live(retained: &mut Retained<'_>) -> Exit {
    let sub = &retained.options.sub;
    let mut client = Client::new(life::settings(&sub.connection), life::endpoint(&sub.connection));
    let mut alarm = sub.timeout.map(|timeout| Box::pin(sleep(timeout)));
    let mut pause = None;
    client.start(retained);
    loop {
        if let Some(cause) = retained.running.over(&client) {
            return retained.exit(&client, cause);
        }
        if retained.next.take().is_some() {
            pause = Some(Box::pin(sleep(PAUSE)));
        }
        tokio::select! {
            () = client.turn(retained) => {}
            () = life::elapsed(&mut pause) => {
                pause = None;
                let mut requests = Requests::new();
                retained.probe(&mut requests);
                requests.into_iter().for_each(|request| client.request(request, retained));
            }
            () = life::elapsed(&mut alarm) => {
                alarm = None;
                retained.running.console.complain("Timed out");
                if !retained.running.was_connected {
                    return Exit::TimedOutUnconnected;
                }
                retained.verdict = Some(Exit::TimedOut);
                let mut requests = Requests::new();
                retained.finish(&mut requests);
                requests.into_iter().for_each(|request| client.request(request, retained));
            }
        }
    }
}
