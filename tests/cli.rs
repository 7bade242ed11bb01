//! `lastwill sub` and `lastwill pub` as programs, at a server that says what the test wants.

mod choices;
mod ends;
mod handling;
mod letter;
mod lines;
mod memory;
mod messages;
mod pipes;
mod request;
mod retained;
mod retry;
mod scripted;
mod secrets;
mod side_by_side;
mod strict;
mod wire;
