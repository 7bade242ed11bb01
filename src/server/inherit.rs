//! Listening sockets that whoever starts us has opened (socket activation): which listener each
//! belongs to.

use std::io;
use std::net::{IpAddr, TcpListener};
use std::os::unix::net::UnixListener;

use crate::config::{Bind, Listener};
use crate::observe::Endpoint;
use crate::server::bind::{Socket, StartError};

/// A socket that listens already.
#[derive(Debug)]
pub struct Inherited {
    /// The name it was given; may be anything.
    pub name: String,
    /// The socket.
    pub socket: Passed,
}

/// The socket itself.
#[derive(Debug)]
pub enum Passed {
    /// Over TCP.
    Tcp(TcpListener),
    /// A Unix socket; its file is not ours.
    Unix(UnixListener),
}

/// A socket with its address.
pub(super) type Taken = (Endpoint, Socket);

impl Passed {
    fn take(self) -> io::Result<Taken> {
        Ok(match self {
            Passed::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                (socket.local_addr()?.into(), Socket::Tcp(socket))
            }
            Passed::Unix(socket) => {
                socket.set_nonblocking(true)?;
                let address = socket.local_addr()?;
                let path = address.as_pathname().unwrap_or("(no name)".as_ref());
                (Endpoint::Unix(path.to_owned()), Socket::Unix(socket, None))
            }
        })
    }
}

/// Gives each socket to a listener: to the one whose port is its name, else to the one that would
/// have opened it, else to the first that has none, in order. The listeners that get nothing open
/// their own.
pub(super) fn assign(
    listeners: &[Listener],
    is_local_only: bool,
    inherited: Vec<Inherited>,
) -> Result<Vec<Vec<Taken>>, StartError> {
    let mut taken: Vec<Vec<Taken>> = listeners.iter().map(|_| Vec::new()).collect();
    let mut rest = Vec::new();
    for Inherited { name, socket } in inherited {
        let (endpoint, socket) = socket.take().map_err(StartError::System)?;
        if let (true, Some(address)) = (is_local_only, endpoint.tcp())
            && !address.ip().is_loopback()
        {
            return Err(StartError::Inherited(format!(
                "the socket {address} that was passed on is open to other machines, but no listener \
                 is configured; add 'listener {}'",
                address.port()
            )));
        }
        let index = listeners
            .iter()
            .position(|listener| name == listener.port.to_string())
            .or_else(|| listeners.iter().position(|listener| would_open(listener, &endpoint)))
            .or(is_local_only.then_some(0));
        match index {
            Some(index) => taken[index].push((endpoint, socket)),
            None => rest.push((endpoint, socket)),
        }
    }
    for (endpoint, socket) in rest {
        let Some(free) = taken.iter_mut().find(|sockets| sockets.is_empty()) else {
            return Err(StartError::Inherited(format!(
                "the socket {endpoint} was passed on, but every listener has one already"
            )));
        };
        free.push((endpoint, socket));
    }
    Ok(taken)
}

fn would_open(listener: &Listener, endpoint: &Endpoint) -> bool {
    let Some(address) = endpoint.tcp() else {
        return matches!(&listener.bind, Bind::Path(path) if endpoint.path() == Some(path));
    };
    listener.port == address.port()
        && match &listener.bind {
            Bind::Any => true,
            Bind::Loopback => address.ip().is_loopback(),
            Bind::Host(host) => host.parse().is_ok_and(|host: IpAddr| host == address.ip()),
            Bind::Path(_) => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Sources};

    fn listeners(sets: &[&str]) -> (Vec<Listener>, bool) {
        let sets = sets.iter().map(|set| (*set).to_owned()).collect();
        let config = Config::load(&Sources { sets, ..Sources::default() }).unwrap();
        (config.listeners, config.local_only)
    }

    fn socket(name: &str, address: &str) -> (Inherited, u16) {
        let socket = TcpListener::bind(address).unwrap();
        let port = socket.local_addr().unwrap().port();
        (Inherited { name: name.to_owned(), socket: Passed::Tcp(socket) }, port)
    }

    fn ports(taken: &[Vec<Taken>]) -> Vec<Vec<u16>> {
        let port = |(endpoint, _): &Taken| endpoint.tcp().unwrap().port();
        let ports = |taken: &Vec<Taken>| taken.iter().map(port).collect();
        taken.iter().map(ports).collect()
    }

    #[test]
    fn a_socket_goes_to_the_listener_it_is_named_after_or_was_opened_for() {
        let (by_port, port) = socket("x", "127.0.0.1:0");
        let (by_name, named) = socket("1", "127.0.0.1:0");
        let (in_order, other) = socket("", "127.0.0.1:0");
        let sets = ["listener=1".to_owned(), "listener=2".to_owned(), format!("listener={port}")];
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let (listeners, local_only) = listeners(&sets);
        let taken = assign(&listeners, local_only, vec![in_order, by_port, by_name]).unwrap();
        assert_eq!(ports(&taken), [vec![named], vec![other], vec![port]]);
    }

    #[test]
    fn a_host_that_is_another_one_does_not_match() {
        let (given, port) = socket("", "127.0.0.1:0");
        let sets = [format!("listener={port} 127.0.0.2"), "listener=2".to_owned()];
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let (listeners, local_only) = listeners(&sets);
        // Nothing else is left, so it goes by the order.
        let taken = assign(&listeners, local_only, vec![given]).unwrap();
        assert_eq!(ports(&taken), [vec![port], vec![]]);
    }

    #[test]
    fn a_unix_socket_goes_to_the_listener_of_its_path_and_its_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let socket = Passed::Unix(UnixListener::bind(&path).unwrap());
        let sets = ["listener=1".to_owned(), format!("listener=0 {}", path.display())];
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let (listeners, local_only) = listeners(&sets);
        let given = vec![Inherited { name: String::new(), socket }];
        let taken = assign(&listeners, local_only, given).unwrap();
        assert_eq!((taken[0].len(), taken[1].len()), (0, 1));
        drop(taken);
        assert!(path.exists());
    }

    #[test]
    fn one_socket_too_many_is_named() {
        let (first, _) = socket("", "127.0.0.1:0");
        let (second, port) = socket("", "127.0.0.1:0");
        let (listeners, local_only) = listeners(&["listener=1"]);
        let error = assign(&listeners, local_only, vec![first, second]).unwrap_err().to_string();
        assert!(error.contains(&format!("127.0.0.1:{port} was passed on")), "{error}");
    }

    #[test]
    fn without_a_listener_all_are_the_one_of_this_machine() {
        let (v4, port) = socket("", "127.0.0.1:0");
        let (open, _) = socket("", "0.0.0.0:0");
        let (listeners, local_only) = listeners(&[]);
        let taken = assign(&listeners, local_only, vec![v4]).unwrap();
        assert_eq!(ports(&taken), [vec![port]]);
        let error = assign(&listeners, local_only, vec![open]).unwrap_err().to_string();
        assert!(error.contains("no listener is configured"), "{error}");
    }
}
