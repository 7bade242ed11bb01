//! The table of options for people: a list for the terminal and the manual page.

use std::fmt::Write;

use crate::config::options::{GROUPS, OptionRow, Reload, Scope};

/// All options with their defaults, for the help of the command line.
pub fn list() -> String {
    let mut text = String::new();
    for (heading, rows) in GROUPS {
        let _ = writeln!(text, "{heading}:");
        for row in *rows {
            let _ = writeln!(text, "  {} {}", row.name, row.argument());
            let _ = writeln!(text, "      {} [default: {}]", row.help, row.default_text());
        }
        text.push('\n');
    }
    text
}

/// The manual page `lastwill.conf(5)`.
pub fn man_page() -> String {
    let mut page = String::from(MAN_HEAD);
    for (heading, rows) in GROUPS {
        let _ = writeln!(page, ".SH {}", heading.to_uppercase());
        for row in *rows {
            push_man_entry(&mut page, row);
        }
    }
    page.push_str(MAN_TAIL);
    page
}

fn push_man_entry(page: &mut String, row: &OptionRow) {
    let (name, argument) = (roff(row.name), roff(&row.argument()));
    let _ = writeln!(page, ".TP\n\\fB{name}\\fR \\fI{argument}\\fR\n{}", roff(row.help));
    let _ = writeln!(page, "Default: {}.", roff(row.default_text()));
    match row.scope() {
        Scope::Global => {}
        Scope::Listener => page.push_str("Belongs to a listener.\n"),
        Scope::Bridge => page.push_str("Belongs to a connection that stands before it.\n"),
        Scope::ListenerBlock => page.push_str("Belongs to a listener that stands before it.\n"),
    }
    if row.reload == Reload::No {
        page.push_str("Not changed by a reload.\n");
    }
    if let Some(instead) = row.deprecated {
        let _ = writeln!(page, "Deprecated. {}", roff(instead));
    }
}

/// Text as roff shows it unchanged.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.as_bytes().first() {
        Some(b'.' | b'\'') => format!("\\&{text}"),
        _ => text,
    }
}

const MAN_HEAD: &str = r#".\" Made from the table of options in src/config/options; do not edit.
.TH LASTWILL.CONF 5
.SH NAME
lastwill.conf \- the configuration of lastwill broker
.SH SYNOPSIS
\fBlastwill broker \-c\fR \fIFILE\fR [\fB\-\-set\fR \fINAME\fR=\fIVALUE\fR]...
.SH DESCRIPTION
The file has the syntax of mosquitto.conf: one option in a line, its name, a space, its value.
A line whose very first character is # is a comment.
Text after a value of one word is ignored; the value of a string is the rest of the line.
Integers may be written in decimal, hexadecimal with 0x, or octal with a leading 0.
.PP
\fBlistener\fR opens a block: options that belong to a listener belong to that one, up to the next.
Before any listener they belong to the default listener.
.PP
\fB\-\-set\fR takes the same names and wins over the file.
A listener option set there holds for every listener, or for the one that \fB\-\-set listener\fR
opened before it.
.PP
A mistake stops the start with exit code 3; all mistakes are reported, each with its place.
Options of mosquitto that this version does not have are refused by name.
"#;

const MAN_TAIL: &str = r#".SH EXAMPLES
Let other machines in, without a login:
.PP
.nf
listener 1883
allow_anonymous true
.fi
.SH SEE ALSO
\fBlastwill\fR(1)
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options;

    #[test]
    fn the_list_names_every_option() {
        let list = list();
        for row in options::all() {
            assert!(list.contains(&format!("\n  {} ", row.name)), "{}", row.name);
        }
        assert!(list.contains("\n  max_qos N\n"), "{list}");
        assert!(list.contains("[default: half of the processors, at most 8]"));
    }

    #[test]
    fn roff_shows_text_as_it_is() {
        assert_eq!(roff("a-b"), "a\\-b");
        assert_eq!(roff(".x"), "\\&.x");
        assert_eq!(roff("'x"), "\\&'x");
        assert_eq!(roff("a\\b"), "a\\eb");
    }
}
