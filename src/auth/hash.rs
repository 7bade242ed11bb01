//! Hashes of passwords, as mosquitto's password files have them: `$6$`, `$7$` and argon2id.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pbkdf2::pbkdf2_hmac;
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;

/// Bytes of the hashes that we make, and of all that mosquitto makes.
const HASH_BYTES: usize = 64;
/// Bytes of salt that we make for `$6$` and `$7$`: mosquitto 2.0 reads no other number.
const SALT_BYTES: usize = 12;
/// Bytes of salt that we make for argon2id, as mosquitto 2.1 does.
const ARGON2_SALT_BYTES: usize = 64;
/// Iterations of a new `$7$` hash, as in mosquitto 2.1.
pub const ITERATIONS: u32 = 1000;
/// Most iterations of `$7$` that are accepted: some ten seconds for each CONNECT.
pub const ITERATIONS_MAX: u32 = 10_000_000;
/// Memory of a new argon2id hash in KiB, as in mosquitto 2.1.
const ARGON2_KIB: u32 = 47_104;
/// Most memory that is accepted, in KiB.
const ARGON2_KIB_MAX: u32 = 1 << 20;
/// Most passes and lanes that are accepted.
const ARGON2_STEPS_MAX: u32 = 1000;

/// With or without padding: mosquitto writes it in its own formats, argon2's format has none.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `$6$`: SHA-512 once. Cheap to guess; for mosquitto before 2.0.
    Sha512,
    /// `$7$`: PBKDF2 with HMAC-SHA-512.
    Pbkdf2 {
        /// How often.
        iterations: u32,
    },
    /// argon2id with 46 MiB, one pass, one lane.
    Argon2id,
}

#[derive(Clone, PartialEq, Eq)]
enum Method {
    Sha512,
    Pbkdf2 { iterations: u32 },
    Argon2id { memory_kib: u32, passes: u32, lanes: u32 },
}

/// The hash of a password with all that is needed to check another one against it. `Display` gives
/// the form that stands in a password file; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    method: Method,
    salt: Box<[u8]>,
    hash: Box<[u8]>,
}

/// Text that is no hash, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHash(pub &'static str);

impl PasswordHash {
    /// Hashes a password, with random salt.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new(kind: Kind, password: &[u8]) -> Result<Self, getrandom::Error> {
        let method = match kind {
            Kind::Sha512 => Method::Sha512,
            Kind::Pbkdf2 { iterations } => Method::Pbkdf2 { iterations },
            Kind::Argon2id => Method::Argon2id { memory_kib: ARGON2_KIB, passes: 1, lanes: 1 },
        };
        let mut salt = match kind {
            Kind::Argon2id => vec![0; ARGON2_SALT_BYTES],
            Kind::Sha512 | Kind::Pbkdf2 { .. } => vec![0; SALT_BYTES],
        };
        getrandom::fill(&mut salt)?;
        let mut hash = vec![0; HASH_BYTES];
        method.compute(&salt, password, &mut hash);
        Ok(PasswordHash { method, salt: salt.into(), hash: hash.into() })
    }

    /// Reads the form that stands in a password file.
    ///
    /// # Errors
    /// It is none of the three, cannot be decoded, or would take too long to check.
    pub fn parse(text: &str) -> Result<Self, NoHash> {
        let mut parts = text.split('$');
        let (Some(""), Some(method)) = (parts.next(), parts.next()) else {
            return Err(NoHash("it is no hash ('lastwill passwd -U' hashes plain passwords)"));
        };
        let method = match method {
            "6" => Method::Sha512,
            "7" => Method::pbkdf2(parts.next().unwrap_or_default())?,
            "argon2id" => Method::argon2id(&mut parts)?,
            _ => return Err(NoHash("the kind of hash is unknown")),
        };
        let (Some(salt), Some(hash), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoHash("salt or hash is missing"));
        };
        let salt = BASE64.decode(salt).map_err(|_| NoHash("the salt is no base64"))?;
        let hash = BASE64.decode(hash).map_err(|_| NoHash("the hash is no base64"))?;
        method.check_sizes(salt.len(), hash.len())?;
        Ok(PasswordHash { method, salt: salt.into(), hash: hash.into() })
    }

    /// Whether this is the hash of a password. Takes its time, on purpose; the comparison takes the
    /// same for every password.
    pub fn verify(&self, password: &[u8]) -> bool {
        let mut computed = vec![0; self.hash.len()];
        let is_computed = self.method.compute(&self.salt, password, &mut computed);
        is_computed & bool::from(computed.ct_eq(&self.hash))
    }

    /// Salt and hash: what changes with the password.
    pub fn parts(&self) -> [&[u8]; 2] {
        [&self.salt, &self.hash]
    }
}

