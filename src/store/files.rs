//! The files of a store: the database, and the two that the log is written to by turns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::StorageBackend;
use rustix::fs::{Advice, fadvise};

use crate::store::backend::{Counted, Counts};

/// One file of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All records, but for what the log still has.
    Main,
    /// Files of the log with even and with odd numbers.
    Log(bool),
}

impl Part {
    /// Where a file of the log with this number is.
    pub(super) const fn of_number(number: u64) -> Part {
        Part::Log(number % 2 == 1)
    }

    /// Both files of the log.
    pub(super) const LOGS: [Part; 2] = [Part::Log(false), Part::Log(true)];

    /// Its path, from that of the database.
    pub(super) fn path(self, main: &Path) -> PathBuf {
        let ending = match self {
            Part::Main => "",
            Part::Log(false) => ".log-a",
            Part::Log(true) => ".log-b",
        };
        let mut name = main.as_os_str().to_owned();
        name.push(ending);
        name.into()
    }
}

/// Where the files of a store are.
pub(super) trait Files: Send + Sync + 'static {
    /// One of them, open.
    type File: StorageBackend;

    /// Opens a file that is there.
    fn open(&self, part: Part) -> io::Result<Self::File>;

    /// Opens a file, which is there from now on whatever happens; what is in it stays.
    fn create(&self, part: Part) -> io::Result<Self::File>;

    /// Lets go of what the system remembers of a file: after an error it may not be on the disk.
    fn forget(&self, part: Part);

    /// Removes a file, if it is there.
    fn remove(&self, part: Part) -> io::Result<()>;
}

/// Files in a folder, with all writes counted.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) main: PathBuf,
    pub(super) counts: Arc<Counts>,
}

impl Folder {
    fn counted(&self, file: File) -> Counted {
        Counted::new(file, Arc::clone(&self.counts))
    }
}

impl Files for Folder {
    type File = Counted;

    fn open(&self, part: Part) -> io::Result<Counted> {
        let path = part.path(&self.main);
        Ok(self.counted(OpenOptions::new().read(true).write(true).open(path)?))
    }

    fn create(&self, part: Part) -> io::Result<Counted> {
        let path = part.path(&self.main);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path)?;
        sync_folder(&self.main)?;
        Ok(self.counted(file))
    }

    fn forget(&self, part: Part) {
        // If the system keeps it, the checksums still tell.
        let file = File::open(part.path(&self.main));
        let _ = file.map(|file| fadvise(&file, 0, None, Advice::DontNeed));
    }

    fn remove(&self, part: Part) -> io::Result<()> {
        match fs::remove_file(part.path(&self.main)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Makes the names in the folder of a file durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
