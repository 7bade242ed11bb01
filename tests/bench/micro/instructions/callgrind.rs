//! Runs this program under callgrind and reads what it has counted.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What one operation costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Instructions of this program itself: the same on every machine.
    pub own: f64,
    /// Instructions, those of the C library included (memory, copies): the library chooses them by
    /// processor.
    pub all: f64,
    /// Calls that get memory.
    pub allocations: f64,
}

/// The functions of the C library that get memory.
const ALLOCATORS: [&str; 6] =
    ["malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign"];

/// Counts a case. `out` is where callgrind writes.
pub fn count(case: &str, out: &Path) -> Result<Counts, String> {
    let program = env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--compress-strings=no", "--compress-pos=no"])
        .arg("--dump-instr=yes")
        .args(["--toggle-collect=*instructions_of*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(&program)
        .args(["--case", case])
        // No symbol is looked up while it is counted.
        .env("LD_BIND_NOW", "1")
        .output()
        .map_err(|error| format!("valgrind: {error}. Is it installed?"))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let operations = stdout.trim().parse::<f64>();
    let (true, Ok(operations)) = (output.status.success(), operations) else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{case}: {}\n{stdout}{stderr}", output.status));
    };
    let text = fs::read_to_string(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let _ = fs::remove_file(out);
    let counts = parse(&text, &program.to_string_lossy());
    if counts.own == 0.0 {
        return Err(format!("{case}: callgrind has counted nothing"));
    }
    Ok(Counts {
        own: counts.own / operations,
        all: counts.all / operations,
        allocations: counts.allocations / operations,
    })
}

/// Adds up a file of callgrind. `program` is the object whose instructions are its own.
///
/// Callgrind goes on counting calls where it collects nothing, so an allocation is told by the first
/// instruction of a function that gets memory: it runs once for each.
fn parse(text: &str, program: &str) -> Counts {
    let mut counts = Counts::default();
    let (mut is_own, mut allocator) = (false, None);
    // By function: the lowest address, and how often it ran.
    let mut entries = BTreeMap::<&str, (u64, f64)>::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(object) = line.strip_prefix("ob=") {
            is_own = object == program;
        } else if let Some(function) = line.strip_prefix("fn=") {
            allocator = ALLOCATORS.into_iter().find(|it| *it == function);
        } else if line.starts_with("calls=") {
            // The line behind it is what the callee costs, which stands at the callee as well.
            lines.next();
        } else if let Some((address, cost)) = cost_of(line) {
            counts.all += cost;
            if is_own {
                counts.own += cost;
            }
            if let Some(allocator) = allocator {
                let entry = entries.entry(allocator).or_insert((address, 0.0));
                match address.cmp(&entry.0) {
                    Ordering::Less => *entry = (address, cost),
                    Ordering::Equal => entry.1 += cost,
                    Ordering::Greater => {}
                }
            }
        }
    }
    counts.allocations = entries.values().fold(0.0, |all, (_, runs)| all + runs);
    counts
}

/// A line of cost: address, line of the source, instructions.
fn cost_of(line: &str) -> Option<(u64, f64)> {
    let mut fields = line.strip_prefix("0x")?.split(' ');
    let address = u64::from_str_radix(fields.next()?, 16).ok()?;
    Some((address, fields.nth(1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_added_up() {
        let text = "version: 1\npositions: instr line\nevents: Ir\nsummary: 190\n\n\
            ob=/bin/program\nfl=a.rs\nfn=a\n0x10 10 30\ncfn=b\ncalls=2 0x20 20\n0x14 10 50\n\
            0x18 12 10\ncob=/lib/libc.so.6\ncfi=???\ncfn=malloc\ncalls=300 0x70 0\n\
            0x1c 13 100\n\nfn=b\n0x20 20 50\n\n\
            ob=/lib/libc.so.6\nfn=malloc\n0x74 0 57\n0x70 0 3\ncfn=other\ncalls=9 0x90 0\n\
            0x78 0 40\n\nfn=other\n0x90 0 40\n";
        let counts = parse(text, "/bin/program");
        assert_eq!(counts, Counts { own: 90.0, all: 190.0, allocations: 3.0 });
    }
}
