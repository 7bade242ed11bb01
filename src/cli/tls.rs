//! The options about TLS: which combinations make sense, and what they ask of the transport.

mod words;

use std::path::{Path, PathBuf};

use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, system_text, text};
use crate::cli::options::Called;
use crate::transport::psk::Psk;
use crate::transport::tls::{ClientSettings, ClientTls, Files, SetupError, Sources};

pub use words::{reason, trace};

/// The port of MQTT over TLS.
pub const PORT: u16 = 8883;

/// What was said about TLS.
#[derive(Clone, Debug, Default)]
pub struct TlsDraft {
    /// `--no-tls`.
    pub is_off: bool,
    /// `--cafile`.
    pub cafile: Option<PathBuf>,
    /// `--capath`.
    pub capath: Option<PathBuf>,
    /// `--tls-use-os-certs`, and what a URL's scheme asks for.
    pub uses_system: bool,
    /// `--insecure`.
    pub is_insecure: bool,
    /// `--cert`.
    pub certificate: Option<PathBuf>,
    /// `--key`.
    pub key: Option<PathBuf>,
    /// `--keyform`.
    pub key_form: Option<Vec<u8>>,
    /// `--tls-engine`.
    pub engine: Option<String>,
    /// `--tls-engine-kpass-sha1`.
    pub engine_password: Option<Vec<u8>>,
    /// `--tls-version`.
    pub version: Option<Vec<u8>>,
    /// `--ciphers`.
    pub ciphers: Option<String>,
    /// `--tls-alpn`.
    pub protocol: Option<Vec<u8>>,
    /// `--tls-keylog`.
    pub key_log: Option<PathBuf>,
    /// `--psk`, as typed.
    pub psk: Option<Vec<u8>>,
    /// `--psk-identity`.
    pub psk_identity: Option<Vec<u8>>,
}

impl TlsDraft {
    fn has_authority(&self) -> bool {
        self.cafile.is_some() || self.capath.is_some()
    }

    /// The port that holds where none is said. `--no-tls` does not change it.
    pub fn default_port(&self) -> u16 {
        if self.has_authority() || self.psk.is_some() { PORT } else { 1883 }
    }
}

/// Refuses options that do not go together.
pub fn check(tls: &TlsDraft) -> Result<(), Problem> {
    if tls.certificate.is_some() != tls.key.is_some() {
        return Err(Problem::usage(
            "Error: Both certfile and keyfile must be provided if one of them is set.",
        ));
    }
    if tls.key_form.is_some() && tls.key.is_none() {
        return Err(Problem::usage("Error: If keyform is set, keyfile must be also specified."));
    }
    let lacks_engine = tls.key_form.is_none() || tls.engine.is_none();
    if tls.engine_password.is_some() && lacks_engine {
        return Err(Problem::usage(
            "Error: when using tls-engine-kpass-sha1, both tls-engine and keyform must also be \
             provided.",
        ));
    }
    if tls.has_authority() && tls.psk.is_some() {
        return Err(Problem::usage(
            "Error: Only one of --psk or --cafile/--capath may be used at once.",
        ));
    }
    if tls.psk.is_some() && tls.psk_identity.is_none() {
        return Err(Problem::usage("Error: --psk-identity required if --psk used."));
    }
    Ok(())
}

/// The TLS that a command line asks for, if any, with its files read. An encrypted key's
/// passphrase is asked for at the terminal.
pub fn build(draft: &Draft, host: Option<&str>) -> Result<Option<ClientTls>, Problem> {
    let tls = &draft.tls;
    let is_tls_port = draft.connection.port == Some(PORT);
    let is_on = tls.has_authority() || tls.uses_system || is_tls_port;
    if tls.is_off || !is_on || tls.psk.is_some() {
        return Ok(None);
    }
    refuse_engines(tls)?;
    let needs_13 = match tls.version.as_deref() {
        None | Some(b"tlsv1.2") => false,
        Some(b"tlsv1.3") => true,
        Some(_) => return Err(bad_version(draft.called)),
    };
    let identity = tls.certificate.as_ref().zip(tls.key.as_ref());
    let settings = ClientSettings {
        trust: Sources {
            file: tls.cafile.clone(),
            // To mosquitto a folder that is not there is an empty one.
            folder: tls
                .capath
                .clone()
                .filter(|path| draft.called == Called::Lastwill || path.is_dir()),
            system: tls.uses_system || !tls.has_authority(),
        },
        trusts_all: tls.is_insecure,
        identity: identity
            .map(|(certificate, key)| Files { certificate: certificate.clone(), key: key.clone() }),
        needs_13,
        ciphers: tls.ciphers.clone(),
        ciphers_13: None,
        protocol: tls.protocol.clone(),
        key_log: tls.key_log.clone(),
    };
    let ask = |path: &Path| rpassword::prompt_password(prompt(draft.called, path));
    let tls = ClientTls::new(&settings, host, &ask);
    tls.map(Some).map_err(|error| setup_problem(draft, &error))
}

