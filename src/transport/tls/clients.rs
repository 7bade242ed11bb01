//! Which clients a server believes: certificates judged by webpki, by [`super::chain`] where that
//! gives up, and by the lists of what was revoked.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
};

use super::chain::{self, Purpose};
use super::der::Certificate;
use super::revoked::Revoked;
use super::trust::{Sources, Trusted};
use super::{SetupError, trust};

/// Certificates between a server's own one and an authority, at most.
const CHAIN_MAX: usize = 8;

/// What a server asks of its clients' certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTrust {
    /// The authorities. Without any, nobody is believed.
    pub authorities: Sources,
    /// A file of what they have revoked.
    pub revoked: Option<PathBuf>,
    /// Whether a certificate is good outside of the time that it is made for.
    pub ignores_dates: bool,
}

/// Checks the certificates of clients; every client has to show one.
#[derive(Debug)]
pub(super) struct Verifier {
    trusted: Trusted,
    /// `None` without any authority.
    webpki: Option<Arc<dyn ClientCertVerifier>>,
    revoked: Option<Revoked>,
    ignores_dates: bool,
    algorithms: WebPkiSupportedAlgorithms,
    hints: Vec<DistinguishedName>,
}

impl Verifier {
    /// Reads the files.
    pub(super) fn load(
        settings: &ClientTrust,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, SetupError> {
        let sources = &settings.authorities;
        let files = sources.file.iter().chain(&settings.revoked);
        files.into_iter().try_for_each(|path| trust::expect_regular(path))?;
        let trusted = sources.load()?;
        let roots = Arc::new(trusted.anchors.clone());
        let webpki = match roots.is_empty() {
            true => None,
            false => {
                let builder =
                    WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
                // It fails only without authorities, or with bad revocation lists.
                Some(
                    builder
                        .build()
                        .map_err(|error| SetupError::Refused(Error::General(error.to_string())))?,
                )
            }
        };
        Ok(Verifier {
            hints: trusted.anchors.subjects(),
            trusted,
            webpki,
            revoked: settings.revoked.as_deref().map(Revoked::load).transpose()?,
            ignores_dates: settings.ignores_dates,
            algorithms: provider.signature_verification_algorithms,
        })
    }

    /// The certificates that lead from this one to an authority that has signed itself, which is
    /// not among them: whoever believes it has it.
    pub(super) fn issuers_of(&self, own: &CertificateDer<'_>) -> Vec<CertificateDer<'static>> {
        let mut chain: Vec<CertificateDer<'static>> = Vec::new();
        while chain.len() < CHAIN_MAX {
            let last = chain.last().unwrap_or(own);
            let Some(last) = Certificate::read(last) else { break };
            let is_issuer = |bytes: &&CertificateDer<'static>| {
                Certificate::read(bytes).is_some_and(|issuer| {
                    issuer.subject == last.issuer
                        && issuer.subject != issuer.issuer
                        && chain::is_signed(&self.algorithms, last.as_signed(), &issuer)
                })
            };
            let Some(issuer) = self.trusted.certificates.iter().find(is_issuer) else { break };
            let issuer = issuer.clone();
            chain.push(issuer);
        }
        chain
    }

    /// Whether a client with these certificates, its own one first, is believed at this moment.
    pub(super) fn check(
        &self,
        certificates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let (own, others) = certificates.split_first().ok_or(CertificateError::BadEncoding)?;
        self.check_one(own, others, now)
    }

    fn check_one(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let certificate = Certificate::read(own).ok_or(CertificateError::BadEncoding)?;
        let judged_at = match self.ignores_dates {
            true => {
                now.clamp(certificate.not_before, certificate.not_after.max(certificate.not_before))
            }
            false => now,
        };
        let webpki = self.webpki.as_ref().ok_or(CertificateError::UnknownIssuer)?;
        if let Err(error) = webpki.verify_client_cert(own, others, judged_at) {
            if !chain::is_beyond_webpki(&certificate) {
                return Err(error);
            }
            let (algorithms, purpose) = (&self.algorithms, Purpose::Connect);
            chain::check_direct(&self.trusted, algorithms, &certificate, purpose, judged_at)?;
        }
        let Some(revoked) = &self.revoked else { return Ok(()) };
        let issuers = self.trusted.certificates.iter().chain(others);
        revoked.check(&certificate, issuers, &self.algorithms, now)
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check_one(end_entity, intermediates, now)?;
        Ok(ClientCertVerified::assertion())
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
