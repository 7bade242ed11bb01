//! Named sets of options about the connection, in one TOML file: a table for each profile, and in it
//! the options by their long names.

pub mod command;

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::cli::args::Places;
use crate::cli::draft::Draft;
use crate::cli::errors::{Problem, system_text};
use crate::cli::secret;
use crate::cli::settings::{keyed, set};
use crate::cli::table::Tool;

/// All profiles, as the file has them.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    document: DocumentMut,
}

impl Profiles {
    /// Reads the file; one that is not there has no profiles.
    ///
    /// # Errors
    /// There is no place for it, it cannot be read, or it is no TOML: then with the line.
    pub fn load(places: &Places) -> Result<Profiles, Problem> {
        let folder = places.folder().ok_or_else(|| {
            Problem::plain("Error: Profiles need HOME or XDG_CONFIG_HOME, and neither is set.")
        })?;
        let path = folder.join("lastwill/profiles.toml");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(&path, &system_text(&error))),
        };
        let document = text.parse::<DocumentMut>().map_err(|error| {
            let start = error.span().map_or(0, |span| span.start).min(text.len());
            let line = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
            let why = error.message().replace('\n', ", ");
            Problem::plain(format!("Error: {}:{line}: {why}.", path.display()))
        })?;
        Ok(Profiles { path, document })
    }

    /// The names of the profiles, in the order of the file.
    pub fn names(&self) -> Vec<&str> {
        let tables = self.document.iter().filter(|(_, item)| item.is_table_like());
        tables.map(|(name, _)| name).collect()
    }

    /// The options of one profile.
    ///
    /// # Errors
    /// There is no such profile; those that exist are named.
    pub fn options(&self, name: &str) -> Result<&dyn TableLike, Problem> {
        let found = self.document.get(name).and_then(Item::as_table_like);
        found.ok_or_else(|| {
            let names = self.names();
            let there_are = match names.is_empty() {
                true => "there is none at all".to_owned(),
                false => format!("there are: {}", names.join(", ")),
            };
            Problem::plain(format!(
                "Error: No profile '{name}' in {}, {there_are}.",
                self.path.display()
            ))
        })
    }

    /// Applies a profile to what was said so far.
    ///
    /// # Errors
    /// There is no such profile, or it holds what is no option or no value for one.
    pub fn apply(&self, draft: &mut Draft, name: &str) -> Result<(), Problem> {
        let options = self.options(name)?;
        for (key, _) in options.iter() {
            let is_known = [draft.tool, Tool::Sub, Tool::Pub]
                .iter()
                .any(|tool| keyed(*tool).any(|(known, _)| known == key));
            if !is_known {
                return Err(self.unknown(name, key));
            }
        }
        let mut holds_secret = false;
        for (key, row) in keyed(draft.tool) {
            let Some(item) = options.get(key) else { continue };
            let source = format!("'{key}' of profile '{name}'");
            let value = word(item).ok_or_else(|| {
                Problem::plain(format!(
                    "Error: Invalid value for {source} in {}, it must be a string, a number, true \
                     or false.",
                    self.path.display()
                ))
            })?;
            holds_secret |= row.is_secret();
            set(draft, row, &value, &source)?;
        }
        if holds_secret && !draft.connection.quiet {
            secret::warn_if_shared(&self.path);
        }
        Ok(())
    }

    fn unknown(&self, name: &str, key: &str) -> Problem {
        let known: Vec<_> = keyed(Tool::Sub).map(|(key, _)| key).collect();
        Problem::plain(format!(
            "Error: Unknown option '{key}' in profile '{name}' of {}. A profile knows: {}.",
            self.path.display(),
            known.join(", ")
        ))
    }

    /// Replaces a profile, or makes it, and writes the file.
    ///
    /// # Errors
    /// The file cannot be written; then it is as it was.
    pub fn save(&mut self, name: &str, options: Vec<(&str, Value)>) -> Result<(), Problem> {
        let mut table = toml_edit::Table::new();
        for (key, value) in options {
            table.insert(key, Item::Value(value));
        }
        self.document.insert(name, Item::Table(table));
        self.write().map_err(|error| failed(&self.path, &system_text(&error)))
    }

    /// Removes a profile and writes the file; as [`Profiles::save`].
    ///
    /// # Errors
    /// Also when there is no such profile.
    pub fn remove(&mut self, name: &str) -> Result<(), Problem> {
        self.options(name)?;
        self.document.remove(name);
        self.write().map_err(|error| failed(&self.path, &system_text(&error)))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes beside the file and renames, so that nobody sees half of it; readable by its owner
    /// only. A link stays one.
    fn write(&self) -> io::Result<()> {
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let beside = folder.join(format!(".profiles.{}.new", std::process::id()));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|file| fill(file, &self.document.to_string()))
            .and_then(|()| fs::rename(&beside, &path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}

fn fill(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A value as the word that it would be on the command line.
fn word(item: &Item) -> Option<OsString> {
    Some(match item.as_value()? {
        Value::String(text) => text.value().into(),
        Value::Integer(number) => number.value().to_string().into(),
        Value::Float(number) => number.value().to_string().into(),
        Value::Boolean(flag) => flag.value().to_string().into(),
        Value::Datetime(_) | Value::Array(_) | Value::InlineTable(_) => return None,
    })
}

fn failed(path: &Path, why: &str) -> Problem {
    Problem::plain(format!("Error: {}: {why}.", path.display()))
}

#[cfg(test)]
mod tests;
