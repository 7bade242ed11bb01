//! `lastwill conn`: connect, hold a will, wait.
//!
//! One line on stdout for each accepted connection, with the process id: from then on the will is
//! armed, and a kill -9 of that process makes the broker publish it.

use serde_json::json;

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::life;
use crate::cli::options::ConnOptions;
use crate::cli::signals::{self, Signals};
use crate::cli::trace::Trace;
use crate::cli::waiting::Waiting;
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
    console: Console,
    trace: Option<Trace>,
    /// What to say once the online message is with the broker, or at once without one.
    ready: Option<String>,
    was_connected: bool,
    waiting: Waiting,
    ended: Option<Cause>,
}

impl<'o> Conn<'o> {
    fn new(options: &'o ConnOptions) -> Self {
        let connection = &options.connection;
        Conn {
            options,
            console: Console::new(connection),
            trace: connection.debug.then(|| Trace::new(connection)),
            ready: None,
            was_connected: false,
            waiting: Waiting::default(),
            ended: None,
        }
    }

    fn on_connected(&mut self, client_id: &str, session_present: bool) {
        self.was_connected = true;
        self.waiting.end(&self.console);
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
            self.console.say(&line);
        }
    }

    fn exit(&self, client: &Client, cause: Cause) -> Exit {
        life::complain_ended(&self.console, &self.options.connection, client, cause)
    }
}

impl Application for Conn<'_> {
    fn on_event(&mut self, event: Event<'_>, _: &mut Requests) {
        if let Some(trace) = &mut self.trace
            && let Some(lines) = trace.lines(&event)
        {
            self.console.say(&lines);
        }
        match event {
            Event::Connected { connack, client_id } => {
                self.on_connected(client_id, connack.session_present);
            }
            Event::Refused { connack } if self.waiting.hides(connack.reason) => {}
            Event::Refused { connack } => {
                life::complain_refused(&self.console, &self.options.connection, connack);
            }
            Event::Presence { online: true, .. } => {
                life::tell(&self.console, &event);
                self.say_ready();
            }
            Event::Waiting { cause, .. } => {
                self.waiting.begin(&self.console, &self.options.connection, cause);
            }
            Event::Ended(cause) => self.ended = Some(cause),
            event => life::tell(&self.console, &event),
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
        if let Some(cause) = conn.ended {
            return conn.exit(&client, cause);
        }
        conn.waiting.say(&conn.console, connection, &client);
        // Until the first connection stands, a signal kills as it kills any program.
        if signals.is_none() && client.is_open() {
            signals = Signals::new().ok();
        }
        tokio::select! {
            () = client.turn(conn) => {}
            () = signals::next(&mut signals) => {
                if !conn.was_connected {
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
