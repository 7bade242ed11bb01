//! Clients with a user name.

use super::packet::{Version, frame, text};
use super::raw::Raw;

/// A CONNECT (clean) of MQTT 3.1.1 or 5 with a user name and perhaps a will of QoS 0: topic,
/// payload.
pub fn connect(
    version: Version,
    id: &str,
    username: Option<&str>,
    will: Option<(&str, &str)>,
) -> Vec<u8> {
    let no_properties: &[u8] = if version == Version::V5 { &[0] } else { &[] };
    let mut body = text("MQTT");
    let flags = 0x02 | if will.is_some() { 0x04 } else { 0 };
    body.push(version as u8);
    body.push(flags | if username.is_some() { 0x80 } else { 0 });
    body.extend([0, 0]);
    body.extend(no_properties);
    body.extend(text(id));
    if let Some((topic, payload)) = will {
        body.extend(no_properties);
        body.extend(text(topic));
        body.extend(text(payload));
    }
    if let Some(username) = username {
        body.extend(text(username));
    }
    frame(0x10, &body)
}

/// A client that is connected with a user name.
pub fn client(port: u16, version: Version, id: &str, username: Option<&str>) -> Raw {
    let mut raw = Raw::dial(port);
    raw.send(&connect(version, id, username, None));
    assert_eq!(raw.receive_connack(), 0, "CONNACK for {id}");
    raw
}
