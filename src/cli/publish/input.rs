//! Where payloads come from: the command line, a file, stdin as a whole or line by line.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use tokio::sync::mpsc::{self, Receiver};

use crate::cli::compat::Compat;
use crate::cli::errors::system_text;
use crate::cli::options::Payload;

/// Bytes that one read of stdin asks for.
const READ_BYTES: usize = 64 << 10;
/// Batches that wait to be published before stdin is read on.
const BATCHES_MAX: usize = 4;
/// Largest payload of a PUBLISH, in bytes.
const PAYLOAD_BYTES_MAX: u64 = 268_435_455;

/// The payload, read completely; `None` when every line is one. The error is lines for stderr.
pub fn read(payload: &Payload, compat: Compat) -> Result<Option<Vec<u8>>, Vec<String>> {
    match payload {
        Payload::Bytes(bytes) => Ok(Some(bytes.clone())),
        Payload::File(path) if compat.is_20() => read_file_20(path).map(Some),
        Payload::File(path) => read_file(path).map(Some),
        Payload::Stdin => read_stdin().map(Some),
        Payload::StdinLines => Ok(None),
        Payload::Replay(path) => check_recording(path).map(|()| None),
    }
}

/// A recording need not be an ordinary file.
fn check_recording(path: &Path) -> Result<(), Vec<String>> {
    let opened = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => File::open(path).map(|_| ()),
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    opened.map_err(|error| {
        vec![format!("Error: Unable to read file \"{}\": {}.", path.display(), system_text(&error))]
    })
}

fn read_file(path: &Path) -> Result<Vec<u8>, Vec<String>> {
    let name = path.display();
    let failed = |line: String| vec![line, format!("Error loading input file \"{name}\".")];
    let unreadable = |error: io::Error| {
        failed(format!("Error: Unable to read file \"{name}\": {}.", system_text(&error)))
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(failed(format!(
            "Error: {name} is not a file.Error: Unable to read file \"{name}\": No such file or \
             directory."
        )));
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(PAYLOAD_BYTES_MAX + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() as u64 > PAYLOAD_BYTES_MAX {
        return Err(failed(too_long()));
    }
    Ok(content)
}

/// As version 2.0: a device is an empty file, and what has no size is refused.
fn read_file_20(path: &Path) -> Result<Vec<u8>, Vec<String>> {
    let name = path.display();
    let failed = |line: String| vec![line, format!("Error loading input file \"{name}\".")];
    let unreadable = |_: io::Error| failed(format!("Error: Unable to open file \"{name}\"."));
    let too_long = || failed(format!("Error: File must be less than {PAYLOAD_BYTES_MAX} bytes.\n"));
    let mut file = File::open(path).map_err(unreadable)?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(too_long());
    }
    let size = file.seek(SeekFrom::End(0)).and_then(|size| file.rewind().map(|()| size));
    let Ok(size) = size else {
        return Err(failed(format!("Error: Unable to determine size of file \"{name}\".")));
    };
    if size > PAYLOAD_BYTES_MAX {
        return Err(too_long());
    }
    let mut content = Vec::new();
    file.take(size).read_to_end(&mut content).map_err(unreadable)?;
    Ok(content)
}

fn read_stdin() -> Result<Vec<u8>, Vec<String>> {
    let failed = |line: String| vec![line, "Error loading input from stdin.".to_owned()];
    let mut content = Vec::new();
    let read = io::stdin().lock().take(PAYLOAD_BYTES_MAX + 1).read_to_end(&mut content);
    match read {
        Err(error) => Err(failed(format!("Error: {}.", system_text(&error)))),
        Ok(0) => Err(failed("Error: Zero length input.".to_owned())),
        Ok(_) if content.len() as u64 > PAYLOAD_BYTES_MAX => Err(failed(too_long())),
        Ok(_) => Ok(content),
    }
}

fn too_long() -> String {
    format!("Error: Message length must be less than {PAYLOAD_BYTES_MAX} bytes.")
}

/// Whole records of stdin, each with the byte that ends it but perhaps the last.
pub struct Batch {
    bytes: Vec<u8>,
    ends_with: u8,
}

impl Batch {
    /// Records that this byte ends.
    pub fn new(bytes: Vec<u8>, ends_with: u8) -> Batch {
        Batch { bytes, ends_with }
    }

    /// The records without their ends.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        let end = self.ends_with;
        self.bytes
            .split_inclusive(move |byte| *byte == end)
            .map(move |record| record.strip_suffix(&[end]).unwrap_or(record))
    }
}

