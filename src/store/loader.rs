//! Records become what the broker takes in again.

use std::collections::BTreeMap;

use crate::broker::change::{Change, Misfit};
use crate::broker::router::SessionKey;
use crate::protocol::{Message, PacketId};
use crate::store::Journal;
use crate::store::record::{Kind, Reader, unsealed};

/// A message, and how often it was referred to.
#[derive(Debug)]
struct Stored {
    message: Message,
    references: u64,
}

/// Reads records in the order of their keys.
#[derive(Debug, Default)]
pub struct Loader {
    messages: BTreeMap<u64, Stored>,
    records: u64,
    /// Scratch: Subscription Identifiers of one entry.
    ids: Vec<u32>,
}

impl Loader {
    /// Takes in one record; `tell` gets what it says, if that is something of its own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn load(
        &mut self,
        key: &[u8],
        value: &[u8],
        tell: &mut dyn FnMut(Change<'_>) -> Result<(), Misfit>,
    ) -> Result<(), String> {
        self.records += 1;
        self.load_one(key, value, tell).map_err(|what| {
            let kind = key.first().and_then(|kind| Kind::from_u8(*kind));
            let name = kind.map_or_else(|| "unknown".to_owned(), |kind| format!("{kind:?}"));
            format!("record {} ({}): {what}", self.records, name.to_lowercase())
        })
    }

    /// How many records were read.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// The journal that goes on from here.
    pub fn finish(self) -> Journal {
        let mut journal = Journal::default();
        for (id, stored) in self.messages {
            journal.adopt(id, stored.message, stored.references);
        }
        journal
    }

    fn load_one(
        &mut self,
        key: &[u8],
        value: &[u8],
        tell: &mut dyn FnMut(Change<'_>) -> Result<(), Misfit>,
    ) -> Result<(), String> {
        let mut value = unsealed(key, value)?;
        let mut key = Reader(key);
        let kind = Kind::from_u8(key.u8()?).ok_or("it is of an unknown kind")?;
        let told = match kind {
            Kind::Message => {
                let id = key.u64()?;
                let message = value.message()?;
                self.messages.insert(id, Stored { message, references: 0 });
                Ok(())
            }
            Kind::Retained => {
                let expires_at = value.optional_moment()?;
                let publisher = value.origin()?;
                let message = value.message()?;
                if message.topic().as_str().as_bytes() != key.0 {
                    return Err("its topic is another one".to_owned());
                }
                tell(Change::Retained { message: &message, expires_at, publisher })
            }
            _ => {
                let session = SessionKey(key.u32()?);
                return self.load_of_session(kind, session, key, value, tell);
            }
        };
        value.end()?;
        told.map_err(|misfit| format!("it does not fit: {misfit:?}"))
    }

    fn load_of_session(
        &mut self,
        kind: Kind,
        session: SessionKey,
        mut key: Reader<'_>,
        mut value: Reader<'_>,
        tell: &mut dyn FnMut(Change<'_>) -> Result<(), Misfit>,
    ) -> Result<(), String> {
        let told = match kind {
            Kind::Session => tell(Change::Session { session, state: value.session()? }),
            Kind::Subscription => {
                let (filter, options) = (key.rest_text()?, value.options()?);
                tell(Change::Subscription { session, filter, options })
            }
            Kind::Queued | Kind::Sent => {
                let order = key.u64()?;
                if kind == Kind::Sent && value.bool()? {
                    tell(Change::Released { session, order, message: None })
                } else {
                    let Loader { messages, ids, .. } = self;
                    let entry = value.entry(ids, |id| {
                        let stored = messages.get_mut(&id)?;
                        stored.references += 1;
                        Some(&stored.message)
                    })?;
                    tell(match kind {
                        Kind::Queued => Change::Queued { session, order, entry },
                        _ => Change::Sent { session, order, entry },
                    })
                }
            }
            Kind::Received => {
                let packet_id = PacketId::new(key.u16()?).ok_or("its packet identifier is 0")?;
                tell(Change::Received { session, packet_id })
            }
            Kind::Will => {
                let (delay_secs, due_at) = (value.u32()?, value.optional_moment()?);
                let message = value.message()?;
                tell(Change::Will { session, message: &message, delay_secs, due_at })
            }
            Kind::Scan => {
                let (n, scan) = (key.u32()?, value.scan()?);
                tell(Change::Scan { session, n, scan })
            }
            Kind::Message | Kind::Retained => return Err("it is of an unknown kind".to_owned()),
        };
        value.end()?;
        told.map_err(|misfit| format!("it does not fit: {misfit:?}"))
    }
}
