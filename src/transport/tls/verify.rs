//! Who the server is. webpki judges certificates; where it knows less than the rest of the world
//! uses in laboratories and small installations, we go on where it stopped:
//!
//! - certificates of version 1, which `openssl x509 -req` makes without an extension file;
//! - a certificate of an authority, usually signed by itself, that a server shows as its own;
//! - names that stand in the subject only.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use tokio_rustls::rustls::pki_types::{
    CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

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
            let is_beyond_webpki = certificate.version < 3 || certificate.extensions.is_authority;
            if !is_beyond_webpki {
                self.note_issuer(&certificate);
                return Err(error);
            }
            self.check_direct(trusted, end_entity, &certificate, now)?;
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

    /// Whether a trusted certificate, which may be this very one, has issued it.
    fn check_direct(
        &self,
        trusted: &Trusted,
        bytes: &CertificateDer<'_>,
        certificate: &Certificate<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        check_time(certificate, now)?;
        if certificate.extensions.has_unknown {
            return Err(CertificateError::UnhandledCriticalExtension.into());
        }
        if !certificate.extensions.may_serve {
            return Err(CertificateError::InvalidPurpose.into());
        }
        let issued_by = |candidate: &CertificateDer<'_>| {
            let Some(issuer) = Certificate::read(candidate) else { return false };
            let extensions = &issuer.extensions;
            let may_issue = issuer.version < 3
                || (extensions.is_authority && extensions.may_sign && !extensions.has_unknown);
            issuer.subject == certificate.issuer
                && (candidate == bytes || may_issue)
                && check_time(&issuer, now).is_ok()
                && self.is_signed(certificate, &issuer)
        };
        if trusted.certificates.iter().any(issued_by) {
            return Ok(());
        }
        self.note_issuer(certificate);
        Err(CertificateError::UnknownIssuer.into())
    }

    fn is_signed(&self, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
        let fits = self.algorithms.all.iter().filter(|algorithm| {
            *algorithm.signature_alg_id() == *certificate.signature_algorithm
                && *algorithm.public_key_alg_id() == *issuer.key_algorithm
        });
        let (message, signature) = (certificate.signed, certificate.signature);
        fits.into_iter()
            .any(|algorithm| algorithm.verify_signature(issuer.key, message, signature).is_ok())
    }

    fn note_issuer(&self, certificate: &Certificate<'_>) {
        let mut noted = self.refused_issuer.lock().unwrap_or_else(PoisonError::into_inner);
        *noted = certificate.issuer_name().map(str::to_owned);
    }
}

fn check_time(certificate: &Certificate<'_>, now: UnixTime) -> Result<(), CertificateError> {
    let (not_before, not_after) = (certificate.not_before, certificate.not_after);
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after });
    }
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before });
    }
    Ok(())
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
        if ParsedCertificate::try_from(certificate).is_ok() {
            return verify_tls12_signature(message, certificate, signed, &self.algorithms);
        }
        let certificate = Certificate::read(certificate).ok_or(CertificateError::BadEncoding)?;
        let of_scheme = self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
        let mut candidates = of_scheme.iter().flat_map(|(_, algorithms)| algorithms.iter());
        let is_valid = candidates.any(|algorithm| {
            *algorithm.public_key_alg_id() == *certificate.key_algorithm
                && algorithm.verify_signature(certificate.key, message, signed.signature()).is_ok()
        });
        if is_valid {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(CertificateError::BadSignature.into())
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if ParsedCertificate::try_from(certificate).is_ok() {
            return verify_tls13_signature(message, certificate, signed, &self.algorithms);
        }
        let certificate = Certificate::read(certificate).ok_or(CertificateError::BadEncoding)?;
        let key = SubjectPublicKeyInfoDer::from(certificate.public_key_info);
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
