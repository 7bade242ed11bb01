//! `lastwill watch`: who is online, since when, and how long after the death the will came.
//!
//! On a terminal a table that stays current; elsewhere a line for each change. A lastwill broker
//! also tells when it settles a will, and why: without that, a will looks like any message.

mod board;
mod notice;

use std::io::{self, IsTerminal};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::WatchOptions;
use crate::cli::running::Running;
use crate::cli::signals::{self, Signals};
use crate::client::{Application, Cause, Client, Event, Filters, Request, Requests};
use crate::clock::local_now;
use crate::protocol::{
    PropertyBuf, Publish, QoS, ReasonCode, Subscription, SubscriptionOptions, TopicFilter,
    TopicName,
};
use board::{Board, Change};
use notice::Notice;

/// Rows of a terminal that does not say how many it has.
const ROWS: usize = 24;
/// The whole screen, before the first table.
const CLEAR: &[u8] = b"\x1b[2J";
/// What stands below the last table, as the ^C that the terminal shows.
const CLEAR_BELOW: &[u8] = b"\r\x1b[J";

/// Watches until something ends it.
pub fn run(options: &WatchOptions) -> Exit {
    let console = Console::new(&options.connection);
    options.connection.warnings.iter().for_each(|line| console.complain(line));
    let mut watch = Watch::new(options);
    life::block_on(&console, async { live(&mut watch).await })
}

/// A running `watch`.
struct Watch<'o> {
    options: &'o WatchOptions,
    running: Running<'o>,
    board: Board,
    is_table: bool,
    has_cleared: bool,
}

impl<'o> Watch<'o> {
    fn new(options: &'o WatchOptions) -> Self {
        let connection = &options.connection;
        Watch {
            options,
            running: Running::new(connection),
            board: Board::default(),
            is_table: io::stdout().is_terminal() && !options.json && !connection.debug,
            has_cleared: false,
        }
    }

    fn on_connected(&mut self, requests: &mut Requests) {
        if self.is_table && !std::mem::replace(&mut self.has_cleared, true) {
            self.running.console.write(CLEAR);
        }
        let options =
            SubscriptionOptions { qos: QoS::AtLeastOnce, ..SubscriptionOptions::default() };
        let filters = self.options.filters.iter().map(String::as_str);
        let subscriptions: Vec<Subscription<'_>> = filters
            .chain([notice::TOPIC])
            .filter_map(|filter| TopicFilter::new(filter).ok())
            .map(|filter| Subscription { filter, options })
            .collect();
        requests.push_back(Request::Subscribe(Filters::new(&subscriptions, PropertyBuf::new())));
    }

    /// The watched filters come first in the SUBACK; whether the notices are granted is no matter.
    fn on_subscribed(&mut self, reasons: &[ReasonCode], requests: &mut Requests) {
        let watched = self.options.filters.iter().zip(reasons);
        for (filter, reason) in watched.filter(|(_, reason)| reason.is_error()) {
            self.running
                .console
                .complain(&format!("Error: The broker refuses '{filter}': {reason}."));
        }
        if reasons.iter().take(self.options.filters.len()).all(|reason| reason.is_error()) {
            requests.push_back(ending());
        }
    }

    fn on_message(&mut self, publish: &Publish<'_>) {
        let now = local_now();
        let topic = publish.topic.name();
        if topic.as_str() == notice::TOPIC {
            if let Some(notice) = Notice::parse(publish.payload)
                && self.is_watched(&notice.topic)
                && let Some(change) = self.board.on_notice(&notice, now)
            {
                self.tell(&change);
            }
            return;
        }
        let change = self.board.on_message(topic.as_str(), publish.payload, publish.retain, now);
        self.tell(&change);
    }

    fn is_watched(&self, topic: &str) -> bool {
        let mut filters =
            self.options.filters.iter().filter_map(|filter| TopicFilter::new(filter).ok());
        TopicName::new(topic).is_ok_and(|topic| filters.any(|filter| filter.matches(topic)))
    }

    fn tell(&mut self, change: &Change) {
        if self.is_table {
            self.draw();
        } else if self.options.json {
            self.running.console.say(&change.json());
        } else {
            self.running.console.say(&change.line());
        }
    }

    fn draw(&mut self) {
        let size = rustix::termios::tcgetwinsize(io::stdout());
        let rows = size.map_or(ROWS, |size| usize::from(size.ws_row));
        let screen = self.board.screen(&self.options.connection.host, &local_now(), rows);
        self.running.console.write(screen.as_bytes());
    }

    fn exit(&mut self, client: &Client, cause: Cause) -> Exit {
        if self.has_cleared {
            self.running.console.write(CLEAR_BELOW);
        }
        self.running.complain_ended(client, cause)
    }
}

fn ending() -> Request {
    Request::End { reason: ReasonCode::Success, properties: PropertyBuf::new() }
}

impl Application for Watch<'_> {
    fn on_event(&mut self, event: Event<'_>, requests: &mut Requests) {
        self.running.see(&event);
        match event {
            Event::Connected { .. } => self.on_connected(requests),
            Event::Subscribed(suback) => self.on_subscribed(&suback.reasons, requests),
            Event::Message(publish) => {
                self.on_message(publish);
                if self.running.console.is_broken() {
                    requests.push_back(ending());
                }
            }
            _ => {}
        }
    }
}

async fn live(watch: &mut Watch<'_>) -> Exit {
    let connection = &watch.options.connection;
    let mut client = Client::new(life::lasting(connection), life::endpoint(connection));
    let mut signals = None;
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    client.start(watch);
    loop {
        if let Some(cause) = watch.running.over(&client) {
            return watch.exit(&client, cause);
        }
        if signals.is_none() && client.is_open() {
            signals = Signals::new().ok();
        }
        tokio::select! {
            () = client.turn(watch) => {}
            () = signals::next(&mut signals) => {
                if !watch.running.was_connected {
                    return Exit::NotConnected;
                }
                client.request(ending(), watch);
            }
            // The ages in the table grow.
            _ = ticks.tick(), if watch.is_table && watch.running.was_connected => watch.draw(),
        }
    }
}
