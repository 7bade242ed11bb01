//! Where and how to connect next, and when. Pure: time and outcomes in, decisions out.

use crate::config::Bridge;
use crate::config::bridge::{Restart, StartType};
use crate::protocol::{QoS, ReasonCode, Version};
use crate::time::Timestamp;

/// How to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Which address.
    pub address: usize,
    /// Which version of MQTT.
    pub version: Version,
    /// Whether a bridge is announced.
    pub is_private: bool,
    /// Whether the will and the notifications are retained.
    pub may_retain: bool,
    /// Highest QoS of the will.
    pub will_qos_max: QoS,
    /// Whether there is a will, and notifications.
    pub has_will: bool,
}

/// What became of an attempt or a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// No stream came of it.
    Unreachable,
    /// CONNACK with this reason.
    Refused(ReasonCode),
    /// The remote broker closed the connection instead of answering CONNECT.
    Unanswered,
    /// An accepted connection ended.
    Lost,
}

/// When to connect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// At this moment.
    At(Timestamp),
    /// At once, in another way, which is told.
    Otherwise(&'static str),
    /// Not any more.
    Never,
}

#[derive(Clone, Debug)]
pub(super) struct Guide {
    restart: Restart,
    addresses: usize,
    round_robin: bool,
    is_once: bool,
    attempt: Attempt,
    /// Addresses in a row that came to nothing.
    failures: usize,
    last_wait_millis: u64,
    connected_at: Option<Timestamp>,
    state: u64,
}

impl Guide {
    /// `seed` decides the waits.
    pub fn new(bridge: &Bridge, seed: u64) -> Self {
        let attempt = Attempt {
            address: 0,
            version: bridge.version,
            is_private: bridge.try_private,
            may_retain: true,
            will_qos_max: QoS::ExactlyOnce,
            has_will: true,
        };
        Guide {
            restart: bridge.restart,
            addresses: bridge.addresses.len(),
            round_robin: bridge.round_robin,
            is_once: bridge.start == StartType::Once,
            attempt,
            failures: 0,
            last_wait_millis: millis(bridge.restart.base_secs),
            connected_at: None,
            state: seed,
        }
    }

    /// The next attempt.
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Whether another address than the primary one is in use, which is to be left when that one is
    /// there.
    pub fn wants_primary(&self) -> bool {
        !self.round_robin && self.attempt.address != 0
    }

    /// The primary address is there again.
    pub fn choose_primary(&mut self) {
        self.attempt.address = 0;
    }

    /// CONNECT was accepted.
    pub fn on_connected(&mut self, now: Timestamp) {
        self.failures = 0;
        self.connected_at = Some(now);
    }

    /// A connection has ended, or did not come to be.
    pub fn on_outcome(&mut self, now: Timestamp, outcome: Outcome) -> Next {
        if let Some(at) = self.connected_at.take()
            && now.since(at).as_secs() >= u64::from(self.restart.stable_secs)
        {
            self.last_wait_millis = millis(self.restart.base_secs);
        }
        if let Some(words) = self.without(outcome) {
            return Next::Otherwise(words);
        }
        if outcome != Outcome::Lost || self.round_robin {
            self.attempt.address = (self.attempt.address + 1) % self.addresses;
        }
        if outcome != Outcome::Lost {
            self.failures += 1;
        }
        if outcome != Outcome::Lost && self.failures < self.addresses {
            return Next::At(now);
        }
        self.failures = 0;
        if self.is_once {
            return Next::Never;
        }
        Next::At(now.plus_millis(self.wait_millis()))
    }

    /// Gives up what the remote broker does not like. What was given up, if anything was.
    fn without(&mut self, outcome: Outcome) -> Option<&'static str> {
        let attempt = &mut self.attempt;
        match outcome {
            Outcome::Refused(ReasonCode::UnsupportedProtocolVersion) if attempt.version.is_v5() => {
                attempt.version = Version::V311;
                Some("the remote broker does not speak MQTT 5.0, trying 3.1.1")
            }
            Outcome::Refused(ReasonCode::UnsupportedProtocolVersion) | Outcome::Unanswered
                if attempt.is_private && !attempt.version.is_v5() =>
            {
                attempt.is_private = false;
                Some("the remote broker does not know bridges, trying as a plain client")
            }
            Outcome::Refused(ReasonCode::RetainNotSupported) if attempt.may_retain => {
                attempt.may_retain = false;
                Some("the remote broker does not retain messages, trying without")
            }
            Outcome::Refused(ReasonCode::QoSNotSupported)
                if attempt.will_qos_max > QoS::AtMostOnce =>
            {
                attempt.will_qos_max = QoS::AtMostOnce;
                Some("the remote broker does not take the QoS of the will, trying with 0")
            }
            Outcome::Refused(ReasonCode::TopicNameInvalid) if attempt.has_will => {
                attempt.has_will = false;
                Some("the remote broker does not take the will, trying without notifications")
            }
            _ => None,
        }
    }

    /// Decorrelated jitter: between the base and three times the last wait, at most the cap.
    fn wait_millis(&mut self) -> u64 {
        let (base, cap) = (millis(self.restart.base_secs), millis(self.restart.cap_secs));
        let top = self.last_wait_millis.saturating_mul(3).max(base + 1);
        self.last_wait_millis = (base + self.random() % (top - base)).min(cap);
        self.last_wait_millis
    }

    /// SplitMix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

