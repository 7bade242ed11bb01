//! `--tls-self-signed DIR`: an authority, a server's and a client's certificate for a laboratory.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustix::system::uname;

use crate::clock::Clock;
use crate::config::Sources;

/// How long the certificates are good, in years.
const YEARS: i16 = 10;
/// Where the broker listens if nothing is said.
pub const PORT: u16 = 8883;

/// What is made, in this order.
const FILES: [&str; 6] =
    ["ca.key", "ca.crt", "server.key", "server.crt", "client.key", "client.crt"];

/// The certificate of the authority.
pub fn authority(folder: &Path) -> PathBuf {
    folder.join("ca.crt")
}

/// Makes the files if none of them is there, lets the broker use them, and says how clients
/// connect. It listens on `port` where nothing else is said.
pub fn prepare(folder: &Path, sources: &mut Sources, port: u16) -> anyhow::Result<()> {
    let is_there = |name: &&str| fs::exists(folder.join(name)).unwrap_or(true);
    let (there, missing): (Vec<&str>, Vec<&str>) = FILES.into_iter().partition(|it| is_there(it));
    if there.is_empty() {
        make(folder).with_context(|| format!("--tls-self-signed {}", folder.display()))?;
        eprintln!("Made certificates for a laboratory in {}.", folder.display());
    } else if !missing.is_empty() {
        let (folder, missing) = (folder.display(), missing.join(", "));
        bail!(
            "--tls-self-signed {folder}: {} is there, but not {missing}. Give a folder with all \
             of these files, or with none, so that they are made",
            there.join(", ")
        );
    }
    let file = |name: &str| folder.join(name).display().to_string();
    // Before what was typed, which wins.
    let own = [("certfile", "server.crt"), ("keyfile", "server.key"), ("cafile", "ca.crt")];
    sources.sets.splice(0..0, own.map(|(name, value)| format!("{name}={}", file(value))));
    if sources.ports.is_empty() && sources.file.is_none() {
        sources.ports.push(port);
    }
    let port = match sources.ports.first() {
        Some(0) | None => "PORT".to_owned(),
        Some(port) => port.to_string(),
    };
    eprintln!(
        "For laboratories only: whoever can read {} can be anybody.\n\
         A client: lastwill sub -h localhost -p {port} --cafile {} -t '#' -v\n\
         With a certificate of its own, for --set require_certificate=true: --cert {} --key {}",
        file("ca.key"),
        file("ca.crt"),
        file("client.crt"),
        file("client.key"),
    );
    Ok(())
}

fn make(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let key = KeyPair::generate()?;
    let mut authority = params("lastwill laboratory CA", Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    store(folder, "ca", &authority.self_signed(&key)?.pem(), &key)?;
    let issuer = Issuer::new(authority, key);
    let host = uname().nodename().to_string_lossy().into_owned();
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    names.extend(Some(host).filter(|host| !host.is_empty() && host != "localhost"));
    let server = ("server", "localhost", names, ExtendedKeyUsagePurpose::ServerAuth);
    let client = ("client", "client", Vec::new(), ExtendedKeyUsagePurpose::ClientAuth);
    for (file, name, names, usage) in [server, client] {
        let mut params = params(name, names)?;
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate()?;
        store(folder, file, &params.signed_by(&key, &issuer)?.pem(), &key)?;
    }
    Ok(())
}

fn params(name: &str, names: Vec<String>) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, name);
    let millis = i64::try_from(Clock::new().now().millis())?;
    let today = jiff::Timestamp::from_millisecond(millis)?.to_zoned(TimeZone::UTC).date();
    // A clock that is a little slow does not matter.
    let first = today.yesterday()?;
    let (month, day) = (first.month().unsigned_abs(), first.day().unsigned_abs().min(28));
    let year = i32::from(first.year());
    params.not_before = date_time_ymd(year, month, day);
    params.not_after = date_time_ymd(year + i32::from(YEARS), month, day);
    Ok(params)
}

/// Writes NAME.key, which is for its owner only, and NAME.crt.
fn store(folder: &Path, name: &str, certificate: &str, key: &KeyPair) -> anyhow::Result<()> {
    write(folder.join(format!("{name}.key")), &key.serialize_pem(), 0o600)?;
    write(folder.join(format!("{name}.crt")), certificate, 0o644)
}

fn write(path: PathBuf, text: &str, mode: u32) -> anyhow::Result<()> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| path.display().to_string())
}
