//! As much of X.509 as is needed where webpki does not go: certificates of version 1, names in the
//! subject, authorities that are servers themselves. Reads, and judges nothing.

use std::time::Duration;

use tokio_rustls::rustls::pki_types::UnixTime;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
const VERSION: u8 = 0xA0;
const EXTENSIONS: u8 = 0xA3;

/// Object identifiers without tag and length.
pub(super) const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1D, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x25];
const SERVER_AUTH: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const CLIENT_AUTH: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const ANY_USAGE: &[u8] = &[0x55, 0x1D, 0x25, 0x00];

/// A certificate, in views of its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Certificate<'a> {
    /// What is signed, tag and length included.
    pub(super) signed: &'a [u8],
    /// 1, 2 or 3.
    pub(super) version: u8,
    pub(super) serial: &'a [u8],
    /// Names, tag and length included.
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) not_before: UnixTime,
    pub(super) not_after: UnixTime,
    /// The key with its algorithm, tag and length included.
    pub(super) public_key_info: &'a [u8],
    /// The content of the algorithm's SEQUENCE, and the key itself.
    pub(super) key_algorithm: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) signature_algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) extensions: Extensions,
}

/// Something signed: what, how and the signature.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signed<'a> {
    pub(super) message: &'a [u8],
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
}

/// What the extensions say, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extensions {
    /// Basic Constraints say that it may issue certificates.
    pub(super) is_authority: bool,
    /// Key Usage, where it is given, includes signing certificates.
    pub(super) may_sign: bool,
    /// Extended Key Usage, where it is given, includes servers.
    pub(super) may_serve: bool,
    /// … or clients.
    pub(super) may_connect: bool,
    /// There are DNS names among the alternative names …
    pub(super) has_dns: bool,
    /// … or addresses.
    pub(super) has_addresses: bool,
    /// A critical one is none of those above.
    pub(super) has_unknown: bool,
}

/// Reads one value after another.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

/// A value: its content, and all of it with tag and length.
pub(super) struct Value<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn next(&mut self) -> Option<Value<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match usize::from(first) {
            short @ 0..=0x7F => (short, rest),
            0x80 => return None,
            long @ 0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(long - 0x80)?;
                let digits = digits.iter();
                (digits.fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let (whole, _) = self.0.split_at(self.0.len() - rest.len());
        self.0 = rest;
        Some(Value { tag, content, whole })
    }

    pub(super) fn expect(&mut self, tag: u8) -> Option<Value<'a>> {
        self.next().filter(|value| value.tag == tag)
    }

    /// The next value if it has this tag; otherwise it stays.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Value<'a>> {
        if self.0.first() == Some(&tag) { self.next() } else { None }
    }

    /// All that is left.
    pub(super) fn all(mut self) -> impl Iterator<Item = Value<'a>> {
        std::iter::from_fn(move || self.next())
    }
}

impl<'a> Certificate<'a> {
    /// `None` for what is no certificate.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut whole = Reader(Reader(bytes).expect(SEQUENCE)?.content);
        let signed = whole.expect(SEQUENCE)?;
        let signature_algorithm = whole.expect(SEQUENCE)?.content;
        let signature = bits(whole.expect(BIT_STRING)?.content)?;
        let mut fields = Reader(signed.content);
        let version = match fields.optional(VERSION) {
            Some(version) => {
                Reader(version.content).expect(INTEGER)?.content.last()?.checked_add(1)?
            }
            None => 1,
        };
        let serial = fields.expect(INTEGER)?.content;
        if fields.expect(SEQUENCE)?.content != signature_algorithm {
            return None;
        }
        let issuer = fields.expect(SEQUENCE)?.whole;
        let mut validity = Reader(fields.expect(SEQUENCE)?.content);
        let (not_before, not_after) = (time(&validity.next()?)?, time(&validity.next()?)?);
        let subject = fields.expect(SEQUENCE)?.whole;
        let public_key_info = fields.expect(SEQUENCE)?;
        let mut key_info = Reader(public_key_info.content);
        let key_algorithm = key_info.expect(SEQUENCE)?.content;
        let key = bits(key_info.expect(BIT_STRING)?.content)?;
        let extensions = match fields.all().find(|value| value.tag == EXTENSIONS) {
            Some(list) => Extensions::read(Reader(list.content).expect(SEQUENCE)?.content)?,
            None => Extensions::NONE,
        };
        Some(Certificate {
            signed: signed.whole,
            version,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            public_key_info: public_key_info.whole,
            key_algorithm,
            key,
            signature_algorithm,
            signature,
            extensions,
        })
    }

    /// Itself as what its issuer has signed.
    pub(super) const fn as_signed(&self) -> Signed<'a> {
        Signed {
            message: self.signed,
            algorithm: self.signature_algorithm,
            signature: self.signature,
        }
    }

    /// The common names of the subject.
    pub(super) fn common_names(&self) -> Vec<&'a str> {
        common_names(self.subject)
    }

    /// The issuer in one word: its common name.
    pub(super) fn issuer_name(&self) -> Option<&'a str> {
        common_names(self.issuer).first().copied()
    }
}

