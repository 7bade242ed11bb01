//! A socket that speaks TLS and, inside, MQTT byte by byte.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring,
};

use super::lab::Lab;
use crate::support::PATIENCE;
use crate::support::packet::to_hex;

/// A client that does only what the test tells it.
pub struct Secure(StreamOwned<ClientConnection, TcpStream>);

impl Secure {
    /// Shakes hands with the broker at a port of this machine, as `identity` if it is given.
    pub fn dial(lab: &Lab, port: u16, identity: Option<&str>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(lab.path("ca.crt")).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(name) => {
                let own = CertificateDer::from_pem_file(lab.path(&format!("{name}.crt")));
                let key = PrivateKeyDer::from_pem_file(lab.path(&format!("{name}.key")));
                builder.with_client_auth_cert(vec![own.unwrap()], key.unwrap()).unwrap()
            }
        };
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Secure(StreamOwned::new(tls, stream))
    }

    /// Sends bytes inside of TLS.
    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// The next bytes are these.
    pub fn expect(&mut self, bytes: &[u8]) {
        let got = self.take(bytes.len());
        assert_eq!(to_hex(&got), to_hex(bytes));
    }

    /// So many bytes that come next.
    pub fn take(&mut self, count: usize) -> Vec<u8> {
        let mut got = vec![0; count];
        self.0.read_exact(&mut got).unwrap();
        got
    }

    /// Shakes hands.
    pub fn shake(&mut self) {
        while self.0.conn.is_handshaking() {
            self.0.conn.complete_io(&mut self.0.sock).unwrap();
        }
    }

    /// Whether the broker refuses the handshake; in TLS 1.3 the refusal comes behind it.
    pub fn is_refused(&mut self) -> bool {
        self.0.write_all(&[0xC0, 0]).and_then(|()| self.0.read_exact(&mut [0])).is_err()
    }

    /// The certificate of the broker.
    pub fn server_certificate(&self) -> Vec<u8> {
        self.0.conn.peer_certificates().unwrap()[0].to_vec()
    }

    /// What comes until the broker closes the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut got = Vec::new();
        // How the connection ends is not what counts here.
        let _ = self.0.read_to_end(&mut got);
        got
    }

    /// Ends TLS in order; MQTT is not asked.
    pub fn close_notify(&mut self) {
        self.0.conn.send_close_notify();
        while self.0.conn.wants_write() {
            self.0.conn.write_tls(&mut self.0.sock).unwrap();
        }
    }

    /// Sends bytes outside of TLS.
    pub fn send_beside(&mut self, bytes: &[u8]) {
        self.0.sock.write_all(bytes).unwrap();
    }

    /// Ends the sending side of TCP without a word of TLS.
    pub fn shut_down(&mut self) {
        self.0.sock.shutdown(Shutdown::Write).unwrap();
    }

    /// Resets the connection: whoever has not read everything loses it, as far as the system can
    /// tell.
    pub fn reset(self) {
        socket2::SockRef::from(&self.0.sock).set_linger(Some(Duration::ZERO)).unwrap();
    }
}
