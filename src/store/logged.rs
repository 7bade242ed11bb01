//! Records in a database behind a log: a commit is one append to the log, and from time to time
//! what has gathered there is filed in the database, at once and on a thread of its own. What was
//! written and removed again in the meantime never gets that far.
//!
//! The log has two files that are written by turns. One is filed while the other is written; where
//! that is slower, commits wait for it when the file has grown to twice its size.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use redb::StorageBackend;

use crate::store::batch::{counting, read_writes};
use crate::store::database::{About, Records, damaged};
use crate::store::files::{Files, Part};
use crate::store::segment::{Found, Head, Segment};
use crate::store::{Batch, StoreError};

/// How large things become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// A file of the log that has so many bytes is filed.
    pub(super) segment: u64,
    /// It grows by so many bytes.
    pub(super) growth: u64,
    /// Filing has a thread of its own.
    pub(super) is_threaded: bool,
}

impl Sizes {
    /// For a broker.
    pub(super) const NORMAL: Sizes =
        Sizes { segment: 32 << 20, growth: 1 << 20, is_threaded: true };
}

/// The database.
enum Base {
    Open(Records),
    /// It is being filed.
    Away(Filing),
    /// An error has closed it.
    Closed,
}

/// A file of the log on its way into the database.
enum Filing {
    Running(JoinHandle<Filed>),
    Done(Filed),
}

/// The database comes back, or was closed after an error.
type Filed = Result<Records, StoreError>;

/// The log that is being written.
struct Log<B> {
    current: Segment<B>,
    /// The one behind it, when it has been begun.
    next: Option<Segment<B>>,
    /// The one before it is not filed yet.
    unfiled: Option<u64>,
    /// After a failure filing is tried again when the current file has so many bytes.
    retry_at: u64,
    /// The current file may be filed already: nothing may be appended to it any more.
    is_settling: bool,
}

/// A database and its log.
pub(super) struct Logged<F: Files> {
    /// The database, as errors name it.
    path: PathBuf,
    files: Arc<F>,
    sizes: Sizes,
    base: Base,
    log: Option<Log<F::File>>,
    /// The number of the store.
    id: u64,
    /// The number of the last file of the log.
    last: u64,
}

