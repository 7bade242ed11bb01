//! What runs a [`Session`]: one connection at a time, its reading and writing, the clock.
//!
//! An application calls [`Client::turn`] in a loop, beside whatever else it waits for (signals,
//! standard input, its own timers), and is called back with every [`Event`].

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::client::connection::{Connection, Output, Ready};
use crate::client::request::{Application, Request, Requests};
use crate::client::session::Session;
use crate::client::session::event::{Effect, Event, Input, Sink};
use crate::client::session::settings::Settings;
use crate::clock::Clock;
use crate::link::Pool;
use crate::protocol::{DecodeLimits, Decoded, Outgoing, Packet, PacketId, TopicFilter};
use crate::transport::Stream;
use crate::transport::connect::{ConnectError, Endpoint, connect, secure};
use crate::transport::tls::Failure;

/// Bytes waiting to be written before [`Client::has_room`] turns false.
const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// How long a close waits for the server, in seconds.
const CLOSE_SECS_MAX: u32 = 5;

type Opening = Pin<Box<dyn Future<Output = Result<Stream, ConnectError>>>>;

/// The transport.
enum Link {
    None,
    /// The bare stream is being connected.
    Opening(Opening),
    /// The layers over it shake hands.
    Securing(Opening),
    Open(Box<Connection>),
}

/// A running client. Belongs to one thread.
pub struct Client {
    session: Session,
    endpoint: Endpoint,
    clock: Clock,
    link: Link,
    pool: Pool,
    requests: Requests,
    connect_error: Option<ConnectError>,
    /// Whether the session has yet to hear that the transport is connected.
    is_fresh: bool,
    /// Whether a transport was ever connected.
    was_open: bool,
}

/// What a turn has waited for.
enum Wake {
    Connected(Result<Stream, ConnectError>),
    Opened(Result<Stream, ConnectError>),
    Ready(Ready),
    Timeout,
    CloseTimeout,
}

impl Client {
    /// A client that has not begun.
    pub fn new(settings: Settings, endpoint: Endpoint) -> Self {
        Client {
            session: Session::new(settings),
            endpoint,
            clock: Clock::new(),
            link: Link::None,
            pool: Pool::default(),
            requests: Requests::new(),
            connect_error: None,
            is_fresh: false,
            was_open: false,
        }
    }

    /// Begins to connect.
    pub fn start(&mut self, app: &mut impl Application) {
        self.apply(Input::Start, app);
    }

    /// The session it runs.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Why the last attempt to connect the transport failed, or the transport later.
    pub fn connect_error(&self) -> Option<&ConnectError> {
        self.connect_error.as_ref()
    }

    /// Whether the transport has been connected, though the layers over it (TLS) may still be
    /// shaking hands.
    pub fn is_open(&self) -> bool {
        matches!(self.link, Link::Securing(_) | Link::Open(_))
    }

    /// Whether there is room for another message without holding too much in memory.
    pub fn has_room(&self) -> bool {
        let unsent = match &self.link {
            Link::Open(connection) => connection.unsent(),
            Link::None | Link::Opening(_) | Link::Securing(_) => 0,
        };
        unsent < OUTPUT_BYTES_MAX && self.session.has_room()
    }

    /// Does what the application asks for from outside of an event.
    pub fn request(&mut self, request: Request, app: &mut impl Application) {
        self.requests.push_back(request);
        self.serve(app);
    }

    /// Connects again, with other settings and to another place: for a led session that waits.
    pub fn reconnect(
        &mut self,
        settings: Settings,
        endpoint: Endpoint,
        app: &mut impl Application,
    ) {
        self.endpoint = endpoint;
        self.apply(Input::Reconnect(Box::new(settings)), app);
    }

    /// Waits for the next thing to happen to the connection and deals with it; for ever once the
    /// session has ended, which a request may bring about at once. Cancelling it loses nothing.
    /// After the turn that connects the transport [`Client::is_open`] is true and nothing has been
    /// sent yet: the moment to install signal handlers.
    pub async fn turn(&mut self, app: &mut impl Application) {
        if std::mem::take(&mut self.is_fresh) {
            return self.apply(Input::Opened, app);
        }
        let wake = self.wake().await;
        match wake {
            Wake::Connected(Ok(stream)) => {
                self.link = Link::Securing(self.secure(stream));
            }
            Wake::Opened(Ok(stream)) => {
                let settings = self.session.settings();
                let limits = DecodeLimits {
                    packet_size_max: settings.packet_size_max(),
                    connect_size_max: 0,
                    topic_alias_max: settings.topic_alias_max(),
                    strict_connect_flags: true,
                };
                let is_led = settings.is_led;
                let connection = Connection::new(stream, settings.version, limits, is_led);
                self.link = Link::Open(Box::new(connection));
                self.is_fresh = true;
                self.was_open = true;
            }
            Wake::Connected(Err(error)) | Wake::Opened(Err(error)) => {
                self.link = Link::None;
                self.open_failed(error, app);
            }
            Wake::Ready(Ready::Read) => self.read_packets(app),
            Wake::Ready(Ready::Written) => {}
            Wake::Ready(Ready::Gone) | Wake::CloseTimeout => self.gone(app),
            Wake::Timeout => self.apply(Input::Timeout, app),
        }
    }

