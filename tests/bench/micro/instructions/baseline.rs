//! The committed baseline: what every case has cost, and by which compiler.
//!
//! Only what the compiler decides is compared: instructions of the program itself, and how often it
//! asks for memory. Processor and C library of the machine do not matter. With the compiler that the
//! baseline was made with, a case may be a tenth worse. Another compiler makes other code: costs are
//! then divided by their median ratio to the baseline, and a case may be half worse.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lastwill_micro::cases::Family;

use crate::Measured;

/// How much worse a case may be.
const WORSE_MAX: f64 = 1.10;
/// The same where another compiler made the baseline.
const OTHER_WORSE_MAX: f64 = 1.50;
/// Allocations are compared from this many per operation on: fewer are a table that grew.
const ALLOCATIONS_SLACK: f64 = 0.02;

/// The command that renews the baseline.
const RENEW: &str = "cargo run --profile micro -p lastwill-micro -- --renew";

/// Who made the machine code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toolchain(String);

impl Toolchain {
    /// The compiler in use, and for what it makes code.
    pub fn present() -> Result<Self, String> {
        let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
        let output = Command::new(&compiler)
            .arg("--version")
            .output()
            .map_err(|error| format!("{compiler}: {error}"))?;
        let version = String::from_utf8_lossy(&output.stdout);
        let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        Ok(Toolchain(format!("{}, {}, {profile}", version.trim(), std::env::consts::ARCH)))
    }
}

/// What a case has cost per operation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    instructions: f64,
    allocations: f64,
}

/// What every case has cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    toolchain: Toolchain,
    costs: BTreeMap<String, Cost>,
}

/// What the comparison says.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What nobody has to mend.
    pub notes: Vec<String>,
    /// What has become worse.
    pub complaints: Vec<String>,
}

/// Where the baseline is.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../baseline.txt")
}

impl Baseline {
    /// What was measured, without the large cases.
    pub fn of(toolchain: Toolchain, measured: &[Measured], families: &[Family]) -> Self {
        let small = measured.iter().filter(|it| families[it.family].sizes.contains(&it.size));
        let costs = small.map(|it| {
            let (instructions, allocations) = (it.counts.own, it.counts.allocations);
            (it.name.clone(), Cost { instructions, allocations })
        });
        Baseline { toolchain, costs: costs.collect() }
    }

