//! One bridge that runs: its two clients, the relay between them, and the clock.

mod remote;
mod stop;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep_until;

use super::TellEnd;
use super::ends::{Desk, Ear, Told};
use super::guide::Guide;
use super::relay::{Relay, Side, Step};
use super::settings::{self, Common, DOWN, UP};
use super::words;
use crate::client::{Cause, Client, Filters, Greeting, Request};
use crate::clock::Clock;
use crate::config::Bridge;
use crate::config::bridge::{BridgeTopic, Protection, StartType};
use crate::observe::ServerEvent;
use crate::observe::bridge_lines::BridgeEvent;
use crate::protocol::{
    Message, MessageRef, Properties, PropertyBuf, QoS, ReasonCode, RetainHandling, Subscription,
    SubscriptionOptions, TopicFilter, TopicName,
};
use crate::server::Door;
use crate::time::Timestamp;

/// Pause before the local session begins again after somebody has ended it, in seconds.
const LOCAL_PAUSE_SECS: u32 = 1;
/// How often a lazy bridge looks how much waits, in milliseconds.
const LOOK_MILLIS: u64 = 200;
/// The token of messages without an identifier, and of our own.
const OWN: u64 = 0;

/// Held until a bridge has subscribed at this broker.
pub(super) type Pending = Arc<TellEnd>;

/// What a bridge is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Leave in order. `forgets`: the local session is not needed any more.
    Stop { forgets: bool },
    /// Other settings.
    Change(Box<Bridge>),
}

/// Why a bridge has ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was told to.
    Stopped,
    /// It begins again with these settings, and has yet to subscribe at this broker where that is
    /// waited for.
    Changed(Box<Bridge>, Option<Pending>),
}

/// Where the remote side stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A lazy bridge without enough to do; it looks again at this moment.
    Resting(Timestamp),
    /// It connects at this moment.
    Waiting(Timestamp),
    /// It is connecting.
    Trying,
    /// It is connected.
    Up,
    /// It does not connect any more.
    Over,
}

impl Phase {
    /// When it is over by itself. Before the local session has begun nobody connects: what the remote
    /// broker says would be handed in under identifiers of which nobody knows yet what this broker
    /// has under them.
    fn due(self, has_begun: bool) -> Option<Timestamp> {
        match self {
            Phase::Resting(at) | Phase::Waiting(at) if has_begun => Some(at),
            _ => None,
        }
    }
}

/// Why we have ended the connection ourselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intent {
    Primary,
    Idle,
    Change,
}

/// Whether the primary address takes connections.
type Probe = Pin<Box<dyn Future<Output = bool>>>;

pub(super) struct Runner<'a> {
    bridge: &'a Bridge,
    common: Common,
    door: &'a Door,
    clock: Clock,
    guide: Guide,
    desk: RefCell<Desk>,
    local: Client,
    local_told: Vec<Told>,
    local_again: Option<Timestamp>,
    remote: Option<Client>,
    remote_told: Vec<Told>,
    phase: Phase,
    intent: Option<Intent>,
    /// The reason of a refusing CONNACK.
    refusal: Option<ReasonCode>,
    probe: Option<Probe>,
    probe_at: Option<Timestamp>,
    /// When to cut a connection off that we have ended.
    cut_at: Option<Timestamp>,
    /// When a message was last carried.
    busy_at: Timestamp,
    /// Whether a message that was not taken was told on this connection.
    has_told: bool,
    /// Whether the local session was connected: only then is it known where messages stand.
    has_begun: bool,
    /// Answers to subscriptions at this broker.
    subscribed: usize,
    /// Dropped when all of them were answered.
    ready: Option<Pending>,
    /// Other settings, for the next connection.
    change: Option<Box<Bridge>>,
}

/// What was waited for.
enum Wake {
    Order(Option<Order>),
    Clients,
    Timer,
    Probed(bool),
}

