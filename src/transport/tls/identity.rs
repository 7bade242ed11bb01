//! Who we are: a certificate with its private key, which may be encrypted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::Document;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::SetupError;
use super::der::Certificate;
use super::trust::unreadable;

/// The label of an encrypted key of today.
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// What an encrypted key of the time before PKCS #8 holds.
const ENCRYPTED_BEFORE_PKCS8: &str = "Proc-Type: 4,ENCRYPTED";

/// Asks for the passphrase of a key file.
pub type Ask<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// The files of a client's or server's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// PEM certificates: the own one first, then those that lead to a trusted one.
    pub certificate: PathBuf,
    /// The PEM private key.
    pub key: PathBuf,
}

impl Files {
    /// Reads both.
    pub(super) fn load(
        &self,
        provider: &CryptoProvider,
        ask: Ask<'_>,
    ) -> Result<CertifiedKey, SetupError> {
        let path = &self.certificate;
        let text = fs::read(path).map_err(|error| unreadable(path, error))?;
        let chain = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
        let chain = chain.unwrap_or_default();
        let own = chain.first().ok_or_else(|| SetupError::NoCertificate(path.clone()))?;
        let own = Certificate::read(own).ok_or_else(|| SetupError::NoCertificate(path.clone()))?;
        let key = private_key(&self.key, ask)?;
        let bad = |why: String| SetupError::BadKey(self.key.clone(), why);
        let key =
            provider.key_provider.load_private_key(key).map_err(|error| bad(error.to_string()))?;
        let public = key.public_key();
        if public.is_some_and(|public| *public != *own.public_key_info) {
            return Err(SetupError::KeyOfAnother(self.clone()));
        }
        Ok(CertifiedKey::new(chain, Arc::clone(&key)))
    }
}

/// The first private key of a PEM file.
fn private_key(path: &Path, ask: Ask<'_>) -> Result<PrivateKeyDer<'static>, SetupError> {
    let text = fs::read(path).map_err(|error| unreadable(path, error))?;
    let bad = |why: &str| SetupError::BadKey(path.to_owned(), why.to_owned());
    let text = std::str::from_utf8(&text).map_err(|_| bad("it is no PEM file"))?;
    if text.contains(ENCRYPTED_BEFORE_PKCS8) {
        return Err(bad("its encryption is of the old kind; \
            'openssl pkcs8 -topk8 -in OLD -out NEW' makes one that can be used"));
    }
    if let Some(block) = block(text, ENCRYPTED) {
        return decrypted(path, block, ask);
    }
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| bad("it holds no private key"))
}

fn decrypted(path: &Path, block: &str, ask: Ask<'_>) -> Result<PrivateKeyDer<'static>, SetupError> {
    let bad = |why: &str| SetupError::BadKey(path.to_owned(), why.to_owned());
    let (_, document) = Document::from_pem(block).map_err(|_| bad("it is damaged"))?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|_| bad("its encryption is of an unknown kind"))?;
    let passphrase = ask(path).map_err(|error| SetupError::NoPassphrase(path.to_owned(), error))?;
    let key = encrypted
        .decrypt(passphrase)
        .map_err(|_| bad("it cannot be decrypted; the passphrase may be wrong"))?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

/// The PEM block with this label, boundaries included.
fn block<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let end = format!("-----END {label}-----");
    let start = text.find(&format!("-----BEGIN {label}-----"))?;
    let length = text[start..].find(&end)? + end.len();
    Some(&text[start..start + length])
}
