//! The options about rounds, about other brokers that take turns, and about how results are given.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, ValueHint, value_parser};

use crate::bench::{ROUNDS_MAX, Rounds};

/// Rounds where several brokers take turns and nothing is said.
const ROUNDS_IN_TURNS: usize = 5;
/// Rounds at most, where the figure is to become stable and nothing is said.
const ROUNDS_UNTIL_STABLE: usize = 30;
/// Most brokers beside the first one.
const OTHERS_MAX: usize = 8;

/// The options as clap knows them.
pub(super) fn arguments() -> Vec<Arg> {
    let valued = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(value).help(help)
    };
    let all = vec![
        valued("rounds", "COUNT", "Measure so often [default: 1; 5 with --against]")
            .value_parser(value_parser!(u64).range(1..=ROUNDS_MAX as u64)),
        valued(
            "until-stable",
            "PERCENT",
            "Measure until the middle half of the rounds differs by no more than this",
        )
        .value_parser(value_parser!(f64)),
        valued("against", "URL", "Another broker that takes turns with the first; repeatable")
            .action(ArgAction::Append),
        valued("against-pid", "PID", "The process of each of these, in their order; 0 is unknown")
            .value_parser(value_parser!(u32))
            .requires("against")
            .action(ArgAction::Append),
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print one JSON object with every round instead of text"),
        valued("report", "FILE", "Write a report with plots: HTML that needs no other file")
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::FilePath),
    ];
    all.into_iter().map(|arg| arg.help_heading("Rounds and results")).collect()
}

/// What they mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Turns {
    /// How often is measured.
    pub rounds: Rounds,
    /// URL and process of the other brokers.
    pub against: Vec<(String, Option<u32>)>,
    /// JSON on standard output.
    pub is_json: bool,
    /// Where the report goes.
    pub report: Option<PathBuf>,
}

impl Turns {
    /// Reads what clap has understood.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub(super) fn read(matches: &ArgMatches) -> Result<Turns, String> {
        let urls: Vec<String> =
            matches.get_many("against").into_iter().flatten().cloned().collect();
        let pids: Vec<u32> =
            matches.get_many("against-pid").into_iter().flatten().copied().collect();
        if urls.len() > OTHERS_MAX {
            return Err(format!("--against can be given {OTHERS_MAX} times, not {}", urls.len()));
        }
        if pids.len() > urls.len() {
            let (pids, urls) = (pids.len(), urls.len());
            return Err(format!("there are {pids} --against-pid for {urls} --against"));
        }
        let until_stable = matches.get_one::<f64>("until-stable").copied();
        if let Some(percent) = until_stable.filter(|percent| !(0.1..=100.0).contains(percent)) {
            return Err(format!("--until-stable is 0.1 to 100 per cent, not {percent}"));
        }
        let report: Option<PathBuf> = matches.get_one("report").cloned();
        let folder = report.as_ref().and_then(|path| path.parent());
        if let Some(folder) = folder.filter(|it| !it.as_os_str().is_empty() && !it.is_dir()) {
            return Err(format!("--report: there is no folder {}", folder.display()));
        }
        if let Some(path) = report.as_ref().filter(|path| path.is_dir()) {
            return Err(format!("--report: {} is a folder, not a file", path.display()));
        }
        let default = match (until_stable, urls.is_empty()) {
            (Some(_), _) => ROUNDS_UNTIL_STABLE,
            (None, false) => ROUNDS_IN_TURNS,
            (None, true) => 1,
        };
        let max = matches.get_one::<u64>("rounds").map_or(default, |count| *count as usize);
        let pids = pids.into_iter().map(|pid| Some(pid).filter(|pid| *pid != 0));
        let pids = pids.chain(std::iter::repeat(None));
        Ok(Turns {
            rounds: Rounds { max, until_stable: until_stable.map(|percent| percent / 100.0) },
            against: urls.into_iter().zip(pids).collect(),
            is_json: matches.get_flag("json"),
            report,
        })
    }
}
