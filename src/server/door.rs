//! The way in for the broker's own bridges: pipes inside of the process, served like any other
//! connection, but by no listener's rules.

use std::io;
use std::sync::{Arc, Weak};

use crate::broker::policy::ListenerId;
use crate::observe::{Endpoint, ServerEvent};
use crate::server::accept::Place;
use crate::server::shared::{Accepted, Command, Shared, Shown};
use crate::transport::Bare;
use crate::transport::doorway::Doorway;

/// How the log names the address of such a connection.
const PEER: &str = "this broker";

/// A way into a running server. Holding it does not keep the server.
#[derive(Clone, Debug)]
pub struct Door(Weak<Shared>);

impl Door {
    pub(super) fn to(shared: &Arc<Shared>) -> Self {
        Door(Arc::downgrade(shared))
    }

    /// Where a client in this process connects to.
    pub fn doorway(&self) -> Doorway {
        let door = self.clone();
        Doorway::new(move |stream| door.admit(stream))
    }

    fn admit(&self, stream: Bare) -> io::Result<()> {
        let open = self.0.upgrade().filter(|shared| !shared.is_stopping() && !shared.has_ended());
        let shared = open.ok_or(io::ErrorKind::NotConnected)?;
        let place = Place::of_own(Arc::clone(&shared));
        let (listener, peer) = (ListenerId::OWN, Arc::from(PEER));
        // No layer of a listener will tell where it came in.
        let (shown, endpoint) = (Shown::default(), Arc::new(Endpoint::Unix(PEER.into())));
        let accepted = Accepted { stream, listener, peer, place, shown, endpoint };
        shared.gates[shared.next_thread()].send(Command::Serve(accepted));
        Ok(())
    }

    /// How many messages wait for a session or are on the way to it.
    pub fn waiting_for(&self, client_id: &str) -> usize {
        self.0.upgrade().map_or(0, |shared| shared.core().broker.waiting_for(client_id))
    }

    /// The filters that a session is subscribed to.
    pub fn filters_of(&self, client_id: &str) -> Vec<String> {
        self.0.upgrade().map_or_else(Vec::new, |shared| shared.core().broker.filters_of(client_id))
    }

    /// Writes a line about the server.
    pub fn report(&self, event: &ServerEvent<'_>) {
        if let Some(shared) = self.0.upgrade() {
            shared.report(event);
        }
    }
}
