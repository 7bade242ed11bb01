//! Certificates in a folder, and a mosquitto with as many listeners as a test wants.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;

use crate::support;
use crate::support::program::Program;

/// A folder with `ca`, the servers `server`, `server2`, `expired` and `elsewhere`, the clients `client`,
/// `second`, `nameless`, `late` and `early`, and with `other`, an authority that has issued nothing: NAME.crt
/// and NAME.key.
pub struct Lab {
    folder: TempDir,
}

impl Lab {
    pub fn new() -> Self {
        let lab = Lab { folder: tempfile::tempdir().unwrap() };
        let (authority, key) = lab.authority("ca", "Test authority");
        lab.authority("other", "Other authority");
        let issuer = Issuer::new(authority, key);
        let localhost = ["localhost", "127.0.0.1"];
        lab.issue("server", &localhost, &issuer, |_| {});
        lab.issue("client", &[], &issuer, |params| {
            params.distinguished_name.push(DnType::CommonName, "client");
        });
        lab.issue("server2", &localhost, &issuer, |_| {});
        lab.issue("second", &[], &issuer, |params| {
            params.distinguished_name.push(DnType::CommonName, "second");
        });
        lab.issue("nameless", &[], &issuer, |params| {
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(DnType::OrganizationName, "nobody");
        });
        lab.issue("late", &[], &issuer, |params| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 2);
        });
        lab.issue("early", &[], &issuer, |params| params.not_before = date_time_ymd(2060, 1, 1));
        lab.issue("elsewhere", &["elsewhere.example"], &issuer, |_| {});
        lab.issue("expired", &localhost, &issuer, |params| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 2);
        });
        lab
    }

    fn authority(&self, file: &str, name: &str) -> (CertificateParams, KeyPair) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        self.store(file, &certificate.pem(), &key);
        (params, key)
    }

    fn issue(
        &self,
        file: &str,
        names: &[&str],
        issuer: &Issuer<'_, KeyPair>,
        change: impl FnOnce(&mut CertificateParams),
    ) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap();
        self.store(file, &certificate.pem(), &key);
    }

    fn store(&self, file: &str, certificate: &str, key: &KeyPair) {
        fs::write(self.path(&format!("{file}.crt")), certificate).unwrap();
        fs::write(self.path(&format!("{file}.key")), key.serialize_pem()).unwrap();
    }

    /// A path in the folder; the folder itself for the empty name.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Arguments; what begins with `@` is a path in the folder.
    pub fn words(&self, line: &str) -> Vec<String> {
        let word = |word: &str| match word.strip_prefix('@') {
            Some(name) => self.path(name),
            None => word.to_owned(),
        };
        line.split_whitespace().map(word).collect()
    }

    /// Runs `openssl`.
    pub fn openssl(&self, line: &str) {
        let output = Command::new("openssl").args(self.words(line)).output().unwrap();
        assert!(output.status.success(), "openssl {line}: {output:?}");
    }

    /// The settings of a listener with TLS: the certificate NAME, and more.
    pub fn listener(&self, name: &str, more: &str) -> String {
        let [authority, certificate, key] =
            ["ca.crt".to_owned(), format!("{name}.crt"), format!("{name}.key")]
                .map(|file| self.path(&file));
        format!(
            "listener PORT 127.0.0.1\ncafile {authority}\ncertfile {certificate}\nkeyfile {key}\n{more}"
        )
    }

    /// The settings of a listener without TLS.
    pub fn plain_listener(&self) -> String {
        "listener PORT 127.0.0.1\n".to_owned()
    }
}

/// A running mosquitto.
pub struct Broker {
    pub program: Program,
    /// The ports of its listeners on 127.0.0.1.
    pub ports: Vec<String>,
}

impl Broker {
    /// Starts one with these listeners, each on a free port.
    pub fn start(lab: &Lab, listeners: &str) -> Self {
        Self::start_with(lab, listeners, "")
    }

    /// Starts one that speaks TLS 1.2 only, which mosquitto has no setting for.
    pub fn start_of_12(lab: &Lab, listeners: &str) -> Self {
        Self::start_with(lab, listeners, "MaxProtocol = TLSv1.2\n")
    }

    fn start_with(lab: &Lab, listeners: &str, openssl: &str) -> Self {
        let defaults = "openssl_conf = main\n[main]\nssl_conf = ssl\n[ssl]\n\
                        system_default = default\n[default]\n";
        fs::write(lab.path("openssl.cnf"), format!("{defaults}{openssl}")).unwrap();
        let probes: Vec<TcpListener> =
            listeners.matches("PORT").map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let port = |probe: &TcpListener| probe.local_addr().unwrap().port().to_string();
        let ports: Vec<String> = probes.iter().map(port).collect();
        drop(probes);
        let mut settings = "allow_anonymous true\nlog_type all\n".to_owned();
        // mosquitto gives up root for a user that may not read our keys.
        settings.push_str("user root\n");
        let mut parts = listeners.split("PORT");
        settings.push_str(parts.next().unwrap_or_default());
        for (port, part) in ports.iter().zip(parts) {
            settings.push_str(port);
            settings.push_str(part);
        }
        fs::write(lab.path("mosquitto.conf"), settings).unwrap();
        Broker { program: mosquitto(lab), ports }
    }

    /// Kills it and starts another in its place.
    pub fn replaced(self, lab: &Lab) -> Self {
        let Broker { program, ports } = self;
        drop(program);
        Broker { program: mosquitto(lab), ports }
    }

    /// Waits until the log ends a line with `CLIENT QOS FILTER`.
    pub fn await_subscribed(&self, subscription: &str) {
        let ending = format!(": {subscription}");
        self.program.stderr.line_that(&ending, |line| line.ends_with(&ending));
    }
}

fn mosquitto(lab: &Lab) -> Program {
    let file = lab.path("mosquitto.conf");
    let mut command = Command::new(support::mosquitto());
    command.args(["-c", &file]).env("OPENSSL_CONF", lab.path("openssl.cnf"));
    let program = Program::start_command(&mut command);
    program.stderr.line_with("running");
    program
}