impl<F: Files> fmt::Debug for Logged<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logged").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<F: Files> Logged<F> {
    /// Opens a database, and files what its log has.
    ///
    /// # Errors
    /// One of them is damaged, or cannot be read or written.
    pub(super) fn open(path: &Path, files: F, sizes: Sizes) -> Result<Self, StoreError> {
        let records = open_records(path, &files)?;
        let mut about = records.about()?;
        let found = find_log(path, &files, about)?;
        if let Some(last) = found.last() {
            about = About { has_log: false, filed: last.head.number, ..about };
            file(path, &records, &found, about)?;
            // If they stay they are known to be filed.
            let _ = Part::LOGS.map(|part| files.remove(part));
        }
        let (path, files, base) = (path.to_owned(), Arc::new(files), Base::Open(records));
        Ok(Logged { path, files, sizes, base, log: None, id: about.id, last: about.filed })
    }

    /// Makes a batch durable. After an error the same batch may be committed again.
    ///
    /// # Errors
    /// The log cannot be written, or what it has cannot be filed.
    pub(super) fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        if self.log.as_ref().is_none_or(|log| log.is_settling) {
            self.begin_log()?;
        }
        self.make_room()?;
        let Logged { path, log, .. } = self;
        let Some(log) = log else { return Ok(()) };
        let number = log.current.number();
        log.current.append(batch.as_bytes()).map_err(log_error(path, number))
    }

    /// The database, with everything in it. The next commit begins a new log.
    ///
    /// # Errors
    /// It cannot be written; everything is still in the log.
    pub(super) fn settled(&mut self) -> Result<&mut Records, StoreError> {
        // What fails on the other thread is tried again on this one.
        let _ = self.wait();
        if self.unfiled().is_some() {
            self.start_filing();
            self.wait()?;
        }
        if !matches!(self.base, Base::Open(_)) {
            self.files.forget(Part::Main);
            self.base = Base::Open(open_records(&self.path, &*self.files)?);
        }
        if let (Some(log), Base::Open(records)) = (&mut self.log, &self.base) {
            log.is_settling = true;
            let number = log.current.number();
            let found = read(&self.path, self.id, number, log.current.backend())?;
            let about = About { id: self.id, has_log: false, filed: number };
            if let Err(error) = file(&self.path, records, &[found], about) {
                self.base = Base::Closed;
                return Err(error);
            }
            self.log = None;
        }
        match &mut self.base {
            Base::Open(records) => Ok(records),
            _ => Err(closed(&self.path)),
        }
    }

    /// Files everything and removes the log.
    ///
    /// # Errors
    /// It cannot be written; everything is still in the log.
    pub(super) fn close(&mut self) -> Result<(), StoreError> {
        self.settled()?;
        for part in Part::LOGS {
            self.files.remove(part).map_err(|error| io_error(&self.path, part, &error))?;
        }
        Ok(())
    }

    /// Makes the file of the database as small as it can be.
    ///
    /// # Errors
    /// It cannot be written; nothing is lost.
    pub(super) fn compact(&mut self) -> Result<(), StoreError> {
        let done = self.settled()?.compact();
        if done.is_err() {
            // It is opened again: what is in memory may differ from the disk.
            self.base = Base::Closed;
        }
        done
    }

    fn unfiled(&self) -> Option<u64> {
        self.log.as_ref().and_then(|log| log.unfiled)
    }

    /// Begins the first file of a log; from then on it belongs to the database.
    fn begin_log(&mut self) -> Result<(), StoreError> {
        if self.settled()?.about()?.has_log {
            // It was begun before, and that failed: what is in its file now does not count.
            self.tell(false, self.last)?;
        }
        let number = self.last + 1;
        // The other one is there as well when its turn comes.
        self.files
            .create(Part::of_number(number + 1))
            .map_err(log_error(&self.path, number + 1))?;
        if self.id == 0 {
            self.id = random(&self.path)?;
        }
        let head = Head { store: self.id, number, mark: random(&self.path)? };
        let current = self
            .files
            .create(Part::of_number(number))
            .and_then(|backend| Segment::begin(backend, head, self.sizes.growth))
            .map_err(log_error(&self.path, number))?;
        self.tell(true, number - 1)?;
        let (next, unfiled, retry_at, is_settling) = (None, None, 0, false);
        self.log = Some(Log { current, next, unfiled, retry_at, is_settling });
        self.last = number;
        Ok(())
    }

    /// Writes down how the database and the log hang together.
    fn tell(&mut self, has_log: bool, filed: u64) -> Result<(), StoreError> {
        let Base::Open(records) = &self.base else { return Err(closed(&self.path)) };
        let told = records.file(&[], About { id: self.id, has_log, filed });
        if told.is_err() {
            self.base = Base::Closed;
        }
        told
    }

    /// Goes on in the other file when this one is large enough and the other one filed.
    fn make_room(&mut self) -> Result<(), StoreError> {
        let Some(log) = &self.log else { return Ok(()) };
        let (bytes, retry_at) = (log.current.bytes(), log.retry_at);
        if bytes < self.sizes.segment {
            return Ok(());
        }
        let is_overfull = bytes >= 2 * self.sizes.segment;
        if let Base::Away(filing) = &self.base
            && (is_overfull || !matches!(filing, Filing::Running(it) if !it.is_finished()))
        {
            // What failed is tried again below, or later while there is room.
            let _ = self.wait();
        }
        match (self.unfiled(), &self.base) {
            (None, _) => self.go_on_in_next(),
            (Some(_), Base::Away(_)) => Ok(()),
            (Some(_), _) if is_overfull => {
                self.start_filing();
                self.wait()?;
                self.go_on_in_next()
            }
            (Some(_), _) => {
                if bytes >= retry_at {
                    self.start_filing();
                }
                Ok(())
            }
        }
    }

    /// Ends the current file and begins the next. The next one is there before the current one says
    /// so, and stays as it was begun if that has to be said again.
    fn go_on_in_next(&mut self) -> Result<(), StoreError> {
        let Logged { path, files, sizes, log, id, last, .. } = self;
        let Some(log) = log else { return Ok(()) };
        let ended = log.current.number();
        let next = match log.next.take() {
            Some(next) => next,
            None => {
                let (number, part) = (ended + 1, Part::of_number(ended + 1));
                let head = Head { store: *id, number, mark: random(path)? };
                files
                    .open(part)
                    .and_then(|backend| Segment::begin(backend, head, sizes.growth))
                    .map_err(log_error(path, number))?
            }
        };
        *last = next.number();
        if let Err(error) = log.current.end() {
            log.next = Some(next);
            return Err(log_error(path, ended)(error));
        }
        log.current = next;
        log.unfiled = Some(ended);
        self.start_filing();
        Ok(())
    }

    /// Files the file before the current one.
    fn start_filing(&mut self) {
        let Some(number) = self.unfiled() else { return };
        let records = match std::mem::replace(&mut self.base, Base::Closed) {
            Base::Open(records) => Some(records),
            Base::Closed => None,
            away @ Base::Away(_) => {
                self.base = away;
                return;
            }
        };
        let (path, files, id) = (self.path.clone(), Arc::clone(&self.files), self.id);
        let work = move || {
            let reopened = || {
                files.forget(Part::Main);
                open_records(&path, &*files)
            };
            let records = records.map_or_else(reopened, Ok)?;
            let part = Part::of_number(number);
            let backend = files.open(part).map_err(|error| io_error(&path, part, &error))?;
            let found = read(&path, id, number, &backend)?;
            file(&path, &records, &[found], About { id, has_log: true, filed: number })?;
            Ok(records)
        };
        self.base = match self.sizes.is_threaded {
            // Without a thread the next try comes later.
            true => thread::Builder::new()
                .name("store-filing".to_owned())
                .spawn(work)
                .map_or(Base::Closed, |thread| Base::Away(Filing::Running(thread))),
            false => Base::Away(Filing::Done(work())),
        };
    }

    /// Waits for a thread that files.
    ///
    /// # Errors
    /// It could not.
    fn wait(&mut self) -> Result<(), StoreError> {
        let filed = match std::mem::replace(&mut self.base, Base::Closed) {
            Base::Away(Filing::Running(thread)) => {
                thread.join().unwrap_or_else(|_| Err(closed(&self.path)))
            }
            Base::Away(Filing::Done(filed)) => filed,
            other => {
                self.base = other;
                return Ok(());
            }
        };
        if let Some(log) = &mut self.log {
            log.retry_at = log.current.bytes() + self.sizes.segment / 4;
            if filed.is_ok() {
                log.unfiled = None;
            }
        }
        self.base = Base::Open(filed?);
        Ok(())
    }
}

