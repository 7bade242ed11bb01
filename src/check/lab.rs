//! What a row works with: connections to the broker, names of its own, how long to wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::check::found::{Found, Step};
use crate::check::probe::{Got, Probe, Received, Welcome};
use crate::check::wire::{self, Connect, Publish, Will};
use crate::clock::Clock;
use crate::protocol::{Properties, ReasonCode, Version};
use crate::time::Timestamp;
use crate::transport::connect::{ConnectError, Endpoint, open};
use crate::transport::websocket::OpenError;

/// The broker, and as whom to speak to it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it is.
    pub endpoint: Endpoint,
    /// User Name of every CONNECT.
    pub username: Option<String>,
    /// Password of every CONNECT.
    pub password: Option<Vec<u8>>,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For what must happen at once.
    pub soon: Duration,
    /// For what must not happen.
    pub quiet: Duration,
}

impl Patience {
    /// As a round trip to the broker suggests.
    pub fn of(round_trip: Duration) -> Patience {
        Patience {
            soon: Duration::from_millis(2000) + round_trip * 10,
            quiet: Duration::from_millis(400) + round_trip * 4,
        }
    }
}

/// What the broker says about itself in CONNACK (version 5), and which versions it speaks.
#[derive(Clone, Debug, Default)]
pub struct Abilities {
    /// The versions that it accepts.
    pub versions: Vec<Version>,
    /// Maximum QoS.
    pub qos_max: u8,
    /// Retain Available.
    pub retain: bool,
    /// Wildcard Subscription Available.
    pub wildcards: bool,
    /// Subscription Identifier Available.
    pub subscription_ids: bool,
    /// Shared Subscription Available.
    pub shared: bool,
    /// Receive Maximum.
    pub receive_maximum: u16,
    /// Maximum Packet Size.
    pub packet_size_max: Option<u32>,
    /// Topic Alias Maximum.
    pub topic_alias_max: u16,
    /// Server Keep Alive.
    pub server_keep_alive: Option<u16>,
}

impl Abilities {
    /// What holds where a CONNACK says nothing.
    pub fn of(properties: Properties<'_>, versions: Vec<Version>) -> Abilities {
        Abilities {
            versions,
            qos_max: properties.maximum_qos().unwrap_or(2),
            retain: properties.retain_available().unwrap_or(true),
            wildcards: properties.wildcard_subscription_available().unwrap_or(true),
            subscription_ids: properties.subscription_identifier_available().unwrap_or(true),
            shared: properties.shared_subscription_available().unwrap_or(true),
            receive_maximum: properties.receive_maximum().unwrap_or(u16::MAX),
            packet_size_max: properties.maximum_packet_size(),
            topic_alias_max: properties.topic_alias_maximum().unwrap_or(0),
            server_keep_alive: properties.server_keep_alive(),
        }
    }
}

/// What a run leaves at the broker and has to take away again.
#[derive(Debug, Default)]
pub struct Traces {
    /// Topics that may hold a retained message.
    pub topics: Vec<Vec<u8>>,
    /// Sessions that may outlive their connection.
    pub sessions: Vec<(Version, Vec<u8>)>,
}

/// The part that all rows share.
#[derive(Debug)]
pub struct Shared {
    /// The broker.
    pub target: Target,
    /// What it offers.
    pub abilities: Abilities,
    /// How long to wait.
    pub patience: Patience,
    /// The clock of the run.
    pub clock: Clock,
    /// Every topic of the run begins with this.
    pub prefix: String,
    /// Every client id of the run begins with this.
    pub id_prefix: String,
    /// What to clean up.
    pub traces: Mutex<Traces>,
}

impl Shared {
    /// The traces, even if a row panicked while it wrote there.
    pub fn traces(&self) -> MutexGuard<'_, Traces> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one row works with.
#[derive(Clone, Debug)]
pub struct Lab {
    /// What all rows share.
    pub shared: Arc<Shared>,
    /// The version under test.
    pub version: Version,
    /// The number of the row, which keeps its names apart from those of others.
    pub number: usize,
}

/// Opens a connection; a failure is the environment's.
pub async fn dial(target: &Target, version: Version, clock: Clock) -> Step<Probe> {
    match open(&target.endpoint).await {
        Ok(stream) => Ok(Probe::new(stream, version, clock)),
        Err(error) => Err(Found::blocked(format!("no connection: {}", unreachable(&error)))),
    }
}

/// Why a connection could not be opened.
pub fn unreachable(error: &ConnectError) -> String {
    match error {
        ConnectError::Lookup(name, error) => format!("{name}: {error}"),
        ConnectError::Refused(address, error) => format!("{address}: {error}"),
        ConnectError::Unix(path, error) => format!("{}: {error}", path.display()),
        ConnectError::Proxy(error) => error.to_string(),
        ConnectError::WebSocket(OpenError::Refused(refusal)) => refusal.to_string(),
        ConnectError::Tls(failure) => format!("TLS failed: {failure:?}"),
        other => format!("{other:?}"),
    }
}

impl Lab {
    /// A topic of this row.
    pub fn topic(&self, name: &str) -> String {
        let version = self.version.level();
        format!("{}/{:03}-{version}/{name}", self.shared.prefix, self.number)
    }

