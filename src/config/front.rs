//! What a listener puts between its sockets and MQTT.

/// `enable_proxy_protocol`: the header that a proxy sends before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `1`: a line of text.
    V1,
    /// `2`: binary.
    V2,
}

/// How WebSockets are opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebSocketFront {
    /// `websockets_origin`: the pages that may connect; all of them where it is empty.
    pub origins: Vec<String>,
    /// `websockets_headers_size`: bytes that a request may have.
    pub head_bytes_max: usize,
}

/// The layers of a listener but for TLS, from the outermost to the innermost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Front {
    /// A header is expected from a proxy.
    pub proxy: Option<ProxyHeader>,
    /// `proxy_protocol_v2_require_tls`: only clients that reached the proxy by TLS.
    pub proxy_requires_tls: bool,
    /// `require_certificate` behind a proxy: only clients that showed it a certificate.
    pub proxy_requires_certificate: bool,
    /// `protocol websockets`: MQTT in WebSocket frames …
    pub is_websocket: bool,
    /// … which are opened so.
    pub websocket: WebSocketFront,
}
