//! What a broker does wrong is counted exactly, whatever the workload, and is an error where it had
//! promised otherwise.

use std::process::Command;
use std::thread;

use super::faulty::{Fault, Faulty};
use super::{bench, text};
use crate::support::lastwill;

#[test]
fn broken_promises_are_counted_and_told() {
    for (fault, qos, counted, code) in [
        (Fault::Drops, "0", "10 lost, 0 doubled, 0 reordered", 0),
        (Fault::Drops, "1", "10 lost, 0 doubled, 0 reordered", 31),
        (Fault::Drops, "2", "10 lost, 0 doubled, 0 reordered", 31),
        (Fault::Doubles, "0", "0 lost, 10 doubled, 0 reordered", 31),
        (Fault::Doubles, "1", "0 lost, 10 doubled, 0 reordered", 0),
        (Fault::Doubles, "2", "0 lost, 10 doubled, 0 reordered", 31),
        (Fault::Swaps, "0", "0 lost, 0 doubled, 10 reordered", 31),
        (Fault::Swaps, "1", "0 lost, 0 doubled, 10 reordered", 31),
        (Fault::Swaps, "2", "0 lost, 0 doubled, 10 reordered", 31),
    ] {
        let faulty = Faulty::start(fault);
        let words = ["fanin", "-c", "1", "-n", "100", "--warm-up", "0", "-q", qos];
        let output = bench(faulty.port, &words);
        let out = text(&output.stdout);
        assert!(out.contains(counted), "{fault:?} at QoS {qos}: {output:?}");
        assert_eq!(output.status.code(), Some(code), "{fault:?} at QoS {qos}: {output:?}");
        let told = format!("Error: 127.0.0.1:{} broke the promise of QoS {qos}: 10 ", faulty.port);
        assert_eq!(text(&output.stderr).starts_with(&told), code != 0, "{output:?}");
    }
}

/// Every tenth of 40 goes wrong: four messages, for three receivers twelve deliveries.
#[test]
fn every_workload_counts_what_goes_wrong() {
    let lost = |count: u32| format!("{count} lost, 0 doubled, 0 reordered");
    let doubled = |count: u32| format!("0 lost, {count} doubled, 0 reordered");
    let reordered = |count: u32| format!("0 lost, 0 doubled, {count} reordered");
    let cases = [
        ("fanout -c 3 -q 1 -V 5", Fault::Drops, lost(12), 31),
        ("fanout -c 3 -q 2 -V 5", Fault::Doubles, doubled(12), 31),
        ("fanout -c 3 -q 0", Fault::Swaps, reordered(12), 31),
        ("pairs -c 2 -q 2 -V 5", Fault::Drops, lost(4), 31),
        ("pairs -c 2 -q 0 -V 5", Fault::Doubles, doubled(4), 31),
        ("latency -c 2 -q 1 --rate 500", Fault::Drops, lost(4), 31),
        ("offline -q 1", Fault::Drops, lost(4), 31),
        ("offline -q 2 -V 5 -c 3", Fault::Doubles, doubled(12), 31),
        ("offline -q 1 -V 5", Fault::Swaps, reordered(4), 31),
        ("retained -q 1 -c 3", Fault::Drops, lost(12), 31),
        ("retained -q 2 -V 5", Fault::Doubles, doubled(4), 31),
        ("retained -q 0", Fault::Swaps, lost(0), 0),
    ];
    assert_each(&cases.map(|(words, fault, counted, code)| {
        (format!("{words} -n 40 --warm-up 0"), fault, counted, code)
    }));
}

/// What nobody has sent is no delivery, and no gap.
#[test]
fn what_was_invented_ends_every_workload() {
    for words in [
        "fanin -c 1 -q 0",
        "fanout -c 2 -q 1 -V 5",
        "pairs -c 1 -q 2",
        "retained -q 0",
        "offline -q 1 -V 5",
        "will-storm -c 40 -q 0",
    ] {
        let faulty = Faulty::start(Fault::Invents);
        let words = match words.starts_with("will-storm") {
            true => words.to_owned(),
            false => format!("{words} -n 40 --warm-up 0"),
        };
        let output = bench(faulty.port, &words.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(2), "{words}: {output:?}");
        assert_eq!(text(&output.stdout), "");
        assert!(text(&output.stderr).contains("nobody of this run has sent"), "{output:?}");
    }
}

#[test]
fn clients_whose_silence_goes_unnoticed_for_hours_are_not_waited_for() {
    let faulty = Faulty::start(Fault::Drops);
    let words = ["will-storm", "-c", "3", "-V", "5", "--death", "silent"];
    let output = bench(faulty.port, &words);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("sets a Keep Alive of 65535 s"), "{output:?}");
}

