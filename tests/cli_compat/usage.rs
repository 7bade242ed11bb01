//! Wrong command lines.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use super::{Outcome, ours, ours_20, start, theirs};

/// Words are separated by blanks, `''` is an empty one.
const SUB: &[&str] = &[
    "-t",
    "-V",
    "-M",
    "-A",
    "-k",
    "-p",
    "-q",
    "-x",
    "-C",
    "-W",
    "-F",
    "-T",
    "-U",
    "-h",
    "-u",
    "-P",
    "-i",
    "-I",
    "-L",
    "-D",
    "--random-filter",
    "--will-topic",
    "--will-payload",
    "--will-qos",
    "--proxy",
    "--cafile",
    "--psk",
    "--tls-version",
    "--tls-alpn",
    "--psk-identity",
    "--ciphers",
    "--capath",
    "--cert",
    "--key",
    "--keyform",
    "--tls-engine",
    "--unix",
    "--tls-engine-kpass-sha1",
    "--foo",
    "-dv",
    "--quiet=1",
    "--",
    "a",
    "-m x",
    "-l",
    "-r",
    "--topic",
    "--host",
    "--id-prefix",
    "-k 4",
    "-k x",
    "-k 65536",
    "-p 99999",
    "-p -1",
    "-p 99999999999 -t a",
    "-q 3",
    "-q -1",
    "-q x -q 9",
    "-V 3",
    "-V mqttv50",
    "-V MQTTV5",
    "-x a",
    "-x -2",
    "-x 4294967296",
    "-x ''",
    "-x 08",
    "-M 0",
    "-C 0",
    "-C x",
    "-W 0",
    "-W -5",
    "-F %",
    "-F %y",
    "-F @",
    "-F \\q",
    "-F a\\",
    "-F %5",
    "-F %-",
    "-F %.",
    "-F %.5",
    "-F abc%",
    "-F %é",
    "--random-filter 0",
    "--random-filter 1000.1",
    "--random-filter x",
    "-t a -R --retained-only",
    "-T a#",
    "-t a#",
    "-t a+",
    "-t #/a",
    "-t a/#/b",
    "--will-topic #",
    "--will-topic a+",
    "-t a --will-payload x",
    "-t a --will-retain",
    "--will-qos 3",
    "--will-qos -1",
    "-U a#",
    "-D connect content-type b",
    "-D CONNECT Content-Type b",
    "-D connect user-property b",
    "-D connack user-property a b",
    "-D connack user-property a",
    "-D puback user-property a b",
    "-D puback reason-string a",
    "-D puback content-type a",
    "-D auth user-property a b",
    "-D publish subscription-identifier 1",
    "-D subscribe subscription-identifier 268435456",
    "-D connect receive-maximum 70000",
    "-D connect receive-maximum -1",
    "-D publish payload-format-indicator 256",
    "-D publish topic-alias 65536",
    "-D connect maximum-packet-size 4294967296",
    "-D publish",
    "-D publish content-type",
    "-t a -c",
    "-t a -c -I x",
    "-t a -c -V 5",
    "-t a -i a -I b",
    "-I a -i",
    "-i a -I",
    "-t a -c -i ''",
    "-L mqtt://",
    "-L mqtt://a",
    "-t a -i ''",
    "-t a -P x",
    "-t a -V 31 -P x",
    "-t a -D connect session-expiry-interval 5 -D connect session-expiry-interval 6",
    "-t a -D connect session-expiry-interval 5 -x 6",
    "-t a -D will content-type a -D will content-type b --will-topic a",
    "-t a -D will content-type a -D will content-type b",
    "-t a -D subscribe subscription-identifier 5 -D subscribe subscription-identifier 6",
    "-t a -D disconnect session-expiry-interval 5 -D disconnect session-expiry-interval 6",
    "-t a -D disconnect content-type 5",
    "-t a -D unsubscribe content-type a",
    "-t a -D subscribe content-type a",
    "-t a -D will topic-alias 5",
    "-t a -D publish will-delay-interval 5",
    "-t a -D disconnect will-delay-interval 5",
    "-t a -D connect will-delay-interval 5",
    "-t x -D publish reason-string a",
    "-t x -D connect assigned-client-identifier x",
    "-d --quiet --foo",
    "-q 3 --foo",
    "--foo -q 3",
    "-t a -i a -i b --foo",
];

