//! Unix domain sockets.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use tokio::net::UnixStream;

use crate::transport::connect::ConnectError;

/// Longest path of a socket in bytes: the system's field has 108, the last is 0.
pub const PATH_BYTES_MAX: usize = 107;

/// Connects to the socket at this path.
pub(super) async fn connect(path: &Path) -> Result<UnixStream, ConnectError> {
    if path.as_os_str().as_bytes().len() > PATH_BYTES_MAX {
        return Err(ConnectError::LongPath(path.to_owned()));
    }
    let failed = |error: io::Error| ConnectError::Unix(path.to_owned(), error);
    UnixStream::connect(path).await.map_err(failed)
}
