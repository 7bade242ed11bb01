//! The lines of a password file, and how they are written so that at every moment a whole file is
//! there: a new one beside it, on disk, takes its place.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use crate::auth::PasswordHash;
use crate::cli::errors::system_text;

/// Permissions of a new file: its owner reads and writes it.
const MODE: u32 = 0o600;

/// The lines of a password file, comments and all.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Vec<String>,
    /// Where they were read, links resolved.
    pub(super) path: PathBuf,
}

/// What became of a user's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It is new.
    Added,
    /// It replaces an older one.
    Updated,
}

/// The user of a line, and what stands behind it.
fn parts(line: &str) -> Option<(&str, &str)> {
    if line.starts_with('#') {
        return None;
    }
    line.split_once(':').map(|(user, rest)| (user.trim(), rest.trim()))
}

impl Lines {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, in mosquitto's words.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let failed = |error: io::Error| {
            let (file, why) = (file.display(), system_text(&error));
            anyhow!("Error: Unable to open password file {file}. {why}.")
        };
        let path = fs::canonicalize(file).map_err(failed)?;
        let text = fs::read_to_string(&path).map_err(failed)?;
        Ok(Lines { lines: text.lines().map(str::to_owned).collect(), path })
    }

    /// Sets the line of a user, at its place where it has one.
    pub(super) fn put(&mut self, user: &str, line: String) -> Done {
        let is_user = |line: &String| parts(line).is_some_and(|(name, _)| name == user);
        match self.lines.iter().position(is_user) {
            Some(index) => {
                self.lines[index] = line;
                Done::Updated
            }
            None => {
                self.lines.push(line);
                Done::Added
            }
        }
    }

    /// Removes a user; whether it was there.
    pub(super) fn remove(&mut self, user: &str) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| parts(line).is_none_or(|(name, _)| name != user));
        self.lines.len() < before
    }

    /// Hashes every password that is plain text.
    ///
    /// # Errors
    /// A line is neither user and password nor a comment.
    pub(super) fn hash_all(
        &mut self,
        mut hash: impl FnMut(&str) -> anyhow::Result<PasswordHash>,
    ) -> anyhow::Result<()> {
        for (index, line) in self.lines.iter_mut().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            match parts(line) {
                None | Some(("", _) | (_, "")) => {
                    bail!("Error: Corrupt password file at line {}.", index + 1)
                }
                Some((_, hashed)) if PasswordHash::parse(hashed).is_ok() => {}
                Some((user, plain)) => *line = format!("{user}:{}", hash(plain)?),
            }
        }
        Ok(())
    }

    /// Writes them to a file, which keeps its owner and permissions.
    ///
    /// # Errors
    /// That is not possible; the file is as it was.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text: String = self.lines.iter().flat_map(|line| [line, "\n"]).collect();
        replace(path, text.as_bytes()).map_err(|error| {
            let (path, why) = (path.display(), system_text(&error));
            anyhow!("Error: Unable to open file {path} for writing. {why}.")
        })
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new.{:08x}", getrandom::u32().map_err(io::Error::other)?));
    let beside = path.with_file_name(name);
    let written = write_beside(&beside, path, bytes).and_then(|()| put_in_place(&beside, path));
    if written.is_err() {
        // The reason of the failure is what matters.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_beside(beside: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(beside)?;
    match fs::metadata(path) {
        Ok(old) => {
            // Only root may give a file away; who may not keeps it readable for those who own both.
            let _ = fchown(&file, Some(old.uid()), Some(old.gid()));
            file.set_permissions(Permissions::from_mode(old.mode() & 0o777))?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.write_all(bytes)?;
    file.sync_all()
}

fn put_in_place(beside: &Path, path: &Path) -> io::Result<()> {
    match fs::rename(beside, path) {
        Ok(()) => {}
        // A file that is mounted by itself, as containers have it, can only be written into. What is
        // beside it is whole until that is done.
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
            file.write_all(&fs::read(beside)?)?;
            file.sync_all()?;
            fs::remove_file(beside)?;
        }
        Err(error) => return Err(error),
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Kind;

    fn lines(text: &str) -> Lines {
        Lines { lines: text.lines().map(str::to_owned).collect(), path: PathBuf::new() }
    }

    #[test]
    fn a_user_keeps_its_place_and_others_their_lines() {
        let mut file = lines("# head\na:1\n\n b :2\nodd\nc:3");
        assert_eq!(file.put("b", "b:9".to_owned()), Done::Updated);
        assert_eq!(file.put("d", "d:4".to_owned()), Done::Added);
        assert!(file.remove("a") && !file.remove("x"));
        assert_eq!(file.lines, ["# head", "", "b:9", "odd", "c:3", "d:4"]);
    }

    #[test]
    fn plain_passwords_are_hashed_and_hashes_kept() {
        let hash = |plain: &str| Ok(PasswordHash::new(Kind::Sha512, plain.as_bytes()).unwrap());
        let kept = format!("b:{}", hash("x").unwrap());
        let mut file = lines(&format!("# head\na: p:q \n\n{kept}"));
        file.hash_all(hash).unwrap();
        let (user, hashed) = file.lines[1].split_once(':').unwrap();
        assert_eq!(user, "a");
        assert!(PasswordHash::parse(hashed).unwrap().verify(b"p:q"));
        assert_eq!(file.lines[3], kept);
        for wrong in ["a:p\nb", "a:p\n:p", "a:p\nb: "] {
            let error = lines(wrong).hash_all(hash).unwrap_err().to_string();
            assert_eq!(error, "Error: Corrupt password file at line 2.");
        }
    }

    #[test]
    fn the_new_file_has_the_permissions_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        lines("a:1").write(&path).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("a:1\n", 0o600));
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let before = fs::metadata(&path).unwrap().ino();
        lines("b:2").write(&path).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("b:2\n", 0o640));
        assert_ne!(fs::metadata(&path).unwrap().ino(), before, "another file took its place");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left over");
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        fs::create_dir(&path).unwrap();
        assert!(lines("a:1").write(&path).is_err());
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = lines("a:1").write(Path::new("/no/such/p")).unwrap_err().to_string();
        let wanted =
            "Error: Unable to open file /no/such/p for writing. No such file or directory.";
        assert_eq!(error, wanted);
    }
}
