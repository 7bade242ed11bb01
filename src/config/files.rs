//! The files that options name, read when the process runs as who it will run as.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use crate::auth::file::{self, FileError, FileWarning};
use crate::auth::hash::ITERATIONS;
use crate::auth::{Keys, KeysError, Kind, PasswordFile, PasswordHash, Passwords, PasswordsError};
use crate::config::{Config, ListenerTls};

impl Config {
    /// Reads password and ACL files, each once; what is questionable about them, in words. Until then
    /// they let nobody in. After an error the configuration is not to be used.
    ///
    /// # Errors
    /// A file cannot be read, or what it says cannot be kept; in words.
    pub fn read_files(&mut self) -> Result<Vec<String>, String> {
        let of_passwords = self.read_passwords().map_err(|error| error.to_string())?;
        let of_keys = self.read_keys().map_err(|error| error.to_string())?;
        let of_passwords = [of_passwords, of_keys].concat();
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
        let allowed = self.read_allowed(&mut warnings)?;
        for listener in &mut self.listeners {
            let Some(file) = &mut listener.password_file else { continue };
            let mut users = match &file.path {
                Some(path) => read_once(path, &mut known, &mut warnings)?,
                None => Arc::default(),
            };
            for (user, hash) in &allowed {
                Arc::make_mut(&mut users).put(user, hash.clone());
            }
            file.users = Some(users);
        }
        Ok(warnings)
    }

    /// Lets users in on every listener.
    pub(super) fn allow(&mut self, users: &[AllowedUser]) {
        self.allow_users = users.to_vec();
        if users.is_empty() {
            return;
        }
        for listener in &mut self.listeners {
            listener.password_file.get_or_insert(PasswordFile { path: None, users: None });
        }
    }

    /// The users of `--allow-user`. Their passwords are hashed, so that they are checked like all
    /// others.
    fn read_allowed(
        &self,
        warnings: &mut Vec<FileWarning>,
    ) -> Result<Vec<(String, PasswordHash)>, PasswordsError> {
        let mut allowed = Vec::new();
        for AllowedUser { name, file: path } in &self.allow_users {
            let (bytes, about) =
                file::read("password of --allow-user", path).map_err(PasswordsError::File)?;
            warnings.extend(about);
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let failed = |why: &str| {
                let (what, path, why) = ("password of --allow-user", path.clone(), why.to_owned());
                PasswordsError::File(FileError { what, path, why })
            };
            let password = line.strip_suffix(b"\r").unwrap_or(line);
            if password.is_empty() {
                return Err(failed("its first line is empty"));
            }
            let kind = Kind::Pbkdf2 { iterations: ITERATIONS };
            let hash = PasswordHash::new(kind, password);
            allowed.push((name.clone(), hash.map_err(|error| failed(&error.to_string()))?));
        }
        Ok(allowed)
    }
}

/// A user of the command line, whose password is the first line of a file: never an argument, which
/// others on the machine can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedUser {
    /// The user name.
    pub name: String,
    /// The file.
    pub file: PathBuf,
}

impl FromStr for AllowedUser {
    type Err = String;

    /// `NAME:FILE`
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => {
                Ok(AllowedUser { name: name.to_owned(), file: PathBuf::from(file) })
            }
            _ => Err("expected NAME:FILE, the password being the first line of FILE".to_owned()),
        }
    }
}

impl Config {
    /// Reads the files of pre-shared keys.
    fn read_keys(&mut self) -> Result<Vec<FileWarning>, KeysError> {
        let mut warnings = Vec::new();
        for listener in &mut self.listeners {
            let Some(ListenerTls::Psk(settings)) = &mut listener.tls else { continue };
            let Some(path) = &settings.file.path else { continue };
            let (keys, about) = Keys::read(path)?;
            settings.file.keys = Arc::new(keys);
            warnings.extend(about);
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
