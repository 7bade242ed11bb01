//! Whom we trust: certificates of authorities from files, folders and the system.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::SetupError;

/// Where trusted certificates come from; what is given is added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// A file of PEM certificates.
    pub file: Option<PathBuf>,
    /// A folder of such files.
    pub folder: Option<PathBuf>,
    /// The system's, which `SSL_CERT_FILE` and `SSL_CERT_DIR` replace.
    pub system: bool,
}

/// Trusted certificates, twice: as anchors for webpki, and as they are.
#[derive(Debug)]
pub(super) struct Trusted {
    pub(super) anchors: RootCertStore,
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

impl Sources {
    /// Reads them all.
    pub(super) fn load(&self) -> Result<Trusted, SetupError> {
        let mut certificates = Vec::new();
        if let Some(path) = &self.file {
            let text = fs::read(path).map_err(|error| unreadable(path, error))?;
            certificates.extend(in_pem(&text));
        }
        let is_empty = certificates.is_empty();
        if let Some(path) = self.file.as_ref().filter(|_| is_empty) {
            return Err(SetupError::NoCertificate(path.clone()));
        }
        if let Some(folder) = &self.folder {
            let files = files_of(folder).map_err(|error| unreadable(folder, error))?;
            // A file that cannot be read may be about something else.
            let texts = files.iter().filter_map(|file| fs::read(file).ok());
            certificates.extend(texts.flat_map(|text| in_pem(&text)));
        }
        if self.system {
            certificates.extend(rustls_native_certs::load_native_certs().certs);
        }
        let mut anchors = RootCertStore::empty();
        let (usable, _) = anchors.add_parsable_certificates(certificates.iter().cloned());
        if let Some(path) = self.file.as_ref().filter(|_| usable == 0) {
            return Err(SetupError::NoCertificate(path.clone()));
        }
        Ok(Trusted { anchors, certificates })
    }
}

/// The certificates in a PEM text, whatever else it holds.
fn in_pem(text: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(text).filter_map(Result::ok).collect()
}

/// Links under hashed names lead to files that are here too; a certificate twice does no harm.
fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.filter_map(Result::ok);
    Ok(entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect())
}

/// Refuses what is no regular file: reading a pipe could take for ever.
pub(super) fn expect_regular(path: &Path) -> Result<(), SetupError> {
    let is_file = fs::metadata(path).map_err(|error| unreadable(path, error))?.is_file();
    let bad = || unreadable(path, io::Error::other("it is not a regular file"));
    if is_file { Ok(()) } else { Err(bad()) }
}

pub(super) fn unreadable(path: &Path, error: io::Error) -> SetupError {
    SetupError::Unreadable(path.to_owned(), error)
}
