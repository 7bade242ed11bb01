//! Who has issued a certificate, where webpki gives up: certificates of version 1, which
//! `openssl x509 -req` makes without an extension file, and a certificate of an authority, usually
//! signed by itself, that its owner shows as its own.

use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error};

use super::der::{Certificate, Signed};
use super::trust::Trusted;

/// What a certificate is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be a server.
    Serve,
    /// To be a client.
    Connect,
}

/// Whether webpki's refusal of such a certificate is not the last word.
pub(super) const fn is_beyond_webpki(certificate: &Certificate<'_>) -> bool {
    certificate.version < 3 || certificate.extensions.is_authority
}

/// Whether a trusted certificate, which may be this very one, has issued it.
pub(super) fn check_direct(
    trusted: &Trusted,
    algorithms: &WebPkiSupportedAlgorithms,
    certificate: &Certificate<'_>,
    purpose: Purpose,
    now: UnixTime,
) -> Result<(), Error> {
    check_time(certificate, now)?;
    let extensions = &certificate.extensions;
    if extensions.has_unknown {
        return Err(CertificateError::UnhandledCriticalExtension.into());
    }
    let is_for_this = match purpose {
        Purpose::Serve => extensions.may_serve,
        Purpose::Connect => extensions.may_connect,
    };
    if !is_for_this {
        return Err(CertificateError::InvalidPurpose.into());
    }
    let issued_by = |candidate: &CertificateDer<'_>| {
        let Some(issuer) = Certificate::read(candidate) else { return false };
        let extensions = &issuer.extensions;
        let may_issue = issuer.version < 3
            || (extensions.is_authority && extensions.may_sign && !extensions.has_unknown);
        issuer.subject == certificate.issuer
            && (issuer.signed == certificate.signed || may_issue)
            && check_time(&issuer, now).is_ok()
            && is_signed(algorithms, certificate.as_signed(), &issuer)
    };
    if trusted.certificates.iter().any(issued_by) {
        return Ok(());
    }
    Err(CertificateError::UnknownIssuer.into())
}

/// Whether `issuer` has signed it.
pub(super) fn is_signed(
    algorithms: &WebPkiSupportedAlgorithms,
    signed: Signed<'_>,
    issuer: &Certificate<'_>,
) -> bool {
    let mut fits = algorithms.all.iter().filter(|algorithm| {
        *algorithm.signature_alg_id() == *signed.algorithm
            && *algorithm.public_key_alg_id() == *issuer.key_algorithm
    });
    let Signed { message, signature, .. } = signed;
    fits.any(|algorithm| algorithm.verify_signature(issuer.key, message, signature).is_ok())
}

/// Whether it is valid at this moment.
pub(super) fn check_time(
    certificate: &Certificate<'_>,
    now: UnixTime,
) -> Result<(), CertificateError> {
    let (not_before, not_after) = (certificate.not_before, certificate.not_after);
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after });
    }
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before });
    }
    Ok(())
}

/// What a peer signs in a handshake of TLS 1.2, also with a certificate that webpki cannot read.
pub(super) fn verify_12(
    algorithms: &WebPkiSupportedAlgorithms,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    if ParsedCertificate::try_from(certificate).is_ok() {
        return verify_tls12_signature(message, certificate, signed, algorithms);
    }
    let certificate = Certificate::read(certificate).ok_or(CertificateError::BadEncoding)?;
    let of_scheme = algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
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

/// The same for TLS 1.3.
pub(super) fn verify_13(
    algorithms: &WebPkiSupportedAlgorithms,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    if ParsedCertificate::try_from(certificate).is_ok() {
        return verify_tls13_signature(message, certificate, signed, algorithms);
    }
    let certificate = Certificate::read(certificate).ok_or(CertificateError::BadEncoding)?;
    let key = SubjectPublicKeyInfoDer::from(certificate.public_key_info);
    verify_tls13_signature_with_raw_key(message, &key, signed, algorithms)
}
