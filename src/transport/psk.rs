//! TLS with a pre-shared key, by OpenSSL in a build with the feature `psk`: rustls has none.

/// A key that both sides know, and the name under which the server knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Psk {
    /// The name. Without a NUL.
    pub identity: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
    /// Suites in OpenSSL's words; all with a pre-shared key where nothing is said.
    pub ciphers: Option<String>,
}

impl std::fmt::Debug for Psk {
    /// The key stays out of whatever is printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Psk").field("ciphers", &self.ciphers).finish_non_exhaustive()
    }
}

#[cfg(feature = "psk")]
mod server;

#[cfg(feature = "psk")]
pub(super) use openssl_psk::secure;
#[cfg(feature = "psk")]
pub use server::{PskPeer, PskServer};

#[cfg(feature = "psk")]
mod openssl_psk {
    use std::pin::Pin;

    use openssl::error::ErrorStack;
    use openssl::ssl::{Ssl, SslConnector, SslMethod, SslVerifyMode, SslVersion};
    use tokio_openssl::SslStream;

    use super::Psk;
    use crate::transport::Stream;
    use crate::transport::tls::Failure;

    /// Shakes hands over a stream.
    pub async fn secure(stream: Stream, psk: &Psk) -> Result<Stream, Failure> {
        let session = session(psk).map_err(|error| Failure::Other(error.to_string()))?;
        let stream = SslStream::new(session, stream);
        let mut stream = stream.map_err(|error| Failure::Other(error.to_string()))?;
        let shaken = Pin::new(&mut stream).connect().await;
        shaken.map_err(|error| Failure::Other(error.to_string()))?;
        Ok(Stream::Psk(Box::new(stream)))
    }

    /// One session, at most of TLS 1.2: there the key decides alone.
    fn session(psk: &Psk) -> Result<Ssl, ErrorStack> {
        let mut builder = SslConnector::builder(SslMethod::tls_client())?;
        // Who knows the key is the server: there is no certificate to be verified.
        builder.set_verify(SslVerifyMode::NONE);
        builder.set_max_proto_version(Some(SslVersion::TLS1_2))?;
        builder.set_cipher_list(psk.ciphers.as_deref().unwrap_or("PSK"))?;
        let Psk { identity, key, .. } = psk.clone();
        builder.set_psk_client_callback(move |_, _, name, secret| {
            // Both buffers are OpenSSL's; what does not fit is no key.
            if name.len() <= identity.len() || secret.len() < key.len() {
                return Ok(0);
            }
            name[..identity.len()].copy_from_slice(&identity);
            name[identity.len()] = 0;
            secret[..key.len()].copy_from_slice(&key);
            Ok(key.len())
        });
        let mut configuration = builder.build().configure()?;
        configuration.set_verify_hostname(false);
        configuration.set_use_server_name_indication(false);
        configuration.into_ssl("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_printed() {
        let psk = Psk { identity: b"me".to_vec(), key: b"secret".to_vec(), ciphers: None };
        assert_eq!(format!("{psk:?}"), "Psk { ciphers: None, .. }");
    }
}