fn prompt(called: Called, key: &Path) -> String {
    match called {
        Called::Mosquitto => "Enter PEM pass phrase:".to_owned(),
        Called::Lastwill => format!("Passphrase of {}: ", key.display()),
    }
}

fn refuse_engines(tls: &TlsDraft) -> Result<(), Problem> {
    let option = match (&tls.engine, tls.key_form.as_deref()) {
        (Some(engine), _) => format!("--tls-engine {engine}"),
        (None, None | Some(b"pem")) => return Ok(()),
        (None, Some(b"engine")) => "--keyform engine".to_owned(),
        (None, Some(_)) => {
            return Err(Problem::plain(
                "Error: Problem setting key form, it must be one of 'pem' or 'engine'.",
            ));
        }
    };
    Err(Problem::plain(format!(
        "Error: {option} cannot be used: no build of lastwill has OpenSSL engines. mosquitto's own \
         clients have them where they were built with WITH_TLS against an OpenSSL with engines; \
         with lastwill keep the key in a PEM file (--key)."
    )))
}

/// The pre-shared key that a command line asks for, if any.
pub fn build_psk(tls: &TlsDraft) -> Result<Option<Psk>, Problem> {
    let (Some(key), false) = (&tls.psk, tls.is_off) else { return Ok(None) };
    let refused = || Problem::plain("Error: Problem setting TLS-PSK options.");
    let key = hexadecimal(key).filter(|key| !key.is_empty()).ok_or_else(refused)?;
    if !cfg!(feature = "psk") {
        return Err(Problem::plain(
            "Error: --psk cannot be used: this build of lastwill has no TLS with pre-shared keys. \
             A build with --features psk has it.",
        ));
    }
    let identity = tls.psk_identity.clone().unwrap_or_default();
    Ok(Some(Psk { identity, key, ciphers: tls.ciphers.clone() }))
}

/// The bytes of a hexadecimal number. An odd digit stands for itself.
fn hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    let (odd, pairs) = digits.split_at(digits.len() % 2);
    let odd = odd.iter().map(|digit| value(digit).map(|low| low as u8));
    let pairs = pairs.chunks(2).map(|pair| Some((value(&pair[0])? * 16 + value(&pair[1])?) as u8));
    odd.chain(pairs).collect()
}

fn bad_version(called: Called) -> Problem {
    let text = "Error: Problem setting TLS options, check the options are valid.";
    Problem::plain(match called {
        Called::Mosquitto => text.to_owned(),
        Called::Lastwill => format!("{text} --tls-version takes tlsv1.2 or tlsv1.3."),
    })
}

/// What is wrong with the files, or with what they hold.
fn setup_problem(draft: &Draft, error: &SetupError) -> Problem {
    let is_own = draft.called == Called::Lastwill;
    Problem::plain(match error {
        SetupError::KeyLog(path, error) => {
            format!("Error: --tls-keylog {}: {}.", path.display(), system_text(error))
        }
        SetupError::Unreadable(..) if !is_own => {
            "Error: Problem setting TLS options: File not found.".to_owned()
        }
        // Nobody could say what happened without being told.
        SetupError::NoPassphrase(path, error) => format!(
            "Error: Problem setting TLS options: {} is encrypted, and there is no terminal to ask \
             for its passphrase ({}).",
            path.display(),
            system_text(error)
        ),
        _ if !is_own => format!("Unable to connect ({}).", draft.compat.sentence(text::TLS)),
        error => format!("Error: Problem setting TLS options: {error}."),
    })
}
