//! `lastwill pub`: publish one message, the same one several times, or every line of stdin.
//!
//! No signal is caught: a publisher that is killed leaves its will.

mod input;
mod progress;

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::sleep;

use crate::cli::console::Console;
use crate::cli::errors::text;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::{Called, Payload, PubOptions};
use crate::cli::records::{self, BadRecord};
use crate::cli::trace::Trace;
use crate::client::{
    Application, Cause, Client, Event, NotSent, ReconnectDelay, Request, Requests,
};
use crate::protocol::{Message, MessageRef, PacketId, Properties, ReasonCode, TopicName};
use input::Batch;
use progress::Progress;

/// Delay before every attempt to connect again, in milliseconds.
const RECONNECT_MILLIS: u64 = 1000;
/// Messages that are handed over before the connection gets a turn.
const BATCH: usize = 64;

/// Publishes until everything is published.
pub fn run(options: &PubOptions) -> Exit {
    let console = Console::new(&options.connection);
    options.connection.warnings.iter().for_each(|line| console.complain(line));
    let payload = match input::read(&options.payload) {
        Ok(payload) => payload,
        Err(lines) => {
            lines.iter().for_each(|line| console.complain(line));
            return Exit::Failure;
        }
    };
    let mut publisher = Publisher::new(options);
    life::block_on(&console, async {
        match payload {
            Some(payload) => repeat(&mut publisher, &payload).await,
            None => lines(&mut publisher).await,
        }
    })
}

/// A running `pub`.
struct Publisher<'o> {
    options: &'o PubOptions,
    console: Console,
    trace: Option<Trace>,
    progress: Progress,
    /// Whether a server has ever accepted us.
    was_connected: bool,
    /// Messages that were handed over and are settled.
    settled: u64,
    /// Messages that were handed over.
    handed_over: u64,
    /// Settled messages whose `--repeat-delay` has begun.
    rested: u64,
    /// Records of stdin that were looked at.
    records_read: u64,
    /// Whether one of them was bad.
    spoiled: bool,
    verdict: Option<Exit>,
    ended: Option<Cause>,
}

impl<'o> Publisher<'o> {
    fn new(options: &'o PubOptions) -> Self {
        let connection = &options.connection;
        let total = match options.payload {
            Payload::StdinLines => None,
            _ => Some(u64::from(options.repeat)),
        };
        Publisher {
            options,
            console: Console::new(connection),
            trace: connection.debug.then(|| Trace::new(connection.version, &connection.client_id)),
            progress: Progress::new(connection, total),
            was_connected: false,
            settled: 0,
            handed_over: 0,
            rested: 0,
            records_read: 0,
            spoiled: false,
            verdict: None,
            ended: None,
        }
    }

    fn is_by_line(&self) -> bool {
        matches!(self.options.payload, Payload::StdinLines)
    }

    /// Whether every message that was handed over is settled.
    fn is_idle(&self) -> bool {
        self.settled == self.handed_over
    }

    /// Whether `total` messages are settled, or no more will be taken.
    fn is_done(&self, total: u64) -> bool {
        self.settled >= total || self.verdict.is_some()
    }

    fn message(&self, payload: &[u8]) -> Option<Message> {
        let topic = TopicName::new(self.options.topic.as_deref()?).ok()?;
        let message = MessageRef {
            topic,
            qos: self.options.qos,
            retain: self.options.retain,
            properties: self.options.properties.as_properties(),
            payload,
        };
        Some(Message::copy_of(message, None))
    }

    fn hand_over(&mut self, message: Message, client: &mut Client) {
        self.handed_over += 1;
        let token = self.handed_over;
        let topic_alias = self.options.properties.as_properties().topic_alias();
        client.request(Request::Publish { token, message, topic_alias }, self);
    }

    /// Hands over the messages of a batch. Whether all its records were good: a bad one is said,
    /// and decides how we end.
    fn hand_over_batch(&mut self, batch: &Batch, client: &mut Client) -> bool {
        for record in batch.records() {
            self.records_read += 1;
            match records::message(self.options, record) {
                Ok(Some(message)) => self.hand_over(message, client),
                Ok(None) => {}
                Err(BadRecord { column, what }) => {
                    let number = self.records_read;
                    self.console
                        .complain(&format!("Error: line {number}, column {column}: {what}."));
                    self.spoiled = true;
                    return false;
                }
            }
        }
        true
    }

    /// Ends with a normal DISCONNECT.
    fn finish(&mut self, client: &mut Client) {
        let properties = self.options.connection.disconnect_properties.clone();
        client.request(Request::End { reason: ReasonCode::Success, properties }, self);
    }

    fn on_published(
        &mut self,
        packet_id: Option<PacketId>,
        reason: ReasonCode,
        properties: Properties<'_>,
    ) {
        self.settled += 1;
        self.progress.set(self.settled);
        if !reason.is_error() {
            return;
        }
        let number = packet_id.map_or(0, PacketId::value);
        self.console.complain(&format!("Warning: Publish {number} failed: {reason}."));
        if let Some(why) = properties.reason_string() {
            self.console.complain(why);
        }
    }

    /// The server does not take such a message: say so, and end.
    fn on_not_published(&mut self, why: NotSent) {
        self.settled += 1;
        let is_own = self.options.connection.called == Called::Lastwill;
        match why {
            // Lines that come while there is no connection; QoS 0 promises nothing.
            NotSent::Offline => return,
            NotSent::QoS(_) => self
                .console
                .complain("Error: Message QoS not supported on broker, try a lower QoS."),
            NotSent::TooLarge if is_own => {
                self.console.complain("Error: Message payload is too large.");
            }
            NotSent::TooLarge => {}
        }
        self.refuse();
    }

