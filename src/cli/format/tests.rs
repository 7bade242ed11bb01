use jiff::Zoned;
use jiff::civil::date;
use jiff::tz::{Offset, TimeZone};

use super::{Format, FormatError, JsonStyle, Received, RenderProblem, print};
use crate::cli::options::Output;
use crate::protocol::{Properties, Property, PropertyBuf, QoS};

fn now() -> Zoned {
    let zone = TimeZone::fixed(Offset::from_seconds(-(3 * 3600 + 30 * 60)).unwrap());
    date(2026, 1, 31).at(4, 5, 6, 7_008_009).to_zoned(zone).unwrap()
}

fn received(payload: &[u8]) -> Received<'_> {
    Received {
        topic: "a/b",
        payload,
        qos: QoS::AtMostOnce,
        retain: false,
        packet_id: 0,
        properties: Properties::EMPTY,
    }
}

fn rendered(format: &str, received: &Received<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let format = Format::parse(format.as_bytes()).unwrap();
    format.render(received, JsonStyle::Compact, &now(), &mut out).unwrap();
    out
}

#[track_caller]
fn assert_renders(received: &Received<'_>, cases: &[(&str, &str)]) {
    for (format, wanted) in cases {
        let out = rendered(format, received);
        assert_eq!(String::from_utf8_lossy(&out), *wanted, "{format}");
    }
}

#[test]
fn payloads_have_one_width_for_both_bounds() {
    assert_renders(
        &received(b"message"),
        &[
            ("%p", "message"),
            ("[%10p]", "[   message]"),
            ("[%010p]", "[000message]"),
            ("[%-10p]", "[message   ]"),
            ("[%-010p]", "[message   ]"),
            ("[%3p]", "[mes]"),
            ("[%.3p]", "[message]"),
            ("[%-p]", "[message]"),
            ("[%--p]", "[message]"),
            ("[%0-p]", "[message]"),
            ("[%*p]", "[message]"),
        ],
    );
    assert_renders(&received(b""), &[("[%4p]", "[    ]"), ("[%04p]", "[0000]"), ("[%p]", "[]")]);
}

#[test]
fn hexadecimal_is_grouped_and_padded() {
    assert_renders(
        &received(b"message"),
        &[
            ("%x", "6d657373616765"),
            ("%X", "6D657373616765"),
            ("%.1x", "6 d 6 5 7 3 7 3 6 1 6 7 6 5"),
            ("%.2x", "6d 65 73 73 61 67 65"),
            ("%.2:x", "6d:65:73:73:61:67:65"),
            ("%18x", "    6d657373616765"),
            ("[%-18x]", "[6d657373616765    ]"),
            ("%018x", "00006d657373616765"),
            ("[%20.2x]", "[         6d 65 73 73 61 67 65]"),
            ("%3x", "6d6573"),
            ("[%-x]", "[6d657373616765]"),
        ],
    );
}

#[test]
fn strings_and_integers_follow_printf() {
    let message = Received { packet_id: 12, qos: QoS::ExactlyOnce, retain: true, ..received(b"x") };
    assert_renders(
        &message,
        &[
            ("[%5t][%-5t][%05t][%.2t][%.t]", "[  a/b][a/b  ][  a/b][a/][]"),
            ("[%m][%5m][%05m][%-5m][%-05m][%.1m]", "[12][   12][00012][12   ][12   ][12]"),
            ("%l %3l %q %r %9q", "1   1 2 1 2"),
            ("100%% %5%", "100% %"),
        ],
    );
}

#[test]
fn properties_print_or_leave_their_width() {
    let mut properties = PropertyBuf::new();
    for property in [
        Property::PayloadFormatIndicator(1),
        Property::MessageExpiryInterval(u32::MAX),
        Property::ContentType("text"),
        Property::ResponseTopic("r/t"),
        Property::CorrelationData(b"\x00\xff"),
        Property::SubscriptionIdentifier(7),
        Property::UserProperty("k", "v"),
        Property::UserProperty("", "w"),
    ] {
        properties.push(property);
    }
    let message = Received { properties: properties.as_properties(), ..received(b"x") };
    assert_renders(
        &message,
        &[
            ("%F %E %S", "1 -1 7"),
            ("[%6C][%-6C][%.2C]", "[  text][text  ][te]"),
            ("[%5R]", "[  r/t]"),
            ("%P", "k:v :w"),
            ("%03S", "007"),
        ],
    );
    assert_eq!(rendered("%9D", &message), b"\x00\xff");
    assert_renders(
        &received(b"x"),
        &[
            ("[%3A%3C%3E%3F%3S]", "[               ]"),
            ("[%03A%-03C]", "[000000]"),
            ("[%3D%3P%3R]", "[]"),
        ],
    );
}

