//! `lastwill bench`: measure a broker.

mod args;
mod report;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::bench::{self, BenchError, Figures, Watch};
use crate::cli::errors::print_clap;
use crate::cli::exit::Exit;
use crate::cli::signals::{self, Signals};

use args::Options;
pub use args::command;

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(100);

/// Does what the words behind `bench` ask for.
pub fn run(words: &[OsString]) -> Exit {
    let name = OsString::from("lastwill bench");
    let matches = match command().try_get_matches_from([&name].into_iter().chain(words)) {
        Ok(matches) => matches,
        Err(error) => return print_clap(&error, Exit::Failure),
    };
    let options = match Options::read(&matches) {
        Ok(options) => options,
        Err(why) => return complain(&why, Exit::Failure),
    };
    match measure(&options) {
        Ok(figures) => tell(&options, &figures),
        Err(error) => complain(&error.to_string(), exit_of(&error)),
    }
}

fn complain(why: &str, exit: Exit) -> Exit {
    let _ = writeln!(io::stderr(), "Error: {why}.");
    exit
}

const fn exit_of(error: &BenchError) -> Exit {
    match error {
        BenchError::Plan(_) => Exit::Failure,
        BenchError::Unreachable(_) => Exit::Unreachable,
        BenchError::Refused(code, _) => Exit::Refused(*code),
        BenchError::Lost(_) => Exit::ConnectionLost,
        BenchError::Protocol(_) => Exit::Protocol,
        BenchError::System(_) => Exit::System,
    }
}

/// Runs one round, with a bar on a terminal. A signal ends it: what there is then is printed.
fn measure(options: &Options) -> Result<Figures, BenchError> {
    let system = |error: io::Error| BenchError::System(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(system)?.block_on(async {
        let mut signals = Some(Signals::new().map_err(system)?);
        let watch = Arc::new(Watch::default());
        let (plan, target) = (options.plan.clone(), options.target.clone());
        let seen = Arc::clone(&watch);
        let mut round = tokio::task::spawn_blocking(move || bench::round(&plan, &target, &seen));
        let bar = bar();
        let figures = loop {
            tokio::select! {
                figures = &mut round => break figures,
                () = signals::next(&mut signals) => watch.stop(),
                () = tokio::time::sleep(STEP) => step(bar.as_ref(), &watch),
            }
        };
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        figures.map_err(|error| BenchError::System(error.to_string()))?
    })
}

fn bar() -> Option<ProgressBar> {
    if !io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent} % {elapsed}") {
        bar.set_style(style);
    }
    Some(bar)
}

fn step(bar: Option<&ProgressBar>, watch: &Watch) {
    if let Some(bar) = bar {
        let (done, total) = watch.progress();
        bar.set_length(total);
        bar.set_position(done);
    }
}

/// Prints what was found. A reader that has gone does not change how the program ends.
fn tell(options: &Options, figures: &Figures) -> Exit {
    let _ = io::stdout().write_all(report::text(&options.plan, figures).as_bytes());
    let broken = figures.broken(options.plan.qos);
    if broken.is_empty() || figures.is_partial {
        return Exit::Success;
    }
    let qos = options.plan.qos as u8;
    let why =
        format!("{} broke the promise of QoS {qos}: {}", options.target.name, broken.join(", "));
    complain(&why, Exit::PromiseBroken)
}
