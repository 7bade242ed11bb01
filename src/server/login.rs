//! Who says what to be let in, and what the settings make of it.

use std::fmt;
use std::sync::Arc;

use crate::auth::{PasswordFile, PasswordHash};
use crate::broker::policy::{Identity, ListenerId};
use crate::protocol::{Connect, ReasonCode};
use crate::server::verify::Question;

/// Longest password in bytes that is kept for as long as its client is connected.
const PASSWORD_KEPT_MAX: usize = 1024;

/// What a CONNECT says about who its client is.
#[derive(Debug)]
pub(super) enum Claim {
    /// That needs no more looking at.
    Known(Result<Identity, ReasonCode>),
    /// A password must be checked.
    Password(Question),
}

/// What a client was let in by, to judge it again when the settings change.
pub(super) struct Login {
    pub(super) listener: ListenerId,
    /// Absent where it has said nothing.
    said: Option<Box<Said>>,
}

/// What a client has said to be let in.
#[derive(Default)]
struct Said {
    username: Option<Arc<str>>,
    /// Absent where there was none, or it is longer than we keep.
    password: Option<Box<[u8]>>,
    /// The hash that the password was right by, if it was checked.
    hash: Option<Arc<PasswordHash>>,
}

impl Login {
    /// Of a CONNECT, and the hash that its password was right by.
    pub(super) fn of(
        listener: ListenerId,
        connect: &Connect<'_>,
        hash: Option<Arc<PasswordHash>>,
    ) -> Self {
        let password = connect.password.filter(|password| password.len() <= PASSWORD_KEPT_MAX);
        let username = connect.username.map(Into::into);
        Login::from_parts(listener, Said { username, password: password.map(Into::into), hash })
    }

    fn from_parts(listener: ListenerId, said: Said) -> Self {
        let is_silent = said.username.is_none() && said.password.is_none() && said.hash.is_none();
        Login { listener, said: (!is_silent).then(|| Box::new(said)) }
    }

    fn username(&self) -> Option<&Arc<str>> {
        self.said.as_ref()?.username.as_ref()
    }

    fn password(&self) -> Option<&[u8]> {
        self.said.as_ref()?.password.as_deref()
    }

    fn hash(&self) -> Option<&Arc<PasswordHash>> {
        self.said.as_ref()?.hash.as_ref()
    }

    /// The hash that the password was found right by later.
    pub(super) fn set_hash(&mut self, hash: Arc<PasswordHash>) {
        self.said.get_or_insert_default().hash = Some(hash);
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("username", &self.username()).finish_non_exhaustive()
    }
}

/// Whether a client that is connected may stay.
#[derive(Debug)]
pub(super) enum Standing {
    /// It would be let in again.
    Stays,
    /// It would not.
    Goes,
    /// That depends on its password.
    Asked(Question),
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
        // As in mosquitto, an empty password is none.
        let password = password.filter(|password| !password.is_empty());
        let (Some(users), Some(password)) = (&file.users, password) else { return refused };
        let users = Arc::clone(users);
        Claim::Password(Question { user: user.into(), password: password.into(), users })
    }
}

impl Gatekeeper {
    /// Whether somebody of this user name, or without one, may be let in.
    pub(super) fn knows(&self, username: Option<&str>) -> bool {
        match (username, &self.password_file) {
            (Some(user), Some(file)) => {
                file.users.as_ref().is_some_and(|users| users.find(user).is_some())
            }
            _ => self.allow_anonymous,
        }
    }

    /// Judges a client that is connected.
    pub(super) fn standing(&self, login: &Login) -> Standing {
        let users = self.password_file.as_ref().and_then(|file| file.users.as_ref());
        let stored = login.username().and_then(|user| users?.find(user));
        if stored.is_some() && stored == login.hash() {
            return Standing::Stays;
        }
        match self.claim(login.username().map(|it| &**it), login.password()) {
            Claim::Known(Ok(_)) => Standing::Stays,
            Claim::Known(Err(_)) => Standing::Goes,
            // For somebody who is not there, there is nothing to hide any more.
            Claim::Password(_) if stored.is_none() => Standing::Goes,
            Claim::Password(question) => Standing::Asked(question),
        }
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
            (false, true, Some("a"), Some(""), refused),
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

    /// A login as it stands in the slot of a connection.
    fn login(user: Option<&str>, password: Option<&str>, hash: Option<&PasswordHash>) -> Login {
        let said = Said {
            username: user.map(Into::into),
            password: password.map(|password| password.as_bytes().into()),
            hash: hash.cloned().map(Arc::new),
        };
        Login::from_parts(ListenerId(0), said)
    }

    #[test]
    fn who_may_stay_when_the_settings_change() {
        let file = users();
        let stored = Arc::clone(file.as_ref().unwrap().users.as_ref().unwrap().find("a").unwrap());
        let other = PasswordHash::new(Kind::Sha512, b"p").unwrap();
        let anna = |password, hash| login(Some("a"), password, hash);
        let anonymous = || login(None, None, None);
        for (allow_anonymous, has_file, login, expected) in [
            (true, true, anonymous(), "Stays"),
            (false, true, anonymous(), "Goes"),
            (false, true, anna(Some("p"), Some(&stored)), "Stays"),
            (false, true, anna(None, Some(&stored)), "Stays"),
            (false, true, anna(Some("p"), Some(&other)), "Asked"),
            (false, true, anna(Some("p"), None), "Asked"),
            (false, true, anna(None, Some(&other)), "Goes"),
            (true, true, login(Some("x"), Some("p"), Some(&other)), "Goes"),
            (true, false, anna(Some("p"), Some(&stored)), "Stays"),
            (false, false, anna(Some("p"), Some(&stored)), "Goes"),
        ] {
            let password_file = if has_file { file.clone() } else { None };
            let keeper = Gatekeeper { allow_anonymous, password_file };
            let standing = format!("{:?}", keeper.standing(&login));
            assert!(standing.starts_with(expected), "{standing} {allow_anonymous} {login:?}");
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
