//! TLS over any stream, by rustls.

mod chain;
mod ciphers;
mod clients;
mod der;
mod failure;
#[cfg(test)]
mod fuzz_tests;
mod identity;
mod keylog;
mod revoked;
mod server;
mod setup;
mod subject;
mod trust;
mod verify;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, SupportedProtocolVersion};
use tokio_rustls::{TlsConnector, TlsStream, rustls};

use crate::transport::Stream;

pub use ciphers::{unknown_12 as unknown_ciphers, unknown_13 as unknown_ciphers_13};
pub use clients::ClientTrust;
pub use failure::Failure;
pub use identity::{Ask, Files};
pub use server::{Peer, ServerSettings, ServerTls};
pub use setup::SetupError;
pub use trust::Sources;

/// How a client wants its TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientSettings {
    /// Whom it trusts.
    pub trust: Sources,
    /// Whether it believes every server instead.
    pub trusts_all: bool,
    /// Who it is.
    pub identity: Option<Files>,
    /// Whether TLS 1.2 is not enough.
    pub needs_13: bool,
    /// Suites of TLS 1.2 in OpenSSL's words.
    pub ciphers: Option<String>,
    /// Suites of TLS 1.3.
    pub ciphers_13: Option<String>,
    /// The one protocol that it offers (ALPN).
    pub protocol: Option<Vec<u8>>,
    /// The file to which the keys of its connections are appended.
    pub key_log: Option<PathBuf>,
}

/// A client's TLS, ready to connect to one host.
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    refused_issuer: Arc<Mutex<Option<String>>>,
}

impl PartialEq for ClientTls {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config) && self.name == other.name
    }
}

impl Eq for ClientTls {}

impl ClientTls {
    /// Reads the files. `host` is the name in the server's certificate, as a name or an address;
    /// `None` where the far end has none (a Unix domain socket). `ask` is asked for the passphrase
    /// of an encrypted key.
    pub fn new(
        settings: &ClientSettings,
        host: Option<&str>,
        ask: Ask<'_>,
    ) -> Result<ClientTls, SetupError> {
        let mut provider = rustls::crypto::ring::default_provider();
        if let Some(list) = &settings.ciphers_13 {
            ciphers::choose_13(list, &mut provider)
                .ok_or_else(|| SetupError::NoCipher13(list.clone()))?;
        }
        if let Some(list) = &settings.ciphers {
            ciphers::choose(list, &mut provider)
                .ok_or_else(|| SetupError::NoCipher(list.clone()))?;
        }
        let identity = settings.identity.as_ref();
        let identity = identity.map(|files| files.load(&provider, ask)).transpose()?;
        let trusted = match settings.trusts_all {
            true => None,
            false => Some(settings.trust.load()?),
        };
        let refused_issuer = Arc::default();
        let verifier = verify::Verifier {
            trusted,
            checks_name: host.is_some(),
            algorithms: provider.signature_verification_algorithms,
            refused_issuer: Arc::clone(&refused_issuer),
        };
        let versions: &[&SupportedProtocolVersion] =
            if settings.needs_13 { &[&TLS13] } else { &[&TLS13, &TLS12] };
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .map_err(SetupError::Refused)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match identity {
            Some(identity) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity)))
            }
            None => builder.with_no_client_auth(),
        };
        config.resumption = Resumption::in_memory_sessions(1);
        config.alpn_protocols.extend(settings.protocol.clone());
        if let Some(path) = &settings.key_log {
            config.key_log = keylog::open(path)?;
        }
        Ok(ClientTls { config: Arc::new(config), name: server_name(host)?, refused_issuer })
    }

    /// Shakes hands over a stream.
    pub async fn secure(&self, stream: Stream) -> Result<Stream, Failure> {
        let connector = TlsConnector::from(Arc::clone(&self.config));
        match connector.connect(self.name.clone(), stream).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(TlsStream::Client(stream)))),
            Err(error) => {
                let mut issuer = self.refused_issuer.lock().unwrap_or_else(PoisonError::into_inner);
                Err(Failure::of_handshake(&error, issuer.take()))
            }
        }
    }
}

/// What goes into Server Name Indication, which addresses do not.
fn server_name(host: Option<&str>) -> Result<ServerName<'static>, SetupError> {
    match host {
        Some(host) => {
            ServerName::try_from(host.to_owned()).map_err(|_| SetupError::Name(host.to_owned()))
        }
        None => Ok(ServerName::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED))),
    }
}
