//! What every running client tool has: where it writes, what it says of packets, of waiting for a
//! connection and of a refusal, and how it ended.

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::Connection;
use crate::cli::trace::Trace;
use crate::cli::waiting::Waiting;
use crate::client::{Cause, Client, Event};
use crate::protocol::ReasonCode;

/// The common part of a running tool. It is shown each event first ([`Running::see`]).
pub struct Running<'o> {
    /// The options of the connection.
    pub connection: &'o Connection,
    /// The two output streams.
    pub console: Console,
    /// Whether the server has accepted us once.
    pub was_connected: bool,
    /// Why the session ended, once it has.
    pub ended: Option<Cause>,
    trace: Option<Trace>,
    waiting: Waiting,
    /// It was said that the server does not take the presence message.
    has_told_presence: bool,
    /// Behind the words about a version that the server does not speak.
    advice: &'static str,
}

impl<'o> Running<'o> {
    /// Before the first event.
    pub fn new(connection: &'o Connection) -> Self {
        let advice = ". Try connecting to an MQTT v5 broker, or use MQTT v3.x mode.";
        Running::with_advice(connection, advice)
    }

    /// As [`Running::new`], with other advice about a version that the server does not speak.
    pub fn with_advice(connection: &'o Connection, advice: &'static str) -> Self {
        Running {
            connection,
            console: Console::new(connection),
            was_connected: false,
            ended: None,
            trace: connection.debug.then(|| Trace::new(connection)),
            waiting: Waiting::default(),
            has_told_presence: false,
            advice,
        }
    }

    /// Says what there is to say of an event, whatever the tool does.
    pub fn see(&mut self, event: &Event<'_>) {
        if let Some(trace) = &mut self.trace
            && let Some(lines) = trace.lines(event)
        {
            self.console.say(&lines);
        }
        match event {
            Event::Connected { .. } => {
                self.was_connected = true;
                self.waiting.end(&self.console);
            }
            Event::Refused { connack } if self.hides(connack.reason) => {}
            Event::Refused { connack } => {
                life::complain_refused(&self.console, self.connection, connack, self.advice);
            }
            Event::Waiting { cause, .. } => {
                self.waiting.begin(&self.console, self.connection, *cause);
            }
            Event::Ended(cause) => self.ended = Some(*cause),
            Event::Presence { online: true, reason } => {
                // Not again at every new connection to the same server.
                if !std::mem::replace(&mut self.has_told_presence, reason.is_error()) {
                    life::tell(&self.console, event);
                }
            }
            event => life::tell(&self.console, event),
        }
    }

    /// Whether nothing is said of a refusal: it is worth waiting for another answer, and that we
    /// wait was said before.
    pub fn hides(&self, reason: ReasonCode) -> bool {
        self.waiting.hides(reason)
    }

    /// Why it is over, if it is. Otherwise says why it waits, if that has to be said yet.
    pub fn over(&mut self, client: &Client) -> Option<Cause> {
        if self.ended.is_none() {
            self.waiting.say(&self.console, self.connection, client);
        }
        self.ended
    }

    /// Says why a session ended that was not to end yet, and how the tool ends because of it.
    pub fn complain_ended(&self, client: &Client, cause: Cause) -> Exit {
        life::complain_ended(&self.console, self.connection, client, cause)
    }

    /// The trace of packets, with `-d`.
    pub fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref()
    }
}
