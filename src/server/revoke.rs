//! Clients that came by TLS, judged again when the settings change: whoever would not be let in now
//! is disconnected.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::yield_now;

use crate::broker::event::{ConnId, Input};
use crate::broker::policy::ListenerId;
use crate::observe::ServerEvent;
use crate::protocol::ReasonCode;
use crate::server::shared::Shown;
use crate::server::tls::Proof;
use crate::server::worker::Local;

/// Clients that are judged before others go on; each costs the check of some signatures.
const BATCH: usize = 16;

/// The connections of one thread that came by TLS.
#[derive(Debug, Default)]
pub(super) struct Secured(RefCell<HashMap<ConnId, Rc<Client>>>);

/// One of them.
#[derive(Debug)]
struct Client {
    listener: ListenerId,
    /// Address and port, as the log prints them.
    address: Arc<str>,
    proof: Proof,
}

impl Secured {
    /// Forgets a connection that has ended.
    pub(super) fn forget(&self, conn: ConnId) {
        self.0.borrow_mut().remove(&conn);
    }

    fn find(&self, conn: ConnId) -> Option<Rc<Client>> {
        self.0.borrow().get(&conn).map(Rc::clone)
    }
}

/// Remembers a connection, if it came by TLS. The settings may have changed while it shook hands.
pub(super) fn watch(
    local: &Local,
    conn: ConnId,
    listener: ListenerId,
    address: &Arc<str>,
    shown: &Shown,
) {
    let Some(proof) = &shown.proof else { return };
    let address = Arc::clone(address);
    let client = Rc::new(Client { listener, address, proof: proof.clone() });
    local.secured.0.borrow_mut().insert(conn, Rc::clone(&client));
    let settings = local.settings();
    if !settings.security(listener).is_some_and(|now| proof.is_by(now)) {
        judge(local, conn, &client);
    }
}

/// Judges all connections, a few at a time, and answers then.
pub(super) async fn judge_all(local: Rc<Local>, done: oneshot::Sender<()>) {
    let all: Vec<ConnId> = local.secured.0.borrow().keys().copied().collect();
    for some in all.chunks(BATCH) {
        for conn in some {
            if let Some(client) = local.secured.find(*conn) {
                judge(&local, *conn, &client);
            }
        }
        yield_now().await;
    }
    // Whoever waits may have given up.
    let _ = done.send(());
}

fn judge(local: &Local, conn: ConnId, client: &Client) {
    let settings = local.settings();
    // Where TLS was taken from the listener, those who have it keep it.
    let Some(security) = settings.security(client.listener) else { return };
    let now = local.shared.clock.now().millis();
    let Err(why) = security.judge(&client.proof, now) else { return };
    local.shared.report(&ServerEvent::NotAllowedAnyMore { address: &client.address, why: &why });
    let reason = ReasonCode::AdministrativeAction;
    local.turn(|turn| {
        turn.handle(Input::Revoke { conn, reason, with_will: settings.will_on_revoke });
        // One that has not sent its CONNECT is none that the core could take leave of.
        turn.outlet.outputs.close(conn);
    });
    local.secured.forget(conn);
}
