//! What processes cost: processor time and memory, as the system counts them in /proc.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use super::figures::{BenchError, Usage};

/// A tick of /proc/PID/stat: the system shows a hundredth of a second everywhere.
const TICK: Duration = Duration::from_millis(10);

/// A process, alone or with those that it started, watched during a round.
#[derive(Debug)]
pub(super) struct Watched {
    root: u32,
    /// Whether what the process has started counts, too.
    has_family: bool,
    /// Whoever counts, as last looked up: looking them up takes long.
    family: Vec<u32>,
    rss_before_bytes: u64,
    rss_peak_bytes: u64,
    /// The state at the start of the measurement.
    start: Sample,
}

/// The counters of some processes at one moment.
#[derive(Clone, Debug, Default)]
struct Sample {
    /// Nanoseconds that each thread was running.
    threads: HashMap<u32, u64>,
    /// User and system time of each process in ticks, threads that have ended included.
    ticks: HashMap<u32, u64>,
}

impl Watched {
    /// Begins to watch this program, without those that it has started: the broker may be one of
    /// them.
    pub(super) fn own() -> Watched {
        Watched::new(std::process::id(), false)
    }

    /// Begins to watch a process and those that it has started.
    ///
    /// # Errors
    /// There is no such process.
    pub(super) fn with_family(root: u32) -> Result<Watched, BenchError> {
        let missing = || BenchError::Plan(format!("there is no process {root} to measure"));
        stat(root).ok_or_else(missing)?;
        Ok(Watched::new(root, true))
    }

    fn new(root: u32, has_family: bool) -> Watched {
        let mut watched = Watched {
            root,
            has_family,
            family: Vec::new(),
            rss_before_bytes: 0,
            rss_peak_bytes: 0,
            start: Sample::default(),
        };
        watched.look_up();
        watched.look();
        watched.rss_before_bytes = watched.rss_peak_bytes;
        watched
    }

    /// Looks up who counts.
    fn look_up(&mut self) {
        self.family = if self.has_family { family(self.root) } else { vec![self.root] };
    }

    /// The measurement begins.
    pub(super) fn begin(&mut self) {
        self.look_up();
        self.start = Sample::take(&self.family);
    }

    /// Looks at the memory.
    pub(super) fn look(&mut self) {
        self.rss_peak_bytes = self.rss_peak_bytes.max(rss_bytes(&self.family));
    }

    /// What was used since the measurement began, `elapsed` ago.
    pub(super) fn end(&mut self, elapsed: Duration) -> Usage {
        self.look_up();
        let end = Sample::take(&self.family);
        let rss_after_bytes = rss_bytes(&self.family);
        self.rss_peak_bytes = self.rss_peak_bytes.max(rss_after_bytes);
        let (cpu, busiest) = end.since(&self.start);
        Usage {
            cpu,
            busiest: (busiest.as_secs_f64() / elapsed.as_secs_f64().max(1e-9)).min(1.0),
            rss_before_bytes: self.rss_before_bytes,
            rss_peak_bytes: self.rss_peak_bytes,
            rss_after_bytes,
        }
    }
}

impl Sample {
    fn take(family: &[u32]) -> Sample {
        let mut sample = Sample::default();
        for &process in family {
            if let Some(stat) = stat(process) {
                sample.ticks.insert(process, stat.ticks);
            }
            for thread in numbers_in(&format!("/proc/{process}/task")) {
                let path = format!("/proc/{process}/task/{thread}/schedstat");
                let running = fs::read_to_string(path).ok();
                let running = running.and_then(|text| text.split(' ').next()?.parse().ok());
                if let Some(nanos) = running {
                    sample.threads.insert(thread, nanos);
                }
            }
        }
        sample
    }

    /// Processor time of all since `start`, and that of the busiest thread.
    fn since(&self, start: &Sample) -> (Duration, Duration) {
        let grown = |now: &HashMap<u32, u64>, before: &HashMap<u32, u64>, id: &u32| {
            now[id].saturating_sub(before.get(id).copied().unwrap_or(0))
        };
        let threads = self.threads.keys().map(|id| grown(&self.threads, &start.threads, id));
        let threads: Vec<u64> = threads.collect();
        let fine = Duration::from_nanos(threads.iter().sum());
        let ticks = self.ticks.keys().map(|id| grown(&self.ticks, &start.ticks, id));
        let coarse = TICK * u32::try_from(ticks.sum::<u64>()).unwrap_or(u32::MAX);
        // Threads that have ended are in the coarse count only.
        let cpu = if coarse > fine + 2 * TICK { coarse } else { fine };
        let busiest = threads.into_iter().max().unwrap_or_default();
        (cpu, Duration::from_nanos(busiest))
    }
}

/// What /proc/PID/stat says.
struct Stat {
    parent: u32,
    ticks: u64,
}

fn stat(process: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name stands in parentheses and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Stat { parent: number(1)? as u32, ticks: number(11)? + number(12)? })
}

/// A process and everything below it.
fn family(root: u32) -> Vec<u32> {
    let all = numbers_in("/proc");
    let parents = all.iter().filter_map(|id| Some((*id, stat(*id)?.parent)));
    let parents: Vec<(u32, u32)> = parents.collect();
    let mut found = vec![root];
    let mut place = 0;
    while place < found.len() {
        let parent = found[place];
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        place += 1;
    }
    found
}

/// The numbers among the names in a folder.
fn numbers_in(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Resident memory of some processes.
fn rss_bytes(family: &[u32]) -> u64 {
    let of = |process: &u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    };
    family.iter().filter_map(of).sum()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_disturb() {
        let text = "12 (a) b (c)) S 7 1 1 0 -1 0 1 2 3 4 30 12 0 0 20 0 1 0 5 6 7";
        let stat = parse_stat(text).unwrap();
        assert_eq!((stat.parent, stat.ticks), (7, 42));
        assert!(parse_stat("12 (a S 7").is_none());
    }

    #[test]
    fn work_of_this_process_is_seen() {
        let mut watched = Watched::own();
        watched.begin();
        let mut sum = 0u64;
        let clock = crate::clock::Clock::new();
        while watched.end(Duration::from_secs(1)).cpu < Duration::from_millis(30) {
            sum = (0..100_000u64).fold(sum, |sum, number| sum.wrapping_mul(31) ^ number);
            assert!(clock.elapsed_nanos() < 60_000_000_000, "no processor time in a minute {sum}");
        }
        let usage = watched.end(Duration::from_secs(1));
        assert!(usage.rss_before_bytes > 0 && usage.rss_peak_bytes >= usage.rss_after_bytes);
        assert!(usage.busiest > 0.0);
    }

    #[test]
    fn a_process_that_is_not_there_is_named() {
        let error = Watched::with_family(u32::MAX).expect_err("no such process");
        assert!(error.to_string().contains("4294967295"));
    }

    /// A process that this one has started is the broker's cost, or nobody's; never the generator's.
    #[test]
    fn this_program_is_counted_without_what_it_has_started() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let mut own = Watched::own();
        own.begin();
        let mut all = Watched::with_family(std::process::id()).unwrap();
        all.begin();
        let is_counted = |watched: &Watched| watched.family.contains(&child.id());
        assert_eq!((is_counted(&own), is_counted(&all)), (false, true));
        assert!(own.start.ticks.len() == 1 && all.start.ticks.len() > 1);
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}
