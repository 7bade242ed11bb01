//! TLS of the listeners: files read at start and at reload, handshakes, and who a client is by
//! what it has shown.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::config::{Config, Listener, ListenerTls, UsernameFrom};
use crate::observe::ServerEvent;
use crate::server::shared::Shown;
use crate::transport::Stream;
use crate::transport::tls::{
    Ask, Failure, Peer, ServerTls, SetupError, unknown_ciphers, unknown_ciphers_13,
};

/// TLS of one listener, ready to shake hands.
#[derive(Clone, Debug)]
pub(super) struct Security {
    tls: ServerTls,
    username_from: UsernameFrom,
}

/// Why the TLS of a listener cannot be set up: what follows `listener` in its line, and why.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) listener: String,
    pub(super) error: SetupError,
}

/// Reads the files of all listeners; what stands at the index of a listener is its TLS, if it has
/// any. `tell` hears of what is without effect.
pub(super) fn load(
    config: &Config,
    ask: Ask<'_>,
    tell: &mut dyn FnMut(&ServerEvent<'_>),
) -> Result<Vec<Option<Security>>, Failed> {
    let load_one = |listener: &Listener| {
        let Some(tls) = &listener.tls else { return Ok(None) };
        tell_ciphers(tls, tell);
        let failed = |error| Failed { listener: listener.to_string(), error };
        Security::new(tls, listener.username_from, ask).map(Some).map_err(failed)
    };
    config.listeners.iter().map(load_one).collect()
}

/// Says which ciphers are asked for that we do not have.
fn tell_ciphers(tls: &ListenerTls, tell: &mut dyn FnMut(&ServerEvent<'_>)) {
    let ListenerTls::Certificates(settings) = tls;
    let unknown = settings.ciphers.as_deref().map(unknown_ciphers).unwrap_or_default();
    let unknown_13 = settings.ciphers_13.as_deref().map(unknown_ciphers_13).unwrap_or_default();
    for (option, unknown) in [("ciphers", unknown), ("ciphers_tls1.3", unknown_13)] {
        if !unknown.is_empty() {
            tell(&ServerEvent::CiphersUnknown { option, ciphers: &unknown.join(":") });
        }
    }
}

impl Security {
    fn new(
        tls: &ListenerTls,
        username_from: UsernameFrom,
        ask: Ask<'_>,
    ) -> Result<Self, SetupError> {
        let ListenerTls::Certificates(settings) = tls;
        Ok(Security { tls: ServerTls::new(settings, ask)?, username_from })
    }

    /// Shakes hands over a stream. `now` is the time, in milliseconds since 1970.
    pub(super) async fn secure(
        &self,
        stream: Stream,
        now: impl Fn() -> u64,
    ) -> Result<(Stream, Shown), String> {
        let secured = self.tls.secure(stream, now).await;
        let (stream, peer) = secured.map_err(|failure| words(&failure))?;
        let username = self.username(&peer).map(Into::into);
        Ok((stream, Shown { username, agreed: Some((peer.version, peer.cipher)) }))
    }

    fn username(&self, peer: &Peer) -> Option<String> {
        match self.username_from {
            UsernameFrom::Connect => None,
            UsernameFrom::Identity => peer.common_name(),
            UsernameFrom::Subject => peer.subject(),
        }
    }
}

/// Passphrases of keys, so that a reload does not have to ask again: a broker in the background
/// could not.
#[derive(Debug, Default)]
pub(super) struct Passphrases(Mutex<HashMap<PathBuf, String>>);

impl Passphrases {
    /// Asks, and remembers the answer.
    pub(super) fn ask(&self, path: &Path, ask: Ask<'_>) -> io::Result<String> {
        let answer = ask(path)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), answer.clone());
        Ok(answer)
    }

    /// What was answered at the start.
    pub(super) fn recall(&self, path: &Path) -> io::Result<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = || io::Error::other("it is asked for at the start only");
        known.get(path).cloned().ok_or_else(missing)
    }
}

/// Why a handshake failed, for the log: no sentence, so without a full stop.
fn words(failure: &Failure) -> String {
    match failure {
        Failure::Expired(_) => "its certificate has expired".to_owned(),
        Failure::NotYetValid(_) => "its certificate is not valid yet".to_owned(),
        Failure::UnknownIssuer(_) => {
            "its certificate was issued by nobody who is trusted (cafile, capath)".to_owned()
        }
        Failure::WrongName { .. } => "its certificate is for another name".to_owned(),
        Failure::Certificate(why) => format!("its certificate cannot be accepted: {why}"),
        Failure::Alert(_, name) => format!("it refused the TLS handshake: {name}"),
        Failure::NotTls => "what it sent is not TLS".to_owned(),
        Failure::Closed => "it closed the connection during the TLS handshake".to_owned(),
        Failure::Other(why) => format!("TLS failed: {why}"),
    }
}
