//! How busy the one lock of our broker is, as its metrics tell.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::str::FromStr;
use std::time::Duration;

use super::figures::BenchError;

/// How long the broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of an answer; what comes behind is not read.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// Where metrics are, if the URL does not say it.
const PATH: &str = "/metrics";

/// Where the broker serves its metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsUrl {
    host: String,
    port: u16,
    path: String,
}

/// What the lock did during a round.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LockUse {
    /// How long it was held, in seconds; an estimate from a sample.
    pub busy_secs: f64,
    /// How often it was taken.
    pub turns: u64,
}

impl FromStr for MetricsUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<MetricsUrl, String> {
        let wrong = || format!("--metrics takes http://HOST:PORT[/PATH], not '{text}'");
        let rest = text.strip_prefix("http://").ok_or_else(wrong)?;
        let place = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(place);
        let (host, port) = authority.rsplit_once(':').ok_or_else(wrong)?;
        let host = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().map_err(|_| wrong())?;
        if host.is_empty() || port == 0 || text.contains(|it: char| it <= ' ') {
            return Err(wrong());
        }
        let path = if path.len() > 1 { path } else { PATH };
        Ok(MetricsUrl { host: host.to_owned(), port, path: path.to_owned() })
    }
}

impl MetricsUrl {
    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What the lock has done since the broker was started.
    ///
    /// # Errors
    /// Nobody answers, or what answers is not `lastwill broker`.
    pub(super) fn read(&self) -> Result<LockUse, BenchError> {
        let MetricsUrl { host, port, path } = self;
        let fail = |why: String| BenchError::Plan(format!("no metrics at {host}:{port}: {why}"));
        let text = self.ask().map_err(|error| fail(error.to_string()))?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| fail("no HTTP".into()))?;
        let status = head.lines().next().unwrap_or_default();
        if status.split(' ').nth(1) != Some("200") {
            return Err(fail(format!("{path} is answered by '{status}'")));
        }
        parse(body).ok_or_else(|| fail("they are not those of lastwill broker".into()))
    }

    fn ask(&self) -> std::io::Result<String> {
        let MetricsUrl { host, port, path } = self;
        let none = || std::io::Error::other("the name has no address");
        let address = (host.as_str(), *port).to_socket_addrs()?.next().ok_or_else(none)?;
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        // In one piece: whoever answers the first piece and closes would reset the connection.
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl LockUse {
    /// What came on top of an earlier reading.
    pub(super) fn since(self, earlier: LockUse) -> LockUse {
        LockUse {
            busy_secs: (self.busy_secs - earlier.busy_secs).max(0.0),
            turns: self.turns.saturating_sub(earlier.turns),
        }
    }
}

fn parse(body: &str) -> Option<LockUse> {
    let value = |name: &str| {
        let rest = body.lines().find_map(|line| line.strip_prefix(name));
        rest?.strip_prefix(' ')?.trim().parse::<f64>().ok()
    };
    Some(LockUse {
        busy_secs: value("lastwill_lock_busy_seconds_total")?,
        turns: value("lastwill_lock_turns_total")? as u64,
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::observe::metrics;

    fn url(text: &str) -> MetricsUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_url_says_where_and_what_is_none_is_refused() {
        let whole = url("http://localhost:9100/other");
        assert_eq!((whole.host(), whole.port, &*whole.path), ("localhost", 9100, "/other"));
        assert_eq!(url("http://[::1]:9100").host, "::1");
        assert_eq!(url("http://127.0.0.1:9100/").path, "/metrics");
        for wrong in [
            "https://localhost:9100",
            "localhost:9100",
            "http://localhost",
            "http://:1",
            "http://a:0",
            "http://a:70000",
            "http://a:1/ x",
            "",
        ] {
            let error = MetricsUrl::from_str(wrong).expect_err(wrong);
            assert!(error.contains("http://HOST:PORT"), "{error}");
        }
    }

    #[test]
    fn what_our_broker_tells_is_read() {
        let snapshot = metrics::Snapshot {
            lock_busy_secs: 1.25,
            lock_turns: 7,
            ..metrics::Snapshot::default()
        };
        let held = parse(&metrics::text(&snapshot)).unwrap();
        assert_eq!(held, LockUse { busy_secs: 1.25, turns: 7 });
        assert_eq!(
            held.since(LockUse { busy_secs: 1.0, turns: 3 }),
            LockUse { busy_secs: 0.25, turns: 4 }
        );
        assert_eq!(parse("lastwill_lock_busy_seconds_total 1\n"), None);
    }

    #[test]
    fn whoever_answers_something_else_is_told() {
        for (answer, words) in [
            ("HTTP/1.1 404 Not Found\r\n\r\n", "404"),
            ("HTTP/1.1 200 OK\r\n\r\nup 1\n", "not those of lastwill"),
            ("MQTT", "no HTTP"),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 512];
                assert!(stream.read(&mut request).unwrap() > 0);
                stream.write_all(answer.as_bytes()).unwrap();
            });
            let error = url(&format!("http://127.0.0.1:{port}")).read().expect_err(answer);
            assert!(error.to_string().contains(words), "{error}");
            server.join().unwrap();
        }
    }
}
