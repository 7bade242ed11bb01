//! Cipher lists in OpenSSL's words: one for TLS 1.2, and one for TLS 1.3, whose suites the first one
//! does not touch.

use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::{CipherSuite, SupportedCipherSuite};

/// A suite of TLS 1.2: OpenSSL's name, and the words that select it besides.
struct Name {
    suite: CipherSuite,
    openssl: &'static str,
    words: &'static [&'static str],
}

const NAMES: [Name; 6] = [
    name(
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        &["aECDSA", "ECDSA", "AES", "AES256", "AESGCM", "SHA384"],
    ),
    name(
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-RSA-AES256-GCM-SHA384",
        &["aRSA", "AES", "AES256", "AESGCM", "SHA384"],
    ),
    name(
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        &["aECDSA", "ECDSA", "CHACHA20"],
    ),
    name(
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-RSA-CHACHA20-POLY1305",
        &["aRSA", "CHACHA20"],
    ),
    name(
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        &["aECDSA", "ECDSA", "AES", "AES128", "AESGCM", "SHA256"],
    ),
    name(
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-RSA-AES128-GCM-SHA256",
        &["aRSA", "AES", "AES128", "AESGCM", "SHA256"],
    ),
];

/// Words that select every suite we have.
const EVERY: [&str; 8] =
    ["ALL", "DEFAULT", "HIGH", "TLSv1.2", "ECDHE", "kECDHE", "EECDH", "kEECDH"];

const fn name(suite: CipherSuite, openssl: &'static str, words: &'static [&'static str]) -> Name {
    Name { suite, openssl, words }
}

impl Name {
    /// Whether one item of a list (`ECDHE+AESGCM`, a name, a word) means this suite.
    fn is_meant(&self, item: &str) -> bool {
        item.split('+').all(|word| {
            word == self.openssl
                || EVERY.contains(&word)
                || self.words.contains(&word)
                || self.suite.as_str() == Some(word)
        })
    }
}

/// OpenSSL's names of the suites that can be chosen.
pub(super) fn available() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|name| name.openssl)
}

/// The names of those of TLS 1.3.
pub(super) fn available_13() -> impl Iterator<Item = &'static str> {
    OF_13.iter().map(|(_, name)| *name)
}

/// What a suite is called: by OpenSSL's name, which is the standard's in TLS 1.3.
pub(super) fn name_of(suite: SupportedCipherSuite) -> &'static str {
    let suite = suite.suite();
    let of_12 = NAMES.iter().map(|name| (name.suite, name.openssl));
    let mut all = of_12.chain(OF_13);
    all.find(|(known, _)| *known == suite).map_or("", |(_, name)| name)
}