const fn millis(secs: u32) -> u64 {
    secs as u64 * 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::testing::bridge;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn guide(text: &str) -> Guide {
        Guide::new(&bridge(text), 7)
    }

    fn wait_of(next: Next, now: Timestamp) -> u64 {
        match next {
            Next::At(at) => at.since(now).as_millis() as u64,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn waits_grow_at_random_between_base_and_cap() {
        let mut guide = guide("restart_timeout 2 20\n");
        let waits: Vec<u64> = (0..50)
            .map(|_| wait_of(guide.on_outcome(START, Outcome::Unreachable), START))
            .collect();
        assert!(waits.iter().all(|wait| (2_000..=20_000).contains(wait)), "{waits:?}");
        assert!(waits[0] < 6_000, "{waits:?}");
        assert!(waits.iter().any(|wait| *wait > 10_000), "{waits:?}");
    }

    #[test]
    fn a_constant_wait_is_constant() {
        let mut guide = guide("restart_timeout 3\n");
        for _ in 0..5 {
            assert_eq!(wait_of(guide.on_outcome(START, Outcome::Lost), START), 3_000);
        }
    }

    #[test]
    fn only_a_stable_connection_makes_waits_short_again() {
        let lasts = |secs| {
            let mut guide = guide("restart_timeout 1 3600 60\n");
            guide.last_wait_millis = 1_000_000;
            guide.on_connected(START);
            let now = START.plus_secs(secs);
            guide.on_outcome(now, Outcome::Lost);
            guide.last_wait_millis
        };
        assert!(lasts(60) <= 3_000);
        assert!(lasts(59) > 3_000);
    }

    #[test]
    fn all_addresses_are_tried_before_waiting() {
        let mut guide = guide("addresses a b c\nrestart_timeout 5\n");
        let mut tried = Vec::new();
        for _ in 0..6 {
            tried.push(guide.attempt().address);
            let wait = wait_of(guide.on_outcome(START, Outcome::Unreachable), START);
            assert_eq!(wait > 0, tried.last() == Some(&2), "{tried:?}");
        }
        assert_eq!(tried, [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn the_primary_address_is_wanted_back_unless_all_are_equal() {
        for (text, wanted, after_loss) in
            [("addresses a b\n", true, 1), ("addresses a b\nround_robin true\n", false, 0)]
        {
            let mut guide = guide(text);
            assert!(!guide.wants_primary());
            guide.on_outcome(START, Outcome::Unreachable);
            guide.on_connected(START);
            assert_eq!(guide.wants_primary(), wanted, "{text}");
            guide.on_outcome(START, Outcome::Lost);
            assert_eq!(guide.attempt().address, after_loss, "{text}");
        }
    }

    #[test]
    fn once_is_once() {
        let mut guide = guide("start_type once\n");
        assert_eq!(guide.on_outcome(START, Outcome::Unreachable), Next::Never);
        let mut guide = super::tests::guide("start_type once\naddresses a b\n");
        assert_eq!(guide.on_outcome(START, Outcome::Unreachable), Next::At(START));
        assert_eq!(guide.on_outcome(START, Outcome::Unreachable), Next::Never);
    }

    #[test]
    fn what_is_refused_is_given_up_once_and_at_once() {
        let refused = |reason| Outcome::Refused(reason);
        let version = refused(ReasonCode::UnsupportedProtocolVersion);
        let mut guide = guide("bridge_protocol_version mqttv50\n");
        for _ in 0..2 {
            assert!(matches!(guide.on_outcome(START, version), Next::Otherwise(_)));
        }
        assert_eq!(guide.attempt().version, Version::V311);
        assert!(!guide.attempt().is_private);
        assert!(wait_of(guide.on_outcome(START, version), START) >= 5_000);
        for reason in [
            ReasonCode::RetainNotSupported,
            ReasonCode::QoSNotSupported,
            ReasonCode::TopicNameInvalid,
        ] {
            assert!(matches!(guide.on_outcome(START, refused(reason)), Next::Otherwise(_)));
            assert!(matches!(guide.on_outcome(START, refused(reason)), Next::At(_)));
        }
        let attempt = guide.attempt();
        assert_eq!((attempt.may_retain, attempt.has_will), (false, false));
        assert_eq!(attempt.will_qos_max, QoS::AtMostOnce);
    }

    #[test]
    fn a_wrong_password_is_never_a_tight_loop() {
        let mut guide = guide("");
        for reason in [ReasonCode::NotAuthorized, ReasonCode::BadUserNameOrPassword] {
            let next = guide.on_outcome(START, Outcome::Refused(reason));
            assert!(wait_of(next, START) >= 5_000);
        }
    }

    #[test]
    fn silence_as_an_answer_makes_it_a_plain_client() {
        let mut guide = guide("");
        assert!(matches!(guide.on_outcome(START, Outcome::Unanswered), Next::Otherwise(_)));
        assert!(!guide.attempt().is_private);
        assert!(matches!(guide.on_outcome(START, Outcome::Unanswered), Next::At(_)));
    }
}
