//! `lastwill pub`: publish one message, the same one several times, or every line of stdin.
//!
//! No signal is caught: a publisher that is killed leaves its will.

pub mod input;
mod progress;
mod replay;

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Sleep, sleep};

use crate::cli::compat::Compat;
use crate::cli::console::Console;
use crate::cli::errors::text;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::{Called, Payload, PubOptions};
use crate::cli::records::{self, BadRecord, Holds};
use crate::cli::running::Running;
use crate::client::{Application, Cause, Client, Event, NotSent, Request, Requests};
use crate::protocol::{Message, MessageRef, PacketId, Properties, QoS, ReasonCode, TopicName};
use input::Batch;
use progress::Progress;

/// Messages that are handed over before the connection gets a turn.
const BATCH: usize = 64;

/// Publishes until everything is published.
pub fn run(options: &PubOptions) -> Exit {
    let console = Console::new(&options.connection);
    options.connection.warnings.iter().for_each(|line| console.complain(line));
    let payload = match input::read(&options.payload, options.connection.compat) {
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
    running: Running<'o>,
    progress: Progress,
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
    /// Whether the broker has refused a message.
    was_refused: bool,
    verdict: Option<Exit>,
}

impl<'o> Publisher<'o> {
    fn new(options: &'o PubOptions) -> Self {
        let connection = &options.connection;
        let progress = match &options.payload {
            Payload::StdinLines => Progress::new(connection, None),
            Payload::Replay(path) => Progress::of_file(connection, path),
            _ => Progress::new(connection, Some(u64::from(options.repeat))),
        };
        Publisher {
            options,
            running: Running::new(connection),
            progress,
            settled: 0,
            handed_over: 0,
            rested: 0,
            records_read: 0,
            spoiled: false,
            was_refused: false,
            verdict: None,
        }
    }

    fn is_by_line(&self) -> bool {
        matches!(self.options.payload, Payload::StdinLines | Payload::Replay(_))
    }

    /// When to give up (`-W`).
    fn alarm(&self) -> Option<Pin<Box<Sleep>>> {
        self.options.timeout.map(|timeout| Box::pin(sleep(timeout)))
    }

    /// The time is over. How to end, if there is no session to be ended first.
    fn on_alarm(&mut self) -> Option<Exit> {
        if self.verdict.is_some() {
            return None;
        }
        self.running.console.complain("Timed out");
        self.verdict = Some(Exit::TimedOut);
        if self.running.was_connected {
            return None;
        }
        self.progress.clear();
        Some(Exit::TimedOutUnconnected)
    }

    /// Whether records are taken while there is no connection: as long as there is room for them.
    /// What may have QoS 0 would be lost; it stays where it is, and standard input is not read on.
    /// Mosquitto's tool loses it.
    fn may_queue(&self) -> bool {
        let is_own = self.options.connection.called == Called::Lastwill;
        let has_own_qos = self.options.records.holds == Holds::Json;
        !is_own || (self.options.qos != QoS::AtMostOnce && !has_own_qos)
    }

    /// Whether every message that was handed over is settled.
    fn is_idle(&self) -> bool {
        self.settled == self.handed_over
    }

    /// Whether `total` messages are settled, or no more will be taken.
    fn is_done(&self, total: u64) -> bool {
        self.settled >= total || self.verdict.is_some()
    }

    /// Whether a message can be made from the options. The error is the complaint, if there is
    /// one.
    fn check(&self) -> Result<(), Option<&'static str>> {
        let topic = self.options.topic.as_deref();
        if topic.is_some_and(|topic| TopicName::new(topic).is_err()) {
            return Err(Some("Error: Invalid input. Does your topic contain '+' or '#'?"));
        }
        let is_v5 = self.options.connection.version.is_v5();
        if is_v5 || self.options.properties.is_empty() { Ok(()) } else { Err(None) }
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

    /// Begins to read.
    fn records(&self) -> Receiver<Batch> {
        match &self.options.payload {
            Payload::Replay(path) => replay::records(path, self.options.speed),
            _ => input::records(self.options.records.ends_with),
        }
    }

    /// Hands over the messages of a batch. Whether all its records were good: a bad one is said,
    /// and decides how we end.
    fn hand_over_batch(&mut self, batch: &Batch, client: &mut Client) -> bool {
        if let Err(complaint) = self.check() {
            self.refuse(complaint);
            return false;
        }
        for record in batch.records() {
            self.records_read += 1;
            match records::message(self.options, record) {
                Ok(Some(message)) => self.hand_over(message, client),
                Ok(None) => {}
                Err(BadRecord { column, what }) => {
                    let number = self.records_read;
                    self.running
                        .console
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
        self.was_refused = true;
        let number = packet_id.map_or(0, PacketId::value);
        self.running.console.complain(&format!("Warning: Publish {number} failed: {reason}."));
        if let Some(why) = properties.reason_string() {
            self.running.console.complain(why);
        }
    }

    /// The server does not take such a message: say so, and end.
    fn on_not_published(&mut self, why: NotSent) {
        self.settled += 1;
        let is_own = self.options.connection.called == Called::Lastwill;
        match why {
            // Lines that come while there is no connection; QoS 0 promises nothing.
            NotSent::Offline => {}
            NotSent::QoS(_) => {
                self.refuse(Some("Error: Message QoS not supported on broker, try a lower QoS."));
            }
            // What one message is excused for, 2.0 does not excuse among many.
            NotSent::TooLarge
                if self.is_by_line() && self.options.connection.compat == Compat::V20 =>
            {
                self.complain(Exit::PacketTooLarge);
                self.verdict = Some(Exit::PacketTooLarge);
            }
            NotSent::TooLarge => {
                self.refuse(Some("Error: Message payload is too large.").filter(|_| is_own));
            }
        }
    }

    /// Ends because a message cannot be published. Version 2.0 calls that a success.
    fn refuse(&mut self, complaint: Option<&str>) {
        if self.verdict.is_some() {
            return;
        }
        if let Some(complaint) = complaint {
            self.running.console.complain(complaint);
        }
        self.verdict = Some(match self.options.connection.compat {
            Compat::V20 => Exit::MessageRefused,
            Compat::V21 => {
                self.complain(Exit::MessageNotTaken);
                Exit::MessageNotTaken
            }
        });
    }

    fn complain(&self, exit: Exit) {
        life::complain_exit(&self.running.console, self.options.connection.compat, exit);
    }

    /// The second line about a refused CONNECT.
    fn complain_refusal(&self, is_known_v3: bool) {
        if self.is_by_line() || is_known_v3 {
            let text = self.options.connection.compat.sentence(text::REFUSED);
            self.running.console.complain(&format!("Error: {text}"));
        } else {
            self.complain(Exit::Protocol);
        }
    }

    /// Says why it ended, and how.
    fn exit(&self, client: &Client, cause: Cause) -> Exit {
        self.progress.clear();
        if let Some(verdict) = self.verdict {
            return verdict;
        }
        if cause == Cause::Requested && self.spoiled {
            return Exit::Failure;
        }
        if cause == Cause::Requested && self.was_refused {
            return Exit::MessageRefused;
        }
        let connection = &self.options.connection;
        let exit = self.running.complain_ended(client, cause);
        match cause {
            Cause::Refused(_) => self.complain_refusal(!connection.version.is_v5()),
            Cause::RefusedOddly(_) => self.complain_refusal(false),
            _ => {}
        }
        exit
    }
}

impl Application for Publisher<'_> {
    fn on_event(&mut self, event: Event<'_>, _: &mut Requests) {
        self.running.see(&event);
        match event {
            Event::Published { packet_id, reason, properties, .. } => {
                self.on_published(packet_id, reason, properties);
            }
            Event::NotPublished { why, .. } => self.on_not_published(why),
            Event::TooLarge => self.refuse(None),
            _ => {}
        }
    }
}

/// Publishes one payload as often as is asked for, each time when the one before it is settled.
async fn repeat(publisher: &mut Publisher<'_>, payload: &[u8]) -> Exit {
    let options = publisher.options;
    let connection = &options.connection;
    let mut client = Client::new(life::settings(connection), life::endpoint(connection));
    let message = publisher.check().map(|()| publisher.message(payload));
    let total = u64::from(options.repeat);
    let mut pause = None;
    let mut alarm = publisher.alarm();
    client.start(publisher);
    loop {
        let is_done = publisher.is_done(total);
        if is_done {
            publisher.finish(&mut client);
        }
        // Behind what may end the session: without a connection that is the end, and no turn comes
        // back from it.
        if let Some(cause) = publisher.running.over(&client) {
            return publisher.exit(&client, cause);
        }
        let is_connected = client.session().is_connected();
        let is_ready = is_connected && publisher.is_idle() && !is_done;
        if is_ready && publisher.settled > publisher.rested {
            publisher.rested = publisher.settled;
            let delay = Some(options.repeat_delay).filter(|delay| *delay > Duration::ZERO);
            pause = delay.map(|delay| Box::pin(sleep(delay)));
        }
        let may_send = is_ready && pause.is_none() && client.has_room();
        tokio::select! {
            biased;
            () = life::elapsed(&mut alarm) => {
                alarm = None;
                if let Some(exit) = publisher.on_alarm() {
                    return exit;
                }
            }
            () = client.turn(publisher) => {}
            () = std::future::ready(()), if may_send => {
                for _ in 0..BATCH {
                    match &message {
                        Ok(Some(message)) => publisher.hand_over(message.clone(), &mut client),
                        Ok(None) => return Exit::Failure,
                        Err(complaint) => publisher.refuse(*complaint),
                    }
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
    let mut client = Client::new(life::lasting(connection), life::endpoint(connection));
    let mut source = Source::Later;
    let mut alarm = publisher.alarm();
    client.start(publisher);
    loop {
        let is_over = matches!(source, Source::Dry) && publisher.is_idle();
        if is_over || publisher.verdict.is_some() {
            publisher.finish(&mut client);
        }
        // Behind what may end the session, as above.
        if let Some(cause) = publisher.running.over(&client) {
            return publisher.exit(&client, cause);
        }
        if publisher.running.was_connected && matches!(source, Source::Later) {
            source = Source::Lines(publisher.records());
        }
        let keeps = client.session().is_connected() || publisher.may_queue();
        let may_read = client.has_room() && publisher.verdict.is_none() && keeps;
        tokio::select! {
            biased;
            () = life::elapsed(&mut alarm) => {
                alarm = None;
                if let Some(exit) = publisher.on_alarm() {
                    return exit;
                }
            }
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