#[test]
fn floats_are_read_in_the_byte_order_of_the_machine() {
    let float = 1.5f32.to_ne_bytes();
    let double = (-2.25f64).to_ne_bytes();
    assert_renders(
        &received(&float),
        &[("%f", "1.500000"), ("[%8.1f]", "[     1.5]"), ("[%-08.2f]", "[1.50    ]"), ("%.f", "2")],
    );
    assert_renders(
        &received(&double),
        &[("%d", "-2.250000"), ("%09.2d", "-00002.25"), ("%.3d", "-2.250")],
    );
    assert_renders(&received(&f64::NEG_INFINITY.to_ne_bytes()), &[("[%05d]", "[ -inf]")]);
    assert_renders(&received(&f32::NAN.to_ne_bytes()), &[("%f", "nan")]);
    let long = rendered("%.2000d", &received(&0.5f64.to_ne_bytes()));
    assert_eq!(long.len(), 2002);
    assert!(long.starts_with(b"0.5000"));
}

#[test]
fn what_cannot_be_rendered_leaves_the_rest() {
    for (format, problem) in [
        ("<%f>", RenderProblem::NotFloat),
        ("<%d>", RenderProblem::NotDouble),
        ("<%J>", RenderProblem::NotJson),
    ] {
        let mut out = Vec::new();
        let parsed = Format::parse(format.as_bytes()).unwrap();
        let result = parsed.render(&received(b"nul"), JsonStyle::Compact, &now(), &mut out);
        assert_eq!(result, Err(problem), "{format}");
        assert_eq!(out, b"<>", "{format}");
    }
    assert_eq!(
        RenderProblem::NotJson.message("a/b"),
        "Error: Message payload is not valid JSON on topic a/b.\n"
    );
}

#[test]
fn all_times_are_one_moment() {
    assert_renders(
        &received(b""),
        &[
            ("%I", "2026-01-31T04:05:06-0330"),
            ("[%26I][%.10I]", "[  2026-01-31T04:05:06-0330][2026-01-31]"),
            ("%U", "1769844906.007008009"),
            ("@Y-@m-@d @H:@M:@S.@N @z", "2026-01-31 04:05:06.007008009 -0330"),
            ("@@ @a @A @b @B @C @D @e", "@ Sat Saturday Jan January 20 01/31/26 31"),
            ("@F @g @G @h @I @j @k @l @p @P", "2026-01-31 26 2026 Jan 04 031  4  4 AM am"),
            ("@R @s @T @u @w @V @U @W @y", "04:05 1769844906 04:05:06 6 6 05 04 04 26"),
            ("@c|@x|@X|@r", "Sat Jan 31 04:05:06 2026|01/31/26|04:05:06|04:05:06 AM"),
            ("@%@n@t", "%\n\t"),
            ("@E@O@f@q@Q@-d@é@:", "%E%O%f%q%Q%-d%é%:"),
        ],
    );
}

#[test]
fn escapes_are_those_of_c() {
    assert_eq!(rendered(r"\\\0\a\e\n\r\t\v", &received(b"")), b"\\\0\x07\x1b\n\r\t\x0b");
}

#[test]
fn bad_formats_are_refused() {
    for (format, error) in [
        ("%", FormatError::Incomplete),
        ("%5", FormatError::Incomplete),
        ("%-", FormatError::Incomplete),
        ("%0", FormatError::Incomplete),
        ("%.", FormatError::Incomplete),
        ("%.5", FormatError::Incomplete),
        ("a@", FormatError::Incomplete),
        ("%y", FormatError::Invalid(b'y')),
        ("% ", FormatError::Invalid(0)),
        ("%é", FormatError::Invalid(0xC3)),
        ("%--5p", FormatError::Invalid(b'5')),
        ("\\", FormatError::IncompleteEscape),
        ("\\x", FormatError::InvalidEscape(b'x')),
        ("%1000001p", FormatError::TooWide),
        ("%.99999999999999999999999f", FormatError::TooWide),
    ] {
        assert_eq!(Format::parse(format.as_bytes()), Err(error), "{format}");
    }
    assert_eq!(FormatError::Invalid(0).message(), b"Error: Invalid format specifier '\0'.");
    assert_eq!(FormatError::InvalidEscape(b'q').message(), b"Error: Invalid escape specifier 'q'.");
}

#[test]
fn without_a_format_an_empty_payload_prints_little() {
    for (verbose, no_eol, payload, wanted) in [
        (false, false, "x", "x\n"),
        (false, true, "x", "x"),
        (false, false, "", ""),
        (false, true, "", ""),
        (true, false, "x", "a/b x\n"),
        (true, true, "x", "a/b x"),
        (true, false, "", "a/b (null)\n"),
        (true, true, "", ""),
    ] {
        let output = Output { verbose, no_eol, ..Output::default() };
        let mut out = Vec::new();
        print(&output, &received(payload.as_bytes()), &now(), &mut out).unwrap();
        assert_eq!(String::from_utf8_lossy(&out), wanted, "{output:?} {payload:?}");
    }
}

#[test]
fn a_format_overrides_verbose_and_ends_its_line() {
    let format = Some(Format::parse(b"<%p>").unwrap());
    let mut out = Vec::new();
    let output = Output { format, verbose: true, ..Output::default() };
    print(&output, &received(b""), &now(), &mut out).unwrap();
    print(&Output { no_eol: true, ..output }, &received(b"x"), &now(), &mut out).unwrap();
    assert_eq!(out, b"<>\n<x>");
}
