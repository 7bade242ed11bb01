//! How the system looks after a TCP connection.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// Options of a TCP socket beyond the usual ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tuning {
    /// TCP keep-alive: the probes that the system sends on a quiet connection.
    pub keep_alive: Option<Probes>,
    /// TCP_USER_TIMEOUT: how long sent data may stay unacknowledged before the connection is
    /// dropped.
    pub user_timeout: Option<Duration>,
}

/// When TCP keep-alive asks whether the other side is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probes {
    /// After this time of quiet.
    pub idle: Duration,
    /// Then again after this one.
    pub interval: Duration,
    /// So many times before the connection counts as dead.
    pub count: u32,
}

impl Tuning {
    /// Sets the options that are given.
    ///
    /// # Errors
    /// The system refuses one of them.
    pub fn apply(self, stream: &impl AsFd) -> io::Result<()> {
        let socket = SockRef::from(stream);
        if let Some(Probes { idle, interval, count }) = self.keep_alive {
            let probes =
                TcpKeepalive::new().with_time(idle).with_interval(interval).with_retries(count);
            socket.set_tcp_keepalive(&probes)?;
        }
        if self.user_timeout.is_some() {
            socket.set_tcp_user_timeout(self.user_timeout)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_reach_the_socket() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let stream =
                tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let socket = SockRef::from(&stream);
            assert!(!socket.keepalive().unwrap());
            let probes =
                Probes { idle: Duration::from_secs(7), interval: Duration::from_secs(3), count: 4 };
            let user_timeout = Some(Duration::from_millis(1500));
            Tuning { keep_alive: Some(probes), user_timeout }.apply(&stream).unwrap();
            assert!(socket.keepalive().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(7));
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(3));
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), 4);
            assert_eq!(socket.tcp_user_timeout().unwrap(), user_timeout);
        });
    }
}