    /// Reads it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}. To write it: {RENEW}", path.display()))?;
        Baseline::parse(&text)
            .map_err(|line| format!("{}: not understood: {line:?}. Anew: {RENEW}", path.display()))
    }

    /// Writes it.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        fs::write(path, self.text()).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The line that is not understood is the error.
    fn parse(text: &str) -> Result<Self, String> {
        let mut baseline = Baseline::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(toolchain) = line.strip_prefix("# by ") {
                baseline.toolchain = Toolchain(toolchain.to_owned());
            }
            if line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [name, instructions, allocations] = fields[..] else { return Err(line.to_owned()) };
            let (Ok(instructions), Ok(allocations)) = (instructions.parse(), allocations.parse())
            else {
                return Err(line.to_owned());
            };
            baseline.costs.insert(name.to_owned(), Cost { instructions, allocations });
        }
        Ok(baseline)
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# Instructions and allocations of one operation, each case. Anew: {RENEW}\n# by {}\n",
            self.toolchain.0
        );
        for (name, cost) in &self.costs {
            let Cost { instructions, allocations } = cost;
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:<34} {instructions:>12.2} {allocations:>9.3}");
        }
        text
    }

    /// Compares. `is_whole` says that all cases were measured.
    pub fn judge(&self, toolchain: &Toolchain, measured: &[Measured], is_whole: bool) -> Verdict {
        let mut verdict = Verdict::default();
        let known = || measured.iter().filter_map(|it| Some((it, self.costs.get(&it.name)?)));
        let (mut scale, mut worse_max) = (1.0, WORSE_MAX);
        if *toolchain != self.toolchain {
            scale = median(known().map(|(it, cost)| it.counts.own / cost.instructions).collect());
            worse_max = OTHER_WORSE_MAX;
            verdict.notes.push(format!(
                "the baseline was made by {}, this is {}: costs are divided by {scale:.3}, their \
                 median ratio, and a case may be {worse_max} times as dear. To compare closely: \
                 {RENEW}",
                self.toolchain.0, toolchain.0
            ));
        }
        for (case, before) in known() {
            let (name, counts) = (&case.name, &case.counts);
            let ratio = counts.own / before.instructions / scale;
            let instructions = format!(
                "{name}: {:.1} instructions, {:.1} in the baseline, {ratio:.2} times",
                counts.own, before.instructions
            );
            if ratio > worse_max {
                verdict.complaints.push(instructions);
            } else if ratio < 1.0 / worse_max {
                verdict.notes.push(format!("better: {instructions}; to hold it: {RENEW}"));
            }
            if counts.allocations > before.allocations * worse_max + ALLOCATIONS_SLACK {
                verdict.complaints.push(format!(
                    "{name}: {:.2} allocations, {:.2} in the baseline",
                    counts.allocations, before.allocations
                ));
            }
        }
        if is_whole {
            self.judge_names(measured, &mut verdict);
        }
        verdict
    }

    /// A baseline without the cases that there are is no baseline.
    fn judge_names(&self, measured: &[Measured], verdict: &mut Verdict) {
        if self.costs.is_empty() {
            verdict.complaints.push(format!("the baseline is empty: {RENEW}"));
        }
        for name in self.costs.keys().filter(|name| !measured.iter().any(|it| it.name == **name)) {
            verdict.complaints.push(format!("{name} is in the baseline only: {RENEW}"));
        }
        let smallest = measured.chunk_by(|one, next| one.family == next.family);
        for case in smallest.map(|group| &group[0]) {
            if !self.costs.contains_key(&case.name) {
                verdict.complaints.push(format!("{} is not in the baseline: {RENEW}", case.name));
            }
        }
    }
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_unstable_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callgrind::Counts;

    fn measured(costs: &[(f64, f64)]) -> Vec<Measured> {
        let case = |(family, (own, allocations)): (usize, &(f64, f64))| {
            let counts = Counts { own: *own, all: *own, allocations: *allocations };
            Measured { name: format!("case-{family}"), family, size: 1, counts }
        };
        costs.iter().enumerate().map(case).collect()
    }

    fn baseline() -> Baseline {
        let text = "# by this\ncase-0 100 0\ncase-1 200 1.5\ncase-2 300 0\n";
        Baseline::parse(text).expect("it is a baseline")
    }

    fn complaints(by: &str, costs: &[(f64, f64)]) -> Vec<String> {
        baseline().judge(&Toolchain(by.to_owned()), &measured(costs), true).complaints
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let before = baseline();
        assert_eq!(Baseline::parse(&before.text()), Ok(before));
        assert_eq!(Baseline::parse("case-0 100\n"), Err("case-0 100".to_owned()));
        assert_eq!(Baseline::parse("case-0 x 1\n"), Err("case-0 x 1".to_owned()));
    }

    #[test]
    fn more_than_a_tenth_is_worse() {
        let same = [(100.0, 0.0), (200.0, 1.5), (300.0, 0.0)];
        assert_eq!(complaints("this", &same), [""; 0]);
        assert_eq!(complaints("this", &[(110.0, 0.0), (219.0, 1.6), (1.0, 0.0)]), [""; 0]);
        let found = complaints("this", &[(111.0, 0.0), (200.0, 2.5), (300.0, 0.0)]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("case-0:") && found[1].starts_with("case-1:"));
    }

    #[test]
    fn another_compiler_is_no_reason_to_fail_and_no_excuse() {
        let slower = [(120.0, 0.0), (250.0, 1.5), (330.0, 0.0)];
        assert_eq!(complaints("that", &slower), [""; 0]);
        let found = complaints("that", &[(120.0, 0.0), (240.0, 1.5), (3_000.0, 0.0)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("case-2:"));
    }

    #[test]
    fn cases_and_baseline_belong_together() {
        let found = complaints("this", &[(100.0, 0.0), (200.0, 1.5)]);
        assert_eq!(found.len(), 1, "{found:?}");
        let more = [(100.0, 0.0), (200.0, 1.5), (300.0, 0.0), (1.0, 0.0)];
        assert_eq!(complaints("this", &more).len(), 1);
        let (empty, toolchain) = (Baseline::default(), Toolchain::default());
        assert!(!empty.judge(&toolchain, &measured(&more), true).complaints.is_empty());
    }
}
