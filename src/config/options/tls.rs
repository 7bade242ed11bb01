//! Options of listeners with TLS.

use std::path::PathBuf;

use super::Reload::{No, Yes};
use super::Set::{Bool, Text};
use super::{Apply, OptionRow, Times, Wrong, row};
use crate::config::draft::ListenerDraft;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "certfile",
        "(none)",
        Yes,
        "The certificate of the server in PEM form, followed by those that lead to its authority. \
         With keyfile it makes the listener speak TLS.",
        Apply::Listener(Text("FILE", Times::Many, |l, text| {
            l.tls.certfile = Some(PathBuf::from(text));
            Ok(())
        })),
    ),
    row(
        "keyfile",
        "(none)",
        Yes,
        "The private key of certfile in PEM form. The passphrase of an encrypted one is asked for \
         at the start, so that needs a terminal.",
        Apply::Listener(Text("FILE", Times::Many, |l, text| {
            l.tls.keyfile = Some(PathBuf::from(text));
            Ok(())
        })),
    ),
    row(
        "cafile",
        "(none)",
        Yes,
        "The certificates of the authorities, in PEM form, whose clients are believed. Where \
         certfile holds only the server's own certificate, clients get those of them that lead to \
         its authority.",
        Apply::Block(Text("FILE", Times::Many, |l, text| {
            l.tls.cafile = Some(PathBuf::from(text));
            Ok(())
        })),
    ),
    row(
        "capath",
        "(none)",
        Yes,
        "A folder of such files, whatever their names.",
        Apply::Listener(Text("DIR", Times::Many, |l, text| {
            l.tls.capath = Some(PathBuf::from(text));
            Ok(())
        })),
    ),
    row(
        "crlfile",
        "(none)",
        Yes,
        "What the authorities have revoked, in PEM form. Every issuer of a client's certificate \
         needs a list here that is in date.",
        Apply::Listener(Text("FILE", Times::Many, |l, text| {
            l.tls.crlfile = Some(PathBuf::from(text));
            Ok(())
        })),
    ),
    row(
        "require_certificate",
        "false",
        Yes,
        "Whether clients have to show a certificate; otherwise they are not asked for one.",
        Apply::Listener(Bool(|l, on| l.tls.require_certificate = on)),
    ),
    row(
        "use_identity_as_username",
        "false",
        Yes,
        "The user name is the common name in the client's certificate, or the identity of its \
         pre-shared key; user name and password of CONNECT are not looked at.",
        Apply::Listener(Bool(|l, on| l.tls.use_identity_as_username = on)),
    ),
    row(
        "use_subject_as_username",
        "false",
        Yes,
        "The same with the whole subject of the certificate, written as RFC 2253 says.",
        Apply::Listener(Bool(|l, on| l.tls.use_subject_as_username = on)),
    ),
    row(
        "tls_version",
        "tlsv1.2",
        No,
        "The lowest version of TLS that is spoken; tlsv1.1 is taken as tlsv1.2.",
        Apply::Block(Text("tlsv1.2|tlsv1.3", Times::Once, set_version)),
    ),
    row(
        "ciphers",
        "(all)",
        Yes,
        "Suites of TLS 1.2, as OpenSSL writes such lists. What we do not have is passed over and \
         told.",
        Apply::Listener(Text("LIST", Times::Many, |l, text| {
            l.tls.ciphers = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "ciphers_tls1.3",
        "(all)",
        Yes,
        "Suites of TLS 1.3, separated by colons.",
        Apply::Listener(Text("LIST", Times::Many, |l, text| {
            l.tls.ciphers_13 = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "disable_client_cert_date_checks",
        "false",
        Yes,
        "Whether certificates of clients are believed outside of the time they are made for.",
        Apply::Block(Bool(|l, on| l.tls.ignores_dates = on)),
    ),
    row(
        "psk_hint",
        "(none)",
        No,
        "Makes the listener speak TLS with pre-shared keys, those of psk_file, instead of \
         certificates. The text itself is not sent. Needs a build with the feature psk.",
        Apply::Listener(Text("TEXT", Times::Once, set_psk_hint)),
    ),
    row(
        "psk_file",
        "(none)",
        Yes,
        "The keys of listeners with psk_hint: lines of an identity, a colon, and the key in \
         hexadecimal.",
        Apply::Security(
            Text("FILE", Times::Many, |d, text| {
                d.psk_file = Some(PathBuf::from(text));
                Ok(())
            }),
            Text("FILE", Times::Many, |l, text| {
                l.psk_file = Some(PathBuf::from(text));
                Ok(())
            }),
        ),
    ),
];

fn set_psk_hint(listener: &mut ListenerDraft, text: &str) -> Result<(), Wrong> {
    if !cfg!(feature = "psk") {
        return Err(Wrong::Unsupported("A build with --features psk has pre-shared keys."));
    }
    listener.tls.psk_hint = Some(text.to_owned());
    Ok(())
}

fn set_version(listener: &mut ListenerDraft, text: &str) -> Result<(), Wrong> {
    listener.tls.needs_13 = match text {
        // mosquitto takes the first one without a word and speaks TLS 1.2 all the same.
        "tlsv1.1" | "tlsv1.2" => false,
        "tlsv1.3" => true,
        _ => return Err(Wrong::Expected("tlsv1.2 or tlsv1.3")),
    };
    Ok(())
}
