//! `lastwill sub`: subscribe and print.

mod asked;
mod exec;
mod received;
mod recorder;

use std::time::Duration;

use tokio::time::{Interval, interval, sleep};

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::{Called, SubOptions};
use crate::cli::running::Running;
use crate::cli::signals::{self, Alarm, Signals};
use crate::cli::trace::Trace;
use crate::client::{Application, Cause, Client, Event, Filters, Request, Requests};
use crate::protocol::{Packet, PropertyBuf, ReasonCode, SubAck, Subscription, TopicFilter};
use asked::{Answer, Asked};
use exec::{Outcome, Runner};
use received::Received;
use recorder::Recorder;

/// Subscribes and prints until something ends it.
pub fn run(options: &SubOptions) -> Exit {
    let console = Console::new(&options.connection);
    let recorder = match options.record.as_ref().map(Recorder::new).transpose() {
        Ok(recorder) => recorder,
        Err(line) => {
            console.complain(&line);
            return Exit::Failure;
        }
    };
    let mut sub = Sub::new(options, recorder);
    options.connection.warnings.iter().for_each(|line| console.complain(line));
    life::block_on(&console, async { live(&mut sub).await })
}

/// A running `sub`.
struct Sub<'o> {
    options: &'o SubOptions,
    running: Running<'o>,
    received: Received<'o>,
    asked: Asked,
    /// How it will end, once that is decided: nothing is printed any more.
    verdict: Option<Exit>,
}

impl<'o> Sub<'o> {
    fn new(options: &'o SubOptions, recorder: Option<Recorder>) -> Self {
        let connection = &options.connection;
        let mut running = Running::new(connection);
        // Beside a trace the order of stdout and stderr counts.
        if !connection.debug {
            running.console.hold();
        }
        Sub {
            options,
            running,
            received: Received::new(options, recorder),
            asked: Asked::default(),
            verdict: None,
        }
    }

    /// The request that ends the session with the properties of `-D disconnect`.
    fn ending(&self, reason: ReasonCode) -> Request {
        Request::End { reason, properties: self.options.connection.disconnect_properties.clone() }
    }

    /// Ends with a normal DISCONNECT, once nothing is left to be acknowledged.
    fn finish(&mut self, exit: Exit, requests: &mut Requests) {
        self.verdict.get_or_insert(exit);
        if !self.received.is_clearing() {
            requests.push_back(self.ending(ReasonCode::Success));
        }
    }

    fn on_connected(&mut self, requests: &mut Requests) {
        if self.verdict.is_some() {
            return;
        }
        requests.extend(self.asked.begin(self.options));
        let options = self.options.subscription_options;
        for filter in subscriptions(&self.options.unsubscribe_filters, options) {
            let properties: PropertyBuf = self.options.unsubscribe_properties.clone();
            requests.push_back(Request::Unsubscribe(Filters::new(&[filter], properties)));
        }
    }

    fn on_subscribed(&mut self, suback: &SubAck<'_>, requests: &mut Requests) {
        if self.running.trace().is_some() && !self.running.console.is_quiet() {
            let codes: Vec<String> =
                suback.reasons.iter().map(|reason| (*reason as u8).to_string()).collect();
            let line = format!("Subscribed (mid: {}): {}", suback.packet_id, codes.join(", "));
            self.running.console.say(&line);
        }
        let (denied, answer) = self.asked.on_answer(suback);
        if let Some((filter, reason)) = denied.first()
            && self.options.connection.own.is_strict
        {
            let line = format!("Error: The subscription to '{filter}' was denied: {reason}.");
            self.running.console.complain(&line);
            self.finish(Exit::SubscriptionDenied, requests);
            return;
        }
        match answer {
            Answer::AllDenied => {
                self.running.console.complain("All subscription requests were denied.");
                self.finish(Exit::SubscriptionDenied, requests);
            }
            Answer::Granted if self.options.exit_after_subscribe => {
                self.finish(Exit::Success, requests);
            }
            Answer::Granted | Answer::NotYet => {}
        }
    }

