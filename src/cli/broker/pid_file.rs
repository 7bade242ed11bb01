//! `pid_file`: who runs, for as long as it runs.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// A file with our process id; gone when this is dropped.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    /// Locked, so that a second broker does not take it for one that was left behind.
    file: File,
}

impl PidFile {
    /// Writes the file.
    ///
    /// # Errors
    /// It cannot be written, or a broker that runs has it.
    pub fn write(path: &Path) -> Result<PidFile, String> {
        let failed = |error: io::Error| {
            format!("Error: Unable to write pid file {}: {error}.", path.display())
        };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o644);
        // A link in a directory that anybody may write to must not lead us to another file.
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
        let mut file = options.open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = path.display();
                return Err(format!("Error: the pid file {path} is that of a broker that runs."));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(PidFile { path: path.to_owned(), file })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if fs::remove_file(&self.path).is_err() {
            // Where the user may not remove it, an empty file names no process.
            let _ = self.file.set_len(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_there_while_the_process_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pid");
        // One that was left behind is taken over.
        fs::write(&path, "1234567890\n").unwrap();
        let held = PidFile::write(&path).unwrap();
        let pid = format!("{}\n", std::process::id());
        assert_eq!(fs::read_to_string(&path).unwrap(), pid);
        let second = PidFile::write(&path).unwrap_err();
        assert!(second.contains("broker that runs"), "{second}");
        assert_eq!(fs::read_to_string(&path).unwrap(), pid, "left as it is");
        drop(held);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("target"), &link).unwrap();
        for path in [folder.path(), &link, Path::new("no/such/folder/x.pid")] {
            let error = PidFile::write(path).unwrap_err();
            assert!(error.contains(&path.display().to_string()), "{error}");
        }
        assert!(!folder.path().join("target").exists());
    }
}
