//! `lastwill sub` and `lastwill pub` as programs, at a server that says what the test wants.

mod ends;
mod messages;
mod pipes;
mod scripted;
mod side_by_side;
