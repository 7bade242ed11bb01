//! The end that an application asks for, at every moment that it may ask.

use super::*;

/// What has happened before.
#[derive(Clone, Copy, Debug)]
enum Move {
    Opened,
    OpenFailed,
    Accepted,
    Published(u8),
    Acknowledged,
    Closed,
    /// The next deadline comes.
    Due,
}

const MOVES: [Move; 8] = [
    Move::Opened,
    Move::OpenFailed,
    Move::Accepted,
    Move::Published(0),
    Move::Published(1),
    Move::Acknowledged,
    Move::Closed,
    Move::Due,
];

/// A session with the transport that it believes to have.
struct World {
    test: Test,
    has_transport: bool,
    is_open: bool,
}

impl World {
    fn new() -> World {
        let mut test = Test::new(settings());
        test.input(Input::Start);
        let mut world = World { test, has_transport: false, is_open: false };
        world.obey();
        world
    }

    /// Does to the transport what the session asked for, as the driver does.
    fn obey(&mut self) {
        let told = std::mem::take(&mut self.test.told.0);
        if told.iter().any(|line| line == "open") {
            (self.has_transport, self.is_open) = (true, false);
        }
        if told.iter().any(|line| line == "abort") {
            self.lose(Input::Closed);
        }
    }

    fn lose(&mut self, input: Input<'_>) {
        (self.has_transport, self.is_open) = (false, false);
        self.test.input(input);
        self.obey();
    }

    /// Makes a move, where the transport and the server can.
    fn play(&mut self, step: Move) {
        match step {
            Move::Opened if self.has_transport && !self.is_open => {
                self.is_open = true;
                self.test.input(Input::Opened);
            }
            Move::OpenFailed if self.has_transport && !self.is_open => {
                return self.lose(Input::OpenFailed);
            }
            Move::Accepted if self.is_open && !self.test.session.is_connected() => {
                self.test.connack(true, ReasonCode::Success, &[]);
            }
            Move::Published(qos) => {
                self.test.publish(1, qos);
            }
            Move::Acknowledged if self.test.session.is_connected() => {
                self.test.packet(Packet::PubAck(ack(1)));
            }
            Move::Closed if self.is_open => return self.lose(Input::Closed),
            Move::Due => {
                let due = self.test.session.deadline().map(|(at, _)| at);
                self.test.now = due.unwrap_or(self.test.now).max(self.test.now);
                self.test.input(Input::Timeout);
            }
            _ => {}
        }
        self.obey();
    }

    /// Asks for the end; the server closes what is open then. Whether the session has ended.
    fn ends(mut self) -> bool {
        let (reason, properties) = (ReasonCode::Success, Properties::EMPTY);
        self.test.input(Input::End { reason, properties });
        self.obey();
        if self.has_transport {
            self.lose(Input::Closed);
        }
        self.test.session.has_ended()
    }
}

#[test]
fn an_end_comes_at_every_moment_and_at_once_without_a_transport() {
    const LENGTH: u32 = 5;
    for number in 0..MOVES.len().pow(LENGTH) {
        let digit = |place| number / MOVES.len().pow(place) % MOVES.len();
        let moves: Vec<Move> = (0..LENGTH).map(|place| MOVES[digit(place)]).collect();
        let mut world = World::new();
        moves.iter().for_each(|step| world.play(*step));
        assert!(world.ends(), "{moves:?}");
    }
}
