//! mosquitto's own sentences about numbers that do not fit, for the options that have one.

/// The sentence, if the option has one of its own.
pub(super) fn out_of_bounds(name: &str) -> Option<&'static str> {
    Some(match name {
        "max_qos" | "maximum_qos" => "'max_qos' must be between 0 and 2 inclusive.",
        "max_inflight_messages" => "'max_inflight_messages' must be <= 65535.",
        "max_packet_size" => "'max_packet_size' must be >= 20.",
        "max_topic_alias" => {
            "Invalid 'max_topic_alias' value in configuration. Expected an integer from 0 to 65535."
        }
        "max_topic_alias_broker" => {
            "Invalid 'max_topic_alias_broker' value in configuration. Expected an integer from 0 to \
             65535."
        }
        "websockets_headers_size" | "packet_buffer_size" => {
            "Packet buffer size must be between 0 and 65535 inclusive."
        }
        _ => return None,
    })
}
