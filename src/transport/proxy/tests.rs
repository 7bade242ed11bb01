//! Headers as the document shows them, and everything that is none.

use super::*;

/// Feeds the bytes in pieces of `size` at most, never more than is wanted; the outcome and how many
/// bytes it took.
fn read(version: Version, bytes: &[u8], size: usize) -> (Result<Option<Header>, Refusal>, usize) {
    let mut reader = HeaderReader::new(version);
    let mut at = 0;
    while at < bytes.len() {
        let count = reader.wanted().min(size).min(bytes.len() - at);
        assert!(count > 0, "something is wanted before the end");
        let outcome = reader.push(&bytes[at..at + count]);
        at += count;
        if !matches!(outcome, Ok(None)) {
            return (outcome, at);
        }
    }
    (Ok(None), at)
}

/// What a header says, with MQTT behind it that is not touched, in pieces of any size.
fn header(version: Version, bytes: &[u8]) -> Result<Header, Refusal> {
    let stream = [bytes, b"\x10\x0c\x00\x04MQTT"].concat();
    let mut outcomes = [1, 2, 3, 7, 16, 1000].map(|size| read(version, &stream, size));
    let last = outcomes[5].clone();
    for outcome in &outcomes {
        assert_eq!(outcome.0, last.0);
    }
    let (outcome, read) = std::mem::replace(&mut outcomes[0], (Ok(None), 0));
    let header = outcome?.expect("a whole header");
    assert_eq!(read, bytes.len(), "nothing behind the header is taken");
    Ok(header)
}

fn ip(address: &str) -> Source {
    Source::Ip(address.parse().unwrap())
}

#[test]
fn lines_of_version_1() {
    for (line, source) in [
        ("PROXY TCP4 192.0.2.5 127.0.0.1 6275 1234\r\n", ip("192.0.2.5:6275")),
        ("PROXY TCP4 0.0.0.0 0.0.0.0 1 1\r\n", ip("0.0.0.0:1")),
        (
            "PROXY TCP6 2001:db8:506:708:900::1 ::1 6275 1234\r\n",
            ip("[2001:db8:506:708:900::1]:6275"),
        ),
        (
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
             ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            ip("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
        ),
        ("PROXY UNKNOWN\r\n", Source::Proxy),
        ("PROXY UNKNOWN \r\n", Source::Proxy),
        ("PROXY UNKNOWN ffff:f...f:ffff whatever 65535 65535\r\n", Source::Proxy),
    ] {
        let wanted = Header { source, tls: None };
        assert_eq!(header(Version::V1, line.as_bytes()), Ok(wanted), "{line}");
    }
}

#[test]
fn lines_that_are_none() {
    for (line, fault) in [
        ("PROXY TCP3 192.0.2.5 127.0.0.1 6275 1234\r\n", Fault::Protocol),
        ("PROXY  TCP4 192.0.2.5 127.0.0.1 6275 1234\r\n", Fault::Protocol),
        ("PROXY TCP4 192.0.2.5 127.0.0.1 6275\r\n", Fault::Fields),
        ("PROXY TCP4 192.0.2.5\r\n", Fault::Fields),
        ("PROXY TCP4 192.0.2.5 127.0.0.1 6275 1234 \r\n", Fault::Fields),
        ("PROXY TCP4 192.0.2.5 127.0.0.1 6275 0\r\n", Fault::Port),
        ("PROXY TCP4 192.0.2.5 127.0.0.1 65536 1234\r\n", Fault::Port),
        ("PROXY TCP4 192.0.2.5 127.0.0.1 +6275 1234\r\n", Fault::Port),
        ("PROXY TCP4 192.0.2.256 127.0.0.1 6275 1234\r\n", Fault::Address),
        ("PROXY TCP4 192.0.2.5 ::1 6275 1234\r\n", Fault::Address),
        ("PROXY TCP6 192.0.2.5 ::1 6275 1234\r\n", Fault::Address),
        ("PROXY TCP4\r\n and more", Fault::Fields),
        ("GET / HTTP/1.1\r\n\r\n", Fault::Missing),
        ("proxy unknown\r\n", Fault::Missing),
    ] {
        assert_eq!(header(Version::V1, line.as_bytes()), Err(fault.into()), "{line}");
        assert!(fault.to_string().contains("header"));
    }
    let endless = format!("PROXY UNKNOWN {}", "x".repeat(200));
    assert_eq!(header(Version::V1, endless.as_bytes()), Err(Fault::TooLong.into()));
    let connect = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00";
    assert_eq!(read(Version::V1, connect, 1), (Err(Fault::Missing.into()), 1));
    assert_eq!(read(Version::V2, connect, 1), (Err(Fault::Missing.into()), 1));
}

/// A header of version 2 with the right length.
fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n".as_slice(), &[command, family], &length, rest].concat()
}

const V4: &[u8] = b"\xc0\x00\x02\x05\x7f\x00\x00\x01\x18\x83\x04\xd2";

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[kind], &length[..], value].concat()
}