/// The suites of TLS 1.3.
const OF_13: [(CipherSuite, &str); 3] = [
    (CipherSuite::TLS13_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384"),
    (CipherSuite::TLS13_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256"),
    (CipherSuite::TLS13_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"),
];

/// Keeps the suites of TLS 1.3 that `list` names, in its order. `None` if it names none that we
/// have.
pub(super) fn choose_13(list: &str, provider: &mut CryptoProvider) -> Option<()> {
    let named = words(list).filter_map(|word| OF_13.iter().find(|(_, name)| *name == word));
    let mut of_13: Vec<SupportedCipherSuite> = Vec::new();
    for suite in named.filter_map(|(suite, _)| find(&provider.cipher_suites, *suite)) {
        if !of_13.contains(&suite) {
            of_13.push(suite);
        }
    }
    if of_13.is_empty() {
        return None;
    }
    provider.cipher_suites.retain(|suite| suite.tls13().is_none());
    provider.cipher_suites.splice(0..0, of_13);
    Some(())
}

/// What of a list for TLS 1.2 means nothing that we have: such parts are without effect.
pub fn unknown_12(list: &str) -> Vec<String> {
    let pattern = |word: &&str| word.trim_start_matches(['!', '-', '+']).to_owned();
    let is_known = |word: &String| NAMES.iter().any(|name| name.is_meant(word));
    // What is banned is not there anyway, and directives are about an order that does not change.
    let counts = |word: &&str| !word.starts_with(['!', '-', '@']);
    words(list).filter(counts).map(|word| pattern(&word)).filter(|word| !is_known(word)).collect()
}

/// The same for a list for TLS 1.3.
pub fn unknown_13(list: &str) -> Vec<String> {
    let is_known = |word: &&str| OF_13.iter().any(|(_, name)| name == word);
    words(list).filter(|word| !is_known(word)).map(str::to_owned).collect()
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split([':', ',', ' ']).filter(|item| !item.is_empty())
}

/// Keeps the suites of TLS 1.2 that `list` means, in its order. `None` if it means none that we
/// have.
pub(super) fn choose(list: &str, provider: &mut CryptoProvider) -> Option<()> {
    let mut chosen: Vec<&Name> = Vec::new();
    let mut banned: Vec<CipherSuite> = Vec::new();
    for item in words(list) {
        let (sign, rest) = item.split_at(1);
        let pattern = if matches!(sign, "!" | "-" | "+") { rest } else { item };
        let meant: Vec<&Name> = NAMES.iter().filter(|name| name.is_meant(pattern)).collect();
        let is_meant = |name: &&Name| meant.iter().any(|other| other.suite == name.suite);
        match sign {
            "!" | "-" => {
                chosen.retain(|name| !is_meant(name));
                if sign == "!" {
                    banned.extend(meant.iter().map(|name| name.suite));
                }
            }
            "+" => {
                let (last, first): (Vec<_>, Vec<_>) = chosen.into_iter().partition(is_meant);
                chosen = [first, last].concat();
            }
            // Directives about strength: what we have is as strong as it gets.
            "@" => {}
            _ => {
                let is_chosen = |name: &Name| chosen.iter().any(|had| had.suite == name.suite);
                let is_free = |name: &&Name| !banned.contains(&name.suite) && !is_chosen(name);
                let new: Vec<&Name> = meant.into_iter().filter(is_free).collect();
                chosen.extend(new);
            }
        }
    }
    let of_12 = chosen.iter().filter_map(|name| find(&provider.cipher_suites, name.suite));
    let of_12: Vec<SupportedCipherSuite> = of_12.collect();
    if of_12.is_empty() {
        return None;
    }
    provider.cipher_suites.retain(|suite| suite.tls13().is_some());
    provider.cipher_suites.extend(of_12);
    Some(())
}

fn find(suites: &[SupportedCipherSuite], wanted: CipherSuite) -> Option<SupportedCipherSuite> {
    suites.iter().find(|suite| suite.suite() == wanted).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a list leaves of TLS 1.2, by the last words of the names.
    fn chosen(list: &str) -> Option<String> {
        let mut provider = tokio_rustls::rustls::crypto::ring::default_provider();
        choose(list, &mut provider)?;
        let of_13 = provider.cipher_suites.iter().filter(|suite| suite.tls13().is_some()).count();
        assert_eq!(of_13, 3);
        let of_12 = provider.cipher_suites.iter().filter(|suite| suite.tls13().is_none());
        let name = |suite: &SupportedCipherSuite| {
            let found = NAMES.iter().find(|name| name.suite == suite.suite());
            found.map_or("?", |name| &name.openssl[6..])
        };
        Some(of_12.map(name).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn lists_mean_what_openssl_says() {
        for (list, suites) in [
            ("ECDHE-RSA-AES128-GCM-SHA256", "RSA-AES128-GCM-SHA256"),
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "RSA-AES128-GCM-SHA256"),
            ("DES-CBC3-SHA:ECDHE-RSA-CHACHA20-POLY1305", "RSA-CHACHA20-POLY1305"),
            ("ECDHE+AESGCM:!aECDSA", "RSA-AES256-GCM-SHA384 RSA-AES128-GCM-SHA256"),
            ("HIGH:!aRSA:!CHACHA20:-AES128:@STRENGTH", "ECDSA-AES256-GCM-SHA384"),
            ("!aRSA ALL,-AESGCM", "ECDSA-CHACHA20-POLY1305"),
            ("aRSA:+AES256", "RSA-CHACHA20-POLY1305 RSA-AES128-GCM-SHA256 RSA-AES256-GCM-SHA384"),
        ] {
            assert_eq!(chosen(list).as_deref(), Some(suites), "{list}");
        }
    }

    #[test]
    fn a_list_of_nothing_we_have_is_refused() {
        for list in ["", ":", "RC4", "AES128-SHA", "ALL:!ALL", "TLS_AES_128_GCM_SHA256", "PSK"] {
            assert_eq!(chosen(list), None, "{list}");
        }
    }
}