    /// How it ends when nothing more will come.
    fn enough(&self) -> Exit {
        if self.received.is_short() { Exit::Incomplete } else { Exit::Success }
    }

    /// mosquitto's subscriber writes of a DISCONNECT that never leaves it, as CONNACK was a
    /// refusal; version 2.1 with MQTT 5 writes it twice.
    fn trace_farewell(&mut self) {
        let connection = &self.options.connection;
        let is_twice = connection.version.is_v5() && !connection.compat.is_20();
        if let Some(line) = self.running.trace().map(Trace::farewell) {
            (0..=u8::from(is_twice)).for_each(|_| self.running.console.say(&line));
        }
    }

    /// A signal. Whether to leave at once.
    fn on_signal(&mut self, client: &mut Client) -> bool {
        let is_second = self.verdict.is_some();
        self.interrupt(self.enough(), client);
        is_second
    }

    /// Ends before the work is done; the server publishes our will in version 5.
    fn interrupt(&mut self, exit: Exit, client: &mut Client) {
        let is_timeout = exit == Exit::TimedOut;
        // To the letter nothing is said before the connection is accepted.
        if is_timeout && (self.running.was_connected || self.options.connection.own.is_strict) {
            self.running.console.complain("Timed out");
        }
        if !self.running.was_connected {
            self.verdict =
                Some(if is_timeout { Exit::TimedOutUnconnected } else { Exit::NotConnected });
            self.running.ended = Some(Cause::Requested);
            return;
        }
        self.verdict = Some(exit);
        self.give_up();
        let is_mosquitto = self.options.connection.called == Called::Mosquitto;
        if self.options.message_rate && is_mosquitto {
            // mosquitto's counter of messages leaves without a word, so that its will goes out.
            self.running.ended = Some(Cause::Requested);
            return;
        }
        let request = self.ending(ReasonCode::DisconnectWithWill);
        client.request(request, self);
    }

    /// Starts no more commands.
    fn give_up(&mut self) {
        let count = std::mem::take(&mut self.received.jobs).len();
        if count > 0 {
            self.running.console.complain(&format!(
                "Warning: {count} received messages were not handed to a command."
            ));
        }
    }

    /// A command has ended.
    fn on_command(&mut self, outcome: Outcome, client: &mut Client) {
        let Err(line) = outcome else { return };
        self.running.console.complain(&line);
        if self.options.exec.as_ref().is_some_and(|exec| exec.stop_on_error) {
            self.give_up();
            self.stop(Exit::Failure, client);
        }
    }

    /// As [`Sub::finish`], from outside of an event.
    fn stop(&mut self, exit: Exit, client: &mut Client) {
        if self.verdict.is_none() {
            let mut requests = Requests::new();
            self.finish(exit, &mut requests);
            requests.into_iter().for_each(|request| client.request(request, self));
        }
    }

    /// Hands on what a turn brought, before anything is waited for, and before anything is
    /// acknowledged.
    fn hand_on(&mut self, client: &mut Client, runner: &mut Option<Runner<'_>>) {
        if let Some(runner) = runner {
            while let Err(line) = runner.start(&mut self.received.jobs) {
                self.on_command(Err(line), client);
            }
        }
        self.running.console.flush();
        if self.running.console.is_broken() {
            self.stop(self.enough(), client);
        }
        if let Err(line) = self.received.flush(false) {
            self.running.console.complain(&line);
            self.stop(Exit::Failure, client);
        }
    }

    /// Says why it ended, where that is not what was decided before.
    fn exit(&mut self, client: &Client, cause: Cause) -> Exit {
        if let Err(line) = self.received.flush(true) {
            self.running.console.complain(&line);
            return Exit::Failure;
        }
        if let Some(verdict) = self.verdict {
            return verdict;
        }
        let connection = &self.options.connection;
        if matches!(cause, Cause::Disconnected(_)) && connection.compat.is_20() {
            // Version 2.0 takes it for its own.
            return Exit::Success;
        }
        self.running.complain_ended(client, cause)
    }
}

