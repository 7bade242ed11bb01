//! Who the server is. webpki judges certificates; where it knows less than the rest of the world
//! uses in laboratories and small installations, [`super::chain`] goes on, and names may stand in
//! the subject only.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::WebPkiSupportedAlgorithms;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::chain::{self, Purpose};
use super::der::Certificate;
use super::trust::Trusted;

/// Checks the certificate of a server.
#[derive(Debug)]
pub(super) struct Verifier {
    /// `None` believes everything.
    pub(super) trusted: Option<Trusted>,
    /// Whether the certificate has to be for the host's name.
    pub(super) checks_name: bool,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    /// The issuer of the last certificate that was refused, to say what is missing.
    pub(super) refused_issuer: Arc<Mutex<Option<String>>>,
}

impl Verifier {
    fn check(
        &self,
        trusted: &Trusted,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(end_entity);
        let chained = parsed.as_ref().map_err(Clone::clone).and_then(|parsed| {
            let algorithms = self.algorithms.all;
            let anchors = &trusted.anchors;
            verify_server_cert_signed_by_trust_anchor(
                parsed,
                anchors,
                intermediates,
                now,
                algorithms,
            )
        });
        let certificate = Certificate::read(end_entity).ok_or(CertificateError::BadEncoding)?;
        if let Err(error) = chained {
            let judged = match chain::is_beyond_webpki(&certificate) {
                true => {
                    let (algorithms, purpose) = (&self.algorithms, Purpose::Serve);
                    chain::check_direct(trusted, algorithms, &certificate, purpose, now)
                }
                false => Err(error),
            };
            judged.inspect_err(|_| self.note_issuer(&certificate))?;
        }
        if !self.checks_name {
            return Ok(());
        }
        let extensions = &certificate.extensions;
        let is_address = matches!(name, ServerName::IpAddress(_));
        match parsed {
            Ok(parsed) if extensions.has_dns || (is_address && extensions.has_addresses) => {
                verify_server_name(&parsed, name)
            }
            _ => check_common_name(&certificate, name),
        }
    }

    fn note_issuer(&self, certificate: &Certificate<'_>) {
        let mut noted = self.refused_issuer.lock().unwrap_or_else(PoisonError::into_inner);
        *noted = certificate.issuer_name().map(str::to_owned);
    }
}

/// Where a certificate has no alternative names, the subject's common names count.
fn check_common_name(certificate: &Certificate<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let names = certificate.common_names();
    let wanted = name.to_str();
    let is_address = matches!(name, ServerName::IpAddress(_));
    let fits = |common: &&str| match common.strip_prefix("*.") {
        Some(domain) if !is_address => {
            let (label, rest) = wanted.split_once('.').unwrap_or_default();
            !label.is_empty() && domain.contains('.') && rest.eq_ignore_ascii_case(domain)
        }
        _ => common.eq_ignore_ascii_case(&wanted),
    };
    if names.iter().any(fits) {
        return Ok(());
    }
    let presented = names.iter().map(|name| (*name).to_owned()).collect();
    let expected = name.to_owned();
    Err(CertificateError::NotValidForNameContext { expected, presented }.into())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(trusted) = &self.trusted {
            self.check(trusted, end_entity, intermediates, server_name, now)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        chain::verify_12(&self.algorithms, message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        chain::verify_13(&self.algorithms, message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