    /// A client id of this row: letters and digits, at most 23.
    pub fn id(&self, name: &str) -> String {
        format!("{}{:03}{}{name}", self.shared.id_prefix, self.number, self.version.level())
    }

    /// Whether the version under test is 5.0.
    pub const fn is_v5(&self) -> bool {
        self.version.is_v5()
    }

    /// What the broker offers.
    pub fn abilities(&self) -> &Abilities {
        &self.shared.abilities
    }

    /// How long what must happen at once may take.
    pub fn soon(&self) -> Duration {
        self.shared.patience.soon
    }

    /// How long to watch for what must not happen.
    pub fn quiet(&self) -> Duration {
        self.shared.patience.quiet
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Waits until so many milliseconds have passed since `from`.
    pub async fn wait_until(&self, from: Timestamp, millis: u64) {
        sleep(from.plus_millis(millis).since(self.now())).await;
    }

    /// A will to the row's topic `will`, QoS 0.
    pub fn will(&self, payload: &str) -> Will {
        Will {
            topic: self.topic("will").into_bytes(),
            payload: payload.as_bytes().to_vec(),
            ..Will::default()
        }
    }

    /// A CONNECT of a client of this row, with the credentials of the run.
    pub fn client(&self, name: &str) -> Connect {
        self.client_of(self.version, name)
    }

    /// The same with another version.
    pub fn client_of(&self, version: Version, name: &str) -> Connect {
        Connect {
            username: self.shared.target.username.clone(),
            password: self.shared.target.password.clone(),
            ..Connect::new(version, self.id(name))
        }
    }

    /// A connection that has said nothing.
    pub async fn dial(&self) -> Step<Probe> {
        self.dial_as(self.version).await
    }

    /// The same, to be spoken to in this version.
    pub async fn dial_as(&self, version: Version) -> Step<Probe> {
        dial(&self.shared.target, version, self.shared.clock).await
    }

    /// Connects; what the broker said to it.
    pub async fn try_connect(&self, connect: &Connect) -> Step<(Probe, Got)> {
        self.note(connect);
        let mut probe = self.dial_as(connect.version).await?;
        probe.send(&connect.bytes()).await;
        let got = probe.next(self.soon()).await;
        Ok((probe, got))
    }

    /// Connects, which the broker accepts.
    pub async fn welcome(&self, connect: &Connect) -> Step<(Probe, Welcome)> {
        let (probe, got) = self.try_connect(connect).await?;
        match got {
            Got::ConnAck(welcome) if welcome.reason == ReasonCode::Success => Ok((probe, welcome)),
            Got::ConnAck(welcome) if is_permission(welcome.reason) => Err(Found::blocked(format!(
                "CONNECT was refused: 0x{:02X} ({})",
                welcome.reason as u8, welcome.reason
            ))),
            other => Err(Found::differs(format!("CONNECT was answered by {}", other.describe()))),
        }
    }

    /// Connects, which the broker accepts.
    pub async fn connect(&self, connect: &Connect) -> Step<Probe> {
        Ok(self.welcome(connect).await?.0)
    }

    /// Connects with a will, which the broker accepts.
    pub async fn mortal(&self, name: &str, will: Will) -> Step<Probe> {
        self.connect(&self.client(name).will(will)).await
    }

    /// Remembers what a CONNECT may leave behind.
    fn note(&self, connect: &Connect) {
        let mut traces = self.shared.traces();
        if connect.is_lasting() {
            traces.sessions.push((connect.version, connect.id.clone()));
        }
        if let Some(will) = connect.will.as_ref().filter(|will| will.retain) {
            traces.topics.push(will.topic.clone());
        }
    }

    /// Publishes, and remembers a retained message.
    pub async fn publish(&self, probe: &mut Probe, publish: &Publish) {
        if publish.retain {
            self.shared.traces().topics.push(publish.topic.clone());
        }
        probe.publish(publish).await;
    }

    /// Subscribes and awaits the grant. Retained messages that come before it are dropped.
    pub async fn subscribe(&self, probe: &mut Probe, filter: &str, options: u8) -> Step<()> {
        let bytes = wire::subscribe(probe.version(), 1, &[(filter, options)], &[]);
        probe.send(&bytes).await;
        loop {
            match probe.next(self.soon()).await {
                Got::SubAck(_, codes) if codes.first().is_some_and(|code| *code < 3) => {
                    return Ok(());
                }
                Got::SubAck(_, codes) => {
                    return Err(Found::blocked(format!(
                        "the subscription to {filter} was refused: {codes:02X?}"
                    )));
                }
                Got::Message(_) => {}
                other => {
                    return Err(Found::differs(format!(
                        "SUBSCRIBE was answered by {}",
                        other.describe()
                    )));
                }
            }
        }
    }

    /// A client named `s`, subscribed to the row's topic `will` at QoS 2, Retain As Published.
    pub async fn watcher(&self) -> Step<Probe> {
        let filter = self.topic("will");
        self.subscriber("s", &filter, 2 | wire::AS_PUBLISHED).await
    }

    /// A client that is subscribed.
    pub async fn subscriber(&self, name: &str, filter: &str, options: u8) -> Step<Probe> {
        let mut probe = self.connect(&self.client(name)).await?;
        self.subscribe(&mut probe, filter, options).await?;
        Ok(probe)
    }

    /// The next message at `probe` has this payload.
    pub async fn expect(&self, probe: &mut Probe, payload: &str) -> Step<Received> {
        self.expect_within(probe, payload, self.soon()).await
    }

    /// The same within another time.
    pub async fn expect_within(
        &self,
        probe: &mut Probe,
        payload: &str,
        within: Duration,
    ) -> Step<Received> {
        match probe.message(within).await {
            Got::Message(message) if message.payload == payload.as_bytes() => Ok(*message),
            Got::Nothing => Err(Found::differs(format!(
                "'{payload}' was not published within {} ms",
                within.as_millis()
            ))),
            other => Err(Found::differs(format!("{} instead of '{payload}'", other.describe()))),
        }
    }

    /// Nothing more comes to `probe`.
    pub async fn expect_quiet(&self, probe: &mut Probe) -> Step<()> {
        self.expect_quiet_for(probe, self.quiet()).await
    }

    /// Nothing comes to `probe` for so long.
    pub async fn expect_quiet_for(&self, probe: &mut Probe, time: Duration) -> Step<()> {
        match probe.message(time).await {
            Got::Nothing => Ok(()),
            Got::Message(message) => {
                Err(Found::differs(format!("'{}' was published", message.text())))
            }
            other => Err(Found::differs(format!("the subscriber got {}", other.describe()))),
        }
    }

    /// Ends a client in order and waits until the broker has taken it in.
    pub async fn leave(&self, mut probe: Probe) {
        let bytes = wire::disconnect(probe.version(), 0, &[]);
        probe.send(&bytes).await;
        probe.last_words(self.soon()).await;
    }

    /// The retained message of a topic, by a client of its own.
    pub async fn retained(&self, name: &str, topic: &str) -> Step<Option<Received>> {
        let mut probe = self.connect(&self.client(name)).await?;
        let options = 2 | wire::AS_PUBLISHED;
        let bytes = wire::subscribe(probe.version(), 1, &[(topic, options)], &[]);
        probe.send(&[&bytes[..], &wire::PINGREQ].concat()).await;
        let mut patience = self.soon();
        loop {
            match probe.next(patience).await {
                Got::Message(message) => return Ok(Some(*message)),
                Got::SubAck(..) => {}
                Got::Pong => patience = self.quiet(),
                Got::Nothing => return Ok(None),
                other => {
                    return Err(Found::differs(format!(
                        "SUBSCRIBE was answered by {}",
                        other.describe()
                    )));
                }
            }
        }
    }

    /// Fails the row as not supported unless the broker offers it.
    pub fn needs(&self, is_offered: bool, what: &str) -> Step<()> {
        if is_offered { Ok(()) } else { Err(Found::unsupported(format!("{what}: not offered"))) }
    }
}

/// Whether a CONNECT was refused because of who asks.
pub fn is_permission(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::NotAuthorized
            | ReasonCode::BadUserNameOrPassword
            | ReasonCode::Banned
            | ReasonCode::ServerBusy
            | ReasonCode::ServerUnavailable
            | ReasonCode::QuotaExceeded
            | ReasonCode::ConnectionRateExceeded
    )
}
