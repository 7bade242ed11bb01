//! SOCKS5, from the client's end [RFC 1928]: a proxy connects for us, and looks names up for us.
//!
//! Written by hand: the libraries refuse an empty password, and a proxy may want one.

use std::fmt;
use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The version of the protocol, first in every packet but those about the password.
const VERSION: u8 = 5;
/// The version of the exchange of a password [RFC 1929].
const PASSWORD_VERSION: u8 = 1;
/// Longest user name, password and host name in bytes.
pub const NAME_BYTES_MAX: usize = 255;

const METHOD_NONE: u8 = 0;
const METHOD_PASSWORD: u8 = 2;
const COMMAND_CONNECT: u8 = 1;
const KIND_IPV4: u8 = 1;
const KIND_NAME: u8 = 3;
const KIND_IPV6: u8 = 4;

/// A proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Its DNS name, IPv4 or IPv6 address without brackets.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// Who we are there; nobody if it asks for nothing.
    pub user: Option<User>,
}

/// A user of a proxy. Both parts at most [`NAME_BYTES_MAX`] bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// User name.
    pub name: Vec<u8>,
    /// Password, possibly empty.
    pub password: Vec<u8>,
}

impl fmt::Debug for User {
    /// Without the password: it has no business in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &String::from_utf8_lossy(&self.name))
            .finish_non_exhaustive()
    }
}

/// Why a proxy does not connect us.
#[derive(Debug)]
pub enum SocksError {
    /// The proxy wants another way to say who we are.
    NoMethod,
    /// The proxy knows no such user, or another password.
    Password,
    /// The proxy's answer to the request, above 0 [RFC 1928 section 6].
    Reply(u8),
    /// The proxy does not speak SOCKS5.
    NotSocks,
    /// The host's name is longer than the protocol can carry.
    HostTooLong,
    /// The stream failed, or ended before the last answer.
    Lost(io::Error),
}

impl From<io::Error> for SocksError {
    fn from(error: io::Error) -> Self {
        SocksError::Lost(error)
    }
}

impl fmt::Display for SocksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SocksError::NoMethod => "the proxy wants another way to log in than it was offered",
            SocksError::Password => "the proxy refuses the user name or the password",
            SocksError::NotSocks => "the proxy does not speak SOCKS5",
            SocksError::HostTooLong => "a SOCKS5 proxy takes no host name over 255 bytes",
            SocksError::Lost(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                "the proxy closed the connection"
            }
            SocksError::Lost(error) => return write!(f, "the connection to the proxy: {error}"),
            SocksError::Reply(1) => "the proxy failed",
            SocksError::Reply(2) => "the proxy's rules do not allow the connection",
            SocksError::Reply(3) => "the proxy cannot reach the broker's network",
            SocksError::Reply(4) => "the proxy cannot reach the broker's host",
            SocksError::Reply(5) => "the broker refused the proxy's connection",
            SocksError::Reply(6) => "the proxy's packets to the broker expired on their way",
            SocksError::Reply(7) => "the proxy does not make connections",
            SocksError::Reply(8) => "the proxy does not know this kind of address",
            SocksError::Reply(code) => return write!(f, "the proxy answered with code {code}"),
        })
    }
}

/// Asks the proxy at the other end of a stream to connect it to `host`, a name or an address.
pub async fn connect<S>(
    stream: &mut S,
    user: Option<&User>,
    host: &str,
    port: u16,
) -> Result<(), SocksError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = request(host, port)?;
    let methods: &[u8] = match user {
        None => &[VERSION, 1, METHOD_NONE],
        Some(_) => &[VERSION, 2, METHOD_NONE, METHOD_PASSWORD],
    };
    stream.write_all(methods).await?;
    match (read(stream).await?, user) {
        ([VERSION, METHOD_NONE], _) => {}
        ([VERSION, METHOD_PASSWORD], Some(user)) => log_in(stream, user).await?,
        ([VERSION, _], _) => return Err(SocksError::NoMethod),
        _ => return Err(SocksError::NotSocks),
    }
    stream.write_all(&request).await?;
    read_reply(stream).await
}

async fn read<const N: usize>(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn log_in<S>(stream: &mut S, user: &User) -> Result<(), SocksError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut packet = vec![PASSWORD_VERSION];
    for part in [&user.name, &user.password] {
        packet.push(u8::try_from(part.len()).map_err(|_| SocksError::Password)?);
        packet.extend_from_slice(part);
    }
    stream.write_all(&packet).await?;
    match read(stream).await? {
        [PASSWORD_VERSION, 0] => Ok(()),
        [PASSWORD_VERSION, _] => Err(SocksError::Password),
        _ => Err(SocksError::NotSocks),
    }
}

/// The request to connect: an address goes as an address, a name for the proxy to look up.
fn request(host: &str, port: u16) -> Result<Vec<u8>, SocksError> {
    let mut packet = vec![VERSION, COMMAND_CONNECT, 0];
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            packet.push(KIND_IPV4);
            packet.extend_from_slice(&address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            packet.push(KIND_IPV6);
            packet.extend_from_slice(&address.octets());
        }
        Err(_) => {
            packet.push(KIND_NAME);
            packet.push(u8::try_from(host.len()).map_err(|_| SocksError::HostTooLong)?);
            packet.extend_from_slice(host.as_bytes());
        }
    }
    packet.extend_from_slice(&port.to_be_bytes());
    Ok(packet)
}

