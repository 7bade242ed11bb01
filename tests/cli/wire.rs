//! The transports besides plain TCP, at far ends that do as the test says.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::support::broker::Broker;
use crate::support::program::{self, Ended, Program};
use crate::support::{PATIENCE, lastwill};

/// A far end that takes one connection and plays its part.
struct FarEnd<T> {
    port: String,
    played: JoinHandle<T>,
}

impl<T: Send + 'static> FarEnd<T> {
    fn start(part: impl FnOnce(TcpStream) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let played = thread::spawn(move || {
            let (client, _) = listener.accept().unwrap();
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            part(client)
        });
        FarEnd { port, played }
    }

    fn seen(self) -> T {
        self.played.join().unwrap()
    }
}

fn read<const N: usize>(client: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes).unwrap();
    bytes
}

/// Everything up to the end; a reset is an end too.
fn rest(client: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = client.read_to_end(&mut bytes);
    bytes
}

/// Reads the head of a request of HTTP.
fn request(client: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.extend(read::<1>(client));
    }
    String::from_utf8(request).unwrap()
}

/// Accepts a WebSocket, with frames in the same write.
fn accept(client: &mut TcpStream, frames: &[u8]) -> String {
    let request = request(client);
    let key = request.split("Sec-WebSocket-Key: ").nth(1).unwrap().lines().next().unwrap();
    let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let accept = STANDARD.encode(Sha1::new().chain_update(key).chain_update(guid).finalize());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    client.write_all(&[head.as_bytes(), frames].concat()).unwrap();
    request
}

/// The next frame of a client, which is short: its first byte and its payload.
fn frame(client: &mut TcpStream) -> (u8, Vec<u8>) {
    let [first, second] = read(client);
    assert_eq!(second & 0x80, 0x80, "a client masks");
    assert!(second & 0x7F < 126, "only short frames are expected here");
    let mask = read::<4>(client);
    let mut payload = vec![0; usize::from(second & 0x7F)];
    client.read_exact(&mut payload).unwrap();
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    (first, payload)
}

fn publish(args: &[&str]) -> Ended {
    let base = ["pub", "-h", "127.0.0.1", "-t", "t", "-m", "m"];
    program::run(&lastwill(), &[&base[..], args].concat())
}

/// Runs `mosquitto_pub`, which is ours.
fn mosquitto_pub(args: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("mosquitto_pub");
    std::os::unix::fs::symlink(lastwill(), &link).unwrap();
    let base = ["-h", "127.0.0.1", "-t", "t", "-m", "m"];
    program::run(link.to_str().unwrap(), &[&base[..], args].concat())
}

#[test]
fn frames_may_be_cut_anywhere_and_pings_come_between() {
    let far = FarEnd::start(|mut client| {
        let request = accept(&mut client, b"");
        let connect = frame(&mut client);
        for piece in
            [b"\x02\x01\x20".as_slice(), b"\x89\x02hi", b"\x00\x03\x03\x00\x00", b"\x80\x01\x00"]
        {
            client.write_all(piece).unwrap();
        }
        let pong = frame(&mut client);
        // What is sent at once may share a frame.
        let (mut data, mut next) = (Vec::new(), frame(&mut client));
        while next.0 == 0x82 {
            data.extend(next.1);
            next = frame(&mut client);
        }
        client.write_all(b"\x88\x02\x03\xe8").unwrap();
        (request, connect, [pong, next], data, rest(&mut client))
    });
    let properties = ["-D", "connect", "user-property", "k", "v"];
    let ended = publish(&[&["--ws", "-p", &far.port][..], &properties].concat());
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:?}");
    let (request, connect, control, data, rest) = far.seen();
    assert!(request.starts_with("GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1\r\n"), "{request}");
    assert!(request.contains("\r\nSec-WebSocket-Protocol: mqtt\r\n"), "{request}");
    assert_eq!(connect.0, 0x82);
    let property = b"\x26\x00\x01k\x00\x01v";
    assert!(connect.1.windows(property.len()).any(|bytes| bytes == property), "{connect:?}");
    assert_eq!(control, [(0x8A, b"hi".to_vec()), (0x88, vec![0x03, 0xe8])]);
    assert_eq!(data, b"\x30\x05\x00\x01t\x00m\xe0\x00");
    assert!(rest.is_empty(), "nothing follows the close frame: {rest:?}");
}

