//! Who the broker is when root has started it: an ordinary user from then on, who owns what the
//! broker writes.

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::unistd::{User, geteuid, getgrouplist, initgroups, setgid, setuid};
use rustix::fs::OFlags;

use crate::config::{Bind, Config, Persistence};
use crate::observe::Destination;
use crate::store::FileStore;

/// Who the broker becomes where nothing is configured: the first of these that there is.
const DEFAULTS: [&str; 2] = ["mosquitto", "nobody"];
/// A log is for its owner; who runs may be known to all.
const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o644;
/// What the mode of a folder allows: to make files in it, and to reach them.
const WRITE: u32 = 0o2;
const ENTER: u32 = 0o1;
/// Who stays.
const ROOT: &str = "root";

/// A user to become.
#[derive(Debug)]
pub struct Account {
    user: User,
    groups: Vec<u32>,
}

impl Account {
    /// The user to become: `wanted`, or the default. `None` where we are not root, or stay it.
    ///
    /// # Errors
    /// There is no such user.
    pub fn choose(wanted: Option<&str>) -> Result<Option<Account>, String> {
        if !geteuid().is_root() || wanted == Some(ROOT) {
            return Ok(None);
        }
        let names = wanted.map_or(&DEFAULTS[..], |_| &[]).iter().copied();
        for name in wanted.into_iter().chain(names) {
            if let Some(user) = find(name)? {
                let groups = groups_of(&user).map_err(|error| failed(&user.name, error))?;
                return Ok(Some(Account { user, groups }));
            }
        }
        let name = wanted.unwrap_or(DEFAULTS[0]);
        Err(format!(
            "Error: Unable to drop privileges to '{name}' because this user does not exist. Name \
             another one with the option user; 'user root' keeps the privileges."
        ))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.user.name
    }

    /// A folder in which this user would have to make files, may not, and would not be given it:
    /// of the store, or of a Unix socket.
    pub fn shut_out_of(&self, config: &Config) -> Option<PathBuf> {
        let store = config.persistence.as_ref().filter(|it| !gives_folder(it));
        let sockets = config.listeners.iter().filter_map(|listener| match &listener.bind {
            Bind::Path(path) => Some(folder_of(path)),
            _ => None,
        });
        let folders = store.map(|it| folder_of(&it.path())).into_iter().chain(sockets);
        // A folder that is missing is told about by whoever needs it.
        folders.into_iter().find(|folder| folder.is_dir() && !self.may(folder, WRITE | ENTER))
    }

    /// Becomes this user, with all of its groups, for good.
    ///
    /// # Errors
    /// The system refuses it.
    pub fn adopt(&self) -> Result<(), String> {
        let User { name, uid, gid, .. } = &self.user;
        let refused = |error: nix::Error| failed(name, error.into());
        let c_name = CString::new(name.as_str()).map_err(|error| failed(name, error.into()))?;
        initgroups(&c_name, *gid).map_err(refused)?;
        setgid(*gid).map_err(refused)?;
        setuid(*uid).map_err(refused)
    }

    /// Gives this user what the configuration says that the broker writes, where it could not make
    /// it by itself: a new log file or pid file, a new or our own store, and an empty directory of
    /// the store that the administrator has named. What is not ours stays as it is.
    ///
    /// # Errors
    /// The store cannot be made.
    pub fn hand_over(&self, config: &Config) -> Result<(), String> {
        let logs = config.log.destinations.iter().filter_map(|to| match to {
            Destination::File(path) => Some(path),
            _ => None,
        });
        // Where this fails the broker says so when it needs the file.
        for path in logs {
            let _ = self.give_new_file(path, PRIVATE);
        }
        if let Some(path) = &config.process.pid_file {
            let _ = self.give_new_file(path, PUBLIC);
        }
        match &config.persistence {
            Some(persistence) => self.give_store(persistence),
            None => Ok(()),
        }
    }

