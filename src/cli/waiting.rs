//! What is said about waiting for a connection: once that we wait, once that we are back.

use crate::cli::console::Console;
use crate::cli::life::unanswered;
use crate::cli::options::{Called, Connection};
use crate::cli::unreachable::why_unreachable;
use crate::client::{Cause, Client, is_temporary};
use crate::protocol::ReasonCode;

/// Remembers what was said. Under mosquitto's names nothing is.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Since when nothing more is said; `None` while connected.
    since: Option<Said>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// The reason is known to the client and not to us: [`Waiting::say`] says it.
    NotYet,
    Yes,
}

impl Waiting {
    /// The connection ended or could not be made, and there will be another attempt.
    pub fn begin(&mut self, console: &Console, connection: &Connection, cause: Cause) {
        if self.since.is_some() || connection.called == Called::Mosquitto {
            return;
        }
        let line = match cause {
            Cause::OpenFailed => {
                self.since = Some(Said::NotYet);
                return;
            }
            Cause::Refused(_) => "Warning: The broker takes nobody now, trying again.".into(),
            Cause::Unanswered => format!("Warning: {} Trying again.", unanswered(connection)),
            _ => "Warning: The connection was lost, trying to connect again.".to_owned(),
        };
        self.since = Some(Said::Yes);
        console.complain(&line);
    }

    /// Says why no connection could be made, if that has to be said yet.
    pub fn say(&mut self, console: &Console, connection: &Connection, client: &Client) {
        if self.since == Some(Said::NotYet) {
            self.since = Some(Said::Yes);
            let why = why_unreachable(connection, client);
            let why = why.trim_start_matches("Error: ").trim_end_matches('.');
            console.complain(&format!("Warning: {why}, trying again."));
        }
    }

    /// The server has accepted us.
    pub fn end(&mut self, console: &Console) {
        if self.since.take().is_some() {
            console.complain("Connected.");
        }
    }

    /// Whether a refusal is one of those that are worth waiting for, and was said before.
    pub fn hides(&self, reason: ReasonCode) -> bool {
        self.since.is_some() && is_temporary(reason)
    }
}
