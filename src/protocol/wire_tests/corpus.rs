//! The committed corpus: one file for each golden packet, and what becomes of it when it is
//! damaged. `UPDATE=1` writes the files anew.

use std::path::PathBuf;

use super::*;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Names and contents of all files, in the order of their names.
fn files() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder()).expect("the corpus is committed");
    let paths = entries.map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap())
    };
    let mut files: Vec<_> = paths.map(read).collect();
    files.sort();
    files
}

#[test]
fn the_corpus_is_the_golden_packets() {
    let mut golden: Vec<_> =
        golden::all().into_iter().map(|golden| (golden.name.to_owned(), golden.bytes)).collect();
    golden.sort();
    assert!(golden.windows(2).all(|pair| pair[0].0 != pair[1].0), "two packets of one name");
    if std::env::var_os("UPDATE").is_some() {
        for (name, bytes) in &golden {
            std::fs::write(folder().join(name), bytes).unwrap();
        }
    }
    assert_eq!(files(), golden, "run the test with UPDATE=1 and look at the difference");
}

/// Decodes everything in `bytes`. What is accepted must survive being written and read again.
/// Says how many packets there were.
fn examine(side: Side, bytes: &[u8]) -> usize {
    let mut decoder = side.decoder();
    let mut rest = bytes;
    let mut count = 0;
    while let Ok(Decoded::Packet(packet, length)) = decoder.decode(rest) {
        let version = decoder.version().unwrap();
        let mut written = Vec::new();
        encode(version, &packet, &mut written);
        let Ok(Decoded::Packet(again, _)) = side.decoder().decode(&written) else {
            // Another packet than the first of a stranger's needs the decoder of a client.
            assert_eq!((side, count > 0), (Side::Stranger, true), "{written:02x?}");
            return count;
        };
        let mut rewritten = Vec::new();
        encode(version, &again, &mut rewritten);
        assert_eq!(rewritten, written, "{packet:?}");
        rest = &rest[length..];
        count += 1;
    }
    count
}

#[test]
fn every_file_in_every_version_and_split() {
    for (_, bytes) in files() {
        for side in sides() {
            examine(side, &bytes);
            for length in 0..bytes.len() {
                let mut decoder = side.decoder();
                let _ = decoder.decode(&bytes[..length]);
                let _ = decoder.decode(&bytes[length..]);
            }
        }
    }
}

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// Changes, inserts, removes or doubles a byte, or cuts the end off.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let place = self.below(bytes.len());
        match self.below(6) {
            0 => bytes[place] = self.below(256) as u8,
            1 => bytes[place] ^= 1 << self.below(8),
            2 => bytes.insert(place, self.below(256) as u8),
            3 => drop(bytes.remove(place)),
            4 => bytes[place] = [0x00, 0x01, 0x7F, 0x80, 0xFF][self.below(5)],
            _ => bytes.truncate(place),
        }
    }
}

#[test]
fn two_hundred_thousand_damaged_packets() {
    let files = files();
    let sides: Vec<Side> = sides().collect();
    let mut random = Random(0x6C61_7374_7769_6C6C);
    let mut accepted = 0;
    for _ in 0..200_000 {
        let (_, original) = &files[random.below(files.len())];
        let mut bytes = original.clone();
        for _ in 0..=random.below(4) {
            random.damage(&mut bytes);
        }
        // Half of them get their length corrected, to come past the fixed header.
        if random.below(2) == 0 && (2..0x82).contains(&bytes.len()) {
            bytes[1] = (bytes.len() - 2) as u8;
        }
        accepted += examine(sides[random.below(sides.len())], &bytes);
    }
    assert!((5_000..150_000).contains(&accepted), "{accepted} accepted: the run examines nothing");
}
