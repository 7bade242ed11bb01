//! The broker's sink: effects become bytes in output buffers, lines for the log, closes.

use crate::broker::event::{
    ConnId, Effect, Event, Room, Run, Sink, answer_to, deliver_singly, ids_of,
};
use crate::observe::{Line, Log, ServerEvent, wills};
use crate::protocol::{Blocks, Encoder, Message, Outgoing, Packet, PacketId, ReasonCode};
use crate::server::core::{Notices, Slot};
use crate::server::login::Login;
use crate::server::mail::Mail;
use crate::server::outputs::Outputs;
use crate::store::Ledger;
use crate::time::Timestamp;

/// Payloads above this many bytes are shared instead of copied, where somebody keeps them anyway; and
/// so are runs of packets that go to several as they are.
const SHARE_BYTES_MIN: usize = 4096;

/// Where effects go during one critical section of one thread.
pub(super) struct Outlet<'a> {
    pub(super) now: Timestamp,
    /// The thread that holds the lock.
    pub(super) thread: usize,
    pub(super) slots: &'a mut Vec<Slot>,
    pub(super) mail: &'a mut [Mail],
    pub(super) lines: &'a mut Vec<Line>,
    pub(super) log: &'a Log,
    /// What `$SYS` is to tell about wills …
    pub(super) notices: &'a mut Notices,
    /// … if it tells anything.
    pub(super) tells_wills: bool,
    /// The connections of this thread.
    pub(super) outputs: &'a mut Outputs,
    /// Unsent bytes of a connection above which there is no room.
    pub(super) output_bytes_max: usize,
    /// Where changes are taken down, if anything is kept.
    pub(super) ledger: Option<&'a mut Ledger>,
    /// What TLS has agreed on with the client whose CONNECT is being handled.
    pub(super) agreed: Option<(&'static str, &'static str)>,
    /// Bit `t` is set when thread `t` got mail.
    pub(super) wakes: u64,
}

