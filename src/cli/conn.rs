//! `lastwill conn`: connect, hold a will, wait.
//!
//! One line on stdout for each accepted connection, with the process id: from then on the will is
//! armed, and a kill -9 of that process makes the broker publish it.

use serde_json::json;

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::ConnOptions;
use crate::cli::running::Running;
use crate::cli::signals::{self, Signals};
use crate::client::{Application, Cause, Client, Event, Request, Requests};
use crate::protocol::ReasonCode;

/// Connects and waits until something ends it.
pub fn run(options: &ConnOptions) -> Exit {
    let console = Console::new(&options.connection);
    options.connection.warnings.iter().for_each(|line| console.complain(line));
    let mut conn = Conn::new(options);
    life::block_on(&console, async { live(&mut conn).await })
}

/// A running `conn`.
struct Conn<'o> {
    options: &'o ConnOptions,
    running: Running<'o>,
    /// What to say once the online message is with the broker, or at once without one.
    ready: Option<String>,
}

impl<'o> Conn<'o> {
    fn new(options: &'o ConnOptions) -> Self {
        let connection = &options.connection;
        Conn { options, running: Running::new(connection), ready: None }
    }

    fn on_connected(&mut self, client_id: &str, session_present: bool) {
        let pid = std::process::id();
        self.ready = Some(if self.options.json {
            json!({
                "event": "connected",
                "pid": pid,
                "client_id": client_id,
                "session_present": session_present,
            })
            .to_string()
        } else {
            let session = if session_present { "resumed" } else { "new" };
            format!("connected pid={pid} client-id={client_id} session={session}")
        });
        if self.options.connection.presence.is_none() {
            self.say_ready();
        }
    }

    fn say_ready(&mut self) {
        if let Some(line) = self.ready.take() {
            self.running.console.say(&line);
        }
    }

    fn exit(&self, client: &Client, cause: Cause) -> Exit {
        self.running.complain_ended(client, cause)
    }
}

impl Application for Conn<'_> {
    fn on_event(&mut self, event: Event<'_>, _: &mut Requests) {
        self.running.see(&event);
        match event {
            Event::Connected { connack, client_id, .. } => {
                self.on_connected(client_id, connack.session_present);
            }
            Event::Presence { online: true, .. } => self.say_ready(),
            _ => {}
        }
    }
}

async fn live(conn: &mut Conn<'_>) -> Exit {
    let connection = &conn.options.connection;
    let mut client = Client::new(life::lasting(connection), life::endpoint(connection));
    let mut signals = None;
    let mut was_told_to_end = false;
    client.start(conn);
    loop {
        if let Some(cause) = conn.running.over(&client) {
            return conn.exit(&client, cause);
        }
        // Until the first connection stands, a signal kills as it kills any program.
        if signals.is_none() && client.is_open() {
            signals = Signals::new().ok();
        }
        tokio::select! {
            () = client.turn(conn) => {}
            () = signals::next(&mut signals) => {
                if !conn.running.was_connected {
                    return Exit::NotConnected;
                }
                if std::mem::replace(&mut was_told_to_end, true) {
                    return Exit::Success;
                }
                let properties = connection.disconnect_properties.clone();
                client.request(Request::End { reason: ReasonCode::Success, properties }, conn);
            }
        }
    }
}
