//! Rows about limits and sockets, and the bounds of time that a reload changes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::getpid;

use super::{Row, V5, client, default, row};
use crate::options::effects::socket_to;
use crate::options::lab::{Folder, Running};
use crate::support::packet::{Connect, Will, publish, to_hex};
use crate::support::raw::Raw;

pub const ROWS: &[Row] = &[
    row("set_tcp_nodelay", "false", tuned, "delayed"),
    row("tcp_keepalive", "7 3 4", tuned, "probed after 7s"),
    row("tcp_user_timeout", "1500", tuned, "given up after 1.5s"),
    row("max_will_bytes_total", "10", mortal, "20 03 00 97"),
    row("max_connect_rate", "1", crowd, "refused"),
    row("max_output_bytes", "1024", burst, "lost"),
    Row { beside: DISCONNECT, ..row("max_message_rate", "1", hasty, "E0") },
    Row { beside: DISCONNECT, ..row("max_byte_rate", "100", hasty, "E0") },
    Row { beside: DISCONNECT, ..row("listener_max_message_rate", "1", hasty, "E0") },
    Row { beside: DISCONNECT, ..row("listener_max_byte_rate", "100", hasty, "E0") },
    Row { beside: "max_message_rate 40\n", ..row("rate_action", "disconnect", hasty, "E0") },
    Row { beside: "sys_interval 3600\n", ..row("sys_wills", "false", listed, "nothing") },
];

const DISCONNECT: &str = "rate_action disconnect\n";

/// How the socket of a connection is tuned at the broker.
fn tuned(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(&default().bytes()).unwrap();
    // The CONNACK: the broker has accepted the connection.
    stream.read_exact(&mut [0; 4]).unwrap();
    let socket = socket_to(getpid(), stream.local_addr().unwrap()).expect("its socket");
    let nodelay = if socket.tcp_nodelay().unwrap() { "at once" } else { "delayed" };
    let probes = match socket.keepalive().unwrap() {
        true => format!("probed after {:?}", socket.tcp_keepalive_time().unwrap()),
        false => "not probed".to_owned(),
    };
    let timeout = socket.tcp_user_timeout().unwrap().unwrap_or_default();
    format!("{nodelay}, {probes}, given up after {timeout:?}")
}

/// The answer to a CONNECT with a will.
pub fn mortal(port: u16) -> String {
    let will = Some(Will::new("will", "longer than ten bytes"));
    super::answer(port, &Connect { version: V5, id: "mortal", will, ..default() }.bytes())
}

/// Whether all of many clients are let in.
fn crowd(port: u16) -> String {
    let mut all: Vec<Raw> = (0..9).map(|_| Raw::dial(port)).collect();
    let connect = Connect { version: V5, id: "", ..default() }.bytes();
    all.iter_mut().for_each(|raw| raw.send(&connect));
    let mut codes = all.iter_mut().map(|raw| raw.next().map(|packet| packet[3]));
    let is_open = codes.all(|code| code == Some(0));
    if is_open { "all" } else { "refused" }.to_owned()
}

/// Whether everything comes of many messages that were sent in one piece.
fn burst(port: u16) -> String {
    const COUNT: usize = 60;
    let mut reader = client(port, "reader", true, &[]);
    reader.subscribe(V5, "b", 0);
    let mut writer = client(port, "writer", true, &[]);
    writer.send(&publish(V5, "b", &"x".repeat(100), 0, 0).repeat(COUNT));
    writer.ping();
    reader.send_hex("C0 00");
    let mut count = 0;
    while reader.receive()[0] != 0xD0 {
        count += 1;
    }
    if count == COUNT { "all" } else { "some are lost" }.to_owned()
}

/// What a client hears that sends more than it may and then asks for a sign of life.
fn hasty(port: u16) -> String {
    // Without a name: what it has used is nobody's later.
    let mut raw = client(port, "", true, &[]);
    let all = publish(V5, "h", "ten bytes.", 0, 0).repeat(50);
    raw.send(&[&all[..], &[0xC0, 0]].concat());
    to_hex(&raw.receive())
}

/// What whoever subscribes to the list of wills gets.
fn listed(port: u16) -> String {
    let mut raw = client(port, "lister", true, &[]);
    raw.subscribe(V5, "$SYS/broker/wills/list", 0);
    raw.send_hex("C0 00");
    if raw.receive()[0] == 0xD0 { "nothing" } else { "a list" }.to_owned()
}

/// Whole seconds are the smallest bounds there are.
#[test]
fn the_bounds_of_a_connections_time_change_at_a_reload() {
    let broker = Running::with("");
    let port = broker.port;
    let reload = |lines: &str| {
        let head = format!("allow_anonymous true\nlistener {port} 127.0.0.1\n");
        broker.server.reload(&Folder::with(format!("{head}{lines}")).load()).unwrap();
    };
    let mut before = client(port, "before", true, &[]);
    reload("connect_timeout 1\nmax_connection_time 1\n");
    let began = Instant::now();
    let (mut mute, mut short) = (Raw::dial(port), client(port, "short", true, &[]));
    short.expect_kicked(V5, 0xA0);
    mute.expect_closed();
    assert!(began.elapsed() >= Duration::from_millis(950), "{:?}", began.elapsed());
    reload("");
    let (mut mute, mut short) = (Raw::dial(port), client(port, "short", true, &[]));
    // Longer than the bounds of before.
    thread::park_timeout(Duration::from_millis(1300));
    before.ping();
    short.ping();
    mute.send(&default().bytes());
    assert_eq!(mute.receive_connack(), 0);
}
