//! Where the client tools write: data and trace to stdout, complaints to stderr.

use std::io::{self, IsTerminal, Write};

use colored::Colorize;

use crate::cli::options::{Called, Connection};
use crate::cli::own::Color;

/// Whether stderr has colour. `NO_COLOR` stands back behind an explicit choice.
fn has_colour(choice: Color) -> bool {
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            !is_refused && io::stderr().is_terminal()
        }
    }
}

/// The two output streams of a tool.
#[derive(Debug)]
pub struct Console {
    is_quiet: bool,
    has_colour: bool,
    is_broken: bool,
    /// What waits to be written to stdout; `None` if nothing may wait.
    held: Option<Vec<u8>>,
}

/// Bytes that are held back at most.
const HELD_BYTES_MAX: usize = 64 << 10;

impl Console {
    /// As the options say. Colour is for people who look at stderr, under our own name. Standard
    /// output never has any: it is data.
    pub fn new(connection: &Connection) -> Self {
        let is_own = connection.called == Called::Lastwill;
        let has_colour = is_own && has_colour(connection.own.color);
        if has_colour {
            // The crate judges by stdout; this is stderr.
            colored::control::set_override(true);
        }
        Console { is_quiet: connection.quiet, has_colour, is_broken: false, held: None }
    }

    /// Writes a line to stderr, unless `--quiet`. What stands before the first colon is coloured.
    pub fn complain(&self, line: &str) {
        match line.split_once(':') {
            Some((head, rest)) if self.has_colour => {
                let colour = if head == "Warning" { head.yellow() } else { head.red() };
                self.complain_raw(&format!("{}:{rest}\n", colour.bold()));
            }
            _ => self.complain_raw(&format!("{line}\n")),
        }
    }

    /// Writes to stderr as it is, unless `--quiet`. A closed stderr changes nothing.
    pub fn complain_raw(&self, text: &str) {
        if !self.is_quiet {
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }

    /// Writes a line to stdout.
    pub fn say(&mut self, line: &str) {
        self.write(format!("{line}\n").as_bytes());
    }

    /// Writes a line to stdout that nothing depends on.
    pub fn note(&self, line: &str) {
        let _ = writeln!(io::stdout(), "{line}");
    }

    /// From now on what is written to stdout waits for [`Console::flush`], so that many messages
    /// that came at once cost one write.
    pub fn hold(&mut self) {
        self.held = Some(Vec::new());
    }

    /// Writes to stdout at once, so that whoever reads a pipe sees it; after [`Console::hold`], not
    /// before the next [`Console::flush`].
    pub fn write(&mut self, bytes: &[u8]) {
        match &mut self.held {
            Some(held) => {
                held.extend_from_slice(bytes);
                if held.len() >= HELD_BYTES_MAX {
                    self.flush();
                }
            }
            None => self.put(bytes),
        }
    }

    /// Writes what was held back.
    pub fn flush(&mut self) {
        if let Some(mut held) = self.held.take() {
            if !held.is_empty() {
                self.put(&held);
                held.clear();
            }
            self.held = Some(held);
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        self.is_broken |= written.is_err();
    }

    /// Whether stdout took something back: nobody reads it any more.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Whether `--quiet` was given.
    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }
}
