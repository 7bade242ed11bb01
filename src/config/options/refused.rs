//! Options of mosquitto that lastwill will not have, each with what to use instead.

/// What to use instead of an option that is refused for good; `None` for every other name.
pub fn refused(name: &str) -> Option<&'static str> {
    let is_meant = |word: &str| match word.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => word == name,
    };
    REFUSED.iter().find(|(names, _)| names.iter().any(|word| is_meant(word))).map(|(_, it)| *it)
}

/// Names, where `*` stands for any ending, and what to use instead.
pub const REFUSED: &[(&[&str], &str)] = &[
    (
        &[
            "plugin",
            "global_plugin",
            "plugin_load",
            "plugin_use",
            "auth_plugin",
            "auth_plugin_deny_special_chars",
            "plugin_opt_*",
            "auth_opt_*",
        ],
        "Plugins are shared objects for mosquitto and cannot be loaded. Use 'password_file' and \
         'acl_file' instead; for dynamic security, write its clients and roles into these files.",
    ),
    (
        &["http_dir"],
        "The broker serves no files. Use a web server for them, and 'protocol websockets' for MQTT.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options;

    #[test]
    fn names_and_beginnings_of_names_are_refused() {
        assert!(refused("plugin").unwrap().contains("password_file"));
        assert!(refused("auth_opt_x").is_some() && refused("plugin_opt_a").is_some());
        assert_eq!(refused("plugins"), None);
        assert_eq!(refused("auth_opt"), None);
    }

    #[test]
    fn what_is_refused_is_no_option() {
        for name in REFUSED.iter().flat_map(|(names, _)| *names) {
            assert!(options::find(name).is_none(), "{name}");
            assert!(!options::is_unsupported(name), "{name}");
        }
    }
}
