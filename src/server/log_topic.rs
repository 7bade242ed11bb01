//! `log_dest topic`: lines of the log as messages below `$SYS/broker/log/`.

use std::rc::Rc;

use crate::broker::event::Input;
use crate::observe::feed::EXPIRY_SECS;
use crate::protocol::{Property, PropertyBuf, QoS, TopicName};
use crate::server::worker::Local;

/// Publishes what the log hands over, for as long as the server runs.
pub(super) async fn publish(local: Rc<Local>) {
    let log = local.shared.log.clone();
    let mut expiry = PropertyBuf::new();
    expiry.push(Property::MessageExpiryInterval(EXPIRY_SECS));
    loop {
        let lines = log.feed().next().await;
        local.turn(|turn| {
            for (topic, text) in &lines {
                let Ok(topic) = TopicName::new(topic) else { continue };
                turn.handle(Input::Publish {
                    topic,
                    payload: text.as_bytes(),
                    qos: QoS::ExactlyOnce,
                    retain: false,
                    properties: expiry.as_properties(),
                });
            }
        });
    }
}
