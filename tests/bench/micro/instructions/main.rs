//! Instructions and allocations of every case, as valgrind's callgrind counts them: figures that do
//! not depend on what else the machine does.
//!
//! `instructions` measures the small cases and compares them with `tests/bench/baseline.txt`;
//! `--full` takes the large ones too, `--renew` writes the baseline anew, and a word measures only
//! the cases with that word in their name. Ends with 1 when a case has become worse, or grows faster
//! than its law allows. `../README.md` says what is compared.

mod baseline;
mod callgrind;
mod growth;

use std::env;
use std::hint::black_box;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lastwill_micro::cases::{self, Family, Prepared};

use baseline::{Baseline, Toolchain};
use callgrind::Counts;

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    is_full: bool,
    renews: bool,
    /// The case to run under valgrind: this process is the one that is measured.
    case: Option<String>,
    word: Option<String>,
}

/// A case that was measured.
#[derive(Clone, Debug)]
struct Measured {
    name: String,
    /// Index of its family.
    family: usize,
    size: usize,
    /// Per operation.
    counts: Counts,
}

fn main() -> ExitCode {
    let asked = match asked(env::args().skip(1)) {
        Ok(asked) => asked,
        Err(message) => return fail(&message),
    };
    let families = cases::all();
    if let Some(name) = &asked.case {
        return run_case(&families, name);
    }
    match measure_and_judge(&families, &asked) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("Error: {message}");
    ExitCode::from(2)
}

fn asked(words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--full" => asked.is_full = true,
            "--renew" => asked.renews = true,
            "--case" => asked.case = Some(words.next().ok_or("--case needs a name")?),
            other if other.starts_with('-') => {
                return Err(format!(
                    "unknown option {other}: there are --full, --renew, --case NAME"
                ));
            }
            _ => asked.word = Some(word),
        }
    }
    match (&asked.word, asked.renews) {
        (Some(_), true) => Err("--renew takes all cases, not some".to_owned()),
        _ => Ok(asked),
    }
}

/// This process is the one that valgrind watches.
fn run_case(families: &[Family], name: &str) -> ExitCode {
    let found = families.iter().find_map(|family| {
        let sizes = family.sizes.iter().chain(family.large);
        sizes.copied().find(|size| family.case_name(*size) == name).map(|size| (family, size))
    });
    let Some((family, size)) = found else { return fail(&format!("there is no case {name}")) };
    let Prepared { operations, repeats, mut run } = (family.prepare)(size);
    if repeats {
        // Memory that grows once has grown then.
        run();
    }
    instructions_of(&mut run);
    println!("{operations}");
    // What is left is not taken down piece by piece.
    std::mem::forget(run);
    ExitCode::SUCCESS
}

/// What callgrind counts: it knows this function by its name.
#[inline(never)]
fn instructions_of(run: &mut dyn FnMut()) {
    run();
    // Not the last thing, otherwise it is a jump.
    black_box(());
}

/// Whether everything is as good as it was, and grows as it may.
fn measure_and_judge(families: &[Family], asked: &Asked) -> Result<bool, String> {
    let toolchain = Toolchain::present()?;
    let path = baseline::path();
    let baseline = if asked.renews { Baseline::default() } else { Baseline::read(&path)? };
    let jobs = jobs(families, asked);
    if jobs.is_empty() {
        return Err(format!("no case has {:?} in its name", asked.word.as_deref().unwrap_or("")));
    }
    let measured = measure(families, &jobs)?;
    growth::print(families, &measured);
    let mut complaints = growth::judge(families, &measured);
    if asked.renews {
        Baseline::of(toolchain, &measured, families).write(&path)?;
        println!("\nwritten: {}", path.display());
    } else {
        let is_whole = asked.word.is_none();
        let verdict = baseline.judge(&toolchain, &measured, is_whole);
        verdict.notes.iter().for_each(|note| println!("{note}"));
        complaints.extend(verdict.complaints);
    }
    complaints.iter().for_each(|complaint| println!("WORSE {complaint}"));
    println!("{} cases, {} complaints", measured.len(), complaints.len());
    Ok(complaints.is_empty())
}

/// The cases that are asked for, as family and size; the large ones first, since they take longest.
fn jobs(families: &[Family], asked: &Asked) -> Vec<(usize, usize)> {
    let mut jobs = Vec::new();
    for (index, family) in families.iter().enumerate() {
        let large = if asked.is_full { family.large } else { &[] };
        for size in family.sizes.iter().chain(large) {
            let name = family.case_name(*size);
            if asked.word.as_ref().is_none_or(|word| name.contains(word)) {
                jobs.push((index, *size));
            }
        }
    }
    jobs.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    jobs
}

/// Runs the cases, one on each processor at a time; in the order of the families.
fn measure(families: &[Family], jobs: &[(usize, usize)]) -> Result<Vec<Measured>, String> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let scratch = tempdir()?;
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let names: Vec<String> =
        jobs.iter().map(|(family, size)| families[*family].case_name(*size)).collect();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(name), Some((family, size))) = (names.get(job), jobs.get(job)) else {
                        return;
                    };
                    let counted = callgrind::count(name, &scratch.join(format!("{job}.out")));
                    let measured = counted.map(|counts| {
                        let (family, size) = (*family, *size);
                        Measured { name: name.clone(), family, size, counts }
                    });
                    let Ok(mut done) = done.lock() else { return };
                    done.push(measured);
                    progress(done.len(), jobs.len());
                }
            });
        }
    });
    let _ = std::fs::remove_dir_all(&scratch);
    let done = done.into_inner().map_err(|_| "a thread has failed")?;
    let mut measured = done.into_iter().collect::<Result<Vec<Measured>, String>>()?;
    measured.sort_by_key(|it| (it.family, it.size));
    Ok(measured)
}

fn progress(done: usize, all: usize) {
    if io::stderr().is_terminal() {
        eprint!("\r{done} of {all} cases");
        if done == all {
            eprintln!();
        }
        let _ = io::stderr().flush();
    }
}

/// A directory for what callgrind writes.
fn tempdir() -> Result<std::path::PathBuf, String> {
    let path = env::temp_dir().join(format!("lastwill-instructions-{}", std::process::id()));
    std::fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_understood() {
        let of = |text: &str| asked(text.split_whitespace().map(str::to_owned));
        assert_eq!(of(""), Ok(Asked::default()));
        assert_eq!(
            of("--full will"),
            Ok(Asked { is_full: true, word: Some("will".to_owned()), ..Asked::default() })
        );
        assert!(of("--renew will").is_err());
        assert!(of("--fast").is_err());
        assert!(of("--case").is_err());
    }

    #[test]
    fn no_two_cases_have_the_same_name() {
        let families = cases::all();
        let asked = Asked { is_full: true, ..Asked::default() };
        let jobs = jobs(&families, &asked);
        let names: std::collections::BTreeSet<String> =
            jobs.iter().map(|(family, size)| families[*family].case_name(*size)).collect();
        assert_eq!(names.len(), jobs.len());
    }
}