impl<'a> Runner<'a> {
    /// A bridge that has not begun. `seed` decides its waits; `ready` is dropped when it misses
    /// nothing any more that is published here.
    pub fn new(
        bridge: &'a Bridge,
        common: Common,
        door: &'a Door,
        seed: u64,
        ready: Option<Pending>,
    ) -> Self {
        let clock = Clock::new();
        let local = settings::local(bridge, &common);
        let is_lazy = bridge.start == StartType::Lazy;
        let relay = Relay::new(bridge, common.holds_qos0 || is_lazy);
        Runner {
            bridge,
            common,
            door,
            clock,
            guide: Guide::new(bridge, seed),
            desk: RefCell::new(Desk { relay, steps: Vec::new() }),
            local: Client::new(local, settings::local_endpoint(door.doorway())),
            local_told: Vec::new(),
            local_again: None,
            remote: None,
            remote_told: Vec::new(),
            phase: match is_lazy {
                true => Phase::Resting(clock.now()),
                false => Phase::Waiting(clock.now()),
            },
            intent: None,
            refusal: None,
            probe: None,
            probe_at: None,
            cut_at: None,
            busy_at: clock.now(),
            has_told: false,
            has_begun: false,
            subscribed: 0,
            ready,
            change: None,
        }
    }

    /// Runs until it is told to stop or to change.
    pub async fn run(mut self, orders: &mut UnboundedReceiver<Order>) -> Outcome {
        self.warn();
        let mut ear = Ear { side: Side::Local, desk: &self.desk, told: &mut self.local_told };
        self.local.start(&mut ear);
        loop {
            self.settle();
            let is_apart =
                matches!(self.phase, Phase::Waiting(_) | Phase::Resting(_) | Phase::Over);
            if let Some(change) = self.change.take_if(|_| is_apart) {
                return self.begin_anew(change).await;
            }
            match self.wait(orders).await {
                Wake::Order(None) => return Outcome::Stopped,
                Wake::Order(Some(Order::Stop { forgets })) => {
                    self.stop(forgets).await;
                    return Outcome::Stopped;
                }
                Wake::Order(Some(Order::Change(bridge))) => self.on_change(bridge),
                Wake::Clients => {}
                Wake::Timer => self.on_timer(),
                Wake::Probed(is_there) => self.on_probed(is_there),
            }
        }
    }

    fn warn(&self) {
        let name = &self.bridge.name;
        if let Protection::Tls(tls) = &self.bridge.protection
            && tls.is_insecure
        {
            self.report(BridgeEvent::Insecure { name });
        }
        if self.bridge.local_login.password.is_some() {
            self.report(BridgeEvent::PasswordUnused { name });
        }
    }

