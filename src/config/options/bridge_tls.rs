//! Options of bridges about TLS.

use super::Reload::Yes;
use super::Set::{Bool, Text, Word};
use super::{Apply, OptionRow, Times, Wrong, row};
use crate::config::bridge::Secret;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "bridge_cafile",
        "(none)",
        Yes,
        "Speak TLS to the remote broker; its certificate must come from one of these authorities.",
        Apply::Bridge(Text("FILE", Times::Once, |b, text| {
            b.tls.tls.cafile = Some(text.into());
            Ok(())
        })),
    ),
    row(
        "bridge_capath",
        "(none)",
        Yes,
        "The same with a folder of files.",
        Apply::Bridge(Text("DIR", Times::Once, |b, text| {
            b.tls.tls.capath = Some(text.into());
            Ok(())
        })),
    ),
    row(
        "bridge_tls_use_os_certs",
        "false",
        Yes,
        "Speak TLS to the remote broker and trust the authorities of this system.",
        Apply::Bridge(Bool(|b, on| b.tls.tls.uses_system = on)),
    ),
    row(
        "bridge_certfile",
        "(none)",
        Yes,
        "The certificate of the bridge in PEM form; needs bridge_keyfile.",
        Apply::Bridge(Text("FILE", Times::Once, |b, text| {
            b.tls.certfile = Some(text.into());
            Ok(())
        })),
    ),
    row(
        "bridge_keyfile",
        "(none)",
        Yes,
        "Its private key in PEM form.",
        Apply::Bridge(Text("FILE", Times::Many, |b, text| {
            b.tls.keyfile = Some(text.into());
            Ok(())
        })),
    ),
    row(
        "bridge_insecure",
        "false",
        Yes,
        "Whether any certificate of the remote broker is believed. For tests only.",
        Apply::Bridge(Bool(|b, on| b.tls.tls.is_insecure = on)),
    ),
    row(
        "bridge_tls_version",
        "tlsv1.2",
        Yes,
        "The lowest version of TLS.",
        Apply::Bridge(Word("tlsv1.2|tlsv1.3", |b, word| {
            b.tls.tls.needs_13 = match word {
                "tlsv1.2" => false,
                "tlsv1.3" => true,
                _ => return Err(Wrong::Expected("tlsv1.2 or tlsv1.3")),
            };
            Ok(())
        })),
    ),
    row(
        "bridge_alpn",
        "(none)",
        Yes,
        "The protocol that is offered in the handshake of TLS (ALPN).",
        Apply::Bridge(Text("NAME", Times::Once, |b, text| {
            if text.len() > 255 {
                return Err(Wrong::Expected("at most 255 bytes"));
            }
            b.tls.tls.protocol = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "bridge_ciphers",
        "(all)",
        Yes,
        "The suites of TLS 1.2 that are offered, in OpenSSL's words, separated by colons.",
        Apply::Bridge(Text("LIST", Times::Once, |b, text| {
            b.tls.ciphers = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "bridge_ciphers_tls1.3",
        "(all)",
        Yes,
        "The suites of TLS 1.3 that are offered, separated by colons.",
        Apply::Bridge(Text("LIST", Times::Once, |b, text| {
            b.tls.ciphers_13 = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "bridge_identity",
        "(none)",
        Yes,
        "Speak TLS with a pre-shared key: the name of the key; needs bridge_psk, and a build with \
         the feature psk.",
        Apply::Bridge(Text("NAME", Times::Once, |b, text| {
            b.tls.identity = Some(text.to_owned());
            Ok(())
        })),
    ),
    row(
        "bridge_psk",
        "(none)",
        Yes,
        "The key, in hexadecimal digits.",
        Apply::Bridge(Text("HEX", Times::Once, |b, text| {
            b.tls.key = Some(Secret(text.to_owned()));
            Ok(())
        })),
    ),
    row(
        "bridge_require_ocsp",
        "false",
        Yes,
        "Not available: the certificate of the remote broker is not asked for an OCSP answer.",
        Apply::Bridge(Word("false", |_, word| match word {
            "false" | "0" => Ok(()),
            "true" | "1" => Err(Wrong::Unsupported(
                "OCSP answers are not looked at; give certificates a short life, or leave this out.",
            )),
            _ => Err(Wrong::Expected("false")),
        })),
    ),
];