/// The scripted broker looks at the first filter only.
#[test]
fn a_suback_that_is_too_short_breaks_the_protocol() {
    let faulty = Faulty::start(Fault::Drops);
    let output = bench(faulty.port, &["subscribe", "-n", "40"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = "Error: SUBACK does not answer all of 40 filters.\n";
    assert!(text(&output.stderr).ends_with(&told[7..]), "{output:?}");
}

#[test]
fn one_acknowledgement_that_does_not_come_is_one() {
    for qos in ["1", "2"] {
        let faulty = Faulty::start(Fault::Forgets);
        let words =
            ["fanin", "-c", "1", "-n", "60", "--warm-up", "0", "--window", "100", "-q", qos];
        let output = bench(faulty.port, &words);
        assert_eq!(output.status.code(), Some(31), "{output:?}");
        assert!(text(&output.stdout).contains("0 reordered, 1 not acknowledged\n"), "{output:?}");
    }
}

/// Of the 110 messages of warm-up and measurement eleven are lost; the first of them warms up.
#[test]
fn what_goes_wrong_in_the_warm_up_counts() {
    let lost = "11 lost, 0 doubled, 0 reordered".to_owned();
    let doubled = "0 lost, 11 doubled, 0 reordered".to_owned();
    let words = "pairs -c 1 -n 100 -q 2".to_owned();
    assert_each(&[(words.clone(), Fault::Drops, lost, 31), (words, Fault::Doubles, doubled, 31)]);
}

#[test]
fn what_comes_again_when_everything_is_there_counts() {
    let doubled = "0 lost, 1 doubled, 0 reordered".to_owned();
    let of = |words: &str| (words.to_owned(), Fault::Repeats, doubled.clone(), 31);
    assert_each(&[
        of("fanin -c 1 -n 40 --warm-up 0 -q 0"),
        of("pairs -c 1 -n 40 --warm-up 0 -q 2 -V 5"),
        of("will-storm -c 40 -q 1"),
    ]);
}

/// A will has to come, and to come once, whatever its QoS.
#[test]
fn wills_that_are_lost_or_doubled_are_an_error_at_every_qos() {
    let lost = "4 lost, 0 doubled, 0 reordered".to_owned();
    let doubled = "0 lost, 4 doubled, 0 reordered".to_owned();
    let mut cases = Vec::new();
    for (qos, version, death) in [(0, 5, "close"), (1, 311, "reset"), (2, 5, "close")] {
        let words = format!("will-storm -c 40 -q {qos} -V {version} --death {death}");
        cases.push((words.clone(), Fault::Drops, lost.clone(), 31));
        cases.push((words, Fault::Doubles, doubled.clone(), 31));
    }
    assert_each(&cases);
}

/// Runs them side by side: what is lost is waited for.
fn assert_each(cases: &[(String, Fault, String, i32)]) {
    thread::scope(|scope| {
        for (words, fault, counted, code) in cases {
            scope.spawn(move || {
                let faulty = Faulty::start(*fault);
                let output = bench(faulty.port, &words.split(' ').collect::<Vec<_>>());
                assert_eq!(output.status.code(), Some(*code), "{words}, {fault:?}: {output:?}");
                let out = text(&output.stdout);
                assert!(out.contains(counted), "{words}, {fault:?}: {counted}: {output:?}");
                let error = text(&output.stderr);
                assert_eq!(error.contains("broke the promise of "), *code == 31, "{output:?}");
            });
        }
    });
}

#[test]
fn layers_do_not_hide_what_goes_wrong() {
    for (fault, qos, counted) in [
        (Fault::Drops, "1", "10 lost, 0 doubled, 0 reordered"),
        (Fault::Doubles, "2", "0 lost, 10 doubled, 0 reordered"),
        (Fault::Swaps, "0", "0 lost, 0 doubled, 10 reordered"),
    ] {
        let faulty = Faulty::start_behind_tls(fault);
        let url = format!("mqtts://localhost:{}", faulty.port);
        let words = ["bench", "fanin", "-c", "1", "-n", "100", "--warm-up", "0", "-V", "5"];
        let more = ["-q", qos, "--insecure", "--url", &url];
        let output = Command::new(lastwill()).args(words).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(31), "{fault:?}: {output:?}");
        assert!(text(&output.stdout).contains(counted), "{fault:?}: {output:?}");
    }
}

#[test]
fn a_broker_that_dies_in_the_middle_is_named() {
    let faulty = Faulty::start(Fault::Dies);
    let output = bench(faulty.port, &["fanin", "-c", "1", "-n", "100", "--warm-up", "0"]);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    let error = text(&output.stderr);
    assert!(error.starts_with("Error: the ") && error.contains("connection of "), "{error}");
}