    fn report(&self, event: BridgeEvent<'_>) {
        self.door.report(&ServerEvent::Bridge(event));
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits for the next thing. A side is read only while the other one takes more.
    async fn wait(&mut self, orders: &mut UnboundedReceiver<Order>) -> Wake {
        let due = self.due().and_then(|at| self.clock.instant_of(at));
        let Runner { desk, local, local_told, remote, remote_told, probe, .. } = self;
        let reads_local = remote.as_ref().is_none_or(Client::has_room);
        let reads_remote = local.has_room();
        let mut local_ear = Ear { side: Side::Local, desk, told: local_told };
        let mut remote_ear = Ear { side: Side::Remote, desk, told: remote_told };
        tokio::select! {
            order = orders.recv() => Wake::Order(order),
            () = turn(Some(local), reads_local, &mut local_ear) => Wake::Clients,
            () = turn(remote.as_mut(), reads_remote, &mut remote_ear) => Wake::Clients,
            is_there = probed(probe) => Wake::Probed(is_there),
            () = async {
                match due {
                    Some(at) => sleep_until(at.into()).await,
                    None => pending().await,
                }
            } => Wake::Timer,
        }
    }

    fn due(&self) -> Option<Timestamp> {
        let is_lazy = self.bridge.start == StartType::Lazy;
        let phase = match self.phase {
            Phase::Up if is_lazy && self.intent.is_none() => Some(self.idle_at()),
            phase => phase.due(self.has_begun),
        };
        let others = [self.probe_at, self.local_again, self.cut_at];
        others.into_iter().chain([phase]).flatten().min()
    }

    fn idle_at(&self) -> Timestamp {
        self.busy_at.plus_secs(self.bridge.idle_timeout_secs)
    }

    /// Deals with everything that was heard and wanted, until nothing is left.
    fn settle(&mut self) {
        loop {
            let local = std::mem::take(&mut self.local_told);
            let remote = std::mem::take(&mut self.remote_told);
            let steps = std::mem::take(&mut self.desk.borrow_mut().steps);
            if local.is_empty() && remote.is_empty() && steps.is_empty() {
                return;
            }
            local.into_iter().for_each(|told| self.on_local(told));
            remote.into_iter().for_each(|told| self.on_remote(told));
            steps.into_iter().for_each(|step| self.carry_out(step));
        }
    }

    fn carry_out(&mut self, step: Step) {
        match step {
            Step::Publish(side, message) => {
                self.request(side, Request::Publish { token: OWN, message, topic_alias: None });
            }
            Step::Carry { side, packet_id, message, dup, is_doubtful } => {
                self.request(side, Request::Carry { packet_id, message, dup, is_doubtful });
            }
            Step::Release(side, packet_id) => self.request(side, Request::Release(packet_id)),
            Step::Complete(side, packet_id) => self.request(side, Request::Complete(packet_id)),
            Step::Orphan(side) => self.request(side, Request::Orphan),
            Step::Acknowledge(side, packet_id) => {
                self.request(side, Request::Acknowledge(packet_id));
            }
        }
    }

    fn request(&mut self, side: Side, request: Request) {
        let desk = &self.desk;
        match side {
            Side::Local => {
                let mut ear = Ear { side, desk, told: &mut self.local_told };
                self.local.request(request, &mut ear);
            }
            Side::Remote => {
                let mut ear = Ear { side, desk, told: &mut self.remote_told };
                if let Some(remote) = &mut self.remote {
                    remote.request(request, &mut ear);
                }
            }
        }
    }

    fn on_local(&mut self, told: Told) {
        match told {
            Told::Connected => {
                self.has_begun = true;
                if self.bridge.out_topics().next().is_none() {
                    self.ready.take();
                }
                self.tell_subscriptions();
                self.unsubscribe_others();
                self.publish_state();
                if self.phase == Phase::Up {
                    self.ask_for_retained();
                }
            }
            Told::Waiting(cause) => self.on_local_lost(cause),
            Told::Busy => self.busy_at = self.now(),
            Told::NotTaken(why) => self.tell_not_taken(&why),
            Told::Subscribed => self.on_local_subscribed(),
            Told::Refused(_) | Told::SubscribeRefused(_) => {}
        }
    }

    /// With the last of its subscriptions a bridge misses nothing that is published here.
    fn on_local_subscribed(&mut self) {
        self.subscribed += 1;
        if self.subscribed == self.bridge.out_topics().count() {
            self.ready.take();
        }
    }

    fn on_local_lost(&mut self, cause: Cause) {
        self.local_again = Some(self.now().plus_secs(LOCAL_PAUSE_SECS));
        if cause != Cause::OpenFailed {
            self.report(BridgeEvent::LocalLost {
                name: &self.bridge.name,
                why: &words::lost(cause),
            });
        }
    }

    fn tell_not_taken(&mut self, why: &str) {
        if !std::mem::replace(&mut self.has_told, true) {
            self.report(BridgeEvent::NotTaken { name: &self.bridge.name, why });
        }
    }

    fn tell_subscriptions(&self) {
        for topic in self.bridge.out_topics() {
            let filter = &topic.local_filter();
            self.report(BridgeEvent::Subscribing { name: &self.bridge.name, filter });
        }
    }

    /// Ends subscriptions of the local session that are of another configuration.
    fn unsubscribe_others(&mut self) {
        let out = self.bridge.out_topics();
        let wanted: BTreeSet<String> = out.map(BridgeTopic::local_filter).collect();
        let present = self.door.filters_of(&self.bridge.local_client_id);
        let others = present.iter().filter(|filter| !wanted.contains(*filter));
        let filters: Vec<Subscription<'_>> = others
            .filter_map(|filter| TopicFilter::new(filter).ok())
            .map(|filter| Subscription { filter, options: SubscriptionOptions::default() })
            .collect();
        if !filters.is_empty() {
            let filters = Filters::new(&filters, PropertyBuf::new());
            self.request(Side::Local, Request::Unsubscribe(filters));
        }
    }

    /// Subscribes once more: the retained messages come with it, for the remote broker that has
    /// just been connected to.
    fn ask_for_retained(&mut self) {
        for greeting in settings::local_greetings(self.bridge, RetainHandling::Always) {
            let Greeting::Subscribe(filter, options) = greeting else { continue };
            let Ok(filter) = TopicFilter::new(&filter) else { continue };
            let filters = Filters::new(&[Subscription { filter, options }], PropertyBuf::new());
            self.request(Side::Local, Request::Subscribe(filters));
        }
    }

    /// Says at this broker whether the bridge is connected.
    fn publish_state(&mut self) {
        let state = if self.phase == Phase::Up { UP } else { DOWN };
        if !self.bridge.notifications || !self.local.session().is_connected() {
            return;
        }
        let Ok(topic) = TopicName::new(&self.bridge.notification_topic) else { return };
        let message = MessageRef {
            topic,
            qos: QoS::AtLeastOnce,
            retain: true,
            properties: Properties::EMPTY,
            payload: state.as_bytes(),
        };
        let message = Message::copy_of(message, None);
        self.request(Side::Local, Request::Publish { token: OWN, message, topic_alias: None });
    }

    fn on_timer(&mut self) {
        let now = self.now();
        if self.local_again.take_if(|at| *at <= now).is_some() {
            let mut ear = Ear { side: Side::Local, desk: &self.desk, told: &mut self.local_told };
            let settings = settings::local(self.bridge, &self.common);
            self.local.reconnect(settings, settings::local_endpoint(self.door.doorway()), &mut ear);
        }
        if self.probe_at.take_if(|at| *at <= now).is_some() {
            self.begin_probe();
        }
        if self.cut_at.take_if(|at| *at <= now).is_some() {
            self.cut();
        }
        let is_due = self.phase.due(self.has_begun).is_some_and(|at| at <= now);
        match self.phase {
            Phase::Waiting(_) if is_due => self.connect(),
            Phase::Resting(_) if is_due && self.waiting() >= self.bridge.threshold => {
                self.connect();
            }
            Phase::Resting(_) if is_due => {
                self.phase = Phase::Resting(now.plus_millis(LOOK_MILLIS));
            }
            Phase::Up if self.bridge.start == StartType::Lazy && self.idle_at() <= now => {
                self.report(BridgeEvent::Idle { name: &self.bridge.name });
                self.interrupt(Intent::Idle);
            }
            _ => {}
        }
    }

    /// How many messages wait for the remote broker.
    fn waiting(&self) -> usize {
        let held = self.desk.borrow().relay.held_qos0();
        self.door.waiting_for(&self.bridge.local_client_id) + held
    }
}

async fn turn(client: Option<&mut Client>, reads: bool, ear: &mut Ear<'_>) {
    match client {
        Some(client) if reads => client.turn(ear).await,
        Some(client) => client.turn_unread(ear).await,
        None => pending().await,
    }
}

async fn probed(probe: &mut Option<Probe>) -> bool {
    match probe {
        Some(running) => {
            let is_there = running.await;
            *probe = None;
            is_there
        }
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_connects_before_the_local_session_has_begun() {
        let at = Timestamp::from_millis(5);
        for phase in [Phase::Waiting(at), Phase::Resting(at)] {
            assert_eq!((phase.due(false), phase.due(true)), (None, Some(at)), "{phase:?}");
        }
        for phase in [Phase::Trying, Phase::Up, Phase::Over] {
            assert_eq!(phase.due(true), None, "{phase:?}");
        }
    }
}
