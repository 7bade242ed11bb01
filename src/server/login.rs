//! Who says what to be let in, and what the settings make of it.

use std::sync::Arc;

use crate::auth::PasswordFile;
use crate::broker::policy::Identity;
use crate::protocol::ReasonCode;
use crate::server::verify::Question;

/// What a CONNECT says about who its client is.
#[derive(Debug)]
pub(super) enum Claim {
    /// That needs no more looking at.
    Known(Result<Identity, ReasonCode>),
    /// A password must be checked.
    Password(Question),
}

/// What a listener asks of its clients.
#[derive(Clone, Debug)]
pub(super) struct Gatekeeper {
    pub(super) allow_anonymous: bool,
    pub(super) password_file: Option<PasswordFile>,
}

impl Gatekeeper {
    /// Judges user name and password (broker-conf 9.1): without a user name `allow_anonymous`
    /// decides, and also with one where there is no password file; otherwise the file does.
    pub(super) fn claim(&self, username: Option<&str>, password: Option<&[u8]>) -> Claim {
        let refused = Claim::Known(Err(ReasonCode::NotAuthorized));
        let (Some(user), Some(file)) = (username, &self.password_file) else {
            return match self.allow_anonymous {
                true => Claim::Known(Ok(identity(username))),
                false => refused,
            };
        };
        let (Some(users), Some(password)) = (&file.users, password) else { return refused };
        let users = Arc::clone(users);
        Claim::Password(Question { user: user.into(), password: password.into(), users })
    }
}

/// The identity of a client that has shown who it is.
pub(super) fn identity(username: Option<&str>) -> Identity {
    Identity::of(username.map(Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Kind, PasswordHash, Passwords};

    fn users() -> Option<PasswordFile> {
        let mut users = Passwords::default();
        users.add("a", PasswordHash::new(Kind::Sha512, b"p").unwrap());
        Some(PasswordFile { path: None, users: Some(Arc::new(users)) })
    }

    #[test]
    fn rules_of_user_names_and_anonymity() {
        let refused = "refused";
        for (allow_anonymous, has_file, username, password, expected) in [
            (true, false, None, None, "anonymous"),
            (false, false, None, None, refused),
            (true, true, None, None, "anonymous"),
            (false, true, None, None, refused),
            // Version 5 may have a password without a user name.
            (true, true, None, Some("p"), "anonymous"),
            (false, true, None, Some("p"), refused),
            (true, false, Some("a"), Some("p"), "a"),
            (true, false, Some("a"), None, "a"),
            (false, false, Some("a"), Some("p"), refused),
            (true, true, Some("a"), None, refused),
            (false, true, Some("a"), None, refused),
            (true, true, Some("x"), Some("p"), "asked"),
            (false, true, Some("a"), Some("p"), "asked"),
            (false, true, Some("a"), Some(""), "asked"),
        ] {
            let password_file = if has_file { users() } else { None };
            let keeper = Gatekeeper { allow_anonymous, password_file };
            let got = match keeper.claim(username, password.map(str::as_bytes)) {
                Claim::Known(Ok(identity)) => {
                    identity.username.as_deref().unwrap_or("anonymous").to_owned()
                }
                Claim::Known(Err(ReasonCode::NotAuthorized)) => refused.to_owned(),
                Claim::Known(Err(other)) => format!("{other:?}"),
                Claim::Password(_) => "asked".to_owned(),
            };
            assert_eq!(got, expected, "{allow_anonymous} {has_file} {username:?} {password:?}");
        }
    }

    #[test]
    fn a_file_that_was_not_read_lets_nobody_in() {
        let password_file = Some(PasswordFile::unread("/etc/p".into()));
        let keeper = Gatekeeper { allow_anonymous: true, password_file };
        let claim = keeper.claim(Some("a"), Some(b"p"));
        assert!(matches!(claim, Claim::Known(Err(ReasonCode::NotAuthorized))));
    }
}