    /// The handshakes of the layers have as long as CONNACK has; without keep-alive there is no
    /// bound.
    fn secure(&self, stream: Stream) -> Opening {
        let endpoint = self.endpoint.clone();
        let secs = self.session.settings().keep_alive_secs;
        Box::pin(async move {
            let securing = secure(&endpoint, stream);
            match secs {
                0 => securing.await,
                secs => timeout(Duration::from_secs(secs.into()), securing)
                    .await
                    .unwrap_or(Err(ConnectError::Silent)),
            }
        })
    }

    /// As [`Client::turn`], but reads nothing: for an application that can take no more messages
    /// now. The server keeps the rest; it hears from us, and its silence means nothing.
    pub async fn turn_unread(&mut self, app: &mut impl Application) {
        let session_due = self.session.deadline().and_then(|(at, _)| self.clock.instant_of(at));
        let Link::Open(connection) = &mut self.link else { return self.turn(app).await };
        if self.is_fresh || connection.is_closing() {
            return self.turn(app).await;
        }
        tokio::select! {
            biased;
            () = connection.written(&mut self.pool) => {}
            () = sleep_until(session_due) => {
                self.session.excuse_silence(self.clock.now());
                self.apply(Input::Timeout, app);
            }
        }
    }

    async fn wake(&mut self) -> Wake {
        let session_due = self.session.deadline().and_then(|(at, _)| self.clock.instant_of(at));
        let (link, pool) = (&mut self.link, &mut self.pool);
        let close_due = match link {
            Link::Open(connection) => connection.close_deadline(),
            Link::None | Link::Opening(_) | Link::Securing(_) => None,
        };
        tokio::select! {
            biased;
            wake = wait_for(link, pool) => wake,
            () = sleep_until(close_due) => Wake::CloseTimeout,
            () = sleep_until(session_due) => Wake::Timeout,
        }
    }

    /// Hands every whole packet to the session.
    fn read_packets(&mut self, app: &mut impl Application) {
        loop {
            let Link::Open(connection) = &mut self.link else { return };
            if connection.is_closing() {
                return;
            }
            let (decoder, input, output) = connection.split();
            let mut taken = 0;
            let mut sink = Driven {
                app,
                requests: &mut self.requests,
                pool: &mut self.pool,
                output: Some(output),
                order: Order::default(),
            };
            let now = self.clock.now();
            match decoder.decode(input) {
                Ok(Decoded::Incomplete { total }) => {
                    connection.expect(total);
                    return;
                }
                Ok(Decoded::Packet(packet, length)) => {
                    taken = length;
                    sink.app.on_event(Event::Received(&packet), sink.requests);
                    self.session.handle(now, Input::Packet(packet), &mut sink);
                }
                Err(error) => self.session.handle(now, Input::Broken(error), &mut sink),
            }
            let order = sink.order;
            connection.consume(taken);
            self.obey(order, app);
            self.serve(app);
        }
    }

    /// There is no connection. A server that ends in the middle of a handshake may come back, if we
    /// have seen it alive or are asked to be patient.
    fn open_failed(&mut self, error: ConnectError, app: &mut impl Application) {
        let may_come_back = self.was_open || self.session.settings().retry.is_some();
        let input = match &error {
            ConnectError::Tls(Failure::Closed) if may_come_back => Input::OpenFailed,
            ConnectError::Tls(_) => Input::TlsFailed,
            _ => Input::OpenFailed,
        };
        self.connect_error = Some(error);
        self.apply(input, app);
    }

    /// The connection is over: the session hears of it after everything that was received.
    fn gone(&mut self, app: &mut impl Application) {
        self.read_packets(app);
        let failure = match std::mem::replace(&mut self.link, Link::None) {
            Link::Open(mut connection) => connection.take_failure(),
            Link::None | Link::Opening(_) | Link::Securing(_) => None,
        };
        match failure {
            Some(failure) => self.open_failed(ConnectError::Tls(failure), app),
            None => self.apply(Input::Closed, app),
        }
    }

    /// Tells the session, then whatever the application wanted because of it.
    fn apply(&mut self, input: Input<'_>, app: &mut impl Application) {
        self.tell(input, app);
        self.serve(app);
    }