/// A thread that files must not outlive the lock on the files.
impl<F: Files> Drop for Logged<F> {
    fn drop(&mut self) {
        // What is not filed is in the log.
        let _ = self.wait();
    }
}

fn open_records<F: Files>(path: &Path, files: &F) -> Result<Records, StoreError> {
    let backend = files.open(Part::Main).map_err(|error| io_error(path, Part::Main, &error))?;
    Records::open(path, backend)
}

/// Finds the files of the log that are not filed, and checks that nothing is missing.
pub(super) fn find_log<F: Files>(
    path: &Path,
    files: &F,
    about: About,
) -> Result<Vec<Found>, StoreError> {
    let open = |number| match files.open(Part::of_number(number)) {
        Ok(backend) => Ok(Some(backend)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(path, Part::of_number(number), &error)),
    };
    let mut found: Vec<Found> = Vec::new();
    let mut number = about.filed + 1;
    loop {
        let is_wanted = about.has_log || !found.is_empty();
        match open(number)? {
            // Where the database has lost its last transaction, it does not know of its log.
            Some(backend) if is_wanted || is_begun(&backend, about.id, number) => {
                found.push(read(path, about.id, number, &backend)?);
            }
            None if is_wanted => {
                return Err(damaged(path, &format!("its log {} is missing", name(path, number))));
            }
            _ => return Ok(found),
        }
        number += 1;
        if !found.last().is_some_and(|found| found.has_ended) {
            break;
        }
    }
    // The next file may have been begun, but nothing goes there before this one says so.
    if open(number)?.is_some_and(|backend| is_begun(&backend, about.id, number)) {
        let last = name(path, number - 1);
        return Err(damaged(path, &format!("the end of its log {last} is damaged")));
    }
    Ok(found)
}

/// Whether a file of the log with this number has a batch. What cannot be read has none.
fn is_begun(backend: &impl StorageBackend, store: u64, number: u64) -> bool {
    let found = Found::read(backend).ok().flatten();
    found.is_some_and(|found| found.is(store, number) && !found.is_empty())
}

/// Reads one file of the log, which must be there and whole.
fn read(
    path: &Path,
    store: u64,
    number: u64,
    backend: &impl StorageBackend,
) -> Result<Found, StoreError> {
    let found = Found::read(backend)
        .map_err(|error| io_error(path, Part::of_number(number), &error))?
        .filter(|found| found.is(store, number) && !found.is_damaged);
    found.ok_or_else(|| damaged(path, &format!("its log {} is damaged", name(path, number))))
}

/// Puts what was found into the database.
fn file(path: &Path, records: &Records, found: &[Found], about: About) -> Result<(), StoreError> {
    let mut writes = Vec::new();
    for batch in found.iter().flat_map(Found::batches) {
        if !read_writes(batch, &mut writes) {
            return Err(damaged(path, &"a batch in its log makes no sense"));
        }
    }
    records.file(&counting(writes), about)
}

/// A number that nobody outside can know.
pub(super) fn random(path: &Path) -> Result<u64, StoreError> {
    getrandom::u64().map_err(|error| StoreError::Io(path.to_owned(), error.to_string()))
}

/// The name of a file of the log.
fn name(path: &Path, number: u64) -> String {
    Part::of_number(number).path(path).display().to_string()
}

fn io_error(path: &Path, part: Part, error: &io::Error) -> StoreError {
    StoreError::Io(part.path(path), error.to_string())
}

fn log_error(path: &Path, number: u64) -> impl Fn(io::Error) -> StoreError + '_ {
    move |error| io_error(path, Part::of_number(number), &error)
}

fn closed(path: &Path) -> StoreError {
    StoreError::Io(path.to_owned(), "closed after an error".to_owned())
}
