//! Which bytes of an output wait for which batch of changes to be on disk.

use std::collections::VecDeque;

/// The marks of one output. Offsets count all bytes that were ever appended; batches ascend.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Bytes from this offset on wait for this batch.
    marks: VecDeque<(u64, u64)>,
}

impl Marks {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// What is appended from `offset` on waits for `batch`, and for everything that bytes before it
    /// wait for.
    pub(super) fn push(&mut self, offset: u64, batch: u64) {
        match self.marks.back_mut() {
            Some((_, last)) if *last >= batch => {}
            // Nothing was appended behind the last mark.
            Some((at, last)) if *at == offset => *last = batch,
            _ => self.marks.push_back((offset, batch)),
        }
    }

    /// Everything up to `batch` is on disk.
    pub(super) fn release(&mut self, batch: u64) {
        while self.marks.front().is_some_and(|(_, waiting)| *waiting <= batch) {
            self.marks.pop_front();
        }
        if self.marks.is_empty() {
            self.marks = VecDeque::new();
        }
    }

    /// The first offset that waits.
    pub(super) fn first(&self) -> Option<u64> {
        self.marks.front().map(|(offset, _)| *offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_wait_for_their_batch_and_for_all_before_it() {
        let mut marks = Marks::default();
        marks.push(10, 3);
        marks.push(12, 3);
        marks.push(20, 5);
        marks.push(20, 6);
        marks.push(30, 4);
        assert_eq!(marks.first(), Some(10));
        marks.release(2);
        assert_eq!(marks.first(), Some(10));
        marks.release(5);
        assert_eq!(marks.first(), Some(20));
        marks.release(6);
        assert!(marks.is_empty() && marks.first().is_none());
    }
}