#[test]
fn addresses_of_version_2() {
    let v6 = [&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], &[0; 16][..], V4].concat();
    let v6 = &v6[..32].iter().chain(b"\x18\x83\x04\xd2").copied().collect::<Vec<u8>>();
    let mut unix = vec![0; 216];
    unix[..10].copy_from_slice(b"/run/proxy");
    for (command, family, rest, source) in [
        (0x21, 0x11, V4, ip("192.0.2.5:6275")),
        (0x21, 0x21, v6, ip("[2001:db8::9]:6275")),
        (0x21, 0x31, &unix, Source::Unix("/run/proxy".to_owned())),
        (0x21, 0x31, b"/path", Source::Unix("/path".to_owned())),
        (0x21, 0x31, &[0; 216], Source::Unix(String::new())),
        // The proxy's own: addresses are skipped, whatever they are.
        (0x20, 0x00, b"", Source::Proxy),
        (0x20, 0x11, V4, Source::Proxy),
        (0x20, 0x77, b"anything", Source::Proxy),
    ] {
        let wanted = Header { source, tls: None };
        assert_eq!(header(Version::V2, &v2(command, family, rest)), Ok(wanted));
    }
}

#[test]
fn extensions_tell_about_tls() {
    let inner = [tlv(0x21, b"TLSv1.3"), tlv(0x22, b"device-7"), tlv(0x23, b"AES"), tlv(0x99, b"?")];
    let told = |client: u8, verify: u8| {
        let ssl = [&[client, 0, 0, 0, verify][..], &inner.concat()].concat();
        let rest = [V4, &tlv(0x04, b""), &tlv(0x20, &ssl), &tlv(0x05, b"id")].concat();
        header(Version::V2, &v2(0x21, 0x11, &rest)).unwrap().tls
    };
    let tls = told(0x05, 0).unwrap();
    assert!(tls.has_certificate);
    assert_eq!(tls.common_name.as_deref(), Some("device-7"));
    assert_eq!(tls.version.as_deref(), Some("TLSv1.3"));
    assert_eq!(tls.cipher.as_deref(), Some("AES"));
    assert!(!told(0x05, 1).unwrap().has_certificate, "not verified");
    assert!(!told(0x03, 0).unwrap().has_certificate, "not in this session");
    assert_eq!(told(0x04, 0), None, "no TLS at all");
}

#[test]
fn version_2_that_is_none() {
    let faults = [
        (v2(0x31, 0x11, V4), Fault::Version),
        (v2(0x23, 0x11, V4), Fault::Command),
        (v2(0x21, 0x00, V4), Fault::Family),
        (v2(0x21, 0x12, V4), Fault::Family),
        (v2(0x21, 0x01, V4), Fault::Family),
        (v2(0x21, 0x11, &V4[1..]), Fault::Length),
        (v2(0x21, 0x11, b""), Fault::Length),
        (v2(0x21, 0x21, V4), Fault::Length),
        (v2(0x21, 0x31, b""), Fault::Length),
        (v2(0x20, 0x00, &[0; 4097]), Fault::Length),
    ];
    for (bytes, fault) in faults {
        assert_eq!(header(Version::V2, &bytes), Err(fault.into()), "{fault}");
    }
    let cut_off = [
        vec![0x20],
        tlv(0x20, b"\x01\x00\x00\x00"),
        [0x20, 0x00, 0x19, 0x05, 0, 0, 0, 0].to_vec(),
        tlv(0x20, &[&[5, 0, 0, 0, 0][..], &[0x23, 0, 9, b'x']].concat()),
    ];
    for extension in cut_off {
        let bytes = v2(0x21, 0x11, &[V4, &extension].concat());
        let refusal = header(Version::V2, &bytes).unwrap_err();
        let wanted = Refusal { source: Some(ip("192.0.2.5:6275")), fault: Fault::Extension };
        assert_eq!(refusal, wanted);
    }
}

/// Never panics, and any split gives the same.
fn check(version: Version, bytes: &[u8], size: u8) {
    let size = usize::from(size).max(1);
    let (at_once, in_pieces) = (read(version, bytes, usize::MAX), read(version, bytes, size));
    if at_once.0.is_ok() {
        assert_eq!(at_once, in_pieces);
    } else {
        assert_eq!(at_once.0.is_err(), in_pieces.0.is_err());
    }
    let reader_bytes_max = 16 + 65_535;
    assert!(at_once.1 <= reader_bytes_max);
}

#[test]
fn random_headers() {
    bolero::check!().with_iterations(20_000).with_type::<(u8, u8, u8, Vec<u8>)>().for_each(
        |(command, family, size, rest)| {
            check(Version::V2, &v2(*command, *family, rest), *size);
            check(Version::V2, &v2(0x21, 0x11, &[V4, rest].concat()), *size);
            check(Version::V1, &[b"PROXY ", &rest[..]].concat(), *size);
            check(Version::V1, rest, *size);
        },
    );
}

#[test]
fn random_lines() {
    const WORDS: [&str; 12] =
        ["TCP4", "TCP6", "UNKNOWN", " ", " ", "192.0.2.5", "::1", "6275", "0", "\r\n", "\r", "\n"];
    bolero::check!().with_iterations(20_000).with_type::<(Vec<u8>, u8)>().for_each(
        |(picks, size)| {
            let words = picks.iter().map(|pick| WORDS[usize::from(*pick) % WORDS.len()]);
            let line = format!("PROXY {}", words.collect::<String>());
            check(Version::V1, line.as_bytes(), *size);
        },
    );
}
