//! Inputs go to the broker, and what they cause is carried out.

use lastwill::broker::Broker;
use lastwill::broker::event::Input;
use lastwill::protocol::Frames;

use super::out::{Caused, Out};
use super::world::{Event, World};

impl World {
    /// The sum over all effects so far.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Hands something to the broker and carries out what it causes.
    pub(super) fn hand_in(&mut self, input: Input<'_>) {
        let now = self.now;
        self.carry_out(|broker, out| broker.handle(now, input, out));
    }

    /// Lets the broker do something and carries out what that causes.
    pub(super) fn carry_out(&mut self, act: impl FnOnce(&mut Broker, &mut Out<'_>)) {
        let mut out = Out {
            links: &mut self.links,
            by_conn: &self.by_conn,
            journal: self.kept.as_mut().map(|kept| &mut kept.journal),
            caused: Vec::new(),
            frames: Frames::default(),
        };
        act(&mut self.broker, &mut out);
        for caused in out.caused {
            self.add_to_digest(&caused);
            match caused {
                Caused::Bytes(link, bytes) => {
                    let at = self.links[link].down_arrival(self.now, &mut self.rng);
                    self.push(at, Event::Down(link, bytes));
                }
                Caused::Close(link) => {
                    if let Some(told) = self.links[link].told {
                        self.oracle.on_close(told, self.now);
                    }
                    let at = self.now.plus_millis(self.rng.below(50));
                    self.push(at, Event::Gone(link));
                }
                Caused::Full => self.count("full"),
                Caused::Run => self.count("run"),
                Caused::Told(client, fate, cause) => {
                    self.count(&format!("{fate:?} {cause}"));
                    self.told.entry(client).or_default().push((self.now, fate));
                }
            }
        }
    }

    fn add_to_digest(&mut self, caused: &Caused) {
        let text = match caused {
            Caused::Bytes(link, bytes) => {
                bytes.iter().for_each(|byte| self.add_number(u64::from(*byte)));
                return self.add_number(*link as u64);
            }
            other => format!("{} {other:?}", self.now),
        };
        text.bytes().for_each(|byte| self.add_number(u64::from(byte)));
    }

    fn add_number(&mut self, number: u64) {
        self.digest = (self.digest ^ number).wrapping_mul(0x0100_0000_01B3);
    }

    fn count(&mut self, what: &str) {
        *self.happened.entry(what.to_owned()).or_default() += 1;
    }
}
