//! Which certificates their issuers have withdrawn: revocation lists of version 1 and 2 [RFC 5280,
//! 5]. webpki reads version 2 only; `openssl ca -gencrl` makes version 1 where its configuration
//! does not ask for extensions.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use tokio_rustls::rustls::crypto::WebPkiSupportedAlgorithms;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use tokio_rustls::rustls::{CertificateError, Error};

use super::SetupError;
use super::chain;
use super::der::{
    self, BIT_STRING, BOOLEAN, Certificate, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Reader,
    SEQUENCE, Signed, UTC_TIME,
};
use super::trust::unreadable;

/// Where the list itself has its extensions.
const LIST_EXTENSIONS: u8 = 0xA0;
/// The reason of an entry, and the one that takes the certificate off the list again.
const REASON: &[u8] = &[0x55, 0x1D, 0x15];
const REMOVED: &[u8] = &[0x0A, 0x01, 0x08];

/// All lists of a file.
#[derive(Debug)]
pub(super) struct Revoked {
    lists: Vec<List>,
}

/// What one issuer has withdrawn.
#[derive(Debug)]
pub(super) struct List {
    bytes: Vec<u8>,
    serials: HashSet<Vec<u8>>,
}

/// A list in views of its bytes.
struct View<'a> {
    signed: Signed<'a>,
    issuer: &'a [u8],
    next_update: Option<UnixTime>,
    entries: &'a [u8],
    has_unknown: bool,
}

impl Revoked {
    /// Reads a file of PEM revocation lists.
    pub(super) fn load(path: &Path) -> Result<Self, SetupError> {
        let text = fs::read(path).map_err(|error| unreadable(path, error))?;
        let lists = CertificateRevocationListDer::pem_slice_iter(&text);
        let lists: Vec<_> = lists.filter_map(Result::ok).collect();
        if lists.is_empty() {
            return Err(bad(path, "it holds no revocation list in PEM form"));
        }
        let lists = lists.iter().map(|list| List::read(list, path)).collect::<Result<_, _>>()?;
        Ok(Revoked { lists })
    }

    /// Whether the issuer of a certificate says that it is still good. As in mosquitto, each
    /// issuer's list has to be there and in date. The issuer is one of `issuers`.
    pub(super) fn check<'a>(
        &self,
        certificate: &Certificate<'_>,
        issuers: impl Iterator<Item = &'a CertificateDer<'a>>,
        algorithms: &WebPkiSupportedAlgorithms,
        now: UnixTime,
    ) -> Result<(), Error> {
        let issuers: Vec<Certificate<'_>> = issuers
            .filter_map(|bytes| Certificate::read(bytes))
            .filter(|issuer| issuer.subject == certificate.issuer)
            .collect();
        let mut found = Err(CertificateError::UnknownRevocationStatus.into());
        for list in &self.lists {
            let Some(view) = View::read(&list.bytes) else { continue };
            let is_by = |issuer| chain::is_signed(algorithms, view.signed, issuer);
            if view.issuer != certificate.issuer || !issuers.iter().any(is_by) {
                continue;
            }
            if list.serials.contains(certificate.serial) {
                return Err(CertificateError::Revoked.into());
            }
            match view.next_update.filter(|next| now > *next) {
                Some(next_update) if found.is_err() => {
                    let expired =
                        CertificateError::ExpiredRevocationListContext { time: now, next_update };
                    found = Err(expired.into());
                }
                Some(_) => {}
                None => found = Ok(()),
            }
        }
        found
    }
}

impl List {
    pub(super) fn read(bytes: &[u8], path: &Path) -> Result<Self, SetupError> {
        let view = View::read(bytes).ok_or_else(|| bad(path, "a revocation list is damaged"))?;
        if view.has_unknown {
            return Err(bad(
                path,
                "a revocation list is incomplete (a delta or for some uses only)",
            ));
        }
        let serials = Reader(view.entries).all().map(|entry| revoked_serial(entry.content));
        let serials = serials.collect::<Option<Vec<_>>>();
        let serials = serials.ok_or_else(|| bad(path, "a revocation list is damaged"))?;
        let serials = serials.into_iter().flatten().map(<[u8]>::to_vec).collect();
        Ok(List { bytes: bytes.to_vec(), serials })
    }
}

#[cfg(test)]
impl List {
    /// How many certificates it withdraws.
    pub(super) fn len(&self) -> usize {
        self.serials.len()
    }
}

/// The serial number of an entry, if it is (still) revoked. The outer `None` is damage.
fn revoked_serial(entry: &[u8]) -> Option<Option<&[u8]>> {
    let mut fields = Reader(entry);
    let serial = fields.expect(INTEGER)?.content;
    fields.next().filter(|value| matches!(value.tag, UTC_TIME | GENERALIZED_TIME))?;
    let Some(extensions) = fields.optional(SEQUENCE) else { return Some(Some(serial)) };
    for extension in Reader(extensions.content).all() {
        let mut fields = Reader(extension.content);
        let id = fields.expect(OID)?.content;
        fields.optional(BOOLEAN);
        if id == REASON && fields.expect(OCTET_STRING)?.content == REMOVED {
            return Some(None);
        }
    }
    Some(Some(serial))
}

impl<'a> View<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut whole = Reader(Reader(bytes).expect(SEQUENCE)?.content);
        let signed = whole.expect(SEQUENCE)?;
        let algorithm = whole.expect(SEQUENCE)?.content;
        let signature = der::bits(whole.expect(BIT_STRING)?.content)?;
        let mut fields = Reader(signed.content);
        fields.optional(INTEGER);
        if fields.expect(SEQUENCE)?.content != algorithm {
            return None;
        }
        let issuer = fields.expect(SEQUENCE)?.whole;
        let _this_update = der::time(&fields.next()?)?;
        let next_update = fields.optional(UTC_TIME).or_else(|| fields.optional(GENERALIZED_TIME));
        let entries = fields.optional(SEQUENCE).map_or(&[][..], |entries| entries.content);
        let extensions = fields.optional(LIST_EXTENSIONS);
        Some(View {
            signed: Signed { message: signed.whole, algorithm, signature },
            issuer,
            next_update: next_update
                .map(|value| der::time(&value))
                .map_or(Some(None), |time| Some(Some(time?)))?,
            entries,
            has_unknown: match extensions {
                Some(list) => has_critical(Reader(list.content).expect(SEQUENCE)?.content)?,
                None => false,
            },
        })
    }
}

/// Whether a list of extensions holds a critical one. Those of revocation lists all narrow what the
/// list speaks of.
fn has_critical(extensions: &[u8]) -> Option<bool> {
    let mut is_any = false;
    for extension in Reader(extensions).all() {
        let mut fields = Reader(extension.content);
        fields.expect(OID)?;
        is_any |= fields.optional(BOOLEAN).is_some();
    }
    Some(is_any)
}

fn bad(path: &Path, why: &str) -> SetupError {
    SetupError::BadRevocationList(PathBuf::from(path), why.to_owned())
}
