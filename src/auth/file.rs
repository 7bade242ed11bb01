//! Reading a file that access depends on: never through a symbolic link that somebody else may
//! have put there, never without end, and with a warning where others can read or own it.

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::{getegid, geteuid};

/// Largest file in bytes: half a million users.
pub const BYTES_MAX: u64 = 128 << 20;
/// The environment variable that allows symbolic links, whatever its value.
pub const ALLOW_SYMLINKS: &str = "MOSQUITTO_UNSAFE_ALLOW_SYMLINKS";
/// Permission bit: everybody can read it.
const WORLD_READABLE: u32 = 0o004;
/// The error number of a symbolic link that was not to be followed (ELOOP).
const IS_LINK: i32 = rustix::io::Errno::LOOP.raw_os_error();

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// What it is to be, such as `password file`.
    pub what: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The reason, in words.
    pub why: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FileError { what, path, why } = self;
        write!(f, "Error: Unable to open {what} {}: {why}.", path.display())
    }
}

impl std::error::Error for FileError {}

/// What is questionable about a file that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileWarning {
    /// Everybody on the machine can read it.
    WorldReadable(PathBuf),
    /// It belongs to another user or group than this process.
    Foreign(PathBuf),
    /// A line of it is passed over.
    Line {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is nothing in it.
    Empty {
        /// The file.
        path: PathBuf,
        /// What follows from that.
        so: &'static str,
    },
}

impl fmt::Display for FileWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Warning: ")?;
        match self {
            FileWarning::WorldReadable(path) => {
                let path = path.display();
                write!(f, "File {path} has world readable permissions; chmod 0600 ends that.")
            }
            FileWarning::Foreign(path) => write!(
                f,
                "File {} belongs to another user or group than the one that the broker runs as.",
                path.display()
            ),
            FileWarning::Line { path, line, why } => {
                write!(f, "{}:{line} is passed over: {why}.", path.display())
            }
            FileWarning::Empty { path, so } => write!(f, "{} is empty: {so}.", path.display()),
        }
    }
}

/// Reads a whole file. `what` names it in errors. Symbolic links are refused unless
/// [`ALLOW_SYMLINKS`] is set.
///
/// # Errors
/// It cannot be opened, is a link, no regular file, or larger than [`BYTES_MAX`].
pub fn read(what: &'static str, path: &Path) -> Result<(Vec<u8>, Vec<FileWarning>), FileError> {
    let follows = std::env::var_os(ALLOW_SYMLINKS).is_some();
    read_as(what, path, follows, (geteuid().as_raw(), getegid().as_raw()))
}

fn read_as(
    what: &'static str,
    path: &Path,
    follows: bool,
    owner: (u32, u32),
) -> Result<(Vec<u8>, Vec<FileWarning>), FileError> {
    let failed = |why: String| FileError { what, path: path.to_owned(), why };
    let file = open(path, follows).map_err(|error| failed(words(&error)))?;
    let metadata = file.metadata().map_err(|error| failed(words(&error)))?;
    if !metadata.is_file() {
        return Err(failed("it is no regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    let read = file.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| failed(words(&error)))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(failed(format!("it is larger than {} MiB", BYTES_MAX >> 20)));
    }
    Ok((bytes, warnings(path, &metadata, owner)))
}

/// A pipe without a writer must not hold up the start, so nothing here waits.
fn open(path: &Path, follows: bool) -> io::Result<File> {
    let no_follow = if follows { OFlags::empty() } else { OFlags::NOFOLLOW };
    // The bits are the same number in both types.
    let flags = (OFlags::NONBLOCK | no_follow).bits() as i32;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn words(error: &io::Error) -> String {
    if error.raw_os_error() == Some(IS_LINK) {
        return format!("it is a symbolic link, and {ALLOW_SYMLINKS} is not set");
    }
    let text = error.to_string();
    text.find(" (os error ").map_or(text.clone(), |end| text[..end].to_owned())
}

fn warnings(path: &Path, metadata: &Metadata, owner: (u32, u32)) -> Vec<FileWarning> {
    let mut warnings = Vec::new();
    if metadata.mode() & WORLD_READABLE != 0 {
        warnings.push(FileWarning::WorldReadable(path.to_owned()));
    }
    if (metadata.uid(), metadata.gid()) != owner {
        warnings.push(FileWarning::Foreign(path.to_owned()));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn own(path: &Path) -> (u32, u32) {
        let metadata = fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid())
    }

    #[test]
    fn others_that_read_or_own_it_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        fs::write(&path, "a").unwrap();
        for (mode, is_told) in [(0o600, false), (0o640, false), (0o644, true), (0o604, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let (bytes, warnings) = read_as("file", &path, false, own(&path)).unwrap();
            assert_eq!(bytes, b"a");
            let expected = is_told.then(|| FileWarning::WorldReadable(path.clone()));
            assert_eq!(warnings, Vec::from_iter(expected), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let (uid, gid) = own(&path);
        for other in [(uid + 1, gid), (uid, gid + 1)] {
            let (_, warnings) = read_as("file", &path, false, other).unwrap();
            assert_eq!(warnings, [FileWarning::Foreign(path.clone())]);
        }
    }

    #[test]
    fn links_are_refused_unless_that_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("p"), folder.path().join("l"));
        fs::write(&path, "a").unwrap();
        symlink(&path, &link).unwrap();
        let error = read_as("password file", &link, false, own(&path)).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "Error: Unable to open password file {}: it is a symbolic link, and \
                 MOSQUITTO_UNSAFE_ALLOW_SYMLINKS is not set.",
                link.display()
            )
        );
        assert_eq!(read_as("file", &link, true, own(&path)).unwrap().0, b"a");
    }

    #[test]
    fn what_is_no_file_is_refused_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let why = |path: &Path| read_as("file", path, false, (0, 0)).unwrap_err().why;
        assert_eq!(why(folder.path()), "it is no regular file");
        assert_eq!(why(&folder.path().join("no")), "No such file or directory");
        assert_eq!(why(Path::new("/dev/null")), "it is no regular file");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(why(&pipe), "it is no regular file", "and nobody waits for a writer");
        let huge = folder.path().join("huge");
        File::create(&huge).unwrap().set_len(BYTES_MAX + 1).unwrap();
        assert_eq!(why(&huge), "it is larger than 128 MiB");
    }
}
