//! From sources to a [`Config`].

use crate::broker::policy::Policy;
use crate::config::{Bind, Config, ConfigError, Family, Listener, Sources};
use crate::observe::LogSettings;

pub(super) fn load(sources: &Sources) -> Result<Config, ConfigError> {
    let port = sources.ports.first().copied().unwrap_or(1883);
    Ok(Config {
        listeners: vec![Listener {
            bind: Bind::Loopback,
            port,
            family: Family::Both,
            connections_max: None,
            allow_anonymous: true,
        }],
        local_only: true,
        policy: Policy::default(),
        connections_max: None,
        threads: None,
        tcp_nodelay: true,
        strict_connect_flags: false,
        output_bytes_max: 1 << 20,
        log: LogSettings::default(),
        file: sources.file.clone(),
        notices: Vec::new(),
    })
}
