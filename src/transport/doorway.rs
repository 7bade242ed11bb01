//! A far end inside of this process: whoever has the doorway opens pipes to it.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::io::{DuplexStream, duplex};

use crate::transport::{Bare, Stream};

/// Bytes that a pipe holds in each direction.
const PIPE_BYTES: usize = 64 << 10;

/// Takes in the other end of a pipe.
type Admit = dyn Fn(Bare) -> io::Result<()> + Send + Sync;

/// Where pipes lead.
#[derive(Clone)]
pub struct Doorway(Arc<Admit>);

impl Doorway {
    /// A doorway to whoever `admit` hands the other ends to.
    pub fn new(admit: impl Fn(Bare) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Doorway(Arc::new(admit))
    }

    /// Opens a pipe: our end.
    pub(super) fn open(&self) -> io::Result<Stream> {
        let (ours, theirs): (DuplexStream, DuplexStream) = duplex(PIPE_BYTES);
        (self.0)(Bare::Pipe(theirs))?;
        Ok(Stream::Pipe(ours))
    }
}

impl fmt::Debug for Doorway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Doorway")
    }
}

impl PartialEq for Doorway {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Doorway {}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn a_pipe_carries_bytes_both_ways_and_tells_its_end() {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        let doorway = Doorway::new(move |bare| {
            kept.lock().unwrap().push(bare);
            Ok(())
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut ours = doorway.open().unwrap();
            let mut theirs = taken.lock().unwrap().pop().unwrap().attach().unwrap();
            ours.write_all(b"ping").await.unwrap();
            let mut bytes = [0; 4];
            theirs.read_exact(&mut bytes).await.unwrap();
            assert_eq!(&bytes, b"ping");
            theirs.write_all(b"pong").await.unwrap();
            drop(theirs);
            let mut rest = Vec::new();
            ours.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"pong");
        });
    }

    #[test]
    fn a_doorway_that_is_shut_gives_no_pipe() {
        let shut = Doorway::new(|_| Err(io::ErrorKind::NotConnected.into()));
        assert_eq!(shut.open().expect_err("shut").kind(), io::ErrorKind::NotConnected);
    }
}
