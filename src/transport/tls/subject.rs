//! Names in certificates as text.

use std::fmt::Write as _;

use super::der::{COMMON_NAME, OID, Reader, SEQUENCE, SET, Value};

const UTF8_STRING: u8 = 0x0C;
const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const VISIBLE_STRING: u8 = 0x1A;
const UNIVERSAL_STRING: u8 = 0x1C;
const BMP_STRING: u8 = 0x1E;

/// Object identifiers, dotted, and how they are called: OpenSSL's short names.
const KEYS: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.13", "description"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.16", "postalAddress"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.18", "postOfficeBox"),
    ("2.5.4.20", "telephoneNumber"),
    ("2.5.4.41", "name"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("2.5.4.44", "generationQualifier"),
    ("2.5.4.45", "x500UniqueIdentifier"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.65", "pseudonym"),
    ("2.5.4.72", "role"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.3", "mail"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("1.2.840.113549.1.9.2", "unstructuredName"),
];

/// The first common name of a name: what mosquitto takes, so without a NUL, valid UTF-8 and not
/// empty. A later one does not count where the first one is none.
pub(super) fn common_name(name: &[u8]) -> Option<String> {
    let name = Reader(name).expect(SEQUENCE)?;
    let sets = Reader(name.content).all().filter(|set| set.tag == SET);
    let mut pairs = sets.flat_map(|set| Reader(set.content).all());
    let text = pairs.find_map(|pair| {
        let mut fields = Reader(pair.content);
        let is_wanted = fields.expect(OID)?.content == COMMON_NAME;
        let value = fields.next()?;
        is_wanted.then_some(value.content)
    })?;
    let text = std::str::from_utf8(text).ok()?;
    (!text.is_empty() && !text.contains('\0')).then(|| text.to_owned())
}

/// The whole name, last part first [RFC 2253], to the letter as OpenSSL writes it: names of other
/// files (access control, mount points) are made of it.
pub(super) fn text(name: &[u8]) -> Option<String> {
    let name = Reader(name).expect(SEQUENCE)?;
    let mut parts = Vec::new();
    for set in Reader(name.content).all() {
        let mut pairs = Vec::new();
        for pair in Reader(set.content).all() {
            let mut fields = Reader(pair.content);
            let key = dotted(fields.expect(OID)?.content);
            let called = KEYS.iter().find(|(oid, _)| *oid == key).map(|(_, called)| *called);
            let value = fields.next()?;
            pairs.push(match called {
                Some(called) => format!("{called}={}", written(&value)),
                None => format!("{key}={}", dumped(&value)),
            });
        }
        pairs.reverse();
        parts.push(pairs.join("+"));
    }
    parts.reverse();
    Some(parts.join(","))
}

/// A value with everything escaped that could be mistaken, and all that is not ASCII.
fn written(value: &Value<'_>) -> String {
    let Some(text) = decoded(value) else { return dumped(value) };
    let mut out = String::new();
    for (at, byte) in text.bytes().enumerate() {
        let is_edge = at == 0 || at + 1 == text.len();
        match byte {
            b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b'#' if at == 0 => out.push_str("\\#"),
            b' ' if is_edge => out.push_str("\\ "),
            b' '..=b'~' => out.push(char::from(byte)),
            other => drop(write!(out, "\\{other:02X}")),
        }
    }
    out
}

fn decoded(value: &Value<'_>) -> Option<String> {
    let bytes = value.content;
    match value.tag {
        UTF8_STRING => String::from_utf8(bytes.to_vec()).ok(),
        NUMERIC_STRING | PRINTABLE_STRING | IA5_STRING | VISIBLE_STRING | TELETEX_STRING => {
            Some(bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        BMP_STRING => {
            let units = bytes.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]]));
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        UNIVERSAL_STRING => bytes
            .chunks_exact(4)
            .map(|four| char::from_u32(u32::from_be_bytes([four[0], four[1], four[2], four[3]])))
            .collect(),
        _ => None,
    }
}

/// The bytes of a value, tag and length included.
fn dumped(value: &Value<'_>) -> String {
    let mut out = String::from("#");
    for byte in value.whole {
        let _ = write!(out, "{byte:02X}");
    }
    out
}

/// `55 04 03` → `2.5.4.3`. An arc beyond 64 bits is cut; nobody has one.
fn dotted(oid: &[u8]) -> String {
    let mut out = String::new();
    let mut arc = 0u64;
    for byte in oid {
        arc = arc << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 != 0 {
            continue;
        }
        if out.is_empty() {
            let first = (arc / 40).min(2);
            let _ = write!(out, "{first}.{}", arc - first * 40);
        } else {
            let _ = write!(out, ".{arc}");
        }
        arc = 0;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn pair(oid: &[u8], tag: u8, text: &[u8]) -> Vec<u8> {
        tagged(SEQUENCE, &[tagged(OID, oid), tagged(tag, text)].concat())
    }

    fn name(sets: &[&[Vec<u8>]]) -> Vec<u8> {
        let sets: Vec<_> = sets.iter().map(|pairs| tagged(SET, &pairs.concat())).collect();
        tagged(SEQUENCE, &sets.concat())
    }

    const O: &[u8] = &[0x55, 4, 10];

    #[test]
    fn the_first_common_name_counts_or_none() {
        let first = |texts: &[&[u8]]| {
            let pairs: Vec<_> =
                texts.iter().map(|text| [pair(COMMON_NAME, UTF8_STRING, text)]).collect();
            let organisation = [pair(O, UTF8_STRING, b"o")];
            let sets: Vec<&[Vec<u8>]> =
                std::iter::once(&organisation[..]).chain(pairs.iter().map(|it| &it[..])).collect();
            common_name(&name(&sets))
        };
        assert_eq!(first(&[b"a", b"b"]).as_deref(), Some("a"));
        assert_eq!(first(&["ü".as_bytes()]).as_deref(), Some("ü"));
        let none: [&[&[u8]]; 6] =
            [&[], &[b""], &[b"", b"b"], &[b"a\0b"], &[b"\xff"], &[b"\xff", b"b"]];
        for texts in none {
            assert_eq!(first(texts), None, "{texts:?}");
        }
        assert_eq!(common_name(&[]), None);
    }

    #[test]
    fn the_last_part_comes_first_and_everything_is_escaped() {
        let odd = pair(COMMON_NAME, UTF8_STRING, "# a,b+c=\"d\\\u{fc}\n ".as_bytes());
        let both = [pair(O, PRINTABLE_STRING, b"One"), pair(&[0x55, 4, 11], IA5_STRING, b"#Two")];
        let unknown = pair(&[0x2A, 0x86, 0x48, 0x03], UTF8_STRING, b"x");
        let number = pair(&[0x55, 4, 5], 0x02, &[7]);
        let wide = pair(&[0x55, 4, 7], BMP_STRING, &[0x20, 0xAC]);
        let all = name(&[&both, &[wide], &[number], &[unknown], &[odd]]);
        assert_eq!(
            text(&all).unwrap(),
            "CN=\\# a\\,b\\+c=\\\"d\\\\\\C3\\BC\\0A\\ ,1.2.840.3=#0C0178,serialNumber=#020107,\
             L=\\E2\\82\\AC,OU=\\#Two+O=One"
        );
        assert_eq!(text(&name(&[])).unwrap(), "");
        assert_eq!(text(b"x"), None);
    }
}
