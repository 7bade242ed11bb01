//! What happens to bridges, in words.

use crate::observe::escape::Escaped;
use crate::observe::settings::LogType;

/// Something about a bridge, which is called `name`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the fields are named after what they hold")]
pub enum BridgeEvent<'a> {
    /// It is about to connect.
    Connecting { name: &'a str, address: &'a str },
    /// No connection came of it: TLS files, name lookup, transport, handshake.
    Failed { name: &'a str, why: &'a str },
    /// The remote broker has refused the CONNECT.
    Refused { name: &'a str, why: &'a str },
    /// It was refused with a will: which option leaves that out.
    MayBeTheWill { name: &'a str },
    /// The remote broker does not take the bridge as it is: it tries in another way.
    Otherwise { name: &'a str, why: &'a str },
    /// The remote broker has accepted it.
    Connected { name: &'a str, address: &'a str },
    /// Its connection has ended. `client_id` is its session here.
    Lost { client_id: &'a str, address: &'a str, why: &'a str },
    /// It connects again after this time.
    Waiting { name: &'a str, millis: u64 },
    /// It does not connect again.
    GivenUp { name: &'a str },
    /// A lazy bridge has had nothing to do.
    Idle { name: &'a str },
    /// The primary address is there again.
    Primary { name: &'a str, address: &'a str },
    /// It subscribes here.
    Subscribing { name: &'a str, filter: &'a str },
    /// The remote broker has refused a subscription.
    SubscribeRefused { name: &'a str, why: &'a str },
    /// A message was not taken by the other side.
    NotTaken { name: &'a str, why: &'a str },
    /// Its session here was ended; it begins again.
    LocalLost { name: &'a str, why: &'a str },
    /// The name of the remote broker is not checked.
    Insecure { name: &'a str },
    /// `local_password` was given.
    PasswordUnused { name: &'a str },
    /// The thread of the bridges cannot be started.
    NoThread { why: &'a str },
}

/// The type of line that an event becomes.
pub const fn kind_of(event: &BridgeEvent<'_>) -> LogType {
    match event {
        BridgeEvent::Failed { .. } | BridgeEvent::Refused { .. } | BridgeEvent::NoThread { .. } => {
            LogType::Error
        }
        BridgeEvent::MayBeTheWill { .. }
        | BridgeEvent::SubscribeRefused { .. }
        | BridgeEvent::NotTaken { .. }
        | BridgeEvent::LocalLost { .. }
        | BridgeEvent::Insecure { .. }
        | BridgeEvent::PasswordUnused { .. } => LogType::Warning,
        BridgeEvent::Connecting { .. }
        | BridgeEvent::Otherwise { .. }
        | BridgeEvent::Connected { .. }
        | BridgeEvent::Lost { .. }
        | BridgeEvent::GivenUp { .. }
        | BridgeEvent::Idle { .. }
        | BridgeEvent::Primary { .. } => LogType::Notice,
        BridgeEvent::Waiting { .. } | BridgeEvent::Subscribing { .. } => LogType::Debug,
    }
}

/// The words: mosquitto's where operators look for them.
pub fn text_of(event: &BridgeEvent<'_>) -> String {
    match *event {
        BridgeEvent::Connecting { name, address } => {
            format!("Connecting bridge {name} ({address})")
        }
        BridgeEvent::Failed { name, why } => format!("Error creating bridge: {name}: {why}."),
        BridgeEvent::Refused { name, why } => {
            format!("Bridge {name}: the remote broker refuses the connection: {why}.")
        }
        BridgeEvent::MayBeTheWill { name } => format!(
            "Warning: bridge {name}: if the remote broker forbids the topic of the notifications, \
             'notifications_local_only true' connects without them."
        ),
        BridgeEvent::Otherwise { name, why } => format!("Bridge {name}: {why}."),
        BridgeEvent::Connected { name, address } => {
            format!("Bridge {name} connected to {address}.")
        }
        BridgeEvent::Lost { client_id, address, why } => {
            format!("Client {} [{address}] disconnected: {why}.", Escaped(client_id))
        }
        BridgeEvent::Waiting { name, millis } => {
            format!("Bridge {name} connects again in {}.{:03} s.", millis / 1000, millis % 1000)
        }
        BridgeEvent::GivenUp { name } => {
            format!("Bridge {name} does not connect again (start_type once).")
        }
        BridgeEvent::Idle { name } => {
            format!("Bridge connection {name} has exceeded idle timeout, disconnecting.")
        }
        BridgeEvent::Primary { name, address } => {
            format!("Bridge {name}: the primary address {address} is there again.")
        }
        BridgeEvent::Subscribing { name, filter } => {
            format!("Bridge {name} doing local SUBSCRIBE on topic {}", Escaped(filter))
        }
        BridgeEvent::SubscribeRefused { name, why } => {
            format!("Warning: bridge {name}: the remote broker refuses a subscription: {why}.")
        }
        BridgeEvent::NotTaken { name, why } => {
            format!("Warning: bridge {name}: a message was not taken: {why}.")
        }
        BridgeEvent::LocalLost { name, why } => {
            format!("Warning: bridge {name}: its session at this broker was ended: {why}.")
        }
        BridgeEvent::Insecure { name } => format!(
            "Warning: bridge {name} using insecure mode: the name of the remote broker is not \
             checked."
        ),
        BridgeEvent::PasswordUnused { name } => format!(
            "Warning: bridge {name}: 'local_password' has no effect, a bridge is believed without \
             a password."
        ),
        BridgeEvent::NoThread { why } => format!("Error creating bridge: {why}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_find_mosquittos_words() {
        let (name, address) = ("b", "h:1883");
        let connecting = text_of(&BridgeEvent::Connecting { name, address });
        assert_eq!(connecting, "Connecting bridge b (h:1883)");
        let subscribing = BridgeEvent::Subscribing { name, filter: "a/#" };
        assert_eq!(text_of(&subscribing), "Bridge b doing local SUBSCRIBE on topic a/#");
        assert_eq!(kind_of(&subscribing), LogType::Debug);
        let failed = text_of(&BridgeEvent::Failed { name, why: "Connection refused" });
        assert_eq!(failed, "Error creating bridge: b: Connection refused.");
        let lost = BridgeEvent::Lost { client_id: "local.b", address, why: "connection lost" };
        assert_eq!(text_of(&lost), "Client local.b [h:1883] disconnected: connection lost.");
        let waiting = text_of(&BridgeEvent::Waiting { name, millis: 5_020 });
        assert_eq!(waiting, "Bridge b connects again in 5.020 s.");
    }
}
