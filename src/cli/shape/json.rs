//! The layout of a payload that is JSON. Tokens are copied as they stand: no number is rounded, no
//! string is decoded, no member lost.

use serde::de::IgnoredAny;

/// Appends a payload on one line without blanks, or indented by two. `None`, and nothing appended,
/// if it is no JSON.
pub(super) fn lay_out(payload: &[u8], is_pretty: bool, out: &mut Vec<u8>) -> Option<()> {
    serde_json::from_slice::<IgnoredAny>(payload).ok()?;
    let mut writer = Writer { out, depth: is_pretty.then_some(0) };
    let mut rest = payload;
    while let [first, behind @ ..] = rest {
        let length = match first {
            b' ' | b'\t' | b'\n' | b'\r' => {
                rest = behind;
                continue;
            }
            b'"' => string_len(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest.iter().position(|byte| b" \t\n\r,]}".contains(byte)).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(length);
        let next = behind.iter().find(|byte| !byte.is_ascii_whitespace());
        writer.token(token, next.copied());
        rest = behind;
    }
    Some(())
}

/// The length of the string at the beginning, quotes included.
fn string_len(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// How deep we are; `None` on one line.
    depth: Option<usize>,
}

impl Writer<'_> {
    /// Appends a token; `next` is the first byte of the one behind it.
    fn token(&mut self, token: &[u8], next: Option<u8>) {
        let is_close = matches!(token, b"}" | b"]");
        let was_open = matches!(self.out.last(), Some(b'{' | b'['));
        if is_close && let Some(depth) = &mut self.depth {
            *depth -= 1;
            if !was_open {
                self.line();
            }
        }
        self.out.extend_from_slice(token);
        let is_open = matches!(token, b"{" | b"[");
        if is_open && let Some(depth) = &mut self.depth {
            *depth += 1;
        }
        let is_empty = is_open && matches!(next, Some(b'}' | b']'));
        match token {
            b":" if self.depth.is_some() => self.out.push(b' '),
            b"," => self.line(),
            _ if is_open && !is_empty => self.line(),
            _ => {}
        }
    }

    fn line(&mut self) {
        if let Some(depth) = self.depth {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + 2 * depth, b' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(payload: &str, is_pretty: bool) -> Option<String> {
        let mut out = Vec::new();
        lay_out(payload.as_bytes(), is_pretty, &mut out)?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn tokens_stay_as_they_are() {
        let payload = " { \"a\" : [ 1.50 , 123456789012345678901 , -0 ] ,\n\"a\": \"x \\\" \\\\\" ,\
                       \"{\":{ },\"c\":[ ]}\n";
        let compact = r#"{"a":[1.50,123456789012345678901,-0],"a":"x \" \\","{":{},"c":[]}"#;
        assert_eq!(laid_out(payload, false).as_deref(), Some(compact));
        let pretty = "{\n  \"a\": [\n    1.50,\n    123456789012345678901,\n    -0\n  ],\n  \"a\": \
                      \"x \\\" \\\\\",\n  \"{\": {},\n  \"c\": []\n}";
        assert_eq!(laid_out(payload, true).as_deref(), Some(pretty));
        assert_eq!(laid_out(pretty, false).as_deref(), Some(compact));
        assert_eq!(laid_out(" true ", true).as_deref(), Some("true"));
        assert_eq!(laid_out("\"a b\"", false).as_deref(), Some("\"a b\""));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for payload in ["", "{", "01", "nul", "{} x", "[1,]", "'a'"] {
            assert_eq!(laid_out(payload, false), None, "{payload}");
        }
    }
}
