//! TLS of a listener: what was said, whether it makes sense, and what it asks of the transport.

use std::path::PathBuf;
use std::sync::Arc;

use crate::auth::KeyFile;
use crate::config::Problem;
use crate::observe::ServerEvent;
use crate::transport::tls::{ClientTrust, Files, ServerSettings, Sources};

/// Where the user name of a client comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsernameFrom {
    /// CONNECT.
    #[default]
    Connect,
    /// `use_identity_as_username`: the first common name of its certificate, or the identity of its
    /// pre-shared key.
    Identity,
    /// `use_subject_as_username`: the whole subject of its certificate.
    Subject,
}

/// How a listener is secured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerTls {
    /// With certificates.
    Certificates(ServerSettings),
    /// With pre-shared keys.
    Psk(PskSettings),
}

/// Pre-shared keys of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PskSettings {
    /// `psk_file`.
    pub file: KeyFile,
    /// Suites in OpenSSL's words.
    pub ciphers: Option<String>,
}

/// The TLS options of a listener, not yet complete.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TlsDraft {
    pub certfile: Option<PathBuf>,
    pub keyfile: Option<PathBuf>,
    pub cafile: Option<PathBuf>,
    pub capath: Option<PathBuf>,
    pub crlfile: Option<PathBuf>,
    pub require_certificate: bool,
    pub use_identity_as_username: bool,
    pub use_subject_as_username: bool,
    pub needs_13: bool,
    pub ciphers: Option<String>,
    pub ciphers_13: Option<String>,
    pub ignores_dates: bool,
    pub psk_hint: Option<String>,
}

impl TlsDraft {
    /// What does not go together, in mosquitto's words.
    pub fn problem(&self) -> Option<Problem> {
        let has_identity = self.certfile.is_some() || self.keyfile.is_some();
        let has_authority = self.cafile.is_some() || self.capath.is_some();
        let text = if self.psk_hint.is_some() && (has_identity || has_authority) {
            "Cannot use both certificate and psk encryption in a single listener."
        } else if self.certfile.is_some() != self.keyfile.is_some() {
            "Both certfile and keyfile must be provided to enable a TLS listener."
        } else if self.cafile.is_some() && !has_identity {
            "cafile specified without certfile and keyfile."
        } else if self.capath.is_some() && !has_identity {
            "capath specified without certfile and keyfile."
        } else {
            return None;
        };
        Some(Problem::Combination(text))
    }

    /// What is said, but cannot have the effect that was hoped for.
    /// Behind a proxy, what the proxy tells about certificates counts.
    pub fn notices(&self, is_proxied: bool) -> Vec<ServerEvent<'static>> {
        let mut notices = Vec::new();
        let mut tell = |option, why| notices.push(ServerEvent::WithoutEffect { option, why });
        if self.certfile.is_none() {
            let is_said = [
                ("require_certificate", self.require_certificate && !is_proxied),
                ("crlfile", self.crlfile.is_some()),
                ("ciphers_tls1.3", self.ciphers_13.is_some()),
                ("disable_client_cert_date_checks", self.ignores_dates),
                ("tls_version", self.needs_13),
                ("ciphers", self.ciphers.is_some() && self.psk_hint.is_none()),
            ];
            for (option, _) in is_said.into_iter().filter(|(_, is_said)| *is_said) {
                tell(option, "the listener has no certfile and keyfile");
            }
            return notices;
        }
        if self.require_certificate {
            if self.cafile.is_none() && self.capath.is_none() {
                tell(
                    "require_certificate",
                    "there is no cafile or capath, so that no certificate is believed and every \
                     client refused",
                );
            }
            return notices;
        }
        let is_said = [
            ("crlfile", self.crlfile.is_some()),
            ("disable_client_cert_date_checks", self.ignores_dates),
        ];
        for (option, _) in is_said.into_iter().filter(|(_, is_said)| *is_said) {
            tell(option, "no client is asked for a certificate without 'require_certificate true'");
        }
        notices
    }

    /// Where user names come from.
    pub const fn username_from(&self) -> UsernameFrom {
        match (self.use_identity_as_username, self.use_subject_as_username) {
            (true, _) => UsernameFrom::Identity,
            (false, true) => UsernameFrom::Subject,
            (false, false) => UsernameFrom::Connect,
        }
    }

    /// What it asks of the transport.
    pub fn finish(
        &self,
        key_log: Option<PathBuf>,
        psk_file: Option<PathBuf>,
    ) -> Option<ListenerTls> {
        if self.psk_hint.is_some() {
            let file = KeyFile { path: psk_file, keys: Arc::default() };
            return Some(ListenerTls::Psk(PskSettings { file, ciphers: self.ciphers.clone() }));
        }
        let (certificate, key) = (self.certfile.clone()?, self.keyfile.clone()?);
        let trust = ClientTrust {
            authorities: Sources {
                file: self.cafile.clone(),
                folder: self.capath.clone(),
                system: false,
            },
            revoked: self.crlfile.clone(),
            ignores_dates: self.ignores_dates,
        };
        Some(ListenerTls::Certificates(ServerSettings {
            identity: Files { certificate, key },
            trust,
            asks_clients: self.require_certificate,
            needs_13: self.needs_13,
            ciphers: self.ciphers.clone(),
            ciphers_13: self.ciphers_13.clone(),
            key_log,
        }))
    }
}
