//! Reasons in mosquitto's words: what stands behind `disconnected: `.

use std::io::ErrorKind;

use crate::broker::event::Lost;
use crate::protocol::ReasonCode;

/// The words for a reason code, without a final dot.
pub fn words(reason: ReasonCode) -> String {
    use ReasonCode::*;
    let text = match reason {
        MalformedPacket => "malformed packet",
        ProtocolError => "protocol error",
        ImplementationSpecificError => "implementation specific error",
        UnsupportedProtocolVersion => "unsupported protocol version",
        ClientIdentifierNotValid => "client identifier not valid",
        // mosquitto tells both alike; only what the client gets is another code.
        BadUserNameOrPassword | NotAuthorized => "not authorised",
        ServerUnavailable => "server unavailable",
        ServerBusy => "server busy",
        Banned => "client banned",
        ServerShuttingDown => "server shutting down",
        BadAuthenticationMethod => "bad authentication method",
        KeepAliveTimeout => "exceeded timeout",
        SessionTakenOver => "session taken over",
        ReceiveMaximumExceeded => "receive maximum exceeded",
        TopicAliasInvalid => "topic alias invalid",
        PacketTooLarge => "oversize packet",
        QuotaExceeded => "quota exceeded",
        AdministrativeAction => "administrative action",
        RetainNotSupported | QoSNotSupported => {
            "used disallowed feature (QoS too high, retain not supported, or bad AUTH method)"
        }
        ConnectionRateExceeded => "connection rate exceeded",
        other => return other.to_string().to_lowercase(),
    };
    text.to_owned()
}

/// The words for a lost connection, with the final dot where mosquitto writes one.
pub fn lost(lost: Lost) -> String {
    match lost {
        Lost::PeerClosed => "connection closed by client.".to_owned(),
        Lost::PeerReset => "Connection reset by peer.".to_owned(),
        Lost::ReadError(kind) | Lost::WriteError(kind) => {
            format!("bad socket read/write: {}", io_words(kind))
        }
        Lost::ByServer => "closed by the broker.".to_owned(),
    }
}

/// The words for an error of the operating system.
pub fn io_words(kind: ErrorKind) -> String {
    kind.to_string()
}
