//! Connections that have become quiet, which the server keeps without a task: nobody can tell.

use super::*;
use crate::support::await_that;
use crate::support::packet::{frame, publish};

const V4: Version = Version::V4;
const V5: Version = Version::V5;

/// Waits until so many connections are parked.
fn await_parked(server: &Server, count: usize) {
    await_that(&format!("{count} parked connections"), || server.stats().parked == count);
}

/// Clients with a will that are parked; those that were there before make `others`.
fn parked_mortals<const N: usize>(server: &Server, others: usize, ids: [&str; N]) -> [Raw; N] {
    let mortals = ids.map(|id| mortal(server, id));
    await_parked(server, others + N);
    mortals
}

#[test]
fn a_parked_client_gets_what_is_sent_to_it_and_stays_parked() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut readers = ["a", "b", "c"].map(|id| client(&server, id));
        for reader in &mut readers {
            reader.subscribe(V4, "t/#", 1);
        }
        await_parked(&server, 3);
        let mut writer = client(&server, "writer");
        for n in 0..100 {
            writer.send(&publish(V4, "t/x", &n.to_string(), 0, 0));
        }
        writer.ping();
        for reader in &mut readers {
            for n in 0..100 {
                reader.expect_message(V4, "t/x", &n.to_string());
            }
        }
        assert!(server.stats().parked >= 3);
        writer.send(&publish(V4, "t/y", "once", 2, 7));
        writer.expect_hex("40 02 00 07");
        for reader in &mut readers {
            reader.expect(&publish(V4, "t/y", "once", 2, 1));
            reader.send_hex("40 02 00 01");
        }
        await_parked(&server, 4);
        assert_eq!(server.stats().backlog_bytes, 0);
    }
}

#[test]
fn what_a_parked_client_says_now_and_then_needs_no_task() {
    let server = start(&[]);
    let mut reader = client(&server, "reader");
    reader.subscribe(V4, "t", 0);
    let mut quiet = client(&server, "quiet");
    await_parked(&server, 2);
    quiet.send(&publish(V4, "t", "a word", 0, 0));
    reader.expect_message(V4, "t", "a word");
    assert_eq!(server.stats().parked, 2);
    // Whoever says more has a task, until it is quiet again.
    await_that("a task for it", || {
        quiet.ping();
        server.stats().parked == 1
    });
    await_parked(&server, 2);
}

#[test]
fn a_packet_in_pieces_is_put_together_across_the_parking() {
    let server = start(&[]);
    let mut reader = client(&server, "reader");
    reader.subscribe(V4, "t", 0);
    let mut slow = client(&server, "slow");
    await_parked(&server, 2);
    let packet = publish(V4, "t", &"x".repeat(300), 0, 0);
    for (n, piece) in packet.chunks(100).enumerate() {
        slow.send(piece);
        if n == 0 {
            await_parked(&server, 1);
        }
    }
    reader.expect_message(V4, "t", &"x".repeat(300));
    await_parked(&server, 2);
    // More than one read takes, while it is parked.
    let many: Vec<u8> = (0..40).flat_map(|_| publish(V4, "t", &"y".repeat(9000), 0, 0)).collect();
    slow.send(&many);
    slow.ping();
    for _ in 0..40 {
        reader.expect_message(V4, "t", &"y".repeat(9000));
    }
}

#[test]
fn however_a_parked_client_ends_its_will_is_published() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "will/+");
        let ids = ["fin", "rst", "half", "twice", "broken"];
        let [fin, rst, mut half, mut twice, mut broken] = parked_mortals(&server, 1, ids);
        fin.close();
        watcher.expect_message(V4, "will/fin", "gone");
        rst.reset();
        watcher.expect_message(V4, "will/rst", "gone");
        half.shut_down();
        watcher.expect_message(V4, "will/half", "gone");
        half.expect_closed();
        twice.send(&mortal_connect("twice", "will/twice").bytes());
        watcher.expect_message(V4, "will/twice", "gone");
        twice.expect_closed();
        broken.send_hex("F0 00");
        watcher.expect_message(V4, "will/broken", "gone");
        broken.expect_closed();
        await_parked(&server, 1);
        await_that("the end of all others", || server.stats().connections == 1);
    }
}

#[test]
fn a_parked_client_that_says_goodbye_or_something_before_its_end_is_heard() {
    let server = start(&[]);
    let mut watcher = watcher(&server, "#");
    let [mut polite, mut last, mut owed] = parked_mortals(&server, 1, ["polite", "last", "owed"]);
    polite.send_hex("E0 00");
    polite.expect_closed();
    last.send(&publish(V4, "word", "last", 0, 0));
    last.close();
    watcher.expect_message(V4, "word", "last");
    watcher.expect_message(V4, "will/last", "gone");
    owed.subscribe(V4, "echo", 0);
    watcher.ping();
    await_parked(&server, 2);
    owed.send(&publish(V4, "echo", "back", 0, 0));
    owed.shut_down();
    owed.expect_message(V4, "echo", "back");
    owed.expect_closed();
    watcher.expect_message(V4, "echo", "back");
    watcher.expect_message(V4, "will/owed", "gone");
    // Nothing of the polite one.
    watcher.ping();
}

