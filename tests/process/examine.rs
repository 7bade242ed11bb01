//! `lastwill check`: our broker against its own examiner, Debian's mosquitto against what is known
//! of it, and the command line.

use std::collections::BTreeSet;
use std::process::{Command, Output};
use std::thread;

use crate::interop::mosquitto::Mosquitto;
use crate::support::broker::Broker;
use crate::support::lastwill;
use crate::support::packet::{Connect, Version, Will};

/// Runs the examiner. It bounds its time itself.
fn check(port: &str, args: &[&str]) -> Output {
    let mut command = Command::new(lastwill());
    command.args(["check", "-p", port, "--timeout", "110s"]).args(args);
    command.output().unwrap()
}

/// The rows with a verdict, as `W01/5.0`.
fn rows(output: &Output, verdict: &str) -> BTreeSet<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let named = |row: &serde_json::Value| {
        format!("{}/{}", row["id"].as_str().unwrap(), row["version"].as_str().unwrap())
    };
    rows.filter(|row| row["verdict"] == verdict).map(|row| named(&row)).collect()
}

fn set(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Choices that our broker makes: each is a decision of ours that the standard allows.
const OUR_CHOICES: &str = "\
    W15/3.1.1 W15/5.0 W16/3.1.1 W16/5.0 W27/3.1 W27/3.1.1 W27/5.0 W33/5.0 \
    MQTT-1.5.5-1/3.1.1 MQTT-1.5.5-1/5.0";

/// What our broker with its defaults does not limit, so that there is nothing to refuse.
const OUR_LACKS: &str = "\
    W30/3.1.1 W30/5.0 W31/3.1.1 W31/5.0 W32/5.0 W74/5.0 W90/5.0";

#[test]
fn our_broker_differs_nowhere() {
    let broker = Broker::start();
    let output = check(&broker.port_text(), &["--json"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let bad: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("\"differs\"") || line.contains("\"not judged\""))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(rows(&output, "choice"), set(OUR_CHOICES));
    assert_eq!(rows(&output, "not supported"), set(OUR_LACKS));
    assert!(rows(&output, "pass").len() >= 300);
    // Nothing stays behind: no retained message, no session but that of whoever looks.
    let mut after = broker.client(Version::V4, "after");
    after.subscribe(Version::V4, "lastwill-check/#", 0);
    after.ping();
}

/// A broker that limits what ours leaves open has those rows judged.
#[test]
fn limits_are_found_and_judged() {
    let settings =
        ["retain_available=false", "max_qos=1", "max_keepalive=2", "max_packet_size=2000"];
    let sets: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
    let broker = Broker::start_with(&sets);
    let output =
        check(&broker.port_text(), &["--json", "--only", "W30,W31,W32,W74,W88,W90,W03", "-V", "5"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(rows(&output, "not supported"), set("W03/5.0"), "{output:?}");
    assert_eq!(rows(&output, "pass").len(), 6, "{output:?}");
}

/// Where Debian's mosquitto 2.0.11 differs, and why: see the table of the broker's README.
const MOSQUITTO_DIFFERS: &str = "\
    W34/5.0 W39/5.0 W53/5.0 W54/5.0 W81/3.1.1 W81/5.0 W84/3.1.1 W84/5.0 W85/3.1.1 W85/5.0 \
    W109/3.1 W109/3.1.1 W111/5.0 W112/5.0 W115/5.0 W116/5.0 W122/3.1.1 W122/5.0 W129/5.0 W133/5.0 \
    W139/5.0 W145/5.0 W146/5.0 W181/3.1.1 W181/5.0 MQTT-3.1.4-3/5.0 MQTT-3.3.4-6/5.0 \
    MQTT-2.1.3-1/3.1.1 MQTT-2.1.3-1/5.0 MQTT-3.8.3-4/5.0 MQTT-4.8.2-1/5.0";

/// It looks for silent clients every few seconds, so these come in time or do not.
const MOSQUITTO_BY_CHANCE: &str = "W70/3.1 W70/3.1.1 W70/5.0 W75/3.1.1 W75/5.0";

/// The rows of wills that wait run one after the other, so two brokers are examined side by side.
#[test]
fn what_differs_at_mosquitto_is_known() {
    let halves = ["W01-W139", "W140-W238,MQTT*"].map(|only| {
        thread::spawn(move || {
            let broker = Mosquitto::start();
            check(&broker.port, &["--json", "--only", only])
        })
    });
    let outputs = halves.map(|half| half.join().unwrap());
    let mut differs: BTreeSet<String> = BTreeSet::new();
    for output in &outputs {
        assert_eq!(output.status.code(), Some(30), "{output:?}");
        assert_eq!(rows(output, "not judged"), BTreeSet::new());
        differs.extend(rows(output, "differs"));
    }
    let by_chance = set(MOSQUITTO_BY_CHANCE);
    differs.retain(|row| !by_chance.contains(row));
    let expected = set(MOSQUITTO_DIFFERS);
    let new: Vec<_> = differs.difference(&expected).collect();
    let gone: Vec<_> = expected.difference(&differs).collect();
    assert!(new.is_empty() && gone.is_empty(), "new: {new:?}, gone: {gone:?}; {outputs:?}");
}

#[test]
fn nobody_there_and_nobody_let_in_have_codes_of_their_own() {
    let broker = Broker::start_with(&["--set", "allow_anonymous=false"]);
    let refused = check(&broker.port_text(), &["--only", "W01"]);
    assert_eq!(refused.status.code(), Some(135), "{refused:?}");
    let line = String::from_utf8(refused.stderr).unwrap();
    assert!(line.contains("refuses connections: Not authorized (135)"), "{line}");
    assert!(refused.stdout.is_empty());
    let port = broker.port_text();
    drop(broker);
    let nobody = check(&port, &["--only", "W01"]);
    assert_eq!(nobody.status.code(), Some(1), "{nobody:?}");
    let line = String::from_utf8(nobody.stderr).unwrap();
    assert!(line.starts_with(&format!("Error: localhost:{port} cannot be examined: ")), "{line}");
}

#[test]
fn results_are_a_table_or_junit_and_rows_are_listed() {
    let broker = Broker::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("result.xml");
    let port = broker.port_text();
    let output = check(&port, &["--only", "W01,W15", "--junit", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.starts_with("Row  MQTT   Verdict"), "{table}");
    let summary = String::from_utf8(output.stderr).unwrap();
    let wanted = format!("localhost:{port} (MQTT 3.1, 3.1.1, 5.0): 5 rows: 3 pass, 2 choice\n");
    assert_eq!(summary, wanted);
    let document = std::fs::read_to_string(&file).unwrap();
    assert!(document.contains("tests=\"5\" failures=\"0\""), "{document}");
    let wrong = check(&port, &["--only", "W01", "--junit", "/nowhere/result.xml"]);
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    let listed = check("1", &["--list", "--only", "W53"]);
    assert_eq!(listed.status.code(), Some(0));
    assert!(String::from_utf8(listed.stdout).unwrap().contains("W53  5.0"));
    let unknown = check("1", &["--only", "W999"]);
    assert_eq!(unknown.status.code(), Some(1));
    let line = String::from_utf8(unknown.stderr).unwrap();
    assert!(line.starts_with("Error: No row is named 'W999'"), "{line}");
}

#[test]
fn w223_no_payload_in_the_log() {
    let broker = Broker::start();
    let will = Some(Will::new("w/t", "hush-hush"));
    for version in [Version::V4, Version::V5] {
        broker.client_with(&Connect { version, id: "mortal", will, ..Connect::default() }).close();
        broker.program.stderr.line_with("will of 'mortal' published to 'w/t'");
    }
    let told = broker.program.stderr.so_far();
    assert!(!told.iter().any(|line| line.contains("hush")), "{told:?}");
}