#[test]
fn a_server_that_gives_no_websocket_is_quoted() {
    let wrong = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    for (answer, code, message) in [
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            2,
            "Error: No WebSocket: the server answered '404 Not Found' to the WebSocket request.",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            2,
            "Error: No WebSocket: the server answered '403 Forbidden' to the WebSocket request.",
        ),
        (wrong, 2, "Error: No WebSocket: the server's answer has a wrong Sec-WebSocket-Accept."),
        (" \u{2}", 2, "Error: No WebSocket: the server does not answer in HTTP."),
        (
            "HTTP/1.1 101 Swi",
            7,
            "Error: The connection was lost before the server answered the WebSocket request.",
        ),
    ] {
        let far = FarEnd::start(move |mut client| {
            request(&mut client);
            client.write_all(answer.as_bytes()).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            rest(&mut client);
        });
        let ended = publish(&["--ws", "-p", &far.port]);
        assert_eq!((ended.code, ended.stderr), (Some(code), vec![message.to_owned()]));
        far.seen();
    }
}

#[test]
fn a_close_in_the_middle_is_a_lost_connection() {
    let far = FarEnd::start(|mut client| {
        accept(&mut client, b"");
        frame(&mut client);
        client.write_all(b"\x82\x04\x20\x02\x00\x00\x88\x02\x03\xf3").unwrap();
        rest(&mut client);
    });
    let ended = publish(&["--ws", "-p", &far.port, "-q", "1"]);
    assert_eq!(ended.code, Some(7), "{ended:?}");
    assert_eq!(ended.stderr, ["Error: The connection was lost"]);
    far.seen();
}

#[test]
fn a_handshake_that_stalls_ends_with_the_timeout_or_a_signal() {
    let stalled = || FarEnd::start(|mut client| rest(&mut client));
    let far = stalled();
    let base = ["sub", "-h", "127.0.0.1", "-t", "t"];
    let args = ["--ws", "-p", &far.port, "-W", "1"];
    let ended = program::run(&lastwill(), &[&base[..], &args].concat());
    assert_eq!(ended.code, Some(255), "{ended:?}");
    assert!(far.seen().starts_with(b"GET /mqtt "));
    let far = FarEnd::start(|mut client| {
        let greeting = read::<3>(&mut client);
        (greeting, client)
    });
    let proxy = format!("socks5h://127.0.0.1:{}", far.port);
    let program = Program::start(&lastwill(), &[&base[..], &["--proxy", &proxy]].concat());
    let (greeting, client) = far.seen();
    assert_eq!(greeting, [5, 1, 0]);
    program.signal("TERM");
    assert_eq!(program.end().code, Some(255));
    drop(client);
}

#[test]
fn refusals_of_a_proxy_are_told_apart() {
    for (answers, code, letter, words) in [
        (b"\x05\xff".as_slice(), 11, "Authorisation failed", "the proxy wants another way"),
        (b"\x05\x02\x01\x01", 16, "Proxy error", "the proxy refuses the user name"),
        (b"\x05\x00\x05\x01", 16, "Proxy error", "the proxy failed"),
        (b"\x05\x00\x05\x02", 11, "Authorisation failed", "the proxy's rules"),
        (b"\x05\x00\x05\x03", 4, "The client is not currently connected", "the proxy cannot reach"),
        (b"\x05\x00\x05\x04", 4, "The client is not currently connected", "the proxy cannot reach"),
        (b"\x05\x00\x05\x05", 4, "The client is not currently connected", "the broker refused"),
        (b"\x05\x00\x05\x08", 16, "Proxy error", "the proxy does not know"),
        (b"HTTP/1.1 400 Bad", 16, "Proxy error", "the proxy does not speak SOCKS5"),
        (b"\x05\x00\x05\x00\x00", 7, "The connection was lost", "the proxy closed"),
    ] {
        let far = || {
            FarEnd::start(move |mut client| {
                read::<4>(&mut client);
                client.write_all(answers).unwrap();
                client.shutdown(Shutdown::Write).unwrap();
                rest(&mut client);
            })
        };
        let server = far();
        let ended =
            mosquitto_pub(&["--proxy", &format!("socks5h://me:pw@127.0.0.1:{}", server.port)]);
        assert_eq!((ended.code, ended.stderr), (Some(code), vec![format!("Error: {letter}")]));
        server.seen();
        let server = far();
        let ended = publish(&["--proxy", &format!("socks5h://me:pw@127.0.0.1:{}", server.port)]);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        let wanted = format!("Error: {letter}: {words}");
        assert!(ended.stderr[0].starts_with(&wanted), "{ended:?} instead of {wanted}");
        server.seen();
    }
}

