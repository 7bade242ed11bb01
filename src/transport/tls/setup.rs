//! Why settings cannot be used: files and lists, before anybody connects.

use std::fmt;
use std::io;
use std::path::PathBuf;

use tokio_rustls::rustls::Error;

use super::{Files, ciphers};

/// Why settings cannot be used. `Display` names the file and the reason, without a full stop.
#[derive(Debug)]
pub enum SetupError {
    /// A file or folder cannot be read.
    Unreadable(PathBuf, io::Error),
    /// A file holds no certificate that can be used.
    NoCertificate(PathBuf),
    /// A private key cannot be used, and why.
    BadKey(PathBuf, String),
    /// A key is encrypted, and nobody could be asked for its passphrase.
    NoPassphrase(PathBuf, io::Error),
    /// Certificate and key do not belong together.
    KeyOfAnother(Files),
    /// A list of revoked certificates cannot be used, and why.
    BadRevocationList(PathBuf, String),
    /// A cipher list for TLS 1.2, which is here, means no suite that we have.
    NoCipher(String),
    /// The same for TLS 1.3.
    NoCipher13(String),
    /// The key log cannot be written.
    KeyLog(PathBuf, io::Error),
    /// There can be no pre-shared keys, because of this.
    Psk(String),
    /// The host, which is here, can be no name in a certificate.
    Name(String),
    /// rustls refuses them.
    Refused(Error),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Unreadable(path, error) | SetupError::KeyLog(path, error) => {
                write!(f, "{}: {}", path.display(), system_text(error))
            }
            SetupError::NoPassphrase(path, error) => write!(
                f,
                "the key {} is encrypted, and nobody could be asked for its passphrase: {}",
                path.display(),
                system_text(error)
            ),
            SetupError::NoCertificate(path) => {
                write!(f, "{} holds no certificate in PEM form", path.display())
            }
            SetupError::BadKey(path, why) => {
                write!(f, "the key {} cannot be used: {why}", path.display())
            }
            SetupError::KeyOfAnother(Files { certificate, key }) => write!(
                f,
                "{} is not the private key of the certificate {}",
                key.display(),
                certificate.display()
            ),
            SetupError::BadRevocationList(path, why) => {
                write!(f, "{} cannot be used: {why}", path.display())
            }
            SetupError::NoCipher(list) => {
                write_list(f, list, &ciphers::available().collect::<Vec<_>>())
            }
            SetupError::NoCipher13(list) => {
                write_list(f, list, &ciphers::available_13().collect::<Vec<_>>())
            }
            SetupError::Psk(why) => write!(f, "no pre-shared keys: {why}"),
            SetupError::Name(host) => write!(
                f,
                "'{host}' is neither a host name nor an address that a certificate could be for"
            ),
            SetupError::Refused(error) => write!(f, "{error}"),
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, list: &str, available: &[&str]) -> fmt::Result {
    let available = available.join(":");
    write!(f, "none of the ciphers '{list}' is available; these are: {available}")
}

/// The operating system's text for an error, without the number that [`io::Error`] appends.
fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error ").next().map(str::to_owned).unwrap_or(text)
}
