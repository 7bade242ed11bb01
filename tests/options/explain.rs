//! `lastwill config explain`.

use super::lab::Folder;
use crate::support::{lastwill, program};

fn explain(args: &[&str]) -> program::Ended {
    program::run(&lastwill(), &[&["config", "explain"], args].concat())
}

/// The words of the line of an option.
fn words<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    let line = lines.iter().find(|line| line.trim_start().starts_with(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name}")).split_whitespace().collect()
}

const TEXT: &str = "\
# mine
max_keepalive 0x3C
listener 1883
maximum_qos 1
listener 1884 ::1
";

#[test]
fn every_option_is_there_with_its_origin() {
    let folder = Folder::with(TEXT);
    let ended = explain(&[folder.path(), "--set", "max_packet_size=2000"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let (lines, file) = (&ended.stdout, folder.path());
    let at = |line: u8| format!("{file}:{line}");
    assert_eq!(words(lines, "max_keepalive"), ["max_keepalive", "60", &at(2)]);
    assert_eq!(words(lines, "max_packet_size")[..3], ["max_packet_size", "2000", "--set"]);
    assert_eq!(words(lines, "allow_anonymous"), ["allow_anonymous", "false", "default"]);
    let first = lines.iter().position(|line| *line == format!("listener 1883 ({file}:3)")).unwrap();
    let second =
        lines.iter().position(|line| *line == format!("listener 1884 ::1 ({file}:5)")).unwrap();
    assert_eq!(words(&lines[first..second], "max_qos"), ["max_qos", "1", &at(4)]);
    assert_eq!(words(&lines[second..], "max_qos"), ["max_qos", "2", "default"]);
}

#[test]
fn what_is_implied_says_by_what() {
    let ended = explain(&["--compat", "mosquitto"]);
    let lines = &ended.stdout;
    let queued = ["max_queued_messages", "1000", "compat", "mosquitto"];
    assert_eq!(words(lines, "max_queued_messages"), queued);
    assert_eq!(words(lines, "allow_anonymous")[1..4], ["true", "local", "only:"]);
}

/// What two listeners really use, line by line, and the lines that say it.
const SECURITY: [(&str, [&str; 2], [&str; 2]); 2] = [
    (
        "allow_anonymous false\nacl_file /etc/a\nlistener 1\nlistener_allow_anonymous true\n\
         listener 2\nlistener_auto_id_prefix own-\n",
        [
            "allow_anonymous true 4 (listener_allow_anonymous)|acl_file /etc/a 2|\
             auto_id_prefix auto- default|password_file none default",
            "allow_anonymous false 1|acl_file /etc/a 2|\
             auto_id_prefix own- 6 (listener_auto_id_prefix)|password_file none default",
        ],
        ["allow_anonymous", "acl_file"],
    ),
    (
        "per_listener_settings true\nlistener 1\nallow_anonymous true\nacl_file /etc/a\n\
         listener 2\npassword_file /etc/p\n",
        [
            "allow_anonymous true 3|acl_file /etc/a 4|auto_id_prefix auto- default|\
             password_file none default",
            "allow_anonymous false default|acl_file none: everything is allowed default|\
             auto_id_prefix auto- default|password_file /etc/p 6",
        ],
        ["", ""],
    ),
];

#[test]
fn each_listener_says_who_may_come_in_there() {
    for (text, expected, of_broker) in SECURITY {
        let folder = Folder::with(text);
        let ended = explain(&[folder.path()]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let text = ended.stdout.join("\n").replace(&format!("{}:", folder.path()), "");
        let sections: Vec<&str> = text.split("\n\n").collect();
        for (section, expected) in sections[1..].iter().zip(expected) {
            let lines: Vec<String> = section
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            for line in expected.split('|') {
                assert!(lines.iter().any(|it| it == line), "{line}: {section}");
            }
        }
        for name in ["allow_anonymous", "acl_file"] {
            let is_there = sections[0].lines().any(|line| line.trim_start().starts_with(name));
            assert_eq!(is_there, of_broker.contains(&name), "{name}: {}", sections[0]);
        }
    }
}

#[test]
fn json_has_the_same() {
    let folder = Folder::with(TEXT);
    let ended = explain(&["--json", folder.path()]);
    let value: serde_json::Value = serde_json::from_str(&ended.stdout.join("")).unwrap();
    let keep_alive = &value["broker"]["max_keepalive"][0];
    assert_eq!(keep_alive["value"], "60");
    assert_eq!(keep_alive["origin"], format!("{}:2", folder.path()));
    assert_eq!(value["sections"][0]["title"], "listener 1883");
    assert_eq!(value["sections"][0]["options"]["max_qos"][0]["value"], "1");
}

#[test]
fn mistakes_are_told_as_the_broker_tells_them() {
    let folder = Folder::with("bogus 1\nmax_qos 7\n");
    let ended = explain(&[folder.path()]);
    assert_eq!((ended.code, ended.stdout.len()), (Some(3), 0));
    assert_eq!(ended.stderr, folder.run(&[]).stderr);
    assert_eq!(explain(&["--bogus"]).code, Some(1));
}

#[test]
fn help_options_lists_the_table() {
    let ended = program::run(&lastwill(), &["broker", "--help-options"]);
    assert_eq!(ended.code, Some(0));
    for row in lastwill::config::options::all() {
        let start = format!("  {} ", row.name);
        assert!(ended.stdout.iter().any(|line| line.starts_with(&start)), "{}", row.name);
    }
}

#[test]
fn the_environment_names_the_folder_of_the_store() {
    let folder = Folder::with("persistence_location /elsewhere\n");
    let mut command = std::process::Command::new(lastwill());
    command.args(["config", "explain", folder.path()]);
    command.env("MOSQUITTO_PERSISTENCE_LOCATION", "/from/outside");
    let ended = program::Program::start_command(&mut command).end();
    let expected = ["persistence_location", "/from/outside", "MOSQUITTO_PERSISTENCE_LOCATION"];
    assert_eq!(words(&ended.stdout, "persistence_location"), expected);
}