/// Reads the answer to the request, and nothing of what the broker says behind it.
async fn read_reply(stream: &mut (impl AsyncRead + Unpin)) -> Result<(), SocksError> {
    // A proxy that refuses may leave out the rest.
    match read(stream).await? {
        [VERSION, 0] => {}
        [VERSION, code] => return Err(SocksError::Reply(code)),
        _ => return Err(SocksError::NotSocks),
    }
    let [_, kind] = read(stream).await?;
    let address_len = match kind {
        KIND_IPV4 => 4,
        KIND_IPV6 => 16,
        KIND_NAME => usize::from(read::<1>(stream).await?[0]),
        _ => return Err(SocksError::NotSocks),
    };
    let mut address = vec![0; address_len + 2];
    stream.read_exact(&mut address).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays a proxy: the client's bytes, and the outcome, when the proxy answers with `answers`
    /// and then closes. Every answer but the first goes out in the same write as the one before.
    fn play(
        user: Option<(&str, &str)>,
        host: &str,
        answers: &[u8],
    ) -> (Vec<u8>, Result<(), SocksError>) {
        let user = user.map(|(name, password)| User {
            name: name.as_bytes().to_vec(),
            password: password.as_bytes().to_vec(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (mut ours, mut theirs) = tokio::io::duplex(1024);
            theirs.write_all(answers).await.unwrap();
            theirs.shutdown().await.unwrap();
            let outcome = connect(&mut ours, user.as_ref(), host, 1883).await;
            drop(ours);
            let mut sent = Vec::new();
            theirs.read_to_end(&mut sent).await.unwrap();
            (sent, outcome)
        })
    }

    const REACHED: &[u8] = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34";

    #[test]
    fn names_and_addresses_are_told_apart() {
        for (host, kind) in [
            ("broker", b"\x03\x06broker".as_slice()),
            ("127.0.0.1", b"\x01\x7f\x00\x00\x01"),
            ("::1", b"\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"),
        ] {
            let (sent, outcome) = play(None, host, &[b"\x05\x00", REACHED].concat());
            assert!(outcome.is_ok(), "{outcome:?}");
            let wanted = [b"\x05\x01\x00\x05\x01\x00", kind, b"\x07\x5b"].concat();
            assert_eq!(sent, wanted);
        }
        let long = "x".repeat(256);
        let (sent, outcome) = play(None, &long, b"");
        assert!(matches!(outcome, Err(SocksError::HostTooLong)) && sent.is_empty());
    }

    #[test]
    fn a_user_logs_in_where_that_is_asked() {
        let request = b"\x05\x01\x00\x03\x01b\x07\x5b".as_slice();
        let methods = b"\x05\x02\x00\x02".as_slice();
        let (sent, outcome) =
            play(Some(("me", "secret")), "b", &[b"\x05\x02\x01\x00", REACHED].concat());
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(sent, [methods, b"\x01\x02me\x06secret", request].concat());
        let (sent, outcome) = play(Some(("me", "")), "b", &[b"\x05\x02\x01\x00", REACHED].concat());
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(sent, [methods, b"\x01\x02me\x00", request].concat());
        let (sent, outcome) = play(Some(("me", "x")), "b", &[b"\x05\x00", REACHED].concat());
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(sent, [methods, request].concat());
    }

    #[test]
    fn the_address_of_the_proxy_is_read_and_no_more() {
        for address in
            [b"\x03\x04name\x00\x50".as_slice(), b"\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\x50"]
        {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let (mut ours, mut theirs) = tokio::io::duplex(1024);
                let answers = [b"\x05\x00\x05\x00\x00", address, b"\x20\x02"].concat();
                theirs.write_all(&answers).await.unwrap();
                connect(&mut ours, None, "b", 1).await.unwrap();
                assert_eq!(read::<2>(&mut ours).await.unwrap(), *b"\x20\x02");
            });
        }
    }

    #[track_caller]
    fn failure(user: Option<(&str, &str)>, answers: &[u8]) -> SocksError {
        play(user, "b", answers).1.expect_err("a refusal")
    }

    #[test]
    fn refusals_are_told_apart() {
        let user = Some(("me", "x"));
        assert!(matches!(failure(None, b"\x05\xff"), SocksError::NoMethod));
        assert!(matches!(failure(None, b"\x05\x02"), SocksError::NoMethod));
        assert!(matches!(failure(user, b"\x05\x01"), SocksError::NoMethod));
        assert!(matches!(failure(user, b"\x05\x02\x01\x01"), SocksError::Password));
        assert!(matches!(failure(user, b"\x05\x02\x05\x00"), SocksError::NotSocks));
        assert!(matches!(failure(None, b"HTTP/1.1 400"), SocksError::NotSocks));
        assert!(matches!(failure(None, b"\x05\x00\x04\x00"), SocksError::NotSocks));
        assert!(matches!(failure(None, b"\x05\x00\x05\x00\x00\x02"), SocksError::NotSocks));
        for code in 1..=9 {
            let error = failure(None, &[5, 0, 5, code]);
            assert!(matches!(error, SocksError::Reply(found) if found == code), "{error:?}");
            assert!(error.to_string().starts_with("the "), "{error}");
        }
    }

    #[test]
    fn half_an_answer_is_a_loss() {
        let whole = [b"\x05\x02\x01\x00", REACHED].concat();
        for count in 0..whole.len() {
            let error = failure(Some(("me", "x")), &whole[..count]);
            assert!(matches!(error, SocksError::Lost(_)), "{count}: {error:?}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let user = User { name: b"me".to_vec(), password: b"secret".to_vec() };
        let shown = format!("{user:?}");
        assert!(shown.contains("me") && !shown.contains("secret"), "{shown}");
    }
}
