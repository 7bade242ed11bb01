//! `lastwill store delete`: a session goes, as an administrator decides about it (W148).

use std::path::Path;

use anyhow::bail;

use crate::broker::Broker;
use crate::broker::change::{Change, SessionState};
use crate::broker::policy::Policy;
use crate::store::{Batch, FileStore, Loader, Store, unwatched};
use crate::time::Timestamp;

/// Marks the session of a client as one whose time is over. The broker ends it at its next start,
/// before anybody connects: only there is it known who may write to the topic of its will.
pub(super) fn delete(path: &Path, client_id: &str, with_will: bool) -> anyhow::Result<()> {
    let mut store = FileStore::open_existing(path, unwatched())?;
    let mut broker = Broker::persistent(Policy::default(), 0);
    let mut loader = Loader::default();
    store.load(&mut |key, value| loader.load(key, value, &mut |change| broker.restore(change)))?;
    let mut journal = loader.finish();
    let mut found = None;
    broker.snapshot(&mut |change| match change {
        Change::Session { session, state } if state.client_id == client_id => {
            found = Some(session);
            let expires_at = Some(Timestamp::default());
            // Neither a session that ends with its connection nor one that never does.
            let expiry_secs = state.expiry_secs.clamp(1, u32::MAX - 1);
            let state = SessionState { expires_at, expiry_secs, ..state };
            journal.record(&Change::Session { session, state });
        }
        Change::Will { session, .. } if found == Some(session) && !with_will => {
            journal.record(&Change::WillGone { session });
        }
        _ => {}
    });
    if found.is_none() {
        bail!("{} has no session of a client '{client_id}'", path.display());
    }
    store.commit(&journal.take(Batch::default()))?;
    store.close()?;
    let will = if with_will { "a will of it is published" } else { "without its will" };
    eprintln!("The session of '{client_id}' ends when the broker starts next, {will}.");
    Ok(())
}
