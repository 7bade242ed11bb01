//! The server's half: settings, files read into a configuration, the handshake.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::ServerSessionMemoryCache;
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    CertificateError, CommonState, Error, HandshakeKind, ServerConfig, SupportedProtocolVersion,
    crypto,
};
use tokio_rustls::{TlsAcceptor, TlsStream};

use super::clients::{ClientTrust, Verifier};
use super::der::Certificate;
use super::{Ask, Failure, Files, SetupError, chain, ciphers, keylog, subject, trust};
use crate::transport::Stream;

/// Sessions of TLS 1.2 that are kept for clients without tickets, at most; the oldest one goes.
const SESSIONS_MAX: usize = 4096;

/// How a server wants its TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// Who it is.
    pub identity: Files,
    /// Whom it believes. The authorities also complete its own chain where the file holds only the
    /// first certificate of it.
    pub trust: ClientTrust,
    /// Whether clients have to show a certificate; otherwise they are not asked for one.
    pub asks_clients: bool,
    /// Whether TLS 1.2 is not enough.
    pub needs_13: bool,
    /// Suites of TLS 1.2 in OpenSSL's words.
    pub ciphers: Option<String>,
    /// Suites of TLS 1.3.
    pub ciphers_13: Option<String>,
    /// The file to which the keys of its connections are appended.
    pub key_log: Option<PathBuf>,
}

/// A server's TLS, ready to shake hands.
#[derive(Clone, Debug)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    clients: Option<Arc<Verifier>>,
    /// The server's own certificate.
    own: CertificateDer<'static>,
}

/// Two are equal if they are the same one.
impl PartialEq for ServerTls {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config)
    }
}

impl Eq for ServerTls {}

/// What a handshake has brought to light.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The version, such as `TLSv1.3`.
    pub version: &'static str,
    /// The suite in OpenSSL's words.
    pub cipher: &'static str,
    /// The client's certificates, its own one first; none where it was not asked.
    pub certificates: Arc<[CertificateDer<'static>]>,
}

impl Peer {
    /// The first common name of the client's certificate: without a NUL, and not empty.
    pub fn common_name(&self) -> Option<String> {
        subject::common_name(self.own()?.subject)
    }

    /// The subject of the client's certificate, as text [RFC 2253].
    pub fn subject(&self) -> Option<String> {
        subject::text(self.own()?.subject)
    }

    fn own(&self) -> Option<Certificate<'_>> {
        Certificate::read(self.certificates.first()?)
    }
}

impl ServerTls {
    /// Reads the files. `ask` is asked for the passphrase of an encrypted key.
    pub fn new(settings: &ServerSettings, ask: Ask<'_>) -> Result<ServerTls, SetupError> {
        let mut provider = crypto::ring::default_provider();
        if let Some(list) = &settings.ciphers {
            ciphers::choose(list, &mut provider)
                .ok_or_else(|| SetupError::NoCipher(list.clone()))?;
        }
        if let Some(list) = &settings.ciphers_13 {
            ciphers::choose_13(list, &mut provider)
                .ok_or_else(|| SetupError::NoCipher13(list.clone()))?;
        }
        let files = &settings.identity;
        [&files.certificate, &files.key]
            .into_iter()
            .try_for_each(|path| trust::expect_regular(path))?;
        let mut identity = files.load(&provider, ask)?;
        let provider = Arc::new(provider);
        let verifier = Verifier::load(&settings.trust, &provider)?;
        let own = identity.cert.first().cloned();
        let own = own.ok_or_else(|| SetupError::NoCertificate(files.certificate.clone()))?;
        if let [own] = &identity.cert[..] {
            identity.cert.extend(verifier.issuers_of(own));
        }
        let clients = settings.asks_clients.then(|| Arc::new(verifier));
        let versions: &[&SupportedProtocolVersion] =
            if settings.needs_13 { &[&TLS13] } else { &[&TLS13, &TLS12] };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(SetupError::Refused)?;
        let builder = match &clients {
            Some(verifier) => builder.with_client_cert_verifier(Arc::clone(verifier) as _),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
        // Tickets are sealed with keys of this configuration alone: what was judged by another one
        // is judged again.
        config.ticketer = crypto::ring::Ticketer::new().map_err(SetupError::Refused)?;
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS_MAX);
        config.ignore_client_order = true;
        if let Some(path) = &settings.key_log {
            config.key_log = keylog::open(path)?;
        }
        Ok(ServerTls { config: Arc::new(config), clients, own })
    }

    /// Shakes hands over a stream. `now` is the time, in milliseconds since 1970.
    pub async fn secure(
        &self,
        stream: Stream,
        now: impl Fn() -> u64,
    ) -> Result<(Stream, Peer), Failure> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.config));
        let stream = acceptor.accept(stream).await;
        let stream = stream.map_err(|error| Failure::of_handshake(&error, None))?;
        let state: &CommonState = stream.get_ref().1;
        let peer = Peer {
            version: version_of(state),
            cipher: state.negotiated_cipher_suite().map_or("", |suite| ciphers::name_of(suite)),
            certificates: state.peer_certificates().unwrap_or_default().into(),
        };
        let is_resumed = state.handshake_kind() == Some(HandshakeKind::Resumed);
        // A resumed session vouches for the certificates as they were judged then.
        if is_resumed && let Err(failure) = self.judge(&peer, now()) {
            return Err(failure);
        }
        Ok((Stream::Tls(Box::new(TlsStream::Server(stream))), peer))
    }

    /// Whether the server's own certificate is out of its time, in milliseconds since 1970, and in
    /// which way.
    pub fn is_dated(&self, now: u64) -> Option<&'static str> {
        let now = UnixTime::since_unix_epoch(Duration::from_millis(now));
        match chain::check_time(&Certificate::read(&self.own)?, now) {
            Ok(()) => None,
            Err(CertificateError::NotValidYetContext { .. }) => Some("it is not valid yet"),
            Err(_) => Some("it has expired"),
        }
    }

    /// Whether a client that was let in once would be let in now, in milliseconds since 1970.
    pub fn judge(&self, peer: &Peer, now: u64) -> Result<(), Failure> {
        let Some(clients) = &self.clients else { return Ok(()) };
        let now = UnixTime::since_unix_epoch(Duration::from_millis(now));
        clients.check(&peer.certificates, now).map_err(|error: Error| Failure::of_tls(&error))
    }
}

fn version_of(state: &CommonState) -> &'static str {
    match state.protocol_version().map(u16::from) {
        Some(0x0304) => "TLSv1.3",
        _ => "TLSv1.2",
    }
}