impl Outlet<'_> {
    /// Begins to send to a connection of this thread.
    pub(super) fn open_slot(&mut self, conn: ConnId) {
        let index = conn.slot as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, Slot::default);
        }
        self.slots[index] = Slot::new(conn.serial);
    }

    /// Ends it.
    pub(super) fn close_slot(&mut self, conn: ConnId) {
        if let Some(slot) = self.slot(conn) {
            *slot = Slot::default();
        }
    }

    /// Sets what the client of a connection was let in by.
    pub(super) fn set_login(&mut self, conn: ConnId, login: Login) {
        if let Some(slot) = self.slot(conn) {
            slot.login = Some(login);
        }
    }

    /// What the client of a connection was let in by.
    pub(super) fn login(&mut self, conn: ConnId) -> Option<&mut Login> {
        self.slot(conn)?.login.as_mut()
    }

    /// Whether the connection has said which version it speaks.
    pub(super) fn has_encoder(&mut self, conn: ConnId) -> bool {
        self.slot(conn).is_some_and(|slot| slot.encoder.is_some())
    }

    /// Sets how packets to a connection are written.
    pub(super) fn set_encoder(&mut self, conn: ConnId, encoder: Encoder) {
        if let Some(slot) = self.slot(conn) {
            slot.encoder = Some(encoder);
        }
    }

    fn slot(&mut self, conn: ConnId) -> Option<&mut Slot> {
        self.slots.get_mut(conn.slot as usize).filter(|slot| slot.serial == conn.serial)
    }

    /// Lets `write` encode so many packets to a connection, wherever it lives. `None` when it takes
    /// nothing.
    fn write<R>(
        &mut self,
        conn: ConnId,
        batch: u64,
        packets: usize,
        write: impl FnOnce(&mut Encoder, &mut Vec<u8>) -> R,
    ) -> Option<(R, Room)> {
        let slot = self.slots.get_mut(conn.slot as usize)?;
        if slot.serial != conn.serial {
            return None;
        }
        let encoder = slot.encoder.as_mut()?;
        let owner = self.outputs.spread.thread(conn.slot);
        let (result, unsent) = if owner == self.thread {
            self.outputs.wait_for(conn, batch);
            self.outputs.put(conn, |outbox, pool| {
                outbox.append_many(pool, packets, |out| write(encoder, out))
            })?
        } else {
            self.wakes |= 1 << owner;
            self.mail[owner].wait_for(conn, batch);
            let (result, added) = self.mail[owner].append(conn, |out| write(encoder, out));
            slot.add_mailed(added);
            (result, slot.unsent())
        };
        Some((result, self.room(conn, unsent)))
    }

    fn on_deliver(
        &mut self,
        conn: ConnId,
        batch: u64,
        publish: &Outgoing<'_>,
        kept: Option<&Message>,
        repeats: bool,
    ) -> Room {
        if !repeats {
            self.outputs.frames.clear();
        }
        let shared = kept.filter(|message| message.payload().len() > SHARE_BYTES_MIN);
        let Some(message) = shared else {
            let written = if repeats {
                let mut frames = std::mem::take(&mut self.outputs.frames);
                let written = self.write(conn, batch, 1, |encoder, out| {
                    encoder.encode_publish_again(publish, &mut frames, out)
                });
                self.outputs.frames = frames;
                written
            } else {
                self.write(conn, batch, 1, |encoder, out| encoder.encode_publish(publish, out))
            };
            return written.map_or(Room::Ok, |(_, room)| room);
        };
        let written =
            self.write(conn, batch, 1, |encoder, out| encoder.encode_publish_head(publish, out));
        match written {
            Some((Ok(()), room)) => self.append_payload(conn, message.clone(), room),
            _ => Room::Ok,
        }
    }

    /// Writes a run; `None` if its connection takes nothing, or not what others take.
    fn write_run(
        &mut self,
        conn: ConnId,
        run: &Run<'_>,
        first: Option<PacketId>,
        blocks: &mut Blocks,
    ) -> Option<(usize, Room)> {
        let owner = self.outputs.spread.thread(conn.slot);
        let batch = self.batch_of_step();
        let slot = self.slots.get_mut(conn.slot as usize).filter(|it| it.serial == conn.serial)?;
        let encoder = slot.encoder.as_mut().filter(|it| it.is_plain())?;
        let version = encoder.version();
        let len = run.count();
        encoder.encode_run(blocks, len, |n| run.outgoing(n, first)).ok()?;
        let before = match owner == self.thread {
            true => {
                self.outputs.wait_for(conn, batch);
                self.outputs.find(conn)?.outbox.len()
            }
            false => {
                self.mail[owner].wait_for(conn, batch);
                slot.unsent()
            }
        };
        let sent = blocks.fit(version, len, self.output_bytes_max.saturating_sub(before));
        let size = blocks.size(version, sent);
        // Identifiers differ from one to the other.
        let is_shared = first.is_none() && !run.is_alone && size > SHARE_BYTES_MIN;
        let block = is_shared.then(|| blocks.share(version, sent));
        if owner == self.thread {
            self.outputs.put(conn, |outbox, pool| match block {
                Some(block) => outbox.append_block(pool, sent, block),
                None => outbox.append_many(pool, sent, |out| match run.is_alone {
                    true => blocks.hand_over(version, sent, first, out),
                    false => blocks.copy(version, sent, first, out),
                }),
            })?;
        } else {
            self.wakes |= 1 << owner;
            slot.add_mailed(size);
            match block {
                Some(block) => self.mail[owner].append_block(conn, sent, block),
                None => {
                    self.mail[owner].append(conn, |out| blocks.copy(version, sent, first, out));
                }
            }
        }
        Some((sent, self.room(conn, before + size)))
    }

    /// Puts a shared payload behind the head that was just written.
    fn append_payload(&mut self, conn: ConnId, message: Message, before: Room) -> Room {
        let len = message.payload().len();
        let owner = self.outputs.spread.thread(conn.slot);
        let slot = &mut self.slots[conn.slot as usize];
        let unsent = if owner == self.thread {
            self.outputs.append_payload(conn, message);
            self.outputs.find(conn).map_or(0, |output| output.outbox.len())
        } else {
            self.mail[owner].append_payload(conn, message);
            slot.add_mailed(len);
            slot.unsent()
        };
        match before {
            Room::Ok => self.room(conn, unsent),
            Room::Full => Room::Full,
        }
    }

    /// Judges how much is unsent. Its thread remembers that the core waits for room.
    fn room(&mut self, conn: ConnId, unsent: usize) -> Room {
        if unsent <= self.output_bytes_max {
            return Room::Ok;
        }
        let owner = self.outputs.spread.thread(conn.slot);
        if owner == self.thread {
            self.outputs.set_full(conn);
        } else {
            self.mail[owner].set_full(conn);
        }
        Room::Full
    }

    /// Says which TLS a client has that was just accepted.
    fn tell_agreed(&mut self, event: &Event<'_>) {
        let Event::Connected(connected) = event else { return };
        let Some((version, cipher)) = self.agreed.take() else { return };
        let client_id = connected.client_id;
        let event = ServerEvent::Negotiated { client_id, version, cipher };
        self.lines.extend(self.log.render_own(self.now, &event));
    }

    /// Keeps what concerns the wills in `$SYS`.
    fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Will { .. } => {
                self.notices.settled.extend(wills::settlement(event, self.now));
            }
            Event::Subscribed { filter, .. } if *filter == wills::LIST_TOPIC => {
                self.notices.is_list_wanted = true;
            }
            _ => {}
        }
    }

    /// The batch of changes that an effect waits for; 0 is none.
    fn batch_for(&self, effect: &Effect<'_>) -> u64 {
        self.ledger.as_ref().map_or(0, |ledger| ledger.batch_for(effect))
    }

    /// The batch of changes that a run waits for; 0 is none.
    fn batch_of_step(&self) -> u64 {
        self.ledger.as_ref().map_or(0, |ledger| ledger.batch_of_step())
    }

    fn on_close(&mut self, conn: ConnId) {
        let owner = self.outputs.spread.thread(conn.slot);
        if owner == self.thread {
            self.outputs.close(conn);
        } else {
            self.wakes |= 1 << owner;
            self.mail[owner].close(conn);
        }
    }
}

