//! A simulator: the real broker, simulated clients and streams, virtual time, one seed.
//!
//! `world` moves bytes and time, `client` is what a program would send, `oracle` tells the fate of
//! each will a second time from plain facts. A failure names its seed; `SIM_SEED=n` runs that one
//! alone, `SIM_RUNS=n` runs so many.

mod checks;
mod client;
mod crash;
mod hand_in;
mod link;
mod oracle;
mod out;
mod restart;
mod rng;
mod world;

use std::collections::BTreeSet;
use std::panic;

use lastwill::time::Timestamp;

use world::World;

/// How many seeds a normal test run plays.
const RUNS: u64 = 40;

/// Plays one seed after the other, or the one that the environment names.
fn for_each_seed(play: impl Fn(u64) + panic::RefUnwindSafe) {
    if let Ok(seed) = std::env::var("SIM_SEED") {
        return play(seed.parse().expect("SIM_SEED is a number"));
    }
    let runs = std::env::var("SIM_RUNS").map_or(RUNS, |it| it.parse().expect("a number"));
    for seed in 0..runs {
        if let Err(failure) = panic::catch_unwind(|| play(seed)) {
            eprintln!("the simulation failed; repeat it with SIM_SEED={seed}");
            panic::resume_unwind(failure);
        }
    }
}

/// Clients come and go in every way for two minutes, then time runs until nothing is left to
/// happen: wills have the fate that the rules say, at their moment; every accepted message and
/// every published will arrived once and in order; what is retained is what came last.
#[test]
fn wills_messages_and_retained_are_as_the_rules_say() {
    for_each_seed(|seed| {
        let mut world = World::new(seed, 6);
        world.run_until(Timestamp::from_millis(120_000));
        world.retire_clients();
        world.run_until(Timestamp::from_millis(240_000));
        world.check_fates();
        world.check_deliveries();
        world.check_retained();
        world.check_nothing_is_left();
    });
}

/// A broker that keeps everything, and crashes six times while clients come and go.
fn crashing(seed: u64) -> World {
    let mut world = World::kept(seed, 6);
    for crash in 1..=6 {
        let millis = world.now.millis() + 5_000 + world.rng.below(20_000);
        world.run_until(Timestamp::from_millis(millis));
        world.crash(seed ^ crash);
    }
    world.run_until(world.now.plus_secs(20));
    world.retire_clients();
    world.run_until(world.now.plus_secs(200));
    world
}

/// Across crashes each will has the fate that the rules say, once, with delays that count from the
/// start after the crash (D10).
#[test]
fn wills_have_their_fate_across_crashes() {
    for_each_seed(|seed| crashing(seed).check_fates());
}

/// Crashes come to wills in every state.
#[test]
fn crashes_meet_wills() {
    let happened: BTreeSet<String> =
        (0..10).flat_map(|seed| crashing(seed).happened.into_keys()).collect();
    for what in ["Published Restart", "Published DelayOver", "Cancelled Resumed", "crash"] {
        assert!(happened.contains(what), "no {what} among {happened:?}");
    }
}

/// The broker stops while everything is under way: no will stays open.
#[test]
fn an_orderly_stop_settles_every_will() {
    for_each_seed(|seed| {
        let mut world = World::new(seed ^ 0x5709, 6);
        world.run_until(Timestamp::from_millis(20_000 + seed * 137));
        world.shut_down();
        world.check_fates();
        world.check_all_settled();
    });
}

/// The simulation comes to everything that it is meant to judge.
#[test]
fn everything_happens_sometimes() {
    let mut happened = BTreeSet::new();
    for seed in 0..20 {
        let mut world = World::new(seed, 6);
        world.run_until(Timestamp::from_millis(60_000));
        world.shut_down();
        happened.extend(world.happened.into_keys());
    }
    for what in [
        "Published Disconnect",
        "Published Lost",
        "Published KeepAlive",
        "Published Broken",
        "Published TakenOver",
        "Published CleanStart",
        "Published SessionExpired",
        "Published DelayOver",
        "Published Shutdown",
        "Cancelled Resumed",
        "Cancelled TakenOver",
        "Discarded Disconnect",
        "full",
        "run",
    ] {
        assert!(happened.contains(what), "no {what} among {happened:?}");
    }
}

/// The same seed gives the same run, effect by effect.
#[test]
fn a_seed_repeats_its_run() {
    let run = |seed| {
        let mut world = World::new(seed, 6);
        world.run_until(Timestamp::from_millis(60_000));
        world.digest()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}
