//! Options of mosquitto that this version does not have: refused by name, so that nobody believes
//! that they hold.

/// Whether mosquitto knows the option, but this version of lastwill does not.
pub fn is_unsupported(name: &str) -> bool {
    NAMES.contains(&name)
}

const NAMES: &[&str] = &[
    // Global.
    // Listeners.
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
