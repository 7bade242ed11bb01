//! `--exec` and `--ready-fd`, as a shell script uses them.

use std::process::Command;

use crate::support::program::{Ended, Program};
use crate::support::{await_that, free_port, lastwill};

/// Runs a shell script that knows the program as `$L`.
fn shell(script: &str) -> Ended {
    Program::start_as_is(Command::new("sh").args(["-c", script]).env("L", lastwill())).end()
}

#[test]
fn a_command_finds_the_broker_and_decides_the_exit_code() {
    let script = r#""$L" broker --exec '
        test "$LASTWILL_URL" = "mqtt://$MQTT_HOST:$MQTT_PORT" || exit 9
        "$L" pub -h "$MQTT_HOST" -p "$MQTT_PORT" -t a -m hello -r || exit 8
        "$L" sub -L "$LASTWILL_URL/a" -C 1; exit 7'"#;
    let ended = shell(script);
    assert_eq!(
        (ended.code, ended.stdout),
        (Some(7), vec!["hello".to_owned()]),
        "{:?}",
        ended.stderr
    );
    assert!(ended.stderr.is_empty(), "no log of what goes well: {:?}", ended.stderr);
}

#[test]
fn the_url_says_what_is_spoken_there() {
    let folder = tempfile::tempdir().unwrap();
    let laboratory = folder.path().join("tls").display().to_string();
    let script = format!(
        r#""$L" broker --tls-self-signed {laboratory} --exec '
            echo "$LASTWILL_URL"; "$L" pub -L "$LASTWILL_URL/a" -m x -q 1'"#
    );
    let ended = shell(&script);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout[0].starts_with("mqtts://127.0.0.1:"), "{ended:?}");
    let file = folder.path().join("b.conf");
    let spoken = |listeners: &[&str]| {
        let block = |lines: &&str| {
            let port = free_port();
            format!("listener {port} 127.0.0.1\n{lines}\n")
        };
        let blocks: String = listeners.iter().map(block).collect();
        std::fs::write(&file, format!("allow_anonymous true\n{blocks}")).unwrap();
        let script = r#"echo "$LASTWILL_URL"; "$L" pub -L "$LASTWILL_URL/a" -m x -q 1"#;
        let script = format!(r#""$L" broker -c {} --exec '{script}'"#, file.display());
        let ended = shell(&script);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout[0].clone()
    };
    let web = "protocol websockets";
    assert!(spoken(&[web]).starts_with("ws://127.0.0.1:"));
    // What most clients understand comes first; behind a proxy nobody is reached directly.
    assert!(spoken(&[web, ""]).starts_with("mqtt://127.0.0.1:"));
    assert!(spoken(&["enable_proxy_protocol 1", web]).starts_with("ws://127.0.0.1:"));
}

#[test]
fn a_command_that_a_signal_ends_is_told_as_a_shell_tells_it() {
    assert_eq!(shell(r#""$L" broker --exec 'kill -9 $$'"#).code, Some(137));
    assert_eq!(shell(r#""$L" broker --exec 'no-such-command-anywhere'"#).code, Some(127));
    assert_eq!(shell(r#""$L" broker --exec ''"#).code, Some(0));
}

#[test]
fn signals_go_to_the_command_and_all_that_it_started() {
    let mut command = Command::new(lastwill());
    let script = "trap 'echo told; exit 5' TERM; echo up; sleep 1000 & wait";
    command.args(["broker", "--exec", script]);
    let program = Program::start_as_is(&mut command);
    program.stdout.line_with("up");
    program.signal("TERM");
    let ended = program.end();
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert_eq!(ended.stdout, ["up", "told"]);
}

#[test]
fn settings_hold_for_a_temporary_broker_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("b.conf");
    std::fs::write(&file, "max_keepalive 60\nlog_type all\n").unwrap();
    let script = format!(
        r#""$L" broker -c {} -p 0 --set max_packet_size=1000 --exec '
            "$L" pub -L "$LASTWILL_URL/a" -m x -q 0; echo $?
            head -c 2000 /dev/zero | tr "\0" x | "$L" pub -L "$LASTWILL_URL/a" -s -V 5; echo $?'"#,
        file.display()
    );
    let ended = shell(&script);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout[0], "0");
    assert_ne!(ended.stdout[1], "0", "{ended:?}");
    assert!(ended.stderr.iter().any(|line| line.contains("New client connected")), "log_type all");
    let wrong = shell(r#""$L" broker --set max_qos=7 --exec 'echo ran'"#);
    assert_eq!((wrong.code, wrong.stdout.len()), (Some(3), 0), "{:?}", wrong.stderr);
}

#[test]
fn a_descriptor_gets_one_line_and_is_closed() {
    // `cat` ends only when nobody holds the other end any more.
    let script = r#"exec 4>&1
        { "$L" broker -p 0 --ready-fd 3 3>&1 >&4 4>&- & echo $! >&4; } | cat | {
            read -r line; echo "$line"; read -r more || echo "end"; }"#;
    let mut command = Command::new("sh");
    let program = Program::start_as_is(command.args(["-c", script]).env("L", lastwill()));
    let line = program.stdout.line_with("ready");
    program.stdout.line_with("end");
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let pid = program.stdout.line_that("process id", |line| line.parse::<u32>().is_ok());
    assert_eq!(ready["pid"].to_string(), pid);
    let port = ready["listeners"][0]["port"].to_string();
    let sent = crate::support::program::run(&lastwill(), &["pub", "-p", &port, "-t", "a", "-n"]);
    assert_eq!(sent.code, Some(0));
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    await_that("the end of the broker", || !std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn a_descriptor_that_cannot_be_written_to_is_named() {
    for (fd, redirect) in [("3", "3>&-"), ("1", "")] {
        let ended = shell(&format!("\"$L\" broker -p 0 --ready-fd {fd} {redirect}"));
        assert_eq!(ended.code, Some(3), "{ended:?}");
        assert!(ended.stderr[0].starts_with(&format!("Error: --ready-fd {fd}: ")), "{ended:?}");
    }
}
