//! Passwords that were found right a short while ago, so that thousands of clients that come back at
//! once need not be hashed for again.
//!
//! Kept is one fast hash for each user, with a key that this process made up and that never leaves
//! it, over user, stored hash and password. Whoever can read the memory of the process could guess
//! faster with it than with the password file alone, for as long as it is kept; but the passwords of
//! everybody who connects pass through the same memory. A changed password makes it worthless,
//! because the stored hash is part of it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;

use crate::auth::hash::PasswordHash;
use crate::time::Timestamp;

/// Most users that are remembered.
const USERS_MAX: usize = 100_000;

/// The passwords that were right a short while ago.
pub struct Recent {
    key: [u8; 32],
    users: HashMap<Arc<str>, (Mark, Timestamp)>,
    users_max: usize,
}

/// A fast hash of a login.
type Mark = [u8; 64];

impl Recent {
    /// Nothing yet.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Recent { key, users: HashMap::new(), users_max: USERS_MAX })
    }

    /// Whether the password was found right against this hash, not longer than `keep_secs` ago.
    pub fn knows(
        &self,
        now: Timestamp,
        keep_secs: u32,
        user: &str,
        hash: &PasswordHash,
        password: &[u8],
    ) -> bool {
        let Some((mark, at)) = self.users.get(user) else { return false };
        // A comparison that stops early would help nobody who has not the key; this costs nothing.
        let is_same = bool::from(mark.ct_eq(&self.mark(user, hash, password)));
        is_same && now < at.plus_secs(keep_secs)
    }

    /// Remembers that the password was found right just now.
    pub fn add(
        &mut self,
        now: Timestamp,
        keep_secs: u32,
        user: &Arc<str>,
        hash: &PasswordHash,
        password: &[u8],
    ) {
        if keep_secs == 0 {
            return;
        }
        if self.users.len() >= self.users_max && !self.users.contains_key(user) {
            self.users.retain(|_, (_, at)| now < at.plus_secs(keep_secs));
            if self.users.len() >= self.users_max {
                return;
            }
        }
        let mark = self.mark(user, hash, password);
        self.users.insert(Arc::clone(user), (mark, now));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.users = HashMap::new();
    }

    fn mark(&self, user: &str, hash: &PasswordHash, password: &[u8]) -> Mark {
        let mut digest = Sha512::new().chain_update(self.key);
        for part in [user.as_bytes(), hash.parts()[0], hash.parts()[1], password] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }
}

impl fmt::Debug for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").field("users", &self.users.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Kind;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn hash(password: &[u8]) -> PasswordHash {
        PasswordHash::new(Kind::Sha512, password).unwrap()
    }

    #[test]
    fn only_the_same_login_is_known_and_only_for_a_while() {
        let mut recent = Recent::new().unwrap();
        let (user, stored): (Arc<str>, _) = ("a".into(), hash(b"p"));
        assert!(!recent.knows(START, 60, &user, &stored, b"p"));
        recent.add(START, 60, &user, &stored, b"p");
        assert!(recent.knows(START.plus_millis(59_999), 60, "a", &stored, b"p"));
        assert!(!recent.knows(START.plus_secs(60), 60, "a", &stored, b"p"));
        assert!(!recent.knows(START, 60, "a", &stored, b"q"));
        assert!(!recent.knows(START, 60, "b", &stored, b"p"));
        assert!(!recent.knows(START, 60, "a", &hash(b"p"), b"p"), "the file has changed");
        assert!(!recent.knows(START, 0, "a", &stored, b"p"), "switched off by a reload");
        recent.clear();
        assert!(!recent.knows(START, 60, "a", &stored, b"p"));
    }

    #[test]
    fn nothing_is_kept_when_that_is_off_and_never_more_than_the_bound() {
        let mut recent = Recent::new().unwrap();
        let stored = hash(b"p");
        recent.add(START, 0, &"a".into(), &stored, b"p");
        assert_eq!(recent.users.len(), 0);
        recent.users_max = 3;
        for n in 0..5 {
            recent.add(START.plus_secs(n), 10, &format!("u{n}").into(), &stored, b"p");
        }
        assert_eq!(recent.users.len(), 3);
        assert!(!recent.knows(START, 10, "u4", &stored, b"p"));
        // u0 is the only one whose time is over: there is one place.
        recent.add(START.plus_secs(10), 10, &"u5".into(), &stored, b"p");
        assert!(recent.knows(START.plus_secs(10), 10, "u5", &stored, b"p"));
        assert!(recent.knows(START.plus_secs(10), 10, "u1", &stored, b"p"));
    }
}
