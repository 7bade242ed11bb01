//! Unix domain sockets.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixStream;

use crate::transport::connect::ConnectError;

/// Longest path of a socket in bytes: the system's field has 108, the last is 0.
pub const PATH_BYTES_MAX: usize = 107;

/// Connections that the system holds for us until they are accepted.
const BACKLOG: i32 = 4096;

/// Connects to the socket at this path.
pub(super) async fn connect(path: &Path) -> Result<UnixStream, ConnectError> {
    if path.as_os_str().as_bytes().len() > PATH_BYTES_MAX {
        return Err(ConnectError::LongPath(path.to_owned()));
    }
    let failed = |error: io::Error| ConnectError::Unix(path.to_owned(), error);
    UnixStream::connect(path).await.map_err(failed)
}

/// The file of a socket that listens; removed when this is dropped, unless another one is there by
/// then.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<SocketFile> {
        let metadata = path.symlink_metadata()?;
        Ok(SocketFile { path: path.to_owned(), device: metadata.dev(), inode: metadata.ino() })
    }

    fn is_still_there(&self) -> bool {
        self.path
            .symlink_metadata()
            .is_ok_and(|now| (now.dev(), now.ino()) == (self.device, self.inode))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.is_still_there() {
            // Whoever starts next removes it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Opens a listening socket, non-blocking. A socket that a dead process has left there is removed
/// first; one that somebody listens on, and any other file, is an error.
pub fn listen(path: &Path) -> io::Result<(std::os::unix::net::UnixListener, SocketFile)> {
    let address = SockAddr::unix(path)?;
    remove_dead(path, &address)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address)?;
    let file = SocketFile::of(path)?;
    socket.listen(BACKLOG)?;
    Ok((socket.into(), file))
}

fn remove_dead(path: &Path, address: &SockAddr) -> io::Result<()> {
    let metadata = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    if !metadata.file_type().is_socket() {
        let text = "there is a file already, which is no socket and is not removed";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    probe.set_nonblocking(true)?;
    match probe.connect(address) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        // Taken, or the queue of those who wait is full, or it is not ours to try.
        Ok(()) => Err(in_use()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(in_use()),
        Err(error) => Err(error),
    }
}

fn in_use() -> io::Error {
    let text = "another process accepts connections there";
    io::Error::new(io::ErrorKind::AddrInUse, text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn the_file_comes_and_goes_with_the_socket() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("s");
        let (socket, file) = listen(&path).unwrap();
        UnixStream::connect(&path).unwrap();
        drop((socket, file));
        assert!(!path.exists());
    }

    #[test]
    fn what_a_dead_process_left_is_replaced() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("s");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let (_socket, file) = listen(&path).unwrap();
        // Somebody puts another one there: it is not ours to remove.
        std::fs::remove_file(&path).unwrap();
        let other = std::os::unix::net::UnixListener::bind(&path).unwrap();
        drop(file);
        assert!(path.exists());
        drop(other);
    }

    #[test]
    fn what_is_not_a_dead_socket_stays() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("s");
        let (_socket, _file) = listen(&path).unwrap();
        assert_eq!(listen(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let regular = folder.path().join("text");
        std::fs::write(&regular, "x").unwrap();
        assert_eq!(listen(&regular).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&regular).unwrap(), b"x");
        let long = folder.path().join("x".repeat(PATH_BYTES_MAX));
        assert_eq!(listen(&long).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(
            listen(&folder.path().join("no/s")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
