//! Who may not write to a topic, and by which rule, in words.

use std::fmt::{self, Write};

use crate::broker::access::Denial;
use crate::broker::event::Denied;
use crate::observe::escape::{Bounded, Escaped};

/// A CONNECT is refused because of its will (D5). The line names the option that lets such clients
/// in.
pub fn write_will_denied(out: &mut Bounded, topic: &str, denied: Denied<'_>) -> fmt::Result {
    write!(out, "its will to '{}' is refused: {}", Escaped(topic), Why(denied))?;
    out.write_str(" ('check_will_at_connect false' lets such clients in, and drops the will)")
}

/// A client is let in whose will could not be published as things stand.
pub fn write_doubtful(
    out: &mut Bounded,
    client_id: &str,
    topic: &str,
    denied: Denied<'_>,
) -> fmt::Result {
    let (id, topic) = (Escaped(client_id), Escaped(topic));
    write!(out, "will of '{id}' to '{topic}' would not be published: {}", Why(denied))?;
    out.write_str(" (check_will_at_connect is false)")
}

/// Who may not write, and by which rule.
struct Why<'a>(Denied<'a>);

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Denied { username, file, why } = self.0;
        match username {
            Some(name) => write!(f, "user '{}' may not write there: ", Escaped(name))?,
            None => f.write_str("anonymous clients may not write there: ")?,
        }
        let file = Escaped(file.unwrap_or("(none)"));
        match why {
            Denial::BuiltIn => f.write_str("nobody may"),
            Denial::NoRule => write!(f, "no rule in acl_file \"{file}\" allows it"),
            Denial::Line(line) => write!(f, "line {line} of acl_file \"{file}\" denies it"),
            Denial::DangerousName => write!(
                f,
                "patterns of acl_file \"{file}\" deny everything to a user name or client id with \
                 '+' or '#' in it"
            ),
            Denial::UnknownListener => {
                f.write_str("its listener is gone, and the others have different rules")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(username: Option<&str>, why: Denial) -> String {
        let denied = Denied { username, file: Some("/etc/acl"), why };
        let mut out = Bounded::new(1000);
        write_will_denied(&mut out, "a/b", denied).unwrap();
        out.finish()
    }

    #[test]
    fn a_refused_will_names_topic_user_rule_and_option() {
        assert_eq!(
            text(Some("u\n"), Denial::Line(7)),
            "its will to 'a/b' is refused: user 'u\\n' may not write there: line 7 of acl_file \
             \"/etc/acl\" denies it ('check_will_at_connect false' lets such clients in, and drops \
             the will)"
        );
        for (why, words) in [
            (Denial::NoRule, "no rule in acl_file \"/etc/acl\" allows it"),
            (Denial::BuiltIn, "nobody may"),
            (Denial::DangerousName, "with '+' or '#' in it"),
            (Denial::UnknownListener, "its listener is gone"),
        ] {
            let text = text(None, why);
            assert!(text.contains("anonymous clients may not write there: "), "{text}");
            assert!(text.contains(words), "{text}");
        }
    }
}
