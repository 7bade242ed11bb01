//! The broker as a process: how it starts and stops, and what it does about bad input.

mod access;
mod after_connect;
mod answers;
mod before_connect;
mod bench;
mod client_ends;
mod compact;
mod crowd;
mod examine;
mod failing;
mod flood;
mod hostile;
mod keep;
pub mod kill;
mod lab;
mod limits;
mod ops;
mod passwords;
mod pause;
pub mod peers;
mod proxied;
mod request;
mod revoke;
mod sockets;
mod start;
mod stop;
mod websocket;
