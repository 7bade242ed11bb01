//! Several rounds, brokers that take turns, and results as JSON and as a report.

use serde_json::Value;

use super::{bench, text};
use crate::support::broker::Broker;

#[test]
fn brokers_take_turns_and_every_round_is_told() {
    let (first, second) = (Broker::start(), Broker::start());
    let against = format!("mqtt://127.0.0.1:{}", second.port);
    let pids = [&first, &second].map(|broker| broker.program.pid().to_string());
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.html");
    let path = report.to_str().unwrap();
    let mut words = vec!["pairs", "-c", "2", "-n", "300", "-q", "1", "--rounds", "3", "--against"];
    words.extend([&*against, "--pid", &pids[0], "--against-pid", &pids[1], "--report", path]);
    let output = bench(first.port, &[&words[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["plan"]["workload"], "pairs");
    assert_eq!(
        (&found["plan"]["death"], &found["plan"]["has_wills"]),
        (&Value::Null, &false.into())
    );
    let brokers = found["brokers"].as_array().unwrap();
    assert_eq!(brokers.len(), 2, "{found}");
    for broker in brokers {
        let rounds = broker["rounds"].as_array().unwrap();
        assert_eq!(rounds.len(), 3, "{broker}");
        for round in rounds {
            assert_eq!((&round["delivered"], &round["lost"]), (&300.into(), &0.into()), "{round}");
            assert_eq!(round["latency_us"]["count"], 300, "{round}");
            let counts = round["deliveries_over_time"]["counts"].as_array().unwrap();
            assert_eq!(counts.iter().filter_map(Value::as_u64).sum::<u64>(), 300, "{round}");
        }
        assert!(broker["summary"]["broker_rss_bytes"]["median"].as_f64().unwrap() > 1e6);
    }
    let ratio = &found["ratios"][0]["ratios"]["deliveries_per_second"];
    let at = |name: &str| ratio[name].as_f64().unwrap();
    assert!(0.0 < at("min") && at("min") <= at("median") && at("median") <= at("max"), "{ratio}");

    let page = std::fs::read_to_string(&report).unwrap();
    for name in [&against, &format!("mqtt://127.0.0.1:{}", first.port)] {
        assert!(page.contains(name.trim_start_matches("mqtt://")), "{name}: {page}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(page.matches("<svg").count() >= 3, "latency, throughput, ratios: {page}");
    for outside in ["<script", "src=", "href=", "@import", "NaN", "inf"] {
        assert!(!page.contains(outside), "{outside}: {page}");
    }

    let table = bench(first.port, &words);
    let table = text(&table.stdout);
    assert!(table.contains("3 rounds, in turns") && table.contains("times "), "{table}");
}

#[test]
fn rounds_go_on_until_the_figure_is_stable_or_their_number_is_reached() {
    let broker = Broker::start();
    for (percent, least, most) in [("100", 3, 6), ("0.1", 3, 6)] {
        let words = ["fanin", "-c", "2", "-n", "200", "--rounds", "6", "--until-stable", percent];
        let output = bench(broker.port, &[&words[..], &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rounds = found["brokers"][0]["rounds"].as_array().unwrap().len();
        assert!((least..=most).contains(&rounds), "{percent}: {rounds}");
    }
}

#[test]
fn wrong_words_about_rounds_name_what_would_be_right() {
    let broker = Broker::start();
    let against = format!("mqtt://127.0.0.1:{}", broker.port);
    for (words, code, expected) in [
        (vec!["--until-stable", "0"], 1, "Error: --until-stable is 0.1 to 100 per cent, not 0.\n"),
        (
            vec!["--against", &against, "--against-pid", "1", "--against-pid", "2"],
            1,
            "Error: there are 2 --against-pid for 1 --against.\n",
        ),
        (vec!["--rounds", "0"], 1, "0 is not in 1..=100"),
        (vec!["--against", "mqtt://[::1]:{port}"], 1, "no port: {port} is for --url with --spawn"),
        (vec!["--against", "mqtt://127.0.0.1:0"], 1, "'mqtt://127.0.0.1:0' names no port"),
        (vec!["--warm-up", "5x"], 1, "or a number of messages, such as 1000n"),
        (vec!["--against", "mqtt://192.0.2.1"], 1, "is not on this machine; --remote"),
    ] {
        let output = bench(broker.port, &[&["fanin", "-n", "10"], &words[..]].concat());
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(text(&output.stderr).contains(expected), "{words:?}: {output:?}");
        assert_eq!(text(&output.stdout), "");
    }
    // Before anything is measured, as far as that can be told.
    let nowhere = ["fanin", "-n", "10", "--report", "/proc/none/report.html"];
    let output = bench(broker.port, &nowhere);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(text(&output.stderr), "Error: --report: there is no folder /proc/none.\n");
    assert_eq!(text(&output.stdout), "");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let output = bench(broker.port, &["fanin", "-n", "10", "--report", path]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = format!("Error: --report: {path} is a folder, not a file.\n");
    assert_eq!((text(&output.stderr), text(&output.stdout)), (told, String::new()));
    let output = bench(broker.port, &["fanin", "-n", "10", "--report", "/dev/full"]);
    assert_eq!(output.status.code(), Some(14), "{output:?}");
    assert!(text(&output.stderr).starts_with("Error: cannot write /dev/full: "), "{output:?}");
    assert!(text(&output.stdout).contains("10 of 10 in "), "{output:?}");
}

/// What the text says, the object says.
#[test]
fn the_object_has_what_the_text_has() {
    let broker = Broker::start();
    let pid = broker.program.pid().to_string();
    for (words, death, has_wills, counted) in [
        ("will-storm -c 10 -q 1 --death reset", Value::from("reset"), true, "wills"),
        ("idle -c 10 --will --duration 100ms", Value::Null, true, "connections"),
        ("fanin -n 100 -q 1", Value::Null, false, "deliveries"),
        ("subscribe -n 100", Value::Null, false, "subscriptions"),
    ] {
        let words =
            [&words.split(' ').collect::<Vec<_>>()[..], &["--json", "--pid", &pid]].concat();
        let output = bench(broker.port, &words);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let plan = &found["plan"];
        assert_eq!((&plan["death"], &plan["has_wills"]), (&death, &has_wills.into()), "{plan}");
        assert_eq!(plan["counted"], counted);
        let round = &found["brokers"][0]["rounds"][0];
        let rate = round["delivered"].as_f64().unwrap() / round["elapsed_s"].as_f64().unwrap();
        assert!((round["per_second"].as_f64().unwrap() / rate - 1.0).abs() < 1e-6, "{round}");
        for who in ["broker", "generator"] {
            assert!(round[who]["cpu_us_each"].is_number(), "{round}");
        }
        assert_eq!(round["connection_bytes"].is_u64(), words[0] == "idle", "{round}");
    }
}

/// The broker that is not there is named, since there are two.
#[test]
fn an_error_among_several_says_whose_it_is() {
    let broker = Broker::start();
    let words = ["fanin", "-n", "10", "--against", "mqtt://127.0.0.1:1"];
    let output = bench(broker.port, &words);
    assert_ne!(output.status.code(), Some(0), "{output:?}");
    let told = text(&output.stderr);
    assert!(told.starts_with("Error: no connection to 127.0.0.1:1: "), "{told}");
}
