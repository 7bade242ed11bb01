//! Bridges for tests.

use crate::config::{Bridge, Config, Sources};

/// The bridge of a block with these lines; address and topic are there where none is given.
pub(super) fn bridge(text: &str) -> Bridge {
    let mut sets = vec!["connection=c".to_owned()];
    for (name, value) in [("address", "h"), ("topic", "#")] {
        let is_given = |line: &str| line.starts_with(name);
        if !text.lines().any(is_given) {
            sets.push(format!("{name}={value}"));
        }
    }
    sets.extend(text.lines().map(|line| line.replacen(' ', "=", 1)));
    let config = Config::load(&Sources { sets, ..Sources::default() });
    config.unwrap_or_else(|error| panic!("{error}")).bridges.remove(0)
}