impl Extensions {
    const NONE: Extensions = Extensions {
        is_authority: false,
        may_sign: true,
        may_serve: true,
        may_connect: true,
        has_dns: false,
        has_addresses: false,
        has_unknown: false,
    };

    fn read(list: &[u8]) -> Option<Self> {
        let mut found = Extensions::NONE;
        for extension in Reader(list).all() {
            let mut fields = Reader(extension.content);
            let id = fields.expect(OID)?.content;
            // DER writes a BOOLEAN only where it is true.
            let is_critical = fields.optional(BOOLEAN).is_some();
            let mut value = Reader(fields.expect(OCTET_STRING)?.content);
            match id {
                BASIC_CONSTRAINTS => {
                    let mut constraints = Reader(value.expect(SEQUENCE)?.content);
                    found.is_authority = constraints.optional(BOOLEAN).is_some();
                }
                KEY_USAGE => {
                    let usage = value.expect(BIT_STRING)?.content;
                    found.may_sign = usage.get(1).is_some_and(|bits| bits & 0x04 != 0);
                }
                EXTENDED_KEY_USAGE => {
                    let usages = Reader(value.expect(SEQUENCE)?.content).all();
                    let usages: Vec<&[u8]> = usages.map(|usage| usage.content).collect();
                    let is_any = usages.contains(&ANY_USAGE);
                    found.may_serve = is_any || usages.contains(&SERVER_AUTH);
                    found.may_connect = is_any || usages.contains(&CLIENT_AUTH);
                }
                ALTERNATIVE_NAME => {
                    for name in Reader(value.expect(SEQUENCE)?.content).all() {
                        found.has_dns |= name.tag == 0x82;
                        found.has_addresses |= name.tag == 0x87;
                    }
                }
                _ => found.has_unknown |= is_critical,
            }
        }
        Some(found)
    }
}

/// A BIT STRING of whole bytes.
pub(super) fn bits(content: &[u8]) -> Option<&[u8]> {
    content.split_first().and_then(|(unused, bytes)| (*unused == 0).then_some(bytes))
}

fn common_names(name: &[u8]) -> Vec<&str> {
    let Some(name) = Reader(name).expect(SEQUENCE) else { return Vec::new() };
    let sets = Reader(name.content).all().filter(|set| set.tag == SET);
    let pairs = sets.flat_map(|set| Reader(set.content).all());
    let texts = pairs.filter_map(|pair| {
        let mut fields = Reader(pair.content);
        let is_wanted = fields.expect(OID)?.content == COMMON_NAME;
        let text = std::str::from_utf8(fields.next()?.content).ok()?;
        is_wanted.then_some(text)
    });
    texts.collect()
}

/// UTCTime (`YYMMDDhhmmssZ`) or GeneralizedTime (`YYYYMMDDhhmmssZ`); nothing before 1970.
pub(super) fn time(value: &Value<'_>) -> Option<UnixTime> {
    let text = std::str::from_utf8(value.content).ok()?.strip_suffix('Z')?;
    let number = |from: usize| text.get(from..from + 2)?.parse::<u64>().ok();
    let (year, rest) = match (value.tag, text.len()) {
        (UTC_TIME, 12) => (number(0).map(|year| year + if year < 50 { 2000 } else { 1900 })?, 2),
        (GENERALIZED_TIME, 14) => (number(0)? * 100 + number(2)?, 4),
        _ => return None,
    };
    let (month, day) = (number(rest)?, number(rest + 2)?);
    let (hour, minute, second) = (number(rest + 4)?, number(rest + 6)?, number(rest + 8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year < 1970 {
        return None;
    }
    // Days since 1970, with years that begin in March.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day;
    let days = days.checked_sub(719_469)?;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
    Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(tag: u8, text: &str) -> Option<u64> {
        let value = Value { tag, content: text.as_bytes(), whole: &[] };
        time(&value).map(|time| time.as_secs())
    }

    #[test]
    fn times_are_seconds_since_1970() {
        assert_eq!(seconds(UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(seconds(UTC_TIME, "240229123456Z"), Some(1_709_210_096));
        assert_eq!(seconds(GENERALIZED_TIME, "20500101000000Z"), Some(2_524_608_000));
        assert_eq!(seconds(UTC_TIME, "991231235959Z"), Some(946_684_799));
        for bad in ["", "Z", "9912312359Z", "991331235959Z", "99123123595xZ", "991231235959"] {
            assert_eq!(seconds(UTC_TIME, bad), None, "{bad}");
        }
    }

    #[test]
    fn lengths_that_lie_end_the_reading() {
        for bad in [&[0x30][..], &[0x30, 0x05, 1], &[0x30, 0x80], &[0x30, 0x85, 0, 0, 0, 0, 1]] {
            assert!(Reader(bad).next().is_none(), "{bad:?}");
            assert!(Certificate::read(bad).is_none(), "{bad:?}");
        }
        let long = [&[0x30, 0x81, 0x80][..], &[7; 0x80]].concat();
        assert_eq!(Reader(&long).next().map(|value| value.content.len()), Some(0x80));
    }
}