    /// Tells the session what the application asks for.
    fn serve(&mut self, app: &mut impl Application) {
        while let Some(request) = self.requests.pop_front() {
            match request {
                Request::Publish { token, message, topic_alias } => {
                    self.tell(Input::Publish { token, message, topic_alias }, app);
                }
                Request::Subscribe(filters) => {
                    let subscriptions = filters.subscriptions();
                    let properties = filters.properties.as_properties();
                    let subscriptions = &subscriptions;
                    self.tell(Input::Subscribe { subscriptions, properties }, app);
                }
                Request::Unsubscribe(filters) => {
                    let names: Vec<TopicFilter<'_>> = filters
                        .subscriptions()
                        .iter()
                        .map(|subscription| subscription.filter)
                        .collect();
                    let properties = filters.properties.as_properties();
                    self.tell(Input::Unsubscribe { filters: &names, properties }, app);
                }
                Request::Carry { packet_id, message, dup, is_doubtful } => {
                    self.tell(Input::Carry { packet_id, message, dup, is_doubtful }, app);
                }
                Request::Release(packet_id) => self.tell(Input::Release { packet_id }, app),
                Request::Complete(packet_id) => self.tell(Input::Complete { packet_id }, app),
                Request::Orphan => self.tell(Input::Orphan, app),
                Request::Acknowledge(packet_id) => {
                    self.tell(Input::Acknowledge { packet_id }, app);
                }
                Request::Interrupt => self.tell(Input::Interrupt, app),
                Request::End { reason, properties } => {
                    let properties = properties.as_properties();
                    self.tell(Input::End { reason, properties }, app);
                }
            }
        }
    }

    fn tell(&mut self, input: Input<'_>, app: &mut impl Application) {
        let output = match &mut self.link {
            Link::Open(connection) => Some(connection.split().2),
            Link::None | Link::Opening(_) | Link::Securing(_) => None,
        };
        let mut sink = Driven {
            app,
            requests: &mut self.requests,
            pool: &mut self.pool,
            output,
            order: Order::default(),
        };
        self.session.handle(self.clock.now(), input, &mut sink);
        let order = sink.order;
        self.obey(order, app);
    }

    /// Opens or closes the transport, as the session wants it.
    fn obey(&mut self, order: Order, app: &mut impl Application) {
        if order.open {
            let endpoint = self.endpoint.clone();
            self.link = Link::Opening(Box::pin(async move { connect(&endpoint).await }));
        }
        if order.close
            && let Link::Open(connection) = &mut self.link
        {
            let until = self.clock.now().plus_secs(CLOSE_SECS_MAX);
            connection.close(self.clock.instant_of(until));
        }
        if order.reset
            && let Link::Open(connection) = &self.link
        {
            connection.reset();
        }
        if order.abort || order.reset {
            self.is_fresh = false;
            self.link = Link::None;
            self.tell(Input::Closed, app);
        }
    }
}

/// What the session wants of the transport.
#[derive(Clone, Copy, Debug, Default)]
struct Order {
    open: bool,
    close: bool,
    abort: bool,
    reset: bool,
}

/// The session's effects, carried out: packets are encoded, events told, orders noted.
struct Driven<'a, A> {
    app: &'a mut A,
    requests: &'a mut Requests,
    pool: &'a mut Pool,
    output: Option<Output<'a>>,
    order: Order,
}

impl<A: Application> Driven<'_, A> {
    fn send(&mut self, packet: &Packet<'_>) {
        let Some(output) = &mut self.output else { return };
        let event = match output.send(packet, self.pool) {
            Ok(()) => Event::Sent(packet),
            Err(_) => Event::TooLarge,
        };
        self.app.on_event(event, self.requests);
    }

    fn publish(&mut self, publish: &Outgoing<'_>, number: PacketId) {
        let Some(output) = &mut self.output else { return };
        let event = match output.publish(publish, self.pool) {
            Ok(()) => Event::PublishSent { publish, number },
            Err(_) => Event::TooLarge,
        };
        self.app.on_event(event, self.requests);
    }
}

impl<A: Application> Sink for Driven<'_, A> {
    fn effect(&mut self, effect: Effect<'_>) {
        match effect {
            Effect::Open => self.order.open = true,
            Effect::Close => self.order.close = true,
            Effect::Abort => self.order.abort = true,
            Effect::Reset => self.order.reset = true,
            Effect::SendRaw(bytes) => {
                if let Some(output) = &mut self.output {
                    output.raw(bytes, self.pool);
                }
            }
            Effect::Send(packet) => self.send(&packet),
            Effect::Publish { publish, number } => self.publish(&publish, number),
            Effect::Limit(limits) => {
                if let Some(output) = &mut self.output {
                    output.limit(limits);
                }
            }
            Effect::Report(event) => self.app.on_event(event, self.requests),
        }
    }
}

async fn wait_for(link: &mut Link, pool: &mut Pool) -> Wake {
    match link {
        Link::None => std::future::pending().await,
        Link::Opening(opening) => Wake::Connected(opening.await),
        Link::Securing(securing) => Wake::Opened(securing.await),
        Link::Open(connection) => Wake::Ready(connection.ready(pool).await),
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
