//! The broker as a process: how it starts and stops, and what it does about bad input.

mod after_connect;
mod before_connect;
mod client_ends;
mod crowd;
mod flood;
mod lab;
mod pause;
mod start;
mod stop;
