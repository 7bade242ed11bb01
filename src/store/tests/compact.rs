//! A compaction that ends at any moment loses nothing, and neither does one without room.

use crate::broker::change::Change;
use crate::store::tests::disk::{Disk, Kept, Model, content, made, open};
use crate::store::tests::message;
use crate::store::{Batch, Journal};

/// A store most of which is free, with what is left in it.
fn sparse(seed: u64) -> (Disk, Kept, Model) {
    let (disk, mut records) = made(seed);
    let (mut journal, mut model) = (Journal::default(), Model::new());
    for round in 0..8 {
        for number in 0..40 {
            let topic = format!("t/{round}/{number}");
            let size = disk.images().below(3000) as usize;
            let payload = "x".repeat(size);
            let message = message(&topic, payload.as_bytes());
            let change = Change::Retained { message: &message, expires_at: None, publisher: None };
            journal.record(&change);
            model.insert(topic, payload);
        }
        records.commit(&journal.take(Batch::default())).unwrap();
        // What comes and goes within the log never gets into the file.
        records.settled().unwrap();
    }
    let gone: Vec<_> = model.keys().filter(|_| disk.images().below(10) > 0).cloned().collect();
    for topic in gone {
        journal.record(&Change::RetainedGone { topic: &topic });
        model.remove(&topic);
    }
    records.commit(&journal.take(Batch::default())).unwrap();
    records.close().unwrap();
    (disk, records, model)
}

#[test]
fn a_loss_of_power_at_any_step_of_a_compaction_loses_nothing() {
    let mut losses = 0;
    for seed in 0..30 {
        let (disk, mut records, model) = sparse(seed);
        let before = disk.images().size();
        for _ in 0..4 {
            let fuse = disk.images().below(60);
            disk.images().fuse = Some(fuse);
            if records.compact().is_ok() {
                break;
            }
            losses += 1;
            drop(records);
            disk.images().lose_power();
            records = open(&disk);
            assert!(content(&mut records) == model, "seed {seed}");
        }
        disk.images().fuse = None;
        records.compact().unwrap();
        assert!(content(&mut records) == model, "seed {seed}");
        let after = disk.images().size();
        assert!(after < before / 2, "seed {seed}: {before} to {after}");
        drop(records);
        disk.images().lose_power();
        assert!(content(&mut open(&disk)) == model, "seed {seed}");
    }
    assert!(losses > 25, "{losses}");
}

#[test]
fn a_compaction_needs_no_room_and_one_that_fails_loses_nothing() {
    for seed in 0..20 {
        let (disk, mut records, model) = sparse(seed);
        {
            let mut images = disk.images();
            images.capacity = images.size();
            images.is_failing = seed % 2 == 1;
        }
        let done = records.compact();
        assert_eq!(done.is_err(), seed % 2 == 1, "seed {seed}: {done:?}");
        if done.is_err() {
            drop(records);
            disk.images().is_failing = false;
            records = open(&disk);
        }
        assert!(content(&mut records) == model, "seed {seed}");
    }
}
