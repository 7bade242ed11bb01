//! How a client leaves, where it may choose: every way in which a Network Connection can end, on
//! purpose. What the server then does with the will is the server's part (section 3.1.2.5).

use super::event::{Cause, Effect, Event, Sink};
use super::{After, Phase, Session};
use crate::protocol::{Disconnect, Packet, Properties, PropertyBuf, ReasonCode};
use crate::time::Timestamp;

/// How long a server may take to close a connection whose rules we broke, in seconds.
const BREACH_SECS_MAX: u32 = 10;
/// How long beyond twice the keep-alive a server may take to notice that we are silent, in seconds.
const SILENCE_SECS_MORE: u32 = 10;
/// Largest Remaining Length that can be expressed.
const REMAINING_MAX: u32 = 268_435_455;
/// Most bytes of a packet that is too large which are really sent.
const OVERSIZE_BYTES: usize = 64 << 10;

/// The way a client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// DISCONNECT with this reason code, which need not be one of the standard's. Version 3 has
    /// only 0.
    Disconnect(u8),
    /// Close the connection without a DISCONNECT.
    Drop,
    /// Reset the connection: what is not sent yet is lost.
    Reset,
    /// Stay connected and go silent: nothing is sent any more, nothing acknowledged, until the
    /// server closes.
    Stall,
    /// Send a malformed packet (a PUBLISH of QoS 3) and wait for the server to close.
    Malformed,
    /// Send CONNECT once more, which is a protocol error, and wait for the server to close.
    SecondConnect,
    /// Send a PUBLISH above the server's Maximum Packet Size and wait for the server to close.
    Oversize,
}

/// When and how to leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// The way; `None` is the way the application asks for.
    pub how: Option<How>,
    /// Leave this long after the first accepted CONNECT, in milliseconds.
    pub after_millis: Option<u64>,
    /// Leave after this many messages, received or delivered to the server. At least 1.
    pub after_messages: Option<u64>,
    /// The properties of the DISCONNECT of an ending that nobody asked for.
    pub properties: PropertyBuf,
}

/// What there is to know about the ending so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// When to leave.
    pub due: Option<Timestamp>,
    /// Messages received or delivered.
    pub messages: u64,
    /// The reason of the server's DISCONNECT while we wait for it to close.
    pub answer: Option<ReasonCode>,
}

impl Session {
    /// An accepted CONNECT: the first one starts the clock.
    pub(super) fn start_ending(&mut self, now: Timestamp) {
        if let (None, Some(millis)) = (self.progress.due, self.settings.ending.after_millis) {
            self.progress.due = Some(now.plus_millis(millis));
        }
    }

    /// Counts a message that was received or delivered, and leaves with the last one.
    pub(super) fn count_message(&mut self, now: Timestamp, out: &mut impl Sink) {
        self.progress.messages += 1;
        if self.settings.ending.after_messages == Some(self.progress.messages) {
            self.on_end_due(now, out);
        }
    }

    /// The moment to leave has come, by the clock or by the count.
    pub(super) fn on_end_due(&mut self, now: Timestamp, out: &mut impl Sink) {
        self.progress.due = Some(Timestamp::NEVER);
        let properties = self.settings.ending.properties.clone();
        self.on_end(now, ReasonCode::Success, properties.as_properties(), out);
    }

    /// Whether leaving now is a normal DISCONNECT, after which the server drops the will.
    pub(super) fn leaves_normally(&self, reason: ReasonCode) -> bool {
        match self.settings.ending.how {
            None => !self.settings.version.is_v5() || reason == ReasonCode::Success,
            Some(how) => how == How::Disconnect(0),
        }
    }

    /// Leaves an accepted connection in the chosen way; `reason` is that of the application.
    pub(super) fn leave(
        &mut self,
        now: Timestamp,
        reason: ReasonCode,
        properties: Properties<'_>,
        out: &mut impl Sink,
    ) {
        let how = self.settings.ending.how.unwrap_or(How::Disconnect(reason as u8));
        self.phase = Phase::Closing(After::End(Cause::Requested));
        match how {
            How::Disconnect(code) => {
                self.send_disconnect(now, code, properties, out);
                out.effect(Effect::Close);
            }
            How::Drop => out.effect(Effect::Close),
            How::Reset => out.effect(Effect::Reset),
            How::Stall => self.wait_for_close(now, self.silence_secs_max()),
            How::Malformed => {
                out.effect(Effect::SendRaw(&[0x36, 0x05, 0x00, 0x01, b'x', 0x00, 0x01]));
                self.wait_for_close(now, BREACH_SECS_MAX);
            }
            How::SecondConnect => {
                let connect = self.settings.connect(&self.client_id);
                out.effect(Effect::Send(Packet::Connect(Box::new(connect))));
                self.wait_for_close(now, BREACH_SECS_MAX);
            }
            How::Oversize => {
                out.effect(Effect::SendRaw(&oversize(self.granted.packet_size_max)));
                self.wait_for_close(now, self.silence_secs_max());
            }
        }
    }

    /// Leaves before CONNACK. The server may have accepted us by now: then it needs the DISCONNECT.
    pub(super) fn leave_early(
        &mut self,
        now: Timestamp,
        reason: ReasonCode,
        properties: Properties<'_>,
        out: &mut impl Sink,
    ) {
        self.send_disconnect(now, reason as u8, properties, out);
        self.phase = Phase::Closing(After::End(Cause::Requested));
        out.effect(Effect::Close);
    }

    fn send_disconnect(
        &mut self,
        now: Timestamp,
        code: u8,
        properties: Properties<'_>,
        out: &mut impl Sink,
    ) {
        // Version 3 knows the normal DISCONNECT only: the server drops our will.
        let code = if self.settings.version.is_v5() { code } else { 0 };
        match ReasonCode::from_u8(code) {
            Some(reason) => {
                self.send(now, Packet::Disconnect(Disconnect { reason, properties }), out);
            }
            None => out.effect(Effect::SendRaw(&[0xE0, 0x01, code])),
        }
    }

    fn wait_for_close(&mut self, now: Timestamp, secs_max: u32) {
        self.phase = Phase::Leaving { since: now, until: now.plus_secs(secs_max) };
    }

    fn silence_secs_max(&self) -> u32 {
        2 * u32::from(self.keep_alive.secs()) + SILENCE_SECS_MORE
    }

    /// The server has closed the connection that we wanted it to close, or has not in time.
    pub(super) fn on_left(
        &mut self,
        now: Timestamp,
        since: Timestamp,
        closed: bool,
        out: &mut impl Sink,
    ) {
        let answer = self.progress.answer;
        let elapsed = now.since(since);
        out.effect(Effect::Report(Event::Left { closed, elapsed, answer }));
        if closed {
            self.end(Cause::Requested, out);
        } else {
            self.phase = Phase::Closing(After::End(Cause::Requested));
            out.effect(Effect::Abort);
        }
    }
}

/// The beginning of a PUBLISH that is larger than `packet_size_max` bytes, or all of it where that
/// is little.
fn oversize(packet_size_max: u32) -> Vec<u8> {
    let remaining = packet_size_max.min(REMAINING_MAX);
    let mut bytes = vec![0x30];
    let mut rest = remaining;
    while rest > 0x7F {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    // A topic of one letter, and no properties in version 5.
    let mut body = vec![0; (remaining as usize).min(OVERSIZE_BYTES)];
    for (place, byte) in body.iter_mut().zip([0x00, 0x01, b'x', 0x00]) {
        *place = byte;
    }
    bytes.extend_from_slice(&body);
    bytes
}
