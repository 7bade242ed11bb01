//! Options of single filters, as the server sees them.

use super::scripted::{ACCEPT_V5, Scripted, Step, turns};
use crate::support::lastwill;
use crate::support::program;

fn sub(server: &Scripted, options: &[&str]) -> program::Ended {
    let base = ["sub", "-h", "127.0.0.1", "-p", &server.port];
    program::run(&lastwill(), &[&base[..], options].concat())
}

#[test]
fn filters_have_options_of_their_own_and_identifiers_packets_of_their_own() {
    let mut script = turns(&[ACCEPT_V5]);
    script.extend([Step::Read, Step::Read, Step::Send("90050001000187".to_owned())]);
    script.push(Step::Send("900400020000".to_owned()));
    let server = Scripted::start(script);
    let filters = ["-t", "a;qos=1;no-local", "-t", "c;id=7;retain-handling=2", "-t", "b;;x"];
    let ended = sub(&server, &[&filters[..], &["-E"]].concat());
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:?}");
    let seen = server.seen();
    assert_eq!(seen[1], "820d00010000016105000362".to_owned() + "3b7800");
    assert_eq!(seen[2], "82090002020b0700016320");
    assert_eq!(seen[3..], ["e000", "end"]);
}

#[test]
fn denied_is_what_no_packet_was_granted() {
    let mut script = turns(&[ACCEPT_V5]);
    script.extend([Step::Read, Step::Read, Step::Send("900400010087".to_owned())]);
    script.push(Step::Send("900400020087".to_owned()));
    let server = Scripted::start(script);
    let ended = sub(&server, &["-t", "a", "-t", "b;id=7"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, ["All subscription requests were denied."]);
    server.seen();
}

#[test]
fn an_option_that_does_not_exist_is_named() {
    let ended = program::run(&lastwill(), &["sub", "-t", "a;nolocal"]);
    assert_eq!(ended.code, Some(1));
    let start =
        "Error: Invalid option 'nolocal' in -t 'a;nolocal', there are: qos=0|1|2, no-local,";
    assert!(ended.stderr[0].starts_with(start), "{ended:?}");
    let low = program::run(&lastwill(), &["sub", "-t", "a;no-local", "-V", "311"]);
    assert_eq!(low.code, Some(1));
    assert!(low.stderr[0].contains("need MQTT 5"), "{low:?}");
}
