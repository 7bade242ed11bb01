//! The secrets of connections for who wants to look into them: lines as NSS writes them.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::KeyLog;

use super::SetupError;

/// Appends to a file.
#[derive(Debug)]
struct Log(File);

/// Opens a log; it holds secrets, so a new one is for its owner only.
pub(super) fn open(path: &Path) -> Result<Arc<dyn KeyLog>, SetupError> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    let file = file.map_err(|error| SetupError::KeyLog(path.to_owned(), error))?;
    Ok(Arc::new(Log(file)))
}

impl KeyLog for Log {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        // A full disk costs the log, not the connection.
        let _ = (&self.0).write_all(line.as_bytes());
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
