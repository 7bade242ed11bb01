//! `--record`: every message as a line of JSON in a file, with the time since the start.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use crate::cli::errors::system_text;
use crate::cli::ndjson;
use crate::cli::options::Recording;
use crate::clock::{Clock, local_now};
use crate::protocol::Publish;

/// Nanoseconds of a microsecond, and microseconds of a second.
const THOUSAND: u64 = 1000;
const MILLION: f64 = 1_000_000.0;

/// A file that is being written.
pub(super) struct Recorder {
    name: String,
    file: File,
    clock: Clock,
    /// Lines that are not written yet.
    lines: Vec<u8>,
}

impl Recorder {
    /// Makes the file.
    ///
    /// # Errors
    /// A line for stderr when it exists already and may not be replaced, or cannot be made.
    pub fn new(recording: &Recording) -> Result<Recorder, String> {
        let name = recording.path.display().to_string();
        let mut options = OpenOptions::new();
        options.write(true);
        match recording.force {
            true => options.create(true).truncate(true),
            false => options.create_new(true),
        };
        match options.open(&recording.path) {
            Ok(file) => Ok(Recorder { name, file, clock: Clock::new(), lines: Vec::new() }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(format!("Error: '{name}' exists already; --force replaces it."))
            }
            Err(error) => {
                Err(format!("Error: Unable to record to '{name}': {}.", system_text(&error)))
            }
        }
    }

    /// Keeps a message for the next [`Recorder::flush`].
    pub fn add(&mut self, publish: &Publish<'_>) {
        let at = (self.clock.elapsed_nanos() / THOUSAND) as f64 / MILLION;
        ndjson::write(publish, local_now().timestamp(), Some(at), &mut self.lines);
        self.lines.push(b'\n');
    }

    /// Hands everything to the system: from then on it outlives this process.
    ///
    /// # Errors
    /// A line for stderr, such as that about a full disk.
    pub fn flush(&mut self) -> Result<(), String> {
        let written = self.file.write_all(&self.lines);
        self.lines.clear();
        written.map_err(|error| {
            format!("Error: Unable to record to '{}': {}.", self.name, system_text(&error))
        })
    }

    /// Waits until it is on the disk, at the end. What is no ordinary file has none.
    ///
    /// # Errors
    /// As [`Recorder::flush`].
    pub fn finish(&mut self) -> Result<(), String> {
        self.flush()?;
        match self.file.sync_data() {
            Err(error) if error.kind() != io::ErrorKind::InvalidInput => {
                Err(format!("Error: Unable to record to '{}': {}.", self.name, system_text(&error)))
            }
            _ => Ok(()),
        }
    }
}
