//! What comes between accepting a connection and its first packet: the layers that the listener
//! puts over the bare stream. Nothing here holds up anybody else, and it has a deadline.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::observe::ServerEvent;
use crate::server::front::{self, Failure};
use crate::server::shared::Accepted;
use crate::server::worker::Local;

/// Puts the listener's layers over a bare stream. `None` when that failed, which is told, or when
/// the broker stops: the connection is over then.
pub(super) async fn establish(local: &Local, accepted: Accepted) -> Option<Accepted> {
    // A proxy in front tells another one.
    let mut peer = accepted.peer.clone();
    let bound = Duration::from_secs(local.settings().connect_timeout_secs.into());
    let established = tokio::select! {
        established = timeout(bound, layered(local, accepted, &mut peer)) => established,
        () = local.shared.stopped() => return None,
    };
    let why = match established {
        Ok(Ok(established)) => return Some(established),
        Ok(Err(Failure::Told)) => return None,
        Ok(Err(Failure::Why(why))) => why,
        Err(_) => "it took too long".to_owned(),
    };
    local.shared.report(&ServerEvent::HandshakeFailed { peer: &peer, why: &why });
    None
}

/// The layers, from the outermost to the innermost.
async fn layered(
    local: &Local,
    mut accepted: Accepted,
    peer: &mut Arc<str>,
) -> Result<Accepted, Failure> {
    let settings = local.settings();
    let front = settings.front(accepted.listener);
    front::unwrap_proxy(local, &mut accepted, front).await?;
    peer.clone_from(&accepted.peer);
    if let Some(security) = settings.security(accepted.listener) {
        let now = || local.shared.clock.now().millis();
        // A step at a time: whoever is connected already does not wait for a flood of them.
        let secured = local.handshakes.run(security.secure(accepted.stream, now)).await;
        let (stream, shown) = secured.map_err(Failure::Why)?;
        accepted = Accepted { stream, shown, ..accepted };
    }
    if front.is_websocket {
        accepted = front::open_websocket(local, accepted, &front.websocket).await?;
    }
    Ok(accepted)
}
