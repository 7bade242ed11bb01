//! The server's half: the client names itself, and both sides prove that they know its key.

use std::pin::Pin;

use openssl::error::ErrorStack;
use openssl::ssl::{Ssl, SslContext, SslMethod, SslSessionCacheMode, SslVersion};
use tokio_openssl::SslStream;

use crate::transport::Stream;
use crate::transport::tls::Failure;

/// A server's TLS with pre-shared keys, ready to shake hands.
#[derive(Clone)]
pub struct PskServer(SslContext);

/// What a handshake has brought to light.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PskPeer {
    /// How the client names itself.
    pub identity: Vec<u8>,
    /// The version, such as `TLSv1.2`.
    pub version: &'static str,
    /// The suite in OpenSSL's words.
    pub cipher: &'static str,
}

impl std::fmt::Debug for PskServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PskServer")
    }
}

impl PskServer {
    /// `ciphers` are suites in OpenSSL's words, `find` knows the key of an identity. The reason, in
    /// words, where OpenSSL refuses the suites.
    pub fn new(
        ciphers: Option<&str>,
        find: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let context = context(ciphers.unwrap_or("PSK"), find);
        context.map(PskServer).map_err(|error| error.to_string())
    }

    /// Shakes hands over a stream.
    pub async fn secure(&self, stream: Stream) -> Result<(Stream, PskPeer), Failure> {
        let failed = |error: String| Failure::Other(error);
        let session = Ssl::new(&self.0).map_err(|error| failed(error.to_string()))?;
        let stream = SslStream::new(session, stream);
        let mut stream = stream.map_err(|error| failed(error.to_string()))?;
        let shaken = Pin::new(&mut stream).accept().await;
        shaken.map_err(|error| failed(error.to_string()))?;
        let ssl = stream.ssl();
        let peer = PskPeer {
            identity: ssl.psk_identity().unwrap_or_default().to_vec(),
            version: ssl.version_str(),
            cipher: ssl.current_cipher().map_or("", |cipher| cipher.name()),
        };
        Ok((Stream::Psk(Box::new(stream)), peer))
    }
}

/// At most TLS 1.2, as with our client: there the key decides alone. No session is kept, so that
/// every connection proves that its client has a key now.
fn context(
    ciphers: &str,
    find: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> Result<SslContext, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_server())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    builder.set_max_proto_version(Some(SslVersion::TLS1_2))?;
    builder.set_cipher_list(ciphers)?;
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_options(openssl::ssl::SslOptions::NO_TICKET);
    builder.set_psk_server_callback(move |_, identity, secret| {
        let Some(key) = identity.and_then(&find) else { return Ok(0) };
        // The buffer is OpenSSL's; what does not fit is no key.
        if secret.len() < key.len() {
            return Ok(0);
        }
        secret[..key.len()].copy_from_slice(&key);
        Ok(key.len())
    });
    Ok(builder.build())
}