    fn give_new_file(&self, path: &Path, mode: u32) -> io::Result<()> {
        if !is_roots(&folder_of(path))? {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        self.give(&options.open(path)?)
    }

    fn give_store(&self, persistence: &Persistence) -> Result<(), String> {
        let path = persistence.path();
        let folder = folder_of(&path);
        // A folder that is missing is told about by the store.
        let Ok(true) = is_roots(&folder) else { return Ok(()) };
        if self.may(&folder, WRITE | ENTER) {
            return Ok(());
        }
        // Files are made and removed beside the store, so without its folder it is of no use.
        if !gives_folder(persistence) {
            return Ok(());
        }
        let opened = open_folder(&folder).and_then(|folder| self.give(&folder));
        opened.map_err(|error| format!("Error: {}: {error}", folder.display()))?;
        if !path.exists() {
            return Ok(());
        }
        // Opening it shows that it is ours before it is given away.
        drop(FileStore::open(&path).map_err(|error| format!("Error: {error}"))?);
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(OFlags::NOFOLLOW.bits() as i32);
        let given = options.open(&path).and_then(|file| self.give(&file));
        given.map_err(|error| format!("Error: {}: {error}", path.display()))
    }

    fn give(&self, file: &File) -> io::Result<()> {
        fchown(file, Some(self.user.uid.as_raw()), Some(self.user.gid.as_raw()))
    }

    /// Whether the user may do this with a folder.
    fn may(&self, folder: &Path, wanted: u32) -> bool {
        let Ok(found) = fs::metadata(folder) else { return false };
        let class = if found.uid() == self.user.uid.as_raw() {
            6
        } else if self.groups.contains(&found.gid()) {
            3
        } else {
            0
        };
        found.mode() >> class & wanted == wanted
    }
}

/// The hint that belongs below an error of the system for want of rights, if it is one.
pub fn hint(text: &str, account: Option<&Account>) -> Option<String> {
    let account = account.filter(|_| text.contains("ermission denied"))?;
    Some(format!(
        "The broker was started by root and runs as user '{}', who may not do this: give it to that \
         user, or name another one with the option user ('user root' keeps the privileges).",
        account.name()
    ))
}

fn find(name: &str) -> Result<Option<User>, String> {
    User::from_name(name).or_else(|error| match error {
        // A machine without a list of users has none.
        nix::Error::ENOENT => Ok(None),
        error => Err(failed(name, error.into())),
    })
}

fn groups_of(user: &User) -> io::Result<Vec<u32>> {
    let name = CString::new(user.name.as_str())?;
    let groups = getgrouplist(&name, user.gid)?;
    Ok(groups.into_iter().map(nix::unistd::Gid::as_raw).collect())
}

fn failed(name: &str, error: io::Error) -> String {
    format!("Error: Unable to drop privileges to '{name}': {error}.")
}

fn folder_of(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// Whether a folder is root's, and nobody else may put anything there: only then names in it can be
/// trusted.
fn is_roots(folder: &Path) -> io::Result<bool> {
    let found = fs::metadata(folder)?;
    Ok(found.is_dir() && found.uid() == 0 && found.mode() & 0o022 == 0)
}

/// Whether the folder of the store may be given away: the administrator has named it, and nothing
/// else is in it.
fn gives_folder(persistence: &Persistence) -> bool {
    let path = persistence.path();
    !persistence.folder.as_os_str().is_empty() && holds_only(&folder_of(&path), &path)
}

/// Whether there is nothing in a folder but perhaps this file.
fn holds_only(folder: &Path, file: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else { return false };
    entries.all(|entry| {
        entry.is_ok_and(|entry| Some(entry.file_name().as_os_str()) == file.file_name())
    })
}

fn open_folder(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::DIRECTORY;
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_by_the_system_has_the_hint() {
        let user = User::from_name(ROOT).unwrap().unwrap();
        let account = Account { user, groups: Vec::new() };
        let hint = |text, account| super::hint(text, account);
        let text = hint("x: Permission denied (os error 13)", Some(&account)).unwrap();
        assert!(text.contains("'root'") && text.contains("option user"), "{text}");
        assert_eq!(hint("x: no such file", Some(&account)), None);
        assert_eq!(hint("x: Permission denied", None), None);
    }

    #[test]
    fn a_folder_with_anything_else_is_not_only_the_stores() {
        let folder = tempfile::tempdir().unwrap();
        let (store, other) = (folder.path().join("lastwill.db"), folder.path().join("keys"));
        assert!(holds_only(folder.path(), &store));
        fs::write(&store, "").unwrap();
        assert!(holds_only(folder.path(), &store));
        fs::write(&other, "").unwrap();
        assert!(!holds_only(folder.path(), &store));
        assert!(!holds_only(&other, &store));
    }
}
