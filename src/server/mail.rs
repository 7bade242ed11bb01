//! What one thread sends to the connections of another. Lies under the core's lock.

use bytes::Bytes;

use crate::broker::event::ConnId;
use crate::protocol::Message;
use crate::server::outputs::Outputs;

/// A mailbox that grew past this many bytes gives its buffer back to the system.
const CAPACITY_MAX: usize = 1 << 20;

/// Bytes for the connections of one thread, in order.
#[derive(Debug, Default)]
pub(super) struct Mail {
    bytes: Vec<u8>,
    items: Vec<(ConnId, What)>,
}

#[derive(Debug)]
enum What {
    /// The next so many bytes.
    Bytes(usize),
    /// A shared payload.
    Payload(Message),
    /// So many packets, shared.
    Block(usize, Bytes),
    /// What comes behind waits for this batch of changes.
    Wait(u64),
    /// The core was told that there is no room.
    Full,
    /// Close behind what came before.
    Close,
}

impl Mail {
    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Lets `write` append bytes for a connection; how many they were.
    pub(super) fn append<R>(
        &mut self,
        conn: ConnId,
        write: impl FnOnce(&mut Vec<u8>) -> R,
    ) -> (R, usize) {
        let before = self.bytes.len();
        let result = write(&mut self.bytes);
        let added = self.bytes.len() - before;
        match self.items.last_mut() {
            Some((last, What::Bytes(len))) if *last == conn => *len += added,
            _ if added == 0 => {}
            _ => self.items.push((conn, What::Bytes(added))),
        }
        (result, added)
    }

    /// What is appended for a connection from here on waits for a batch of changes; 0 is none.
    pub(super) fn wait_for(&mut self, conn: ConnId, batch: u64) {
        if batch > 0 {
            self.items.push((conn, What::Wait(batch)));
        }
    }

    /// Appends a payload without copying it.
    pub(super) fn append_payload(&mut self, conn: ConnId, message: Message) {
        self.items.push((conn, What::Payload(message)));
    }

    /// The core was told that there is no room for more towards a connection.
    pub(super) fn set_full(&mut self, conn: ConnId) {
        self.items.push((conn, What::Full));
    }

    /// Appends so many packets without copying them.
    pub(super) fn append_block(&mut self, conn: ConnId, packets: usize, block: Bytes) {
        self.items.push((conn, What::Block(packets, block)));
    }

    /// Appends the close of a connection.
    pub(super) fn close(&mut self, conn: ConnId) {
        self.items.push((conn, What::Close));
    }

    /// Moves everything to the outputs; `taken` is told which connections got something.
    pub(super) fn hand_out(&mut self, outputs: &mut Outputs, mut taken: impl FnMut(ConnId)) {
        let mut at = 0;
        for (conn, what) in self.items.drain(..) {
            taken(conn);
            match what {
                What::Bytes(len) => {
                    let bytes = &self.bytes[at..at + len];
                    at += len;
                    outputs.append(conn, |out| out.extend_from_slice(bytes));
                }
                What::Wait(batch) => outputs.wait_for(conn, batch),
                What::Payload(message) => outputs.append_payload(conn, message),
                What::Full => outputs.set_full(conn),
                What::Block(packets, block) => {
                    outputs.put(conn, |outbox, pool| outbox.append_block(pool, packets, block));
                }
                What::Close => outputs.close(conn),
            }
        }
        self.bytes.clear();
        if self.bytes.capacity() > CAPACITY_MAX {
            self.bytes = Vec::new();
        }
    }
}
