//! Certificates and revocation lists under random input: never a panic, and what is read out of
//! them lies within them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::LazyLock;

use rcgen::{
    CertificateParams, CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair,
    RevocationReason, RevokedCertParams, SerialNumber, date_time_ymd,
};

use super::der::{Certificate, Reader};
use super::revoked::List;
use super::subject;

const INPUTS: usize = 20_000;
/// Certificates that a seed list takes back.
const REVOKED: u64 = 5;

/// A certificate and a revocation list that are right.
static SEEDS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let revoked = |serial: u64| RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: date_time_ymd(2025, 1, 1),
        reason_code: serial.is_multiple_of(2).then_some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    };
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2025, 1, 1),
        next_update: date_time_ymd(2030, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: (1..=REVOKED).map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let list = list.signed_by(&issuer).unwrap();
    [certificate.der().to_vec(), list.der().to_vec()]
});

fn is_within(part: &[u8], whole: &[u8]) -> bool {
    whole.as_ptr_range().start <= part.as_ptr()
        && part.as_ptr_range().end <= whole.as_ptr_range().end
}

/// Reads the bytes as everything that they could be.
fn read_all(bytes: &[u8]) {
    let mut reader = Reader(bytes);
    while let Some(value) = reader.next() {
        assert!(is_within(value.content, bytes) && is_within(value.whole, bytes));
        assert!(value.whole.len() >= value.content.len() + 2);
    }
    if let Some(certificate) = Certificate::read(bytes) {
        for part in [certificate.serial, certificate.issuer, certificate.subject, certificate.key] {
            assert!(is_within(part, bytes));
        }
        let _ = (certificate.common_names(), certificate.issuer_name());
        let _ = (subject::common_name(certificate.subject), subject::text(certificate.subject));
    }
    if let Ok(list) = List::read(bytes, Path::new("list")) {
        assert!(list.len() * 2 <= bytes.len());
    }
    let _ = (subject::common_name(bytes), subject::text(bytes));
}

#[test]
fn the_seeds_are_what_they_should_be() {
    let [certificate, list] = &*SEEDS;
    let read = Certificate::read(certificate).unwrap();
    assert!(read.extensions.has_dns && read.extensions.is_authority);
    assert_eq!(List::read(list, Path::new("list")).unwrap().len(), REVOKED as usize);
    assert!(Certificate::read(list).is_none());
    assert!(List::read(certificate, Path::new("list")).is_err());
}

#[test]
fn random_bytes() {
    bolero::check!().with_iterations(INPUTS).for_each(|bytes: &[u8]| read_all(bytes));
}

#[test]
fn changed_certificates_and_lists() {
    bolero::check!().with_iterations(INPUTS).with_type::<(bool, Vec<(u16, u8)>, u16)>().for_each(
        |(is_list, changes, cut)| {
            let mut bytes = SEEDS[usize::from(*is_list)].clone();
            for (at, byte) in changes.iter().take(4) {
                let at = usize::from(*at) % bytes.len();
                bytes[at] = *byte;
            }
            // Most inputs keep their length, so that what is inside is reached.
            if cut % 4 == 0 {
                bytes.truncate(usize::from(*cut / 4) % (bytes.len() + 1));
            }
            read_all(&bytes);
        },
    );
}
