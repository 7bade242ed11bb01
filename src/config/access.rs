//! The ACL files that options name, read when the process runs as who it will run as.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::Arc;

use crate::auth::{AclError, AclWarning, acl};
use crate::broker::access::Acl;
use crate::config::Config;

impl Config {
    /// Reads the ACL files, each once; what is questionable about them. Until then nobody may do
    /// anything on their listeners. After an error the configuration is not to be used.
    ///
    /// # Errors
    /// A file cannot be read, or a line of it makes no sense.
    pub fn read_access(&mut self) -> Result<Vec<AclWarning>, AclError> {
        let mut warnings = Vec::new();
        let mut known = HashMap::new();
        for (listener, policy) in self.listeners.iter().zip(&mut self.policy.listeners) {
            let Some(path) = &listener.acl_file else { continue };
            let acl = match known.entry(path) {
                Entry::Occupied(known) => Arc::clone(known.get()),
                Entry::Vacant(place) => {
                    let (acl, about) = acl::read(path)?;
                    warnings.extend(about);
                    Arc::clone(place.insert(Arc::new(acl)))
                }
            };
            policy.access = Some(acl);
        }
        Ok(warnings)
    }
}

/// What holds before the file is read: nobody may do anything.
pub(super) fn unread(path: &Path) -> Arc<Acl> {
    Arc::new(Acl::new(&path.display().to_string()))
}