impl Application for Sub<'_> {
    fn on_event(&mut self, event: Event<'_>, requests: &mut Requests) {
        self.running.see(&event);
        match event {
            Event::Connected { .. } => self.on_connected(requests),
            Event::Refused { connack } if !self.running.hides(connack.reason) => {
                self.trace_farewell()
            }
            Event::Sent(Packet::Subscribe(subscribe)) => self.asked.on_sent(subscribe),
            Event::Subscribed(suback) => self.on_subscribed(suback, requests),
            Event::Message(publish) if self.verdict.is_none() => {
                let is_last =
                    self.received.on_message(publish, &mut self.running.console, requests);
                if is_last || self.running.console.is_broken() {
                    self.finish(self.enough(), requests);
                }
            }
            Event::Published { .. } | Event::NotPublished { .. } => {
                self.received.on_cleared();
                if let Some(exit) = self.verdict {
                    self.finish(exit, requests);
                }
            }
            Event::TooLarge => {
                self.running.console.complain("Error: Packet larger than supported by the server");
                self.finish(Exit::Failure, requests);
            }
            Event::Ended(Cause::RefusedOddly(_)) => self.trace_farewell(),
            _ => {}
        }
    }
}

fn subscriptions<'a>(
    filters: &'a [String],
    options: crate::protocol::SubscriptionOptions,
) -> Vec<Subscription<'a>> {
    let valid = filters.iter().filter_map(|filter| TopicFilter::new(filter).ok());
    valid.map(|filter| Subscription { filter, options }).collect()
}

async fn live(sub: &mut Sub<'_>) -> Exit {
    let connection = &sub.options.connection;
    let mut client = Client::new(life::lasting(connection), life::endpoint(connection));
    let mut signals = None;
    let mut alarm = Alarm::new(sub.options.timeout.map(sleep));
    let mut ticks = sub.options.message_rate.then(|| interval(Duration::from_secs(1)));
    let mut is_first_tick = true;
    sub.received.begin(&mut sub.running.console);
    client.start(sub);
    let mut runner = sub.options.exec.as_ref().map(Runner::new);
    loop {
        sub.hand_on(&mut client, &mut runner);
        if let Some(cause) = sub.running.over(&client)
            && runner.as_ref().is_none_or(Runner::is_idle)
        {
            return sub.exit(&client, cause);
        }
        // Until the first connection stands, a signal kills as it kills any program.
        if signals.is_none() && client.is_open() {
            signals = Signals::new().ok();
            alarm.catch_signal();
        }
        tokio::select! {
            () = turn(&mut client, sub) => {}
            outcome = exec::next(&mut runner) => sub.on_command(outcome, &mut client),
            () = signals::next(&mut signals) => {
                if sub.on_signal(&mut client) {
                    return sub.verdict.unwrap_or(Exit::Success);
                }
            }
            () = alarm.rings() => {
                if sub.verdict.is_none() || sub.received.is_clearing() {
                    sub.interrupt(Exit::TimedOut, &mut client);
                }
            }
            () = tick(&mut ticks) => {
                if !std::mem::take(&mut is_first_tick) {
                    sub.received.say_rate(&mut sub.running.console);
                }
            }
        }
    }
}

/// While a message waits for its command nothing is read, so that the broker keeps the rest.
async fn turn(client: &mut Client, sub: &mut Sub<'_>) {
    match sub.running.ended {
        Some(_) => std::future::pending().await,
        None if sub.received.jobs.is_empty() || sub.verdict.is_some() => client.turn(sub).await,
        None => client.turn_unread(sub).await,
    }
}

async fn tick(ticks: &mut Option<Interval>) {
    match ticks {
        Some(ticks) => {
            ticks.tick().await;
        }
        None => std::future::pending().await,
    }
}
