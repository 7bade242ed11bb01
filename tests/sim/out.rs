//! Where the broker's effects go: bytes for the streams, facts for the oracle.

use std::collections::HashMap;

use lastwill::broker::event::{ConnId, Effect, Event, Room, Run, Sink, WillFate, deliver_singly};
use lastwill::protocol::{Frames, PacketId, TooLarge};
use lastwill::store::Journal;

use super::link::Link;
use super::oracle::Fate;

/// What one call of the broker caused, in order.
#[derive(Debug)]
pub enum Caused {
    /// Bytes for a link.
    Bytes(usize, Vec<u8>),
    /// A link is closed behind the bytes before.
    Close(usize),
    /// The fate of a client's will, and the cause by its name.
    Told(String, Fate, String),
    /// A link takes no more.
    Full,
    /// Messages that came together went out together.
    Run,
}

/// The sink of one call.
pub struct Out<'a> {
    pub links: &'a mut [Link],
    pub by_conn: &'a HashMap<ConnId, usize>,
    /// Where changes go that must survive.
    pub journal: Option<&'a mut Journal>,
    pub caused: Vec<Caused>,
    /// What was written last, for others who get the same.
    pub frames: Frames,
}

impl Out<'_> {
    fn write(
        &mut self,
        conn: ConnId,
        encode: impl FnOnce(&mut Link, &mut Vec<u8>) -> Result<(), TooLarge>,
    ) -> Room {
        let at = *self.by_conn.get(&conn).expect("effects name connections that exist");
        let link = &mut self.links[at];
        assert!(!link.is_closing, "something is sent behind the close of {conn:?}");
        let mut bytes = Vec::new();
        encode(link, &mut bytes).expect("clients here have no limit");
        let has_room = link.has_room_after(bytes.len());
        self.caused.push(Caused::Bytes(at, bytes));
        if has_room {
            return Room::Ok;
        }
        self.caused.push(Caused::Full);
        Room::Full
    }
}

impl Sink for Out<'_> {
    fn deliver_run(
        &mut self,
        conn: ConnId,
        run: &Run<'_>,
        first: Option<PacketId>,
    ) -> (usize, Room) {
        self.caused.push(Caused::Run);
        deliver_singly(self, conn, run, first)
    }

    fn effect(&mut self, effect: Effect<'_>) -> Room {
        match effect {
            Effect::Send { conn, packet } => {
                self.write(conn, |link, out| link.encoder.encode(&packet, out))
            }
            Effect::Deliver { conn, publish, repeats, .. } => {
                let at = *self.by_conn.get(&conn).expect("effects name connections that exist");
                assert!(!self.links[at].is_full, "a PUBLISH is sent to {conn:?}, which is full");
                let mut frames = std::mem::take(&mut self.frames);
                let room = self.write(conn, |link, out| {
                    if repeats {
                        return link.encoder.encode_publish_again(publish, &mut frames, out);
                    }
                    frames.clear();
                    link.encoder.encode_publish(publish, out)
                });
                self.frames = frames;
                room
            }
            Effect::Close { conn } => {
                let at = *self.by_conn.get(&conn).expect("effects name connections that exist");
                let before = std::mem::replace(&mut self.links[at].is_closing, true);
                assert!(!before, "{conn:?} is closed twice");
                self.caused.push(Caused::Close(at));
                Room::Ok
            }
            Effect::Persist(change) => {
                let journal = self.journal.as_mut();
                journal.unwrap_or_else(|| panic!("nothing is kept: {change:?}")).record(&change);
                Room::Ok
            }
            Effect::Report(event) => {
                self.caused.extend(told(&event));
                Room::Ok
            }
        }
    }
}

/// The final fate of a will, if the event tells one.
fn told(event: &Event<'_>) -> Option<Caused> {
    let Event::Will { client_id, fate, cause, .. } = event else { return None };
    let fate = match fate {
        WillFate::Published => Fate::Published,
        WillFate::Discarded => Fate::Discarded,
        WillFate::Cancelled => Fate::Cancelled,
        WillFate::Waiting(_) => return None,
        WillFate::Refused => panic!("nobody may be refused here: {event:?}"),
    };
    let cause = format!("{cause:?}").split(['(', ' ']).next().unwrap_or_default().to_owned();
    Some(Caused::Told((*client_id).to_owned(), fate, cause))
}
