//! As much of HTTP/1.1 as three pages need (RFC 9112): the head of a request, and answers that end
//! the connection.

/// Longest head of a request in bytes.
pub const HEAD_BYTES_MAX: usize = 8192;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The page.
    pub path: Path,
    /// HEAD: the answer has no body.
    pub is_head: bool,
}

/// The pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// `/metrics`
    Metrics,
    /// `/healthz`: the threads of the broker answer.
    Health,
    /// `/readyz`: clients may come.
    Ready,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The type of the body.
    pub media_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Plain text.
    pub fn new(status: u16, body: String) -> Self {
        Answer { status, media_type: "text/plain; charset=utf-8", body }
    }

    /// The answer as it is sent.
    pub fn bytes(&self, is_head: bool) -> Vec<u8> {
        let Answer { status, media_type, body } = self;
        let (reason, len) = (reason(*status), body.len());
        let allow = if *status == 405 { "Allow: GET, HEAD\r\n" } else { "" };
        let mut text = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {media_type}\r\nContent-Length: {len}\r\n\
             {allow}Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        );
        if !is_head {
            text.push_str(body);
        }
        text.into_bytes()
    }
}

/// Reads what has come of a request so far. `None` asks for more; what is wrong is answered.
pub fn parse(bytes: &[u8]) -> Option<Result<Request, Answer>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        let is_long = bytes.len() > HEAD_BYTES_MAX;
        return is_long.then(|| Err(Answer::new(431, "the request is too long\n".to_owned())));
    };
    if end > HEAD_BYTES_MAX {
        return Some(Err(Answer::new(431, "the request is too long\n".to_owned())));
    }
    let bad = || Answer::new(400, "this is no HTTP request\n".to_owned());
    Some(str::from_utf8(&bytes[..end]).map_err(|_| bad()).and_then(|head| {
        let (line, fields) = head.split_once("\r\n").unwrap_or((head, ""));
        if !fields.split("\r\n").all(|field| field.is_empty() || is_field(field)) {
            return Err(bad());
        }
        request(line).ok_or_else(bad)?
    }))
}

/// `METHOD TARGET HTTP/1.1`. `None` where it is none.
fn request(line: &str) -> Option<Result<Request, Answer>> {
    let mut words = line.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let is_version = matches!(version, "HTTP/1.1" | "HTTP/1.0");
    if words.next().is_some() || !is_version || method.is_empty() || !target.starts_with('/') {
        return None;
    }
    let is_head = method == "HEAD";
    if !is_head && method != "GET" {
        return Some(Err(Answer::new(405, "only GET and HEAD\n".to_owned())));
    }
    let path = match target.split('?').next() {
        Some("/metrics") => Path::Metrics,
        Some("/healthz") => Path::Health,
        Some("/readyz") => Path::Ready,
        _ => {
            let pages = "there are /metrics, /healthz and /readyz\n".to_owned();
            return Some(Err(Answer::new(404, pages)));
        }
    };
    Some(Ok(Request { path, is_head }))
}

/// `Name: value`, without a blank in the name, and without control characters.
fn is_field(field: &str) -> bool {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    let is_value = |value: &str| !value.bytes().any(|byte| byte < b' ' && byte != b'\t');
    field.split_once(':').is_some_and(|(name, value)| is_name(name) && is_value(value))
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        431 => "Request Header Fields Too Large",
        _ => "Service Unavailable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> u16 {
        match parse(text.as_bytes()) {
            Some(Ok(_)) => 200,
            Some(Err(answer)) => answer.status,
            None => 0,
        }
    }

    #[test]
    fn requests_are_told_apart() {
        for (text, expected) in [
            ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200),
            ("HEAD /readyz?a=b HTTP/1.0\r\n\r\nmore", 200),
            ("GET /healthz HTTP/1.1\r\nHost: x", 0),
            ("GET / HTTP/1.1\r\n\r\n", 404),
            ("GET /metricsx HTTP/1.1\r\n\r\n", 404),
            ("POST /metrics HTTP/1.1\r\n\r\n", 405),
            ("GET /metrics HTTP/2\r\n\r\n", 400),
            ("GET  /metrics HTTP/1.1\r\n\r\n", 400),
            ("GET metrics HTTP/1.1\r\n\r\n", 400),
            ("GET /metrics HTTP/1.1\r\nno field\r\n\r\n", 400),
            ("GET /metrics HTTP/1.1\r\nA : b\r\n\r\n", 400),
            ("GET /metrics HTTP/1.1\r\nA: \x01\r\n\r\n", 400),
            ("\r\n\r\n", 400),
        ] {
            assert_eq!(status(text), expected, "{text:?}");
        }
        assert_eq!(parse(b"\xFF\r\n\r\n").unwrap().unwrap_err().status, 400);
    }

    #[test]
    fn a_long_head_is_refused_wherever_it_is_cut() {
        let long = format!("GET /metrics HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(HEAD_BYTES_MAX));
        assert_eq!(status(&long), 431);
        assert_eq!(status(&long[..HEAD_BYTES_MAX + 1]), 431);
        assert_eq!(status(&long[..HEAD_BYTES_MAX]), 0);
    }

    #[test]
    fn answers_say_how_long_they_are() {
        let answer = Answer::new(405, "no\n".to_owned());
        let text = String::from_utf8(answer.bytes(false)).unwrap();
        assert!(text.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{text}");
        assert!(text.contains("\r\nAllow: GET, HEAD\r\n"), "{text}");
        assert!(text.ends_with("\r\nContent-Length: 3\r\nAllow: GET, HEAD\r\nCache-Control: no-store\r\nConnection: close\r\n\r\nno\n"));
        assert!(answer.bytes(true).ends_with(b"\r\n\r\n"));
    }

    #[test]
    fn no_bytes_make_the_parser_fail() {
        bolero::check!().for_each(|bytes: &[u8]| {
            if let Some(Err(answer)) = parse(bytes) {
                assert!(answer.status >= 400);
            }
            // More bytes never make an answer into a question.
            if parse(bytes).is_some() {
                let more = [bytes, b"\r\n\r\n"].concat();
                assert!(parse(&more).is_some());
            }
        });
    }
}
