//! How a bridge ends in order.

use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

use super::{Outcome, Phase, Runner};
use crate::bridge::relay::Side;
use crate::client::{Client, Request};
use crate::config::Bridge;
use crate::protocol::{Property, PropertyBuf, ReasonCode};

/// How long the remote broker may take over our leaving.
const REMOTE_WAIT: Duration = Duration::from_secs(3);
/// How long this broker may.
const LOCAL_WAIT: Duration = Duration::from_secs(1);

impl Runner<'_> {
    /// Leaves both brokers. Says at both that the bridge is not connected any more (W227): with a
    /// message before DISCONNECT in version 3, by the will with DISCONNECT 0x04 in version 5.
    pub(super) async fn stop(&mut self, forgets: bool) {
        self.phase = Phase::Over;
        (self.local_again, self.probe_at, self.cut_at) = (None, None, None);
        self.publish_state();
        if let Some(remote) = &self.remote {
            let settings = remote.session().settings();
            let says_by_will = settings.version.is_v5() && settings.presence.is_some();
            let reason = match says_by_will {
                true => ReasonCode::DisconnectWithWill,
                false => ReasonCode::Success,
            };
            self.request(Side::Remote, Request::End { reason, properties: PropertyBuf::new() });
        }
        // Whoever does not take leave of us in time is left without.
        let _ = timeout(REMOTE_WAIT, self.wait_until(Self::has_left_remote)).await;
        let mut properties = PropertyBuf::new();
        if forgets {
            properties.push(Property::SessionExpiryInterval(0));
        }
        self.request(Side::Local, Request::End { reason: ReasonCode::Success, properties });
        let _ = timeout(LOCAL_WAIT, self.wait_until(Self::has_left_local)).await;
    }

    /// Ends so that it can begin with other settings: the local session stays, unless it gets
    /// another name.
    pub(super) async fn begin_anew(mut self, change: Box<Bridge>) -> Outcome {
        let forgets = change.local_client_id != self.bridge.local_client_id;
        // What it has subscribed to until now is not what it is to have.
        let ready = self.ready.take();
        self.stop(forgets).await;
        Outcome::Changed(change, ready)
    }

    fn has_left_remote(&self) -> bool {
        let is_gone = |client: &Client| client.session().has_ended();
        self.remote.as_ref().is_none_or(is_gone) && self.local.session().unsettled() == 0
    }

    fn has_left_local(&self) -> bool {
        self.local.session().has_ended()
    }

    /// Goes on carrying messages until a condition holds.
    async fn wait_until(&mut self, holds: fn(&Self) -> bool) {
        // Nobody gives orders any more.
        let (_silent, mut orders) = unbounded_channel();
        self.settle();
        while !holds(self) {
            let _ = self.wait(&mut orders).await;
            self.settle();
        }
    }
}