impl Sink for Outlet<'_> {
    fn begin_step(&mut self) {
        if let Some(ledger) = &mut self.ledger {
            ledger.begin_step();
        }
    }

    fn deliver_run(
        &mut self,
        conn: ConnId,
        run: &Run<'_>,
        first: Option<PacketId>,
    ) -> (usize, Room) {
        let mut blocks = std::mem::take(&mut self.outputs.blocks);
        if !run.repeats {
            blocks.clear();
        }
        let written = self.write_run(conn, run, first, &mut blocks);
        self.outputs.blocks = blocks;
        written.unwrap_or_else(|| deliver_singly(self, conn, run, first))
    }

    fn acknowledge_run(
        &mut self,
        conn: ConnId,
        packets: &[Packet<'_>],
        reason: ReasonCode,
    ) -> Room {
        let batch = self.batch_of_step();
        // What does not fit the client is left out, as when it is sent alone.
        let written = self.write(conn, batch, packets.len(), |encoder, out| {
            encoder.encode_acks(answer_to(packets), reason, ids_of(packets), out);
        });
        written.map_or(Room::Ok, |(_, room)| room)
    }

    fn effect(&mut self, effect: Effect<'_>) -> Room {
        match &effect {
            &Effect::Send { conn, ref packet } => {
                let batch = self.batch_for(&effect);
                let written =
                    self.write(conn, batch, 1, |encoder, out| encoder.encode(packet, out));
                written.map_or(Room::Ok, |(_, room)| room)
            }
            &Effect::Deliver { conn, publish, kept, repeats } => {
                let batch = self.batch_for(&effect);
                self.on_deliver(conn, batch, publish, kept, repeats)
            }
            &Effect::Close { conn } => {
                self.on_close(conn);
                Room::Ok
            }
            Effect::Persist(change) => {
                if let Some(ledger) = &mut self.ledger {
                    ledger.record(change);
                }
                Room::Ok
            }
            Effect::Report(event) => {
                self.lines.extend(self.log.render(self.now, event));
                self.tell_agreed(event);
                if self.tells_wills {
                    self.note(event);
                }
                Room::Ok
            }
        }
    }
}
