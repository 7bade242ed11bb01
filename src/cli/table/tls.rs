//! Options about TLS.

use std::path::PathBuf;

use super::{Group, Row, names};

/// TLS.
pub const ROWS: &[Row] = &[
    names(None, Some("cafile"))
        .takes("FILE", "file")
        .within(Group::Tls, "Use TLS and trust the certificates in this PEM file; port 8883")
        .does(|draft, typed| {
            draft.tls.cafile = Some(PathBuf::from(typed.value()?));
            Ok(())
        }),
    names(None, Some("capath"))
        .takes("DIR", "directory")
        .within(Group::Tls, "Use TLS and trust the certificates in the files of this directory")
        .does(|draft, typed| {
            draft.tls.capath = Some(PathBuf::from(typed.value()?));
            Ok(())
        }),
    names(None, Some("tls-use-os-certs"))
        .within(
            Group::Tls,
            "Use TLS and trust the system's certificates, or those of SSL_CERT_FILE, SSL_CERT_DIR",
        )
        .does(|draft, _| {
            draft.tls.uses_system = true;
            Ok(())
        }),
    names(None, Some("cert"))
        .takes("FILE", "file")
        .within(Group::Tls, "Our own certificate, PEM; needs --key")
        .does(|draft, typed| {
            draft.tls.certificate = Some(PathBuf::from(typed.value()?));
            Ok(())
        }),
    names(None, Some("key"))
        .takes("FILE", "file")
        .within(
            Group::Tls,
            "Private key of --cert, PEM; the passphrase of an encrypted one is asked for",
        )
        .does(|draft, typed| {
            draft.tls.key = Some(PathBuf::from(typed.value()?));
            Ok(())
        }),
    names(None, Some("insecure"))
        .within(Group::Tls, "Believe any server: its certificate is not checked at all")
        .does(|draft, _| {
            draft.tls.is_insecure = true;
            Ok(())
        }),
    names(None, Some("tls-version"))
        .takes("VERSION", "version")
        .within(Group::Tls, "Lowest version of TLS: tlsv1.2 or tlsv1.3 [default: tlsv1.2]")
        .does(|draft, typed| {
            draft.tls.version = Some(typed.bytes()?.to_vec());
            Ok(())
        }),
    names(None, Some("ciphers"))
        .takes("LIST", "ciphers")
        .within(Group::Tls, "Ciphers for TLS 1.2, as OpenSSL names them")
        .does(|draft, typed| {
            draft.tls.ciphers = Some(typed.text()?);
            Ok(())
        }),
    names(None, Some("tls-alpn"))
        .takes("PROTOCOL", "protocol")
        .within(Group::Tls, "Application protocol to offer to the server (ALPN)")
        .does(|draft, typed| {
            draft.tls.protocol = Some(typed.bytes()?.to_vec());
            Ok(())
        }),
    names(None, Some("tls-keylog"))
        .since_21()
        .takes("FILE", "file")
        .within(Group::Tls, "Append the secrets of the connection to a file, for Wireshark")
        .does(|draft, typed| {
            draft.tls.key_log = Some(PathBuf::from(typed.value()?));
            Ok(())
        }),
    names(None, Some("no-tls"))
        .since_21()
        .within(Group::Tls, "Never use TLS, not even on port 8883")
        .does(|draft, _| {
            draft.tls.is_off = true;
            Ok(())
        }),
    names(None, Some("psk"))
        .takes("KEY", "key")
        .within(
            Group::Tls,
            "Use TLS with this pre-shared key, in hexadecimal; needs --psk-identity, and a build \
             with the feature psk",
        )
        .does(|draft, typed| {
            draft.tls.psk = Some(typed.bytes()?.to_vec());
            Ok(())
        }),
    names(None, Some("psk-identity"))
        .takes("IDENTITY", "identity")
        .within(Group::Tls, "By which name the server knows the pre-shared key")
        .does(|draft, typed| {
            draft.tls.psk_identity = Some(typed.bytes()?.to_vec());
            Ok(())
        }),
    refused("keyform").takes("FORM", "keyform").does(|draft, typed| {
        draft.tls.key_form = Some(typed.bytes()?.to_vec());
        Ok(())
    }),
    refused("tls-engine").takes("ID", "engine_id").does(|draft, typed| {
        draft.tls.engine = Some(typed.text()?);
        Ok(())
    }),
    refused("tls-engine-kpass-sha1").takes("HASH", "kpass sha1").does(|draft, typed| {
        draft.tls.engine_password = Some(typed.bytes()?.to_vec());
        Ok(())
    }),
];

/// An option that this version cannot obey, hidden from help.
const fn refused(long: &'static str) -> Row {
    Row { group: None, ..names(None, Some(long)) }
}
