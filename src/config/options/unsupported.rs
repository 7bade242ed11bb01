//! Options of mosquitto that this version does not have: refused by name, so that nobody believes
//! that they hold.

/// Whether mosquitto knows the option, but this version of lastwill does not.
pub fn is_unsupported(name: &str) -> bool {
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

const PREFIXES: &[&str] = &["plugin_opt_", "auth_opt_"];

const NAMES: &[&str] = &[
    // Global.
    "auth_plugin",
    "auth_plugin_deny_special_chars",
    "enable_control_api",
    "global_plugin",
    "log_facility",
    "memory_limit",
    "pid_file",
    "plugin",
    "plugin_load",
    "plugin_use",
    "psk_file",
    "retained_persistence",
    "user",
    // Listeners.
    "http_dir",
    "psk_hint",
    "tls_engine",
    "tls_engine_kpass_sha1",
    "tls_keyform",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options;

    #[test]
    fn no_option_is_both_there_and_missing() {
        let both: Vec<_> = options::all().filter(|row| is_unsupported(row.name)).collect();
        assert!(both.is_empty(), "{both:?}");
    }
}
