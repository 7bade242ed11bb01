//! Reads JSON as leniently as mosquitto's tools do: control characters in strings, `01`, `1.` and a
//! leading byte order mark pass.

use std::borrow::Cow;

use super::{Member, Value};
use crate::cli::number::decimal;

/// Arrays and objects may be nested this deep.
const DEPTH_MAX: usize = 1000;

/// The value that a text consists of; white space around it is allowed, NUL bytes are not.
pub fn parse(text: &[u8]) -> Option<Value<'_>> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    if text.contains(&0) {
        return None;
    }
    let mut parser = Parser { rest: text };
    parser.skip_blanks();
    let value = parser.value(0)?;
    parser.skip_blanks();
    parser.rest.is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a [u8],
}

impl<'a> Parser<'a> {
    fn skip_blanks(&mut self) {
        let start = self.rest.iter().position(|byte| *byte > b' ').unwrap_or(self.rest.len());
        self.rest = &self.rest[start..];
    }

    /// Takes a token if it comes next.
    fn take(&mut self, token: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        match *self.rest.first()? {
            b'n' => self.take(b"null").map(|()| Value::Null),
            b't' => self.take(b"true").map(|()| Value::Bool(true)),
            b'f' => self.take(b"false").map(|()| Value::Bool(false)),
            b'"' => self.text().map(Value::Text),
            b'-' | b'0'..=b'9' => {
                let (number, len) = decimal(self.rest)?;
                self.rest = &self.rest[len..];
                Some(Value::Number(number))
            }
            b'[' if depth < DEPTH_MAX => self.array(depth + 1).map(Value::Array),
            b'{' if depth < DEPTH_MAX => self.object(depth + 1).map(Value::Object),
            _ => None,
        }
    }

    fn array(&mut self, depth: usize) -> Option<Vec<Value<'a>>> {
        self.take(b"[")?;
        let mut items = Vec::new();
        self.skip_blanks();
        if self.take(b"]").is_some() {
            return Some(items);
        }
        loop {
            self.skip_blanks();
            items.push(self.value(depth)?);
            self.skip_blanks();
            if self.take(b",").is_none() {
                return self.take(b"]").map(|()| items);
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Vec<Member<'a>>> {
        self.take(b"{")?;
        let mut members = Vec::new();
        self.skip_blanks();
        if self.take(b"}").is_some() {
            return Some(members);
        }
        loop {
            self.skip_blanks();
            let name = self.text()?;
            self.skip_blanks();
            self.take(b":")?;
            self.skip_blanks();
            members.push((name, self.value(depth)?));
            self.skip_blanks();
            if self.take(b",").is_none() {
                return self.take(b"}").map(|()| members);
            }
        }
    }

    fn text(&mut self) -> Option<Cow<'a, [u8]>> {
        self.take(b"\"")?;
        let plain = self.rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        let (start, rest) = self.rest.split_at(plain);
        self.rest = rest;
        if self.take(b"\"").is_some() {
            return Some(Cow::Borrowed(start));
        }
        let mut text = start.to_vec();
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return Some(Cow::Owned(text)),
                b'\\' => self.escape(&mut text)?,
                other => text.push(*other),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let (letter, rest) = self.rest.split_first()?;
        self.rest = rest;
        let byte = match letter {
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'"' | b'\\' | b'/' => *letter,
            b'u' => {
                let character = self.character()?;
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Some(());
            }
            _ => return None,
        };
        text.push(byte);
        Some(())
    }

    /// The character behind `\u`, which may take two of them.
    fn character(&mut self) -> Option<char> {
        let first = self.hex4()?;
        if !(0xD800..=0xDBFF).contains(&first) {
            return char::from_u32(first);
        }
        self.take(b"\\u")?;
        let second = self.hex4().filter(|unit| (0xDC00..=0xDFFF).contains(unit))?;
        char::from_u32(0x10000 + ((first & 0x3FF) << 10 | second & 0x3FF))
    }

    /// Four hexadecimal digits; anything else counts as 0.
    fn hex4(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        let value = digits
            .iter()
            .try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?));
        Some(value.unwrap_or(0))
    }
}
