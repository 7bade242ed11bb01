//! Why TLS failed, in terms that can be told to a person.

use std::io;

use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// Why a handshake failed, or a secured connection later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The peer's certificate was valid until then, in seconds since 1970.
    Expired(u64),
    /// It is not valid before then, in seconds since 1970.
    NotYetValid(u64),
    /// Nobody we trust has issued it; the issuer's name, where it has one.
    UnknownIssuer(Option<String>),
    /// It is for other names.
    WrongName {
        /// The host that we wanted.
        wanted: String,
        /// The names in the certificate.
        presented: Vec<String>,
    },
    /// Something else is wrong with it.
    Certificate(String),
    /// The peer has refused us: the number and name of its alert.
    Alert(u8, String),
    /// What came from the peer is no TLS.
    NotTls,
    /// The peer has closed the connection during the handshake.
    Closed,
    /// Anything else.
    Other(String),
}

impl Failure {
    /// What a handshake failed of. An unknown issuer is called `issuer`.
    pub(super) fn of_handshake(error: &io::Error, issuer: Option<String>) -> Failure {
        match Failure::of(error) {
            Some(Failure::UnknownIssuer(_)) => Failure::UnknownIssuer(issuer),
            Some(failure) => failure,
            None => match error.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe => Failure::Closed,
                _ => Failure::Other(error.to_string()),
            },
        }
    }

    /// What TLS says about an error of a stream; `None` if the error is another layer's.
    pub fn of(error: &io::Error) -> Option<Failure> {
        Some(Failure::of_tls(error.get_ref()?.downcast_ref::<Error>()?))
    }

    /// The same of an error of TLS.
    pub(super) fn of_tls(error: &Error) -> Failure {
        match error {
            Error::InvalidCertificate(error) => of_certificate(error),
            Error::AlertReceived(alert) => Failure::Alert((*alert).into(), alert_name(*alert)),
            Error::InvalidMessage(_) => Failure::NotTls,
            Error::NoCertificatesPresented => {
                Failure::Certificate("none was shown, and one is required".to_owned())
            }
            other => Failure::Other(other.to_string()),
        }
    }
}

fn of_certificate(error: &CertificateError) -> Failure {
    match error {
        CertificateError::ExpiredContext { not_after, .. } => Failure::Expired(not_after.as_secs()),
        CertificateError::NotValidYetContext { not_before, .. } => {
            Failure::NotYetValid(not_before.as_secs())
        }
        CertificateError::UnknownIssuer => Failure::UnknownIssuer(None),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented = presented.iter().map(|name| bare(name).to_owned()).collect();
            Failure::WrongName { wanted: text_of(expected), presented }
        }
        CertificateError::Revoked => Failure::Certificate("it was revoked".to_owned()),
        CertificateError::UnknownRevocationStatus => Failure::Certificate(
            "its issuer has no list of revoked certificates here (crlfile)".to_owned(),
        ),
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => Failure::Certificate(
            "its issuer's list of revoked certificates is out of date (crlfile)".to_owned(),
        ),
        other => Failure::Certificate(other.to_string()),
    }
}

fn text_of(name: &ServerName<'_>) -> String {
    name.to_str().into_owned()
}

/// `DnsName("a")` → `a`, `IpAddress(::1)` → `::1`.
fn bare(presented: &str) -> &str {
    let inner = presented.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')'));
    inner.unwrap_or(presented).trim_matches('"')
}

/// `HandshakeFailure` → `handshake failure`.
fn alert_name(alert: AlertDescription) -> String {
    let mut words = String::new();
    let mut is_inside = false;
    for letter in alert.as_str().unwrap_or("unknown").chars() {
        if letter.is_ascii_uppercase() && is_inside {
            words.push(' ');
        }
        is_inside = letter.is_ascii_lowercase();
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        assert_eq!(alert_name(AlertDescription::UnknownCA), "unknown ca");
        assert_eq!(alert_name(AlertDescription::CertificateRequired), "certificate required");
        assert_eq!(bare("DnsName(\"a.example\")"), "a.example");
        assert_eq!(bare("a"), "a");
    }
}
