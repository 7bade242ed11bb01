//! The same message printed by both clients.

use super::{Outcome, ours, theirs};
use crate::interop::mosquitto::Mosquitto;
use crate::support::program;

const TOPIC: &str = "format/é";

/// Makes a message the retained one of the topic.
fn retain(broker: &Mosquitto, payload: &str, properties: &str) {
    let base = ["-p", &broker.port, "-t", TOPIC, "-V", "5", "-q", "1", "-r", "-m", payload];
    let properties: Vec<_> = properties.split_whitespace().collect();
    let ended = program::run("mosquitto_pub", &[&base[..], &properties].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// Both clients print the retained message with `format` and what else `args` say.
#[track_caller]
fn assert_same(broker: &Mosquitto, format: &str, args: &[&str], tidy: fn(&str) -> String) {
    let base = ["-p", &broker.port, "-t", TOPIC, "-V", "5", "-C", "1", "-W", "20", "-F", format];
    let args = [&base[..], args].concat();
    let text = |outcome: Outcome| {
        let stdout = tidy(&String::from_utf8_lossy(&outcome.stdout));
        (outcome.code, stdout, String::from_utf8_lossy(&outcome.stderr).into_owned())
    };
    let both = || (text(ours("mosquitto_sub", &args)), text(theirs("mosquitto_sub", &args)));
    let (mut own, mut other) = both();
    if own != other {
        // An hour or a day may have begun between the two.
        (own, other) = both();
    }
    assert_eq!(own, other, "{format} {args:?}");
}

/// What version 2.1 changed: no `Z` in the time, which is another moment anyway, and the retain bit
/// as a boolean.
fn tidy_json(text: &str) -> String {
    let mut text = text.replace("\"retain\":1", "\"retain\":true");
    text = text.replace("\"retain\":\t1", "\"retain\":\ttrue");
    if let Some(start) = text.find("\"tst\"") {
        let end = text[start..].find(',').map_or(text.len(), |comma| start + comma);
        text.replace_range(start..end, "TIME");
    }
    text
}

#[test]
fn conversions_print_the_same() {
    let broker = Mosquitto::start();
    retain(&broker, "message", "");
    for format in [
        "%t|%12t|%-12t|%012t|%.3t|%.t",
        "%p|%10p|%-10p|%010p|%-010p|%3p|%.3p|%3.2p",
        "%x|%X",
        "%l|%5l|%05l|%-5l|%-05l|%.5l",
        "%q|%5q|%r|%5r|%m|%5m|%05m",
        "%3A|%3C|%3D|%3E|%3F|%3P|%3R|%3S",
        "a%Jb",
        "100%%|%5%|@@|@%",
        r"\\|\0|\a|\e|\n|\r|\t|\v|",
        "@Y-@m-@d @a @A @b @B @C @D @e @F @g @G @h @j @u @w @V @U @W @y @z @Z",
        "@E|@J|@K|@L|@O|@Q|@f|@i|@o|@q|@v|@+|@:|@-d|@é|@n|@t",
        "%.10I",
    ] {
        assert_same(&broker, format, &[], str::to_owned);
    }
}

#[test]
fn properties_print_the_same() {
    let broker = Mosquitto::start();
    retain(
        &broker,
        "m",
        "-D publish content-type text -D publish correlation-data co -D publish response-topic r/t \
         -D publish payload-format-indicator 1 -D publish user-property k v \
         -D publish user-property k2 v2",
    );
    for format in [
        "%C|%10C|%-10C|%.1C",
        "%D|%10D",
        "%R|%10R|%-10R|%.2R",
        "%F|%5F|%05F|%-5F",
        "%P|%20P",
        "%m|%5m|%05m|%-5m|%q",
        "%S|%5S|%05S",
    ] {
        let args = ["-q", "1", "-D", "subscribe", "subscription-identifier", "7"];
        assert_same(&broker, format, &args, str::to_owned);
    }
}

#[test]
fn json_prints_the_same() {
    let broker = Mosquitto::start();
    for payload in [
        "hello",
        "-0",
        "123456789012345678",
        "1e21",
        "1e400",
        "01",
        "1.",
        "1e",
        "[1, 2,{\"a\":1}]",
        "\"a\nb\"",
        r#""\u0041\u00e9\ud83d\ude00\/""#,
        r#""\uZZZZ""#,
        r#""a\u0000b""#,
        r#""\ud83d""#,
        r#""\udc00""#,
        r#""\q""#,
        "2147483648",
        "0.30000000000000004",
        "1e15",
        "1e-5",
        "0.0001",
        "4.9e-324",
        "1.7976931348623157e308",
        "-",
        "+1",
        "{\"a\":1,\"a\":2, \"b\" : [ 1 , {\"c\":[] , \"d\":{\"e\":null}} ] }",
        "[[1,2],[{}],[]]",
        "{\"a\" 1}",
        "[1,]",
        "\u{feff}1",
        " \n\t1 ",
        "1 2",
        "a\"b\\c/\u{1}\u{7f}",
    ] {
        retain(&broker, payload, "");
        for (format, args) in [("%J", &[][..]), ("%J", &["--pretty"]), ("%j", &[])] {
            assert_same(&broker, format, args, tidy_json);
        }
    }
}