/// A proxy that wants a user and connects to `port`, whatever is asked for; answers the request.
fn proxy(port: u16) -> FarEnd<Vec<u8>> {
    FarEnd::start(move |mut client| {
        assert_eq!(read(&mut client), [5, 2, 0, 2]);
        client.write_all(&[5, 2]).unwrap();
        assert_eq!(&read(&mut client), b"\x01\x02me\x03p@w");
        client.write_all(&[1, 0]).unwrap();
        let [head @ .., length] = read::<5>(&mut client);
        let mut asked = head.to_vec();
        asked.resize(4 + usize::from(length) + 2, 0);
        client.read_exact(&mut asked[4..]).unwrap();
        let mut broker = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).unwrap();
        let (mut from, mut to) = (broker.try_clone().unwrap(), client.try_clone().unwrap());
        let back = thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut client, &mut broker);
        let _ = broker.shutdown(Shutdown::Write);
        back.join().unwrap();
        asked
    })
}

#[test]
fn a_proxy_leads_to_a_broker_that_only_it_can_name() {
    let broker = Broker::start();
    let (first, second) = (proxy(broker.port), proxy(broker.port));
    let url = |far: &FarEnd<_>| format!("socks5h://me:p%40w@127.0.0.1:{}", far.port);
    let far = ["-h", "broker.invalid", "-p", "1234", "-t", "a"];
    let reader = ["-i", "reader", "-C", "1", "--proxy", &url(&first)];
    let reader = Program::start(&lastwill(), &[&["sub"][..], &far, &reader].concat());
    broker.await_subscribed("reader", "a");
    let ended = program::run(
        &lastwill(),
        &[&["pub"][..], &far, &["-m", "hi", "-q", "2", "--proxy", &url(&second)]].concat(),
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(reader.end().stdout, ["hi"]);
    let asked = [b"\x05\x01\x00\x03".as_slice(), b"broker.invalid", b"\x04\xd2"].concat();
    assert_eq!([first.seen(), second.seen()], [asked.clone(), asked]);
}

#[test]
fn sockets_and_local_addresses_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none").to_str().unwrap().to_owned();
    let long = format!("/{}", "x".repeat(107));
    for (args, ours, letter) in [
        (
            vec!["--unix", &missing],
            format!("Error: No such file or directory ({missing})"),
            "Error: No such file or directory",
        ),
        (
            vec!["--unix", &long],
            format!(
                "Error: The path of a Unix domain socket has at most 107 bytes, this one has 108: \
                 {long}"
            ),
            "Unable to connect (Invalid input).",
        ),
        (
            vec!["-A", "192.0.2.1"],
            "Error: Cannot assign requested address (local address 192.0.2.1)".to_owned(),
            "Error: Cannot assign requested address",
        ),
        (
            vec!["-A", "::1"],
            "Error: Cannot assign requested address (local address ::1)".to_owned(),
            "Error: Cannot assign requested address",
        ),
    ] {
        let ended = publish(&args);
        assert_eq!((ended.code, ended.stderr), (Some(1), vec![ours]));
        let ended = mosquitto_pub(&args);
        assert_eq!((ended.code, ended.stderr), (Some(1), vec![letter.to_owned()]));
    }
}
