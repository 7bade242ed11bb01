//! Measurements: a short form in every test run, so that they keep working; `BENCH=full` prints
//! figures that mean something, from a binary built with `--release`.

mod access;
mod store;

/// Whether figures are wanted, not only a run.
fn is_full() -> bool {
    std::env::var("BENCH").is_ok_and(|it| it == "full")
}
