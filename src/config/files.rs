//! The files that options name, read when the process runs as who it will run as.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::auth::{FileWarning, Passwords, PasswordsError};
use crate::config::Config;

impl Config {
    /// Reads password and ACL files, each once; what is questionable about them, in words. Until then
    /// they let nobody in. After an error the configuration is not to be used.
    ///
    /// # Errors
    /// A file cannot be read, or what it says cannot be kept; in words.
    pub fn read_files(&mut self) -> Result<Vec<String>, String> {
        let of_passwords = self.read_passwords().map_err(|error| error.to_string())?;
        let of_access = self.read_access().map_err(|error| error.to_string())?;
        let words = of_passwords.iter().map(ToString::to_string);
        Ok(words.chain(of_access.iter().map(ToString::to_string)).collect())
    }

    /// Reads the password files, each once; what is questionable about them.
    ///
    /// # Errors
    /// A file cannot be read, or what it says cannot be kept.
    pub fn read_passwords(&mut self) -> Result<Vec<FileWarning>, PasswordsError> {
        let mut warnings = Vec::new();
        let mut known = HashMap::new();
        for listener in &mut self.listeners {
            let Some(file) = &mut listener.password_file else { continue };
            let Some(path) = &file.path else { continue };
            file.users = Some(read_once(path, &mut known, &mut warnings)?);
        }
        Ok(warnings)
    }
}

fn read_once(
    path: &Path,
    known: &mut HashMap<PathBuf, Arc<Passwords>>,
    warnings: &mut Vec<FileWarning>,
) -> Result<Arc<Passwords>, PasswordsError> {
    if let Some(users) = known.get(path) {
        return Ok(Arc::clone(users));
    }
    let (users, about) = Passwords::read(path)?;
    warnings.extend(about);
    let users = Arc::new(users);
    known.insert(path.to_owned(), Arc::clone(&users));
    Ok(users)
}
