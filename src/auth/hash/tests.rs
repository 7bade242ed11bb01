use super::*;

/// Made by mosquitto_passwd 2.0.11 of the password `p`.
const SHA512: &str = "$6$s/i5RMo6TLDh/SDZ$wDQQVFx+5UbRB/Lb2V0bX/2c9ReUHMK7wYQHKQRKhPWpRzliUpw3yFlwT+i0EbuUvuYpNAgiGRlRj7o8nvpg4g==";
const PBKDF2: &str = "$7$5$GLHlOxKGrCNl80MT$7dRq7Gs8mwPI6dul2AgIjmOc94hm0+2QOo5oa1JUO3tpuNCn1tFnXexif79wahYL7vRoK5Q0UamML2XZ2BAXyQ==";

#[test]
fn hashes_of_mosquitto_are_verified() {
    for text in [SHA512, PBKDF2] {
        let hash = PasswordHash::parse(text).unwrap();
        assert!(hash.verify(b"p"));
        for wrong in [&b""[..], b"P", b"p ", b"pp"] {
            assert!(!hash.verify(wrong), "{wrong:?}");
        }
        assert_eq!(hash.to_string(), text);
    }
}

/// From the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1`.
#[test]
fn argon2id_of_the_reference_is_verified() {
    let text =
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let hash = PasswordHash::parse(text).unwrap();
    assert!(hash.verify(b"password"));
    assert!(!hash.verify(b"Password"));
    assert_eq!(hash.to_string(), text);
}

#[test]
fn what_we_make_can_be_read_again() {
    for kind in [Kind::Sha512, Kind::Pbkdf2 { iterations: 3 }, Kind::Argon2id] {
        let made = PasswordHash::new(kind, b"secret").unwrap();
        let read = PasswordHash::parse(&made.to_string()).unwrap();
        assert_eq!(read, made);
        assert!(read.verify(b"secret") && !read.verify(b"Secret"), "{kind:?}");
        assert_ne!(PasswordHash::new(kind, b"secret").unwrap(), made, "the salt is another one");
    }
}

#[test]
fn salt_of_64_bytes_is_accepted() {
    let salt = [7; 64];
    let method = Method::Argon2id { memory_kib: 64, passes: 1, lanes: 1 };
    let mut hash = vec![0; 64];
    assert!(method.compute(&salt, b"p", &mut hash));
    let made = PasswordHash { method, salt: salt.into(), hash: hash.into() };
    let read = PasswordHash::parse(&made.to_string()).unwrap();
    assert!(read.verify(b"p"));
}

#[test]
fn what_cannot_be_decoded_says_why() {
    let hash = "A".repeat(86);
    for (text, why) in [
        ("", "it is no hash"),
        ("secret", "it is no hash"),
        ("$", "the kind of hash is unknown"),
        ("$5$AAAA$AAAA", "the kind of hash is unknown"),
        ("$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAA", "the kind of hash is unknown"),
        ("$6$", "salt or hash is missing"),
        ("$6$AAAA", "salt or hash is missing"),
        (&format!("$6$AAAA${hash}$"), "salt or hash is missing"),
        (&format!("$6$A!AA${hash}"), "the salt is no base64"),
        (&format!("$6$AAAA${hash}?"), "the hash is no base64"),
        (&format!("$6$${hash}"), "the salt is too short"),
        ("$6$AAAA$AAAA", "the hash has not 64 bytes"),
        (&format!("$7$x$AAAA${hash}"), "the iterations are no number"),
        (&format!("$7$+1$AAAA${hash}"), "the iterations are no number"),
        (&format!("$7$-1$AAAA${hash}"), "the iterations are no number"),
        (&format!("$7$0$AAAA${hash}"), "there are no iterations"),
        (&format!("$7$10000001$AAAA${hash}"), "more than 10,000,000"),
        (&format!("$7$101$AAAA${}", &hash[..40]), "the hash has not 64 bytes"),
        ("$argon2id$v=16$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAA", "another version"),
        ("$argon2id$v=19$m=64,t=1$AAAAAAAAAAA$AAAAAAA", "the parameters of argon2id"),
        ("$argon2id$v=19$t=1,m=64,p=1$AAAAAAAAAAA$AAAAAAA", "the parameters of argon2id"),
        ("$argon2id$v=19$m=64,t=1,p=1,x=1$AAAAAAAAAAA$AAAAAAA", "the parameters of argon2id"),
        ("$argon2id$v=19$m=4194304,t=1,p=1$AAAAAAAAAAA$AAAAAAA", "more than 1 GiB"),
        ("$argon2id$v=19$m=1,t=1,p=1$AAAAAAAAAAA$AAAAAAA", "out of range"),
        ("$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAA$AAAAAAA", "out of range"),
        ("$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAAAAA", "the salt is too short"),
    ] {
        let NoHash(said) = PasswordHash::parse(text).unwrap_err();
        assert!(said.contains(why), "{text}: {said}");
    }
}

#[test]
fn a_hash_is_not_shown() {
    let hash = PasswordHash::parse(SHA512).unwrap();
    assert_eq!(format!("{hash:?}"), "PasswordHash(***)");
}
