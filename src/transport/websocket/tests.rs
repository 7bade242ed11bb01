//! A whole WebSocket over a pair of sockets; the test plays the server.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::*;

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap().block_on(test)
}

/// Reads the request and answers it, with `more` in the same write.
async fn accept(server: &mut UnixStream, more: &[u8]) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(server.read_u8().await.unwrap());
    }
    let request = String::from_utf8(request).unwrap();
    let (_, rest) = request.split_once("Sec-WebSocket-Key: ").unwrap();
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
        handshake::accept(&rest[..24])
    );
    server.write_all(&[answer.as_bytes(), more].concat()).await.unwrap();
}

async fn opened(more: &[u8]) -> (WebSocket, UnixStream) {
    let (ours, mut server) = UnixStream::pair().unwrap();
    let (opened, ()) = tokio::join!(open(Stream::Unix(ours), "h"), accept(&mut server, more));
    (opened.unwrap(), server)
}

/// Everything up to `count` bytes or the end.
async fn read(socket: &mut WebSocket, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 5000];
    while bytes.len() < count {
        match socket.read(&mut buffer).await? {
            0 => break,
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(bytes)
}

/// The next frame of the client: its first byte and its payload, unmasked.
async fn frame(server: &mut UnixStream) -> (u8, Vec<u8>) {
    let first = server.read_u8().await.unwrap();
    let second = server.read_u8().await.unwrap();
    assert_eq!(second & 0x80, 0x80, "a client masks");
    let length = match second & 0x7F {
        126 => u64::from(server.read_u16().await.unwrap()),
        127 => server.read_u64().await.unwrap(),
        short => u64::from(short),
    };
    let mut mask = [0; 4];
    server.read_exact(&mut mask).await.unwrap();
    let mut payload = vec![0; length as usize];
    server.read_exact(&mut payload).await.unwrap();
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    (first, payload)
}

#[test]
fn what_comes_with_the_answer_is_not_lost() {
    run(async {
        let (mut socket, mut server) = opened(b"\x82\x03abc\x82").await;
        assert_eq!(read(&mut socket, 3).await.unwrap(), b"abc");
        server.write_all(b"\x01d").await.unwrap();
        assert_eq!(read(&mut socket, 1).await.unwrap(), b"d");
    });
}

#[test]
fn a_ping_is_answered_while_reading() {
    run(async {
        let (mut socket, mut server) = opened(b"\x02\x01a\x89\x02hi\x80\x01b").await;
        assert_eq!(read(&mut socket, 2).await.unwrap(), b"ab");
        assert_eq!(frame(&mut server).await, (0x8A, b"hi".to_vec()));
    });
}

#[test]
fn a_close_is_answered_and_ends_the_stream() {
    run(async {
        let (mut socket, mut server) = opened(b"\x82\x01a\x88\x02\x03\xe9").await;
        assert_eq!(read(&mut socket, 9).await.unwrap(), b"a");
        assert_eq!(frame(&mut server).await, (0x88, vec![3, 0xe9]));
        let error = socket.write(b"more").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        socket.shutdown().await.unwrap();
        drop(socket);
        let mut rest = Vec::new();
        server.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty(), "one close frame is enough");
    });
}

#[test]
fn shutting_down_is_a_close_frame_behind_the_data() {
    run(async {
        let (mut socket, mut server) = opened(b"").await;
        let slices = [IoSlice::new(b"by"), IoSlice::new(b"e")];
        assert_eq!(socket.write_vectored(&slices).await.unwrap(), 3);
        socket.shutdown().await.unwrap();
        assert_eq!(frame(&mut server).await, (0x82, b"bye".to_vec()));
        assert_eq!(frame(&mut server).await, (0x88, vec![3, 0xe8]));
        server.write_all(b"\x82\x01z\x88\x02\x03\xe8").await.unwrap();
        assert_eq!(read(&mut socket, 9).await.unwrap(), b"z");
    });
}

/// Both sides send more than any buffer holds before either has read all of it.
#[test]
fn megabytes_pass_both_ways_at_once() {
    const BYTES: usize = 4 << 20;
    run(async {
        let (socket, mut server) = opened(b"").await;
        let payload: Vec<u8> = (0..BYTES).map(|at| (at % 251) as u8).collect();
        let mut frames = Vec::new();
        for (at, piece) in payload.chunks(100_000).enumerate() {
            let first = if at == 0 { 0x02 } else { 0x00 };
            frames.extend([first, 127]);
            frames.extend((piece.len() as u64).to_be_bytes());
            frames.extend(piece);
        }
        let (mut reader, mut writer) = server.split();
        let mut received = Vec::new();
        let mut raw = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        let (mut from, mut to) = tokio::io::split(socket);
        let writing = async {
            to.write_all(&payload).await.unwrap();
            to.shutdown().await.unwrap();
        };
        let receiving = async {
            while received.len() < BYTES {
                let count = from.read(&mut buffer).await.unwrap();
                received.extend_from_slice(&buffer[..count]);
            }
        };
        // The last frame is the close: 2 bytes of header, 4 of mask, 2 of status.
        let reading = async {
            let mut buffer = vec![0; 10_000];
            while raw.len() < BYTES || raw[raw.len() - 8..raw.len() - 6] != [0x88, 0x82] {
                let count = reader.read(&mut buffer).await.unwrap();
                raw.extend_from_slice(&buffer[..count]);
            }
        };
        let ((), (), sent, ()) =
            tokio::join!(writing, receiving, writer.write_all(&frames), reading);
        sent.unwrap();
        assert!(received == payload);
        assert_eq!(unmasked(&raw), payload);
    });
}

/// The payloads of the binary frames of a client.
fn unmasked(mut raw: &[u8]) -> Vec<u8> {
    let mut payloads = Vec::new();
    while let [0x82, second, rest @ ..] = raw {
        let (length, rest) = match second & 0x7F {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            127 => (u64::from_be_bytes(rest[..8].try_into().unwrap()) as usize, &rest[8..]),
            short => (usize::from(short), rest),
        };
        let (mask, rest) = rest.split_at(4);
        payloads.extend(rest[..length].iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b));
        raw = &rest[length..];
    }
    payloads
}

#[test]
fn a_broken_frame_is_an_error() {
    run(async {
        let (mut socket, _server) = opened(b"\x81\x01a").await;
        let error = read(&mut socket, 1).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(error.to_string(), Breach::Text.to_string());
    });
}

#[test]
fn an_answer_that_never_becomes_one_is_an_error() {
    let outcome = |answer: &[u8]| {
        let answer = answer.to_vec();
        run(async move {
            let (ours, mut server) = UnixStream::pair().unwrap();
            server.write_all(&answer).await.unwrap();
            server.shutdown().await.unwrap();
            open(Stream::Unix(ours), "h").await.expect_err("no WebSocket")
        })
    };
    assert!(matches!(outcome(b""), OpenError::Lost(_)));
    assert!(matches!(outcome(b"HTTP/1.1 101 Switching Pro"), OpenError::Lost(_)));
    assert!(matches!(outcome(b"\x20\x02"), OpenError::Refused(Refusal::NotHttp)));
    let mut endless = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
    endless.resize(handshake::ANSWER_BYTES_MAX, b'x');
    assert!(matches!(outcome(&endless), OpenError::Refused(Refusal::TooLong)));
}
