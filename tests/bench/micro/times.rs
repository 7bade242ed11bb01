//! The same cases in time: `cargo bench -p lastwill-micro`, for figures with their spread. A word
//! behind it measures only the cases with that word in their name; `MICRO=full` takes the large
//! ones too.

use criterion::{BatchSize, Criterion};

use lastwill_micro::cases::{self, Family, Prepared};

fn main() {
    let is_full = std::env::var("MICRO").is_ok_and(|it| it == "full");
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    for family in cases::all() {
        let large = if is_full { family.large } else { &[] };
        for size in family.sizes.iter().chain(large) {
            measure(&mut criterion, &family, *size);
        }
    }
    criterion.final_summary();
}

/// Times of whole runs: `operations` says how many operations each has.
fn measure(criterion: &mut Criterion, family: &Family, size: usize) {
    let name = family.case_name(size);
    let mut group = criterion.benchmark_group("micro");
    group.bench_function(name, |bencher| {
        let Prepared { repeats, run, .. } = (family.prepare)(size);
        if repeats {
            return bencher.iter(run);
        }
        let run = |mut prepared: Prepared| {
            (prepared.run)();
            // What is left is taken down behind the measurement.
            prepared
        };
        bencher.iter_batched(|| (family.prepare)(size), run, BatchSize::PerIteration);
    });
    group.finish();
}