#[test]
fn a_parked_client_is_taken_over_after_what_it_said() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut watcher = watcher(&server, "will/+");
        let [mut old, mut leaving] = parked_mortals(&server, 1, ["old", "leaving"]);
        let mut new = mortal(&server, "old");
        old.expect_closed();
        watcher.expect_message(V4, "will/old", "gone");
        // A DISCONNECT that has arrived before the CONNECT counts.
        leaving.send_hex("E0 00");
        let mut again = mortal(&server, "leaving");
        leaving.expect_closed();
        watcher.ping();
        again.ping();
        new.ping();
    }
}

#[test]
fn the_keep_alive_of_a_parked_client_runs_on() {
    let server = start(&[]);
    let mut watcher = watcher(&server, "will/+");
    let version = V5;
    let will = Some(Will::new("will/mute", "gone"));
    let connect_mute =
        Connect { version, id: "mute", keep_alive_secs: 2, will, ..Connect::default() };
    let since = std::time::Instant::now();
    let mut mute = connect(&server, &connect_mute);
    await_parked(&server, 2);
    watcher.expect_message(V4, "will/mute", "gone");
    let waited = since.elapsed().as_millis();
    assert!((3000..4500).contains(&waited), "after {waited} ms");
    mute.expect_kicked(V5, 0x8D);
    await_connections(&server, &mut watcher, 1);
}

#[test]
fn parked_clients_are_disconnected_by_reload_and_stop() {
    for threads in THREADS {
        let server = start(&[threads]);
        let connect_v5 = |id| Connect { version: V5, id, ..Connect::default() };
        let mut revoked = ["a", "b"].map(|id| connect(&server, &connect_v5(id)));
        await_parked(&server, 2);
        server.reload(&config(&[threads, "allow_anonymous=false"])).unwrap();
        for revoked in &mut revoked {
            revoked.expect_kicked(V5, 0x87);
        }
        server.reload(&config(&[threads])).unwrap();
        let mut watcher = connect(&server, &connect_v5("watcher"));
        watcher.subscribe(V5, "will/+", 0);
        let [mut mortal] = parked_mortals(&server, 1, ["m"]);
        server.shutdown();
        watcher.expect_message(V5, "will/m", "gone");
        watcher.expect_kicked(V5, 0x8B);
        mortal.expect_closed();
        server.wait().unwrap();
    }
}

#[test]
fn a_parked_client_that_reads_slowly_gets_everything() {
    for threads in THREADS {
        let server = start(&[threads]);
        let mut slow = client(&server, "slow");
        slow.subscribe(V4, "t", 1);
        await_parked(&server, 1);
        let mut writer = client(&server, "writer");
        let payload = "x".repeat(1_000_000);
        for n in 1..=20 {
            writer.send(&publish(V4, "t", &payload, 2, n));
            writer.expect_hex(&format!("40 02 00 {n:02X}"));
        }
        await_that("a task for it", || server.stats().parked == 0);
        for n in 1..=20 {
            slow.expect(&publish(V4, "t", &payload, 2, n));
            slow.send_hex(&format!("40 02 00 {n:02X}"));
        }
        await_parked(&server, 2);
        assert_eq!(server.stats().backlog_bytes, 0);
    }
}

#[test]
fn topic_aliases_outlast_the_parking() {
    let server = start(&[]);
    let mut reader = client(&server, "reader");
    reader.subscribe(V4, "t", 0);
    let mut writer = connect(&server, &Connect { version: V5, id: "w", ..Connect::default() });
    let by_alias = |topic: &[u8], payload: &[u8]| {
        let length = [0, topic.len() as u8];
        frame(0x30, &[&length[..], topic, &[3, 0x23, 0, 1], payload].concat())
    };
    for n in 0..3 {
        writer.send(&by_alias(if n == 0 { b"t" } else { b"" }, b"x"));
        reader.expect_message(V4, "t", "x");
        await_parked(&server, 2);
    }
}

#[test]
fn places_of_parked_clients_are_free_when_they_have_ended() {
    let server = start(&["global_max_connections=3"]);
    let parked = parked_mortals(&server, 0, ["a", "b", "c"]);
    dial(&server).expect_closed();
    drop(parked);
    // What has ended is found out before anybody is sent away.
    let mut again = ["d", "e", "f"].map(|id| client(&server, id));
    again.iter_mut().for_each(Raw::ping);
    await_that("the end of the old ones", || server.stats().connections == 3);
    await_parked(&server, 3);
}
