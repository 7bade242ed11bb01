//! Choices that every client tool knows under our own name: when to try again, exit codes that tell
//! everything apart, colour.

use std::time::Duration;

use crate::client::{ReconnectDelay, Retry, Settings};

/// Delay after the first failure in milliseconds, where attempts were asked for.
const FIRST_MILLIS: u64 = 1000;
/// Longest delay where none was given.
const DELAY_MAX: Duration = Duration::from_secs(30);

/// The choices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// `--retry`, `--no-retry`.
    pub attempts: Attempts,
    /// Longest delay between two attempts (`--retry-max`).
    pub delay_max: Option<Duration>,
    /// Whether every kind of end has its own exit code (`--strict`).
    pub is_strict: bool,
    /// Colour of what is written to stderr (`--color`).
    pub color: Color,
}

/// Whether to connect again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attempts {
    /// As mosquitto's tools: those that stay do, and only after a connection that was there.
    #[default]
    AsTool,
    /// Never (`--no-retry`).
    None,
    /// Always, the first connection included, at most this often in a row (`--retry[=COUNT]`).
    Some(Option<u32>),
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Own {
    /// Whether attempts were asked for.
    pub fn retries(&self) -> bool {
        matches!(self.attempts, Attempts::Some(_))
    }

    /// Sets the rules of a session whose tool connects again as `usual` says.
    pub fn apply(&self, settings: &mut Settings, usual: Option<ReconnectDelay>) {
        match self.attempts {
            Attempts::AsTool => settings.reconnect = usual,
            Attempts::None => settings.reconnect = None,
            Attempts::Some(attempts_max) => {
                let max = self.delay_max.unwrap_or(DELAY_MAX).as_millis();
                let delay_millis_max = u64::try_from(max).unwrap_or(u64::MAX);
                let first_millis = FIRST_MILLIS.min(delay_millis_max);
                settings.reconnect = Some(ReconnectDelay { first_millis, delay_millis_max });
                // Without a random source the delays are exact.
                let jitter_seed = getrandom::u64().unwrap_or(0);
                settings.retry = Some(Retry { attempts_max, jitter_seed });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Version;

    fn applied(own: Own) -> Settings {
        let mut settings = Settings::new(Version::V5, "c");
        own.apply(&mut settings, Some(ReconnectDelay::every_millis(7)));
        settings
    }

    #[test]
    fn a_tool_connects_again_as_it_was_told() {
        let usual = applied(Own::default());
        assert_eq!((usual.reconnect, usual.retry), (Some(ReconnectDelay::every_millis(7)), None));
        let never = applied(Own { attempts: Attempts::None, ..Own::default() });
        assert_eq!((never.reconnect, never.retry), (None, None));
        for (delay_max, first_millis, delay_millis_max) in [
            (None, 1000, 30_000),
            (Some(Duration::from_millis(200)), 200, 200),
            (Some(Duration::from_secs(5)), 1000, 5000),
        ] {
            let settings =
                applied(Own { attempts: Attempts::Some(Some(3)), delay_max, ..Own::default() });
            let wanted = ReconnectDelay { first_millis, delay_millis_max };
            assert_eq!(settings.reconnect, Some(wanted));
            assert_eq!(settings.retry.unwrap().attempts_max, Some(3));
        }
    }
}