const PUB: &[&str] = &[
    "-t",
    "-m",
    "-f",
    "--repeat",
    "--repeat-delay",
    "-e",
    "--latency",
    "-C",
    "-E",
    "-F x",
    "-R",
    "-t a# -m x",
    "-t + -n",
    "-m x -f",
    "-m x -m y",
    "-n -n",
    "-l -s",
    "-s -l",
    "-f a -m",
    "--repeat 0",
    "--repeat -1",
    "--repeat x",
    "--repeat-delay -1",
    "--repeat-delay -0.1",
    "-t a -m x -i ''",
    "-t a -m x -P x",
    "-t a -n -c",
    "-t a -n -V 5 -c -x 5 -i ''",
    "-r -r -x",
    "-t a -n -D publish content-type a -D publish content-type b",
    "-t a -n -D publish topic-alias 1 -D publish topic-alias 1",
    "--will-retain -t a -n",
];

/// Arguments with bytes that are no characters, or characters that MQTT forbids.
const BYTES: &[(&str, &[&[u8]])] = &[
    ("mosquitto_sub", &[b"-t", b"\xff"]),
    ("mosquitto_sub", &[b"-t", b"a\x01"]),
    ("mosquitto_sub", &[b"-t", b"a\xc2\x9f"]),
    ("mosquitto_sub", &[b"-t", b"a\xef\xbf\xbf"]),
    ("mosquitto_sub", &[b"-T", b"\xff"]),
    ("mosquitto_sub", &[b"-U", b"\xff"]),
    ("mosquitto_sub", &[b"--will-topic", b"\xff"]),
    ("mosquitto_sub", &[b"-L", b"mqtt://a/\xff"]),
    ("mosquitto_sub", &[b"-t", b"a", b"-i", b"\xff"]),
    ("mosquitto_sub", &[b"-t", b"a", b"-u", b"\xff"]),
    ("mosquitto_sub", &[b"--\xff"]),
    ("mosquitto_sub", &[b"-V", b"\xff"]),
    ("mosquitto_sub", &[b"-D", b"connect", b"authentication-method", b"\xff"]),
    ("mosquitto_sub", &[b"-D", b"connect", b"user-property", b"\xff", b"a"]),
    ("mosquitto_sub", &[b"-D", b"publish", b"content-type", b"\xff"]),
    ("mosquitto_pub", &[b"-t", b"\xff"]),
    ("mosquitto_pub", &[b"-t", b"a", b"-n", b"-u", b"a\x01"]),
];

#[track_caller]
fn assert_same(tool: &str, args: &[OsString]) {
    assert_eq!(ours(tool, args), theirs(tool, args), "{tool} {args:?}");
}

fn words(line: &str) -> Vec<OsString> {
    line.split(' ').map(|word| if word == "''" { "" } else { word }.into()).collect()
}

#[test]
fn sub_complains_in_the_same_words() {
    for line in SUB {
        assert_same("mosquitto_sub", &words(line));
    }
}

#[test]
fn pub_complains_in_the_same_words() {
    for line in PUB {
        assert_same("mosquitto_pub", &words(line));
    }
}

/// As [`assert_same`], with ours following version 2.0.
#[track_caller]
fn assert_same_20(tool: &str, args: &[OsString]) {
    let ours = Outcome::of(start(ours_20(tool).args(args).stdin(Stdio::null())));
    assert_eq!(ours, theirs(tool, args), "{tool} {args:?}");
}

#[test]
fn version_2_0_complains_in_its_own_words() {
    for (tool, table) in [("mosquitto_sub", SUB), ("mosquitto_pub", PUB)] {
        for line in table {
            assert_same_20(tool, &words(line));
        }
    }
    for line in include_str!("usage_20.txt").lines().filter(|line| !line.starts_with('#')) {
        let (tool, args) = line.split_once(' ').unwrap_or((line, ""));
        let args = if args.is_empty() { Vec::new() } else { words(args) };
        assert_same_20(&format!("mosquitto_{tool}"), &args);
    }
}

#[test]
fn both_refuse_the_same_bytes() {
    for (tool, args) in BYTES {
        let args: Vec<_> = args.iter().map(|arg| OsStr::from_bytes(arg).to_owned()).collect();
        assert_same(tool, &args);
    }
}

/// The usage texts differ; that it is printed, where, and the exit code do not.
#[test]
fn usage_goes_to_the_same_place() {
    for (tool, line) in
        [("mosquitto_pub", "-n"), ("mosquitto_pub", "-t a"), ("mosquitto_sub", "--help")]
    {
        let (ours, theirs) = (ours(tool, &words(line)), theirs(tool, &words(line)));
        assert_eq!((ours.code, &ours.stderr), (theirs.code, &theirs.stderr), "{tool} {line}");
        for outcome in [ours, theirs] {
            let usage = String::from_utf8_lossy(&outcome.stdout).into_owned();
            assert!(usage.contains(&format!("Usage: {tool} ")), "{tool} {line}: {usage}");
        }
    }
}
