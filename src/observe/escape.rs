//! Text that came over the network, made safe to print: no client can forge a line of the log or
//! steer a terminal.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// Displays text with every character escaped that moves a cursor, ends a line or hides what
/// stands around it.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut plain_from = 0;
        for (at, c) in self.0.char_indices().filter(|(_, c)| is_unsafe(*c)) {
            f.write_str(&self.0[plain_from..at])?;
            plain_from = at + c.len_utf8();
            match c {
                '\n' | '\r' | '\t' => write!(f, "{}", c.escape_default())?,
                c if (c as u32) < 0x80 => write!(f, "\\x{:02x}", c as u32)?,
                c => write!(f, "{}", c.escape_unicode())?,
            }
        }
        f.write_str(&self.0[plain_from..])
    }
}

/// Control characters, line separators, and marks that reorder the text around them.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What stands where something was cut off.
const CUT: &str = " [cut]";

/// A text of at most so many bytes: what does not fit is cut off, and that is marked.
pub fn cut(text: &str, bytes_max: usize) -> Cow<'_, str> {
    if text.len() <= bytes_max {
        return Cow::Borrowed(text);
    }
    let end = boundary(text, bytes_max.saturating_sub(CUT.len()));
    Cow::Owned(format!("{}{CUT}", &text[..end]))
}

/// The last place up to `at` where no character is split.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// A text that takes no more than a number of bytes: what does not fit is cut off and marked.
#[derive(Debug)]
pub struct Bounded {
    text: String,
    bytes_max: usize,
    is_cut: bool,
}

impl Bounded {
    /// Empty.
    pub fn new(bytes_max: usize) -> Self {
        Bounded { text: String::new(), bytes_max, is_cut: false }
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }
}

impl Write for Bounded {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        if self.is_cut {
            return Ok(());
        }
        let room = self.bytes_max - self.text.len();
        if s.len() <= room {
            self.text.push_str(s);
            return Ok(());
        }
        self.text.push_str(&s[..boundary(s, room)]);
        self.text.push_str(CUT);
        self.is_cut = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_forge_a_line_is_escaped() {
        let nasty = "a\nb\r\u{1b}[2J\u{7f}\u{85}\u{2028}\u{202e}\tz\0";
        let shown = Escaped(nasty).to_string();
        assert_eq!(shown, r"a\nb\r\x1b[2J\x7f\u{85}\u{2028}\u{202e}\tz\x00");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in ["", "plain", "r\u{e4}um/\u{1f980}", r"DOMAIN\user", "it's \"so\""] {
            assert_eq!(Escaped(text).to_string(), text);
        }
    }

    #[test]
    fn a_bounded_text_is_cut_between_characters_and_says_so() {
        let mut text = Bounded::new(4);
        write!(text, "ab").unwrap();
        write!(text, "c\u{e4}d").unwrap();
        write!(text, "more").unwrap();
        assert_eq!(text.finish(), "abc [cut]");
        let mut fits = Bounded::new(4);
        write!(fits, "abcd").unwrap();
        assert_eq!(fits.finish(), "abcd");
    }
}
