//! Debian's haproxy in front of our broker: PROXY headers as a real proxy sends them.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::support::broker::Broker;
use crate::support::packet::{Connect, Version, Will};
use crate::support::program::{self, Program};
use crate::support::raw::Raw;
use crate::support::{await_that, free_port, lastwill};

/// A proxy with one way through it.
struct Haproxy {
    _program: Program,
    port: u16,
    _folder: TempDir,
}

impl Haproxy {
    /// `bind` and `server` are what stands behind the addresses in lines of those names. FOLDER is
    /// where certificates are.
    fn start(broker: &Broker, folder: TempDir, bind: &str, server: &str, more: &str) -> Self {
        let port = free_port();
        let file = folder.path().join("haproxy.cfg");
        let settings = format!(
            "defaults\n  mode tcp\n  timeout connect 10s\n  timeout client 60s\n  \
             timeout server 60s\n{more}\
             listen mqtt\n  bind 127.0.0.1:{port} {bind}\n  \
             server broker 127.0.0.1:{} {server}\n",
            broker.port
        );
        fs::write(&file, settings.replace("FOLDER", folder.path().to_str().unwrap())).unwrap();
        let mut command = Command::new("/usr/sbin/haproxy");
        let program = Program::start_command(command.args(["-db", "-f"]).arg(&file));
        let haproxy = Haproxy { _program: program, port, _folder: folder };
        await_that("haproxy listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        haproxy
    }
}

fn broker(options: &[&str]) -> Broker {
    let sets = options.iter().flat_map(|option| ["--set", option]).collect::<Vec<_>>();
    Broker::start_with(&sets)
}

/// A connection through the proxy, with its own address.
fn dial(proxy: &Haproxy) -> (Raw, String) {
    let stream = std::net::TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
    let address = stream.local_addr().unwrap().to_string();
    (Raw::over(stream), address)
}

fn the_client_is_known_behind(option: &str, server: &str) {
    let broker = broker(&[option]);
    let proxy = Haproxy::start(&broker, TempDir::new().unwrap(), "", server, "");
    let (mut raw, address) = dial(&proxy);
    let will = Some(Will::new("w", "gone"));
    raw.send(&Connect { id: "far", will, ..Connect::default() }.bytes());
    assert_eq!(raw.receive_connack(), 0);
    broker.program.stderr.line_with(&format!("New client connected from {address} as far "));
    let (mut watcher, _) = dial(&proxy);
    watcher.send(&Connect { id: "watcher", ..Connect::default() }.bytes());
    assert_eq!(watcher.receive_connack(), 0);
    watcher.subscribe(Version::V4, "w", 0);
    raw.close();
    watcher.expect_message(Version::V4, "w", "gone");
    broker.program.stderr.line_with(&format!("Client far [{address}] disconnected"));
}

#[test]
fn haproxy_sends_version_1() {
    the_client_is_known_behind("enable_proxy_protocol=1", "send-proxy");
}

#[test]
fn haproxy_sends_version_2() {
    the_client_is_known_behind("enable_proxy_protocol=2", "send-proxy-v2");
}

#[test]
fn haproxy_sends_version_2_with_extensions() {
    let server = "send-proxy-v2 proxy-v2-options ssl,cert-cn,crc32c,unique-id";
    the_client_is_known_behind("enable_proxy_protocol=2", server);
}

/// Checks of our health are connections of the proxy's own.
#[test]
fn haproxys_health_checks_find_the_broker_alive() {
    let broker = broker(&["enable_proxy_protocol=2"]);
    let server = "send-proxy-v2 check inter 200ms";
    let more = "  option tcp-check\n  \
                tcp-check send-binary 101000044d5154540402003c0004706f6b65\n  \
                tcp-check expect binary 20020000\n";
    let proxy = Haproxy::start(&broker, TempDir::new().unwrap(), "", server, more);
    broker.program.stderr.line_with("as poke ");
    let (mut raw, _) = dial(&proxy);
    raw.send(&Connect { id: "far", ..Connect::default() }.bytes());
    assert_eq!(raw.receive_connack(), 0);
    let checked = |line: &&String| {
        line.contains("New client connected from 127.0.0.1:") && line.contains("as poke ")
    };
    await_that("three checks", || {
        broker.program.stderr.so_far().iter().filter(checked).count() >= 3
    });
    raw.ping();
}

#[test]
fn w213_haproxys_idle_timeout_publishes_the_will() {
    let broker = broker(&["enable_proxy_protocol=1"]);
    let more = "  timeout client 300ms\n  timeout server 300ms\n";
    let proxy = Haproxy::start(&broker, TempDir::new().unwrap(), "", "send-proxy", more);
    // The watcher comes with a header by hand, so nobody cuts it off.
    let mut watcher = broker.dial();
    let connect = Connect { id: "watcher", ..Connect::default() }.bytes();
    watcher.send(&[b"PROXY UNKNOWN\r\n", &connect[..]].concat());
    assert_eq!(watcher.receive_connack(), 0);
    watcher.subscribe(Version::V4, "w", 0);
    let (mut idle, address) = dial(&proxy);
    let will = Some(Will::new("w", "idle"));
    idle.send(&Connect { id: "idle", keep_alive_secs: 60, will, ..Connect::default() }.bytes());
    assert_eq!(idle.receive_connack(), 0);
    watcher.expect_message(Version::V4, "w", "idle");
    broker.program.stderr.line_with(&format!("Client idle [{address}] disconnected"));
}

/// Certificates in a new folder: `ca.crt`, `proxy.pem`, `client.crt` and `client.key`.
pub fn certificates() -> TempDir {
    let folder = TempDir::new().unwrap();
    let script = r#"
        set -e
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt
        for name in proxy client; do
            openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout $name.key -out $name.csr
            printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' > ext
            openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
                -extfile ext -out $name.crt
        done
        cat proxy.crt proxy.key > proxy.pem
    "#;
    let made = Command::new("bash").args(["-c", script]).current_dir(&folder).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    folder
}

/// TLS ends at the proxy, which tells what it knows of the client.
#[test]
fn haproxy_tells_about_tls() {
    let broker = broker(&["enable_proxy_protocol=2", "proxy_protocol_v2_require_tls=true"]);
    let folder = certificates();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (authority, certificate, key) = (path("ca.crt"), path("client.crt"), path("client.key"));
    let bind = "ssl crt FOLDER/proxy.pem ca-file FOLDER/ca.crt verify optional";
    let proxy = Haproxy::start(
        &broker,
        folder,
        bind,
        "send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher",
        "",
    );
    let port = proxy.port.to_string();
    let args = ["pub", "-p", &port, "--cafile", &authority, "-t", "t", "-m", "x", "-q", "1"];
    let certificates = ["--cert", &certificate, "--key", &key];
    let ended = program::run(&lastwill(), &[&args[..], &certificates].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    broker.program.stderr.line_with(" negotiated TLSv1.3 cipher TLS_");
}
