//! The remote side: connecting, losing, coming back.

use std::time::Duration;

use tokio::time::timeout;

use super::{Intent, Phase, Runner};
use crate::bridge::ends::{Ear, Told};
use crate::bridge::guide::{Next, Outcome};
use crate::bridge::relay::Side;
use crate::bridge::{settings, words};
use crate::client::{Cause, Client, Request};
use crate::config::Bridge;
use crate::config::bridge::{ReloadType, StartType};
use crate::observe::bridge_lines::BridgeEvent;
use crate::protocol::ReasonCode;
use crate::transport::connect::connect;

/// How often the primary address is tried while another is in use, in seconds.
const PRIMARY_SECS: u32 = 5;
/// How long the remote broker may take to close a connection that we have ended, in milliseconds.
const CUT_MILLIS: u64 = 500;

impl Runner<'_> {
    /// Begins the next attempt.
    pub(super) fn connect(&mut self) {
        let attempt = self.guide.attempt();
        let name = &self.bridge.name;
        let address = &self.address();
        self.report(BridgeEvent::Connecting { name, address });
        self.refusal = None;
        let endpoint = match settings::remote_endpoint(self.bridge, &self.common, attempt.address) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                self.report(BridgeEvent::Failed { name, why: &error.to_string() });
                return self.plan(Outcome::Unreachable);
            }
        };
        self.phase = Phase::Trying;
        self.desk.borrow_mut().relay.on_remote_called();
        let settings = settings::remote(self.bridge, &self.common, &attempt);
        let mut ear = Ear { side: Side::Remote, desk: &self.desk, told: &mut self.remote_told };
        match &mut self.remote {
            Some(remote) => remote.reconnect(settings, endpoint, &mut ear),
            None => {
                self.remote.insert(Client::new(settings, endpoint)).start(&mut ear);
            }
        }
    }

    fn address(&self) -> String {
        self.bridge.addresses[self.guide.attempt().address].to_string()
    }

    pub(super) fn on_remote(&mut self, told: Told) {
        match told {
            Told::Connected => self.on_connected(),
            Told::Refused(reason) => {
                self.refusal = Some(reason);
                let version = self.guide.attempt().version;
                let (name, why) = (&self.bridge.name, &words::refused(version, reason));
                self.report(BridgeEvent::Refused { name, why });
                let is_forbidden = reason == ReasonCode::NotAuthorized;
                if is_forbidden && self.guide.attempt().has_will && self.bridge.notifies_remote() {
                    self.report(BridgeEvent::MayBeTheWill { name });
                }
            }
            Told::Waiting(cause) => self.on_ended(cause),
            Told::Busy => self.busy_at = self.now(),
            Told::Subscribed => {}
            Told::NotTaken(why) => self.tell_not_taken(&why),
            Told::SubscribeRefused(reason) => {
                let (name, why) = (&self.bridge.name, &reason.to_string());
                self.report(BridgeEvent::SubscribeRefused { name, why });
            }
        }
    }

    fn on_connected(&mut self) {
        let now = self.now();
        self.guide.on_connected(now);
        self.phase = Phase::Up;
        self.busy_at = now;
        self.has_told = false;
        self.probe_at = self.guide.wants_primary().then(|| now.plus_secs(PRIMARY_SECS));
        let (name, address) = (&self.bridge.name, &self.address());
        self.report(BridgeEvent::Connected { name, address });
        self.publish_state();
        if self.local.session().is_connected() {
            self.ask_for_retained();
        }
    }

    /// There is no connection, or not any more.
    fn on_ended(&mut self, cause: Cause) {
        let was_up = self.phase == Phase::Up;
        self.desk.borrow_mut().relay.on_remote_down();
        (self.probe, self.probe_at, self.cut_at) = (None, None, None);
        self.phase = Phase::Over;
        if was_up {
            let (client_id, address) = (&self.bridge.local_client_id, &self.address());
            self.report(BridgeEvent::Lost { client_id, address, why: &words::lost(cause) });
            self.publish_state();
        } else if self.refusal.is_none() {
            self.report(BridgeEvent::Failed { name: &self.bridge.name, why: &self.why(cause) });
        }
        match self.intent.take() {
            Some(Intent::Primary) => {
                self.guide.choose_primary();
                self.phase = Phase::Waiting(self.now());
            }
            Some(Intent::Idle) => self.phase = Phase::Resting(self.now()),
            Some(Intent::Change) => self.phase = Phase::Waiting(self.now()),
            None => self.plan(self.outcome(was_up, cause)),
        }
    }

    /// Why no connection came of it.
    fn why(&self, cause: Cause) -> String {
        let error = self.remote.as_ref().and_then(Client::connect_error);
        match (cause, error) {
            (Cause::OpenFailed | Cause::TlsFailed, Some(error)) => words::unreachable(error),
            (Cause::Silent, _) => "the remote broker does not answer".to_owned(),
            (cause, _) => words::lost(cause),
        }
    }

    fn outcome(&self, was_up: bool, cause: Cause) -> Outcome {
        match (was_up, self.refusal, cause) {
            (true, ..) => Outcome::Lost,
            (false, Some(reason), _) => Outcome::Refused(reason),
            (false, None, Cause::OpenFailed | Cause::TlsFailed | Cause::Silent) => {
                Outcome::Unreachable
            }
            (false, None, _) => Outcome::Unanswered,
        }
    }

    /// Decides when to connect again.
    fn plan(&mut self, outcome: Outcome) {
        let now = self.now();
        let name = &self.bridge.name;
        self.phase = match self.guide.on_outcome(now, outcome) {
            Next::At(_) if outcome == Outcome::Lost && self.bridge.start == StartType::Lazy => {
                Phase::Resting(now)
            }
            Next::At(at) => {
                let millis = at.since(now).as_millis() as u64;
                self.report(BridgeEvent::Waiting { name, millis });
                Phase::Waiting(at)
            }
            Next::Otherwise(why) => {
                self.report(BridgeEvent::Otherwise { name, why });
                Phase::Waiting(now)
            }
            Next::Never => {
                self.report(BridgeEvent::GivenUp { name });
                Phase::Over
            }
        };
    }

    /// Ends the connection for a reason of our own.
    pub(super) fn interrupt(&mut self, intent: Intent) {
        self.intent = Some(intent);
        self.probe_at = None;
        self.cut_at = Some(self.now().plus_millis(CUT_MILLIS));
        self.request(Side::Remote, Request::Interrupt);
    }

    /// The remote broker takes too long to close a connection that we have ended.
    pub(super) fn cut(&mut self) {
        self.request(Side::Remote, Request::Interrupt);
    }

    /// Looks whether the primary address takes connections.
    pub(super) fn begin_probe(&mut self) {
        let Ok(endpoint) = settings::remote_endpoint(self.bridge, &self.common, 0) else { return };
        let bound = Duration::from_secs(PRIMARY_SECS.into());
        let probe = async move { matches!(timeout(bound, connect(&endpoint)).await, Ok(Ok(_))) };
        self.probe = Some(Box::pin(probe));
    }

    pub(super) fn on_probed(&mut self, is_there: bool) {
        if self.phase != Phase::Up {
            return;
        }
        if !is_there {
            self.probe_at = Some(self.now().plus_secs(PRIMARY_SECS));
            return;
        }
        let (name, address) = (&self.bridge.name, &self.bridge.addresses[0].to_string());
        self.report(BridgeEvent::Primary { name, address });
        self.interrupt(Intent::Primary);
    }

    /// Other settings: with the next connection, or at once.
    pub(super) fn on_change(&mut self, bridge: Box<Bridge>) {
        let is_immediate = bridge.reload == ReloadType::Immediate;
        self.change = Some(bridge);
        if is_immediate && matches!(self.phase, Phase::Up | Phase::Trying) {
            self.interrupt(Intent::Change);
        }
    }
}
