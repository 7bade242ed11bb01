//! Cipher lists in OpenSSL's words, for TLS 1.2. TLS 1.3 has suites of its own, which such a list
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
pub fn available() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|name| name.openssl)
}

/// Keeps the suites of TLS 1.2 that `list` means, in its order. `None` if it means none that we
/// have.
pub(super) fn choose(list: &str, provider: &mut CryptoProvider) -> Option<()> {
    let mut chosen: Vec<&Name> = Vec::new();
    let mut banned: Vec<CipherSuite> = Vec::new();
    for item in list.split([':', ',', ' ']).filter(|item| !item.is_empty()) {
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
