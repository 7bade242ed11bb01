//! Files of pre-shared keys: lines of an identity, a colon, and a key in hexadecimal.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::auth::file::{self, FileError, FileWarning};

/// The longest key in bytes, as OpenSSL takes it.
const KEY_BYTES_MAX: usize = 512;

/// Pre-shared keys by identity.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keys(HashMap<Vec<u8>, Vec<u8>>);

/// Why a file of keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysError {
    /// It cannot be read.
    File(FileError),
    /// A line says nothing that could be kept.
    Line {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeysError::File(error) => write!(f, "{error}"),
            KeysError::Line { path, line, why } => {
                write!(f, "Error: {}:{line}: {why}.", path.display())
            }
        }
    }
}

impl std::error::Error for KeysError {}

impl fmt::Debug for Keys {
    /// The keys stay out of whatever is printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keys").field(&self.0.len()).finish()
    }
}

impl Keys {
    /// Reads a file of keys.
    ///
    /// # Errors
    /// It cannot be read, or a line of it is wrong.
    pub fn read(path: &Path) -> Result<(Keys, Vec<FileWarning>), KeysError> {
        let (bytes, mut warnings) = file::read("psk file", path).map_err(KeysError::File)?;
        let mut keys = Keys::default();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let wrong = |why| KeysError::Line { path: path.to_owned(), line: index + 1, why };
            keys.add(line).map_err(wrong)?;
        }
        if keys.0.is_empty() {
            let so = "no client can connect with a pre-shared key";
            warnings.push(FileWarning::Empty { path: path.to_owned(), so });
        }
        Ok((keys, warnings))
    }

    fn add(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let at = line.iter().position(|byte| *byte == b':');
        let at = at.ok_or("there is no ':' behind the identity")?;
        let (identity, key) = (line[..at].trim_ascii(), line[at + 1..].trim_ascii());
        if identity.is_empty() {
            return Err("the identity is empty");
        }
        let key = hexadecimal(key).filter(|key| !key.is_empty());
        let key = key.ok_or("the key is no hexadecimal number of whole bytes")?;
        if key.len() > KEY_BYTES_MAX {
            return Err("the key is longer than 512 bytes");
        }
        match self.0.insert(identity.to_vec(), key) {
            None => Ok(()),
            Some(_) => Err("this identity has a key already"),
        }
    }

    /// The key of an identity.
    pub fn find(&self, identity: &[u8]) -> Option<&[u8]> {
        self.0.get(identity).map(Vec::as_slice)
    }
}

fn hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(value(high)? * 16 + value(low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

/// A file of keys as configured, and what was read from it. Until it has been read it lets nobody
/// in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    /// Where it is, if there is one.
    pub path: Option<PathBuf>,
    /// Its keys, once it has been read.
    pub keys: Arc<Keys>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Keys, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, text).unwrap();
        let shown = |error: KeysError| error.to_string().rsplit('/').next().unwrap().to_owned();
        Keys::read(&path).map(|(keys, _)| keys).map_err(shown)
    }

    #[test]
    fn lines_are_identities_and_keys() {
        let keys = read("# all\n\n me :0aFF\r\nyou:01").unwrap();
        assert_eq!(keys.find(b"me"), Some(&[0x0A, 0xFF][..]));
        assert_eq!(keys.find(b"you"), Some(&[1][..]));
        assert_eq!(keys.find(b"# all"), None);
        assert_eq!(format!("{keys:?}"), "Keys(2)");
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, why) in [
            ("a:00\nb\n", "keys:2: there is no ':' behind the identity."),
            (":00", "keys:1: the identity is empty."),
            ("a:", "keys:1: the key is no hexadecimal number of whole bytes."),
            ("a:0", "keys:1: the key is no hexadecimal number of whole bytes."),
            ("a:0g", "keys:1: the key is no hexadecimal number of whole bytes."),
            ("a:00\na:00", "keys:2: this identity has a key already."),
        ] {
            assert_eq!(read(text).unwrap_err(), why, "{text}");
        }
        assert!(read(&format!("a:{}", "00".repeat(513))).is_err());
    }
}