/// Reads stdin on a thread of its own, because a read cannot be cancelled. Every record is there as
/// soon as it is complete; the channel's bound slows the reading down.
pub fn records(ends_with: u8) -> Receiver<Batch> {
    let (sender, receiver) = mpsc::channel(BATCHES_MAX);
    std::thread::spawn(move || {
        let hand_over = |bytes| sender.blocking_send(Batch { bytes, ends_with }).is_ok();
        split(io::stdin().lock(), ends_with, hand_over);
    });
    receiver
}

/// Hands over whole records as they come; the end of the input ends the last one. A failed read
/// counts as the end.
pub(super) fn split(
    mut input: impl Read,
    ends_with: u8,
    mut hand_over: impl FnMut(Vec<u8>) -> bool,
) {
    let mut pending: Vec<u8> = Vec::new();
    let mut scratch = vec![0; READ_BYTES];
    loop {
        let read = match input.read(&mut scratch) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(read) => read,
            Err(_) => 0,
        };
        if read == 0 {
            break;
        }
        let fresh = &scratch[..read];
        let Some(last) = fresh.iter().rposition(|byte| *byte == ends_with) else {
            pending.extend_from_slice(fresh);
            continue;
        };
        pending.extend_from_slice(&fresh[..=last]);
        if !hand_over(std::mem::take(&mut pending)) {
            return;
        }
        pending.extend_from_slice(&fresh[last + 1..]);
    }
    if !pending.is_empty() {
        hand_over(pending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An input that comes in pieces.
    struct Pieces(Vec<&'static [u8]>);

    impl Read for Pieces {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            into[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    fn records_of(ends_with: u8, pieces: &[&'static [u8]]) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        split(Pieces(pieces.to_vec()), ends_with, |bytes| {
            records.extend(Batch { bytes, ends_with }.records().map(<[u8]>::to_vec));
            true
        });
        records
    }

    fn lines_of(pieces: &[&'static [u8]]) -> Vec<Vec<u8>> {
        records_of(b'\n', pieces)
    }

    #[test]
    fn nul_may_end_records() {
        assert_eq!(records_of(0, &[b"a\nb\0", b"\0c"]), [&b"a\nb"[..], b"", b"c"]);
    }

    #[test]
    fn lines_are_whole_whatever_the_reads() {
        assert_eq!(lines_of(&[b"a\nb", b"c\r\n\n", b"\0d"]), [&b"a"[..], b"bc\r", b"", b"\0d"]);
        assert_eq!(lines_of(&[]), Vec::<Vec<u8>>::new());
        assert_eq!(lines_of(&[b"\n"]), [b""]);
        assert_eq!(lines_of(&[b"x"]), [b"x"]);
    }

    #[test]
    fn a_missing_file_is_named_twice() {
        let lines = read_file(Path::new("no/such/file")).unwrap_err();
        assert_eq!(
            lines,
            [
                "Error: Unable to read file \"no/such/file\": No such file or directory.",
                "Error loading input file \"no/such/file\".",
            ]
        );
    }

    #[test]
    fn version_2_0_reads_devices_as_empty_files() {
        assert_eq!(read_file_20(Path::new("/dev/null")), Ok(Vec::new()));
        assert_eq!(
            read_file_20(Path::new("/")).unwrap_err(),
            ["Error: File must be less than 268435455 bytes.\n", "Error loading input file \"/\"."]
        );
        assert_eq!(
            read_file_20(Path::new("no/file")).unwrap_err()[0],
            "Error: Unable to open file \"no/file\"."
        );
    }

    #[test]
    fn a_folder_is_not_a_file() {
        let lines = read_file(Path::new("/")).unwrap_err();
        assert!(lines[0].starts_with("Error: / is not a file."), "{lines:?}");
    }
}