    fn refuse(&mut self) {
        if self.verdict.is_none() {
            self.verdict = Some(Exit::ConnectionLost);
            self.complain(Exit::ConnectionLost);
        }
    }

    fn complain(&self, exit: Exit) {
        if let Some(text) = exit.error_text() {
            self.console.complain(&format!("Error: {text}"));
        }
    }

    /// Says why it ended, and how.
    fn exit(&self, client: &Client, cause: Cause) -> Exit {
        self.progress.clear();
        if let Some(verdict) = self.verdict {
            return verdict;
        }
        let exit = life::exit_of(self.options.connection.version, cause);
        match cause {
            Cause::Requested if self.spoiled => return Exit::Failure,
            Cause::OpenFailed | Cause::TlsFailed => {
                life::complain_unreachable(&self.console, &self.options.connection, client);
            }
            Cause::Refused(_) => {
                let is_v3 = !self.options.connection.version.is_v5();
                if self.is_by_line() || is_v3 {
                    self.console.complain(&format!("Error: {}", text::REFUSED));
                } else {
                    self.complain(Exit::Protocol);
                }
            }
            _ => self.complain(exit),
        }
        exit
    }
}

impl Application for Publisher<'_> {
    fn on_event(&mut self, event: Event<'_>, _: &mut Requests) {
        if let Some(trace) = &mut self.trace
            && let Some(lines) = trace.lines(&event)
        {
            self.console.say(&lines);
        }
        match event {
            Event::Connected { .. } => self.was_connected = true,
            Event::Refused { connack } => {
                let version = self.options.connection.version;
                life::complain_refused(&self.console, version, connack);
            }
            Event::Published { packet_id, reason, properties, .. } => {
                self.on_published(packet_id, reason, properties);
            }
            Event::NotPublished { why, .. } => self.on_not_published(why),
            Event::TooLarge => self.refuse(),
            Event::Ended(cause) => self.ended = Some(cause),
            event => life::tell(&self.console, &event),
        }
    }
}

/// Publishes one payload as often as is asked for, each time when the one before it is settled.
async fn repeat(publisher: &mut Publisher<'_>, payload: &[u8]) -> Exit {
    let options = publisher.options;
    let connection = &options.connection;
    let mut client = Client::new(life::settings(connection), life::endpoint(connection));
    let Some(message) = publisher.message(payload) else { return Exit::Failure };
    let total = u64::from(options.repeat);
    let mut pause = None;
    client.start(publisher);
    loop {
        if let Some(cause) = publisher.ended {
            return publisher.exit(&client, cause);
        }
        let is_done = publisher.is_done(total);
        if is_done {
            publisher.finish(&mut client);
        }
        let is_ready = publisher.was_connected && publisher.is_idle() && !is_done;
        if is_ready && publisher.settled > publisher.rested {
            publisher.rested = publisher.settled;
            let delay = Some(options.repeat_delay).filter(|delay| *delay > Duration::ZERO);
            pause = delay.map(|delay| Box::pin(sleep(delay)));
        }
        let may_send = is_ready && pause.is_none() && client.has_room();
        tokio::select! {
            biased;
            () = client.turn(publisher) => {}
            () = std::future::ready(()), if may_send => {
                for _ in 0..BATCH {
                    publisher.hand_over(message.clone(), &mut client);
                    let has_pause = options.repeat_delay > Duration::ZERO;
                    if has_pause || publisher.is_done(total) || !publisher.is_idle() {
                        break;
                    }
                }
            }
            () = life::elapsed(&mut pause) => pause = None,
        }
    }
}

/// Publishes every record of stdin.
async fn lines(publisher: &mut Publisher<'_>) -> Exit {
    let connection = &publisher.options.connection;
    let mut settings = life::settings(connection);
    settings.reconnect = Some(ReconnectDelay::every_millis(RECONNECT_MILLIS));
    let mut client = Client::new(settings, life::endpoint(connection));
    let mut source = Source::Later;
    client.start(publisher);
    loop {
        if let Some(cause) = publisher.ended {
            return publisher.exit(&client, cause);
        }
        if publisher.was_connected && matches!(source, Source::Later) {
            source = Source::Lines(input::records(publisher.options.records.ends_with));
        }
        let is_over = matches!(source, Source::Dry) && publisher.is_idle();
        if is_over || publisher.verdict.is_some() {
            publisher.finish(&mut client);
        }
        let may_read = client.has_room() && publisher.verdict.is_none();
        tokio::select! {
            biased;
            () = client.turn(publisher) => {}
            batch = next_lines(&mut source), if may_read => match batch {
                Some(batch) if publisher.hand_over_batch(&batch, &mut client) => {}
                _ => source = Source::Dry,
            },
        }
    }
}

/// Where lines come from.
enum Source {
    /// Not before the server has accepted us.
    Later,
    Lines(Receiver<Batch>),
    /// The end of stdin was read.
    Dry,
}

async fn next_lines(source: &mut Source) -> Option<Batch> {
    match source {
        Source::Lines(lines) => lines.recv().await,
        Source::Later | Source::Dry => std::future::pending().await,
    }
}
