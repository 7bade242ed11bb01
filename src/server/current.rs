//! The settings that hold now, and how each thread notices that they were replaced.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::broker::policy::Policy;
use crate::server::settings::Settings;

/// Everything that a reload replaces in one step.
#[derive(Debug)]
pub(super) struct Replacement {
    /// The rules.
    pub(super) policy: Box<Policy>,
    /// The server's own settings.
    pub(super) settings: Arc<Settings>,
    /// Told when they hold.
    pub(super) done: SyncSender<()>,
}

/// The settings that hold. They are replaced under the core's lock together with the rules, so that
/// no turn of any thread sees new rules with old settings or the reverse.
#[derive(Debug)]
pub(super) struct Current {
    settings: Mutex<Arc<Settings>>,
    version: AtomicU64,
    /// Wakes the task whose interval is one of the settings.
    pub(super) replaced: Notify,
}

/// What one thread has seen of them last.
#[derive(Debug)]
pub(super) struct Seen {
    settings: Arc<Settings>,
    version: u64,
}

impl Current {
    /// These hold from the start.
    pub(super) fn new(settings: Settings) -> Self {
        Current {
            settings: Mutex::new(Arc::new(settings)),
            version: AtomicU64::new(0),
            replaced: Notify::new(),
        }
    }

    /// A first look.
    pub(super) fn seen(&self) -> Seen {
        Seen { version: self.version.load(Ordering::SeqCst), settings: Arc::clone(&self.lock()) }
    }

    /// The settings as they are now. Without a lock unless they were replaced.
    pub(super) fn look<'a>(&self, seen: &'a mut Seen) -> &'a Arc<Settings> {
        let version = self.version.load(Ordering::SeqCst);
        if version != seen.version {
            // Read after the version: at worst newer than it says, and looked at once more.
            *seen = Seen { version, settings: Arc::clone(&self.lock()) };
        }
        &seen.settings
    }

    /// Replaces them. With the core's lock held.
    pub(super) fn replace(&self, settings: Arc<Settings>) {
        *self.lock() = settings;
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Settings>> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
