//! TLS of the listeners: files read at start and at reload, handshakes, and who a client is by
//! what it has shown.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "psk")]
use crate::auth::Keys;
use crate::config::{Config, Listener, ListenerTls, PskSettings, UsernameFrom};
use crate::observe::ServerEvent;
use crate::server::shared::Shown;
use crate::transport::Stream;
#[cfg(feature = "psk")]
use crate::transport::psk::{PskPeer, PskServer};
use crate::transport::tls::{
    Ask, Failure, Peer, ServerTls, SetupError, unknown_ciphers, unknown_ciphers_13,
};

/// TLS of one listener, ready to shake hands.
#[derive(Clone, Debug)]
pub(super) struct Security {
    layer: Layer,
    username_from: UsernameFrom,
}

/// What it is made of.
#[derive(Clone, Debug)]
enum Layer {
    Certificates(ServerTls),
    #[cfg(feature = "psk")]
    Psk(PskServer, Arc<Keys>),
}

/// What a client has shown, and to which TLS.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    shown: Showing,
    /// The user name that was made of it.
    username: Option<Arc<str>>,
}

#[derive(Clone, Debug)]
enum Showing {
    Certificates(Peer, ServerTls),
    #[cfg(feature = "psk")]
    Key(PskPeer, Arc<Keys>),
}

impl Proof {
    /// Whether it was judged by this TLS.
    pub(super) fn is_by(&self, security: &Security) -> bool {
        match (&self.shown, &security.layer) {
            (Showing::Certificates(_, old), Layer::Certificates(now)) => old == now,
            #[cfg(feature = "psk")]
            (Showing::Key(_, old), Layer::Psk(_, now)) => Arc::ptr_eq(old, now),
            #[cfg(feature = "psk")]
            _ => false,
        }
    }
}

/// Why the TLS of a listener cannot be set up: what follows `listener` in its line, and why.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) listener: String,
    pub(super) error: SetupError,
}

/// Reads the files of all listeners; what stands at the index of a listener is its TLS, if it has
/// any. `now` is in milliseconds since 1970; `tell` hears of what is not as it should be.
pub(super) fn load(
    config: &Config,
    ask: Ask<'_>,
    now: u64,
    tell: &mut dyn FnMut(&ServerEvent<'_>),
) -> Result<Vec<Option<Security>>, Failed> {
    let load_one = |listener: &Listener| {
        let Some(tls) = &listener.tls else { return Ok(None) };
        tell_ciphers(tls, tell);
        let failed = |error| Failed { listener: listener.to_string(), error };
        let security = Security::new(tls, listener.username_from, ask).map_err(failed)?;
        if let (ListenerTls::Certificates(settings), Layer::Certificates(tls)) =
            (tls, &security.layer)
            && let Some(why) = tls.is_dated(now)
        {
            let path = &settings.identity.certificate;
            tell(&ServerEvent::CertificateDated { path, why });
        }
        Ok(Some(security))
    };
    config.listeners.iter().map(load_one).collect()
}

/// Says which ciphers are asked for that we do not have.
fn tell_ciphers(tls: &ListenerTls, tell: &mut dyn FnMut(&ServerEvent<'_>)) {
    let ListenerTls::Certificates(settings) = tls else { return };
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
        let layer = match tls {
            ListenerTls::Certificates(settings) => {
                Layer::Certificates(ServerTls::new(settings, ask)?)
            }
            ListenerTls::Psk(settings) => psk_layer(settings)?,
        };
        Ok(Security { layer, username_from })
    }

    /// Shakes hands over a stream. `now` is the time, in milliseconds since 1970.
    pub(super) async fn secure(
        &self,
        stream: Stream,
        now: impl Fn() -> u64,
    ) -> Result<(Stream, Shown), String> {
        let (stream, showing, agreed) = match &self.layer {
            Layer::Certificates(tls) => {
                let secured = tls.secure(stream, now).await;
                let (stream, peer) = secured.map_err(|failure| words(&failure))?;
                let agreed = (peer.version, peer.cipher);
                (stream, Showing::Certificates(peer, tls.clone()), agreed)
            }
            #[cfg(feature = "psk")]
            Layer::Psk(tls, keys) => {
                let secured = tls.secure(stream).await;
                let (stream, peer) = secured.map_err(|failure| words(&failure))?;
                let agreed = (peer.version, peer.cipher);
                (stream, Showing::Key(peer, Arc::clone(keys)), agreed)
            }
        };
        let username: Option<Arc<str>> = self.username(&showing).map(Into::into);
        let proof = Proof { shown: showing, username: username.clone() };
        Ok((
            stream,
            Shown { username, agreed: Some(agreed), proof: Some(proof), is_too_fast: false },
        ))
    }

    /// Whether a client that was let in with this proof would be let in now, as the same user; the
    /// reason, if not. `now` is in milliseconds since 1970.
    pub(super) fn judge(&self, proof: &Proof, now: u64) -> Result<(), String> {
        match (&self.layer, &proof.shown) {
            (Layer::Certificates(tls), Showing::Certificates(peer, _)) => {
                tls.judge(peer, now).map_err(|failure| words(&failure))?;
            }
            #[cfg(feature = "psk")]
            (Layer::Psk(_, keys), Showing::Key(peer, old)) => {
                if keys.find(&peer.identity) != old.find(&peer.identity) {
                    return Err("its pre-shared key holds no more".to_owned());
                }
            }
            #[cfg(feature = "psk")]
            _ => return Err("the listener asks for other proof now".to_owned()),
        }
        if self.username(&proof.shown).as_deref() != proof.username.as_deref() {
            return Err("what it has shown means another user now".to_owned());
        }
        Ok(())
    }

    /// The user name that a client has proven, where the listener takes it from there.
    fn username(&self, showing: &Showing) -> Option<String> {
        match (showing, self.username_from) {
            (_, UsernameFrom::Connect) => None,
            (Showing::Certificates(peer, _), UsernameFrom::Identity) => peer.common_name(),
            (Showing::Certificates(peer, _), UsernameFrom::Subject) => peer.subject(),
            #[cfg(feature = "psk")]
            (Showing::Key(peer, _), _) => String::from_utf8(peer.identity.clone()).ok(),
        }
    }
}

#[cfg(feature = "psk")]
fn psk_layer(settings: &PskSettings) -> Result<Layer, SetupError> {
    let keys = Arc::clone(&settings.file.keys);
    let known = Arc::clone(&keys);
    let find = move |identity: &[u8]| known.find(identity).map(<[u8]>::to_vec);
    let tls = PskServer::new(settings.ciphers.as_deref(), find);
    Ok(Layer::Psk(tls.map_err(SetupError::Psk)?, keys))
}

#[cfg(not(feature = "psk"))]
fn psk_layer(_: &PskSettings) -> Result<Layer, SetupError> {
    Err(SetupError::Psk("a build with --features psk has them".to_owned()))
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
