//! `lastwill check`: examine a broker.

mod junit;
mod options;
mod report;

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

pub use options::{CheckDraft, CheckOptions};

use crate::check::{Discovery, Outcome, Plan, Run, Unreachable, Verdict, discover};
use crate::cli::exit::Exit;

/// Examines the broker, or lists what would be examined.
pub fn run(options: &CheckOptions) -> Exit {
    let plan = Plan::new(&options.examination.only, &options.examination.versions);
    if options.examination.list {
        let list = match options.examination.json {
            true => report::list_json(&plan),
            false => report::list(&plan, report::width()),
        };
        return print(&list, Exit::Success);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(examine(options, &plan));
            runtime.shutdown_background();
            exit
        }
        Err(error) => complain(options, &format!("Error: {error}"), Exit::Failure),
    }
}

/// Prints data. A reader that has gone does not change how the program ends.
fn print(text: &str, exit: Exit) -> Exit {
    let _ = io::stdout().write_all(text.as_bytes());
    exit
}

fn complain(options: &CheckOptions, line: &str, exit: Exit) -> Exit {
    if !options.quiet {
        let _ = writeln!(io::stderr(), "{line}");
    }
    exit
}

async fn examine(options: &CheckOptions, plan: &Plan) -> Exit {
    let discovery = match discover(&options.target).await {
        Ok(discovery) => discovery,
        Err(why) => return refuse(options, &why),
    };
    let examination = &options.examination;
    let run =
        Run::new(options.target.clone(), discovery.clone(), examination.jobs, examination.timeout);
    let run = match run {
        Ok(run) => run,
        Err(why) => return complain(options, &format!("Error: {why}"), Exit::Failure),
    };
    let bar = progress(options, plan.rows.len());
    let outcomes = tokio::select! {
        outcomes = run.examine(plan, |outcome| step(bar.as_ref(), outcome)) => Some(outcomes),
        () = interrupted() => None,
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if let Err(why) = run.clean_up().await {
        let line = format!("Warning: something may be left below {}: {why}", run.prefix());
        complain(options, &line, Exit::Success);
    }
    match outcomes {
        Some(outcomes) => tell(options, &discovery, &outcomes),
        None => Exit::NotConnected,
    }
}

fn refuse(options: &CheckOptions, why: &Unreachable) -> Exit {
    let name = &options.name;
    match why {
        Unreachable::NoConnection(why) => complain(
            options,
            &format!("Error: {name} cannot be examined: no connection to {why}"),
            Exit::Failure,
        ),
        Unreachable::NoBroker(why) => complain(
            options,
            &format!("Error: {name} cannot be examined, it does not speak MQTT: {why}"),
            Exit::Failure,
        ),
        Unreachable::Refused(version, reason) => {
            let code = match version.is_v5() {
                true => *reason as u8,
                false => reason.connack_v3().unwrap_or(*reason as u8),
            };
            let hint = "; -u and -P give user name and password";
            let line = format!(
                "Error: {name} cannot be examined, it refuses connections: {reason} ({code}){hint}"
            );
            complain(options, &line, Exit::Refused(code))
        }
    }
}

/// A bar on a terminal.
fn progress(options: &CheckOptions, rows: usize) -> Option<ProgressBar> {
    if options.quiet || !io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new(rows as u64);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar.tick();
    Some(bar)
}

fn step(bar: Option<&ProgressBar>, outcome: &Outcome) {
    if let Some(bar) = bar {
        bar.inc(1);
        bar.set_message(outcome.planned.row.id);
    }
}

/// SIGINT or SIGTERM.
async fn interrupted() {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    match signals {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        _ => std::future::pending().await,
    }
}

/// Prints the results and judges them as a whole.
fn tell(options: &CheckOptions, discovery: &Discovery, outcomes: &[Outcome]) -> Exit {
    let examination = &options.examination;
    let text = match examination.json {
        true => report::json(outcomes),
        false => report::table(outcomes, report::width(), io::stdout().is_terminal()),
    };
    let exit = verdict(outcomes);
    print(&text, exit);
    let summary = report::summary(&options.name, discovery, outcomes);
    complain(options, &summary, exit);
    match &examination.junit {
        Some(path) => match std::fs::write(path, junit::document(&options.name, outcomes)) {
            Ok(()) => exit,
            Err(error) => {
                let line = format!("Error: {}: {error}", path.display());
                complain(options, &line, Exit::Failure)
            }
        },
        None => exit,
    }
}

fn verdict(outcomes: &[Outcome]) -> Exit {
    let has = |verdict| outcomes.iter().any(|outcome| outcome.found.verdict == verdict);
    if has(Verdict::Differs) {
        Exit::Differs
    } else if outcomes.iter().any(Outcome::is_unfinished) {
        Exit::TimedOut
    } else {
        Exit::Success
    }
}