impl Method {
    fn pbkdf2(iterations: &str) -> Result<Self, NoHash> {
        let iterations = number(iterations).ok_or(NoHash("the iterations are no number"))?;
        match iterations {
            1..=ITERATIONS_MAX => Ok(Method::Pbkdf2 { iterations }),
            0 => Err(NoHash("there are no iterations")),
            _ => Err(NoHash("more than 10,000,000 iterations")),
        }
    }

    /// `v=19$m=47104,t=1,p=1`
    fn argon2id<'a>(parts: &mut impl Iterator<Item = &'a str>) -> Result<Self, NoHash> {
        if parts.next() != Some("v=19") {
            return Err(NoHash("argon2id has another version than v=19"));
        }
        const WRONG: NoHash = NoHash("the parameters of argon2id are not m=…,t=…,p=…");
        let mut values = parts.next().unwrap_or_default().split(',');
        let mut value = |name: &str| {
            let text = values.next()?.strip_prefix(name)?.strip_prefix('=')?;
            number(text)
        };
        let (Some(memory_kib), Some(passes), Some(lanes)) = (value("m"), value("t"), value("p"))
        else {
            return Err(WRONG);
        };
        if values.next().is_some() {
            return Err(WRONG);
        }
        if memory_kib > ARGON2_KIB_MAX || passes > ARGON2_STEPS_MAX || lanes > ARGON2_STEPS_MAX {
            return Err(NoHash("argon2id with more than 1 GiB, 1000 passes or 1000 lanes"));
        }
        Ok(Method::Argon2id { memory_kib, passes, lanes })
    }

    fn check_sizes(&self, salt: usize, hash: usize) -> Result<(), NoHash> {
        match self {
            Method::Argon2id { memory_kib, passes, lanes } => {
                let params = Params::new(*memory_kib, *passes, *lanes, Some(hash));
                params.map_err(|_| NoHash("argon2id with parameters out of range"))?;
                match salt >= argon2::MIN_SALT_LEN {
                    true => Ok(()),
                    false => Err(NoHash("the salt is too short")),
                }
            }
            _ if salt == 0 => Err(NoHash("the salt is too short")),
            _ if hash == HASH_BYTES => Ok(()),
            _ => Err(NoHash("the hash has not 64 bytes")),
        }
    }

    /// Fills `hash`; whether that went well, as it does for parameters that were checked and memory
    /// that the system has.
    fn compute(&self, salt: &[u8], password: &[u8], hash: &mut [u8]) -> bool {
        match self {
            Method::Sha512 => {
                let digest = Sha512::new().chain_update(password).chain_update(salt).finalize();
                hash.copy_from_slice(&digest);
                true
            }
            Method::Pbkdf2 { iterations } => {
                pbkdf2_hmac::<Sha512>(password, salt, *iterations, hash);
                true
            }
            Method::Argon2id { memory_kib, passes, lanes } => {
                let params = Params::new(*memory_kib, *passes, *lanes, Some(hash.len()));
                params.is_ok_and(|params| {
                    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                        .hash_password_into(password, salt, hash)
                        .is_ok()
                })
            }
        }
    }
}

/// Digits only.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (salt, hash) = (BASE64.encode(&self.salt), BASE64.encode(&self.hash));
        match &self.method {
            Method::Sha512 => write!(f, "$6${salt}${hash}"),
            Method::Pbkdf2 { iterations } => write!(f, "$7${iterations}${salt}${hash}"),
            Method::Argon2id { memory_kib, passes, lanes } => {
                let (salt, hash) = (salt.trim_end_matches('='), hash.trim_end_matches('='));
                write!(f, "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}")
            }
        }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

#[cfg(test)]
mod tests;
