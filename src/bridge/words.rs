//! Reasons in words: no sentences, so without a full stop.

use std::io;

use crate::client::{Cause, NotSent};
use crate::protocol::{ReasonCode, Version};
use crate::transport::connect::ConnectError;
use crate::transport::tls::Failure;

/// Why no stream came of it.
pub(super) fn unreachable(error: &ConnectError) -> String {
    match error {
        ConnectError::Lookup(name, _) => format!("'{name}' has no address"),
        ConnectError::Refused(address, error) => format!("{} ({address})", system(error)),
        ConnectError::Bind(address, error) => {
            format!("{} (local address {})", system(error), address.ip())
        }
        ConnectError::Tls(failure) => format!("TLS: {}", tls(failure)),
        ConnectError::Within(error) => system(error),
        ConnectError::Silent => "the remote broker took the connection and said nothing".to_owned(),
        other => format!("{other:?}"),
    }
}

fn system(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

fn tls(failure: &Failure) -> String {
    match failure {
        Failure::Expired(_) => "the certificate of the remote broker has expired".to_owned(),
        Failure::NotYetValid(_) => {
            "the certificate of the remote broker is not valid yet".to_owned()
        }
        Failure::UnknownIssuer(Some(issuer)) => {
            format!("the certificate was issued by '{issuer}', which bridge_cafile does not have")
        }
        Failure::UnknownIssuer(None) => {
            "the certificate was issued by nobody that bridge_cafile has".to_owned()
        }
        Failure::WrongName { wanted, presented } => {
            format!("the certificate is for '{}', not for '{wanted}'", presented.join("', '"))
        }
        Failure::Certificate(why) | Failure::Other(why) => why.clone(),
        Failure::Alert(_, name) => format!("the remote broker has refused us with '{name}'"),
        Failure::NotTls => "the answer is not TLS".to_owned(),
        Failure::Closed => {
            "the remote broker has closed the connection in the handshake".to_owned()
        }
    }
}

/// Why a CONNECT was refused: version 3 has fewer reasons than there are causes.
pub(super) fn refused(version: Version, reason: ReasonCode) -> String {
    match (version, reason) {
        (Version::V5, reason) => format!("{reason} ({:#04x})", reason as u8),
        (_, reason) => match reason.connack_v3() {
            Some(code) => format!("{reason} (code {code})"),
            None => reason.to_string(),
        },
    }
}

/// Why a connection ended.
pub(super) fn lost(cause: Cause) -> String {
    match cause {
        Cause::Requested => "by the bridge itself".to_owned(),
        Cause::Lost | Cause::OpenFailed | Cause::TlsFailed => "connection lost".to_owned(),
        Cause::Unanswered => "the remote broker closed the connection".to_owned(),
        Cause::Silent => "exceeded timeout".to_owned(),
        Cause::Disconnected(reason) | Cause::Refused(reason) | Cause::Violation(reason) => {
            reason.to_string().to_lowercase()
        }
        Cause::RefusedOddly(code) => format!("refused with the unknown code {code}"),
        Cause::Broken(error) => error.to_string(),
    }
}

/// Why a message was not sent.
pub(super) fn not_sent(why: NotSent) -> &'static str {
    match why {
        NotSent::Offline => "no connection",
        NotSent::TooLarge => "larger than the other side takes",
        NotSent::QoS(_) => "of a higher QoS than the other side takes",
    }
}
