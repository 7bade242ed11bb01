//! What operators do and look at: the process, its log, its metrics, scripts around it.

mod daemon;
mod logs;
mod metrics;
mod rotate;
mod scripts;
mod systemd;
mod user;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use crate::support::{PATIENCE, await_that};

/// What `id -u` says.
fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

/// The text of a file, once it contains `part`.
fn await_text(path: &Path, part: &str) -> String {
    let mut text = String::new();
    await_that(&format!("{part:?} in {}", path.display()), || {
        text = fs::read_to_string(path).unwrap_or_default();
        text.contains(part)
    });
    text
}

/// Asks for a page; status code and body.
fn get(port: u16, path: &str) -> (u16, String) {
    let answer = ask(port, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Sends bytes to a server and reads until it closes.
fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
