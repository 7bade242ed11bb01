//! How far a store is that takes long to open: a bar on a terminal.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::Clock;
use crate::store::{Progress, Watch};

/// What is over sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// A bar that comes when it takes long, and goes with [`Bar::end`].
#[derive(Clone, Debug)]
pub struct Bar {
    clock: Clock,
    shown: Arc<Mutex<Shown>>,
}

#[derive(Debug, Default)]
struct Shown {
    bar: Option<ProgressBar>,
    /// What the bar is made for at present.
    template: &'static str,
    is_over: bool,
}

impl Bar {
    /// One for standard error, if that is a terminal.
    pub fn for_terminal() -> Option<Bar> {
        let bar = || Bar { clock: Clock::new(), shown: Arc::default() };
        io::stderr().is_terminal().then(bar)
    }

    /// What tells it.
    pub fn watch(&self) -> Watch {
        let own = self.clone();
        Arc::new(move |progress| own.show(progress))
    }

    fn show(&self, progress: Progress) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = u128::from(self.clock.elapsed_nanos()) < PATIENCE.as_nanos();
        if shown.is_over || is_early {
            return;
        }
        let (template, done, total) = match progress {
            Progress::Checking(done, total) => {
                ("Checking the store {wide_bar} {bytes}/{total_bytes}", done, total)
            }
            Progress::Reading(done, total) => {
                ("Reading the store {wide_bar} {human_pos}/{human_len} records", done, total)
            }
            Progress::Compacting => ("Compacting the store {spinner} {elapsed}", 0, 0),
        };
        let is_other = std::mem::replace(&mut shown.template, template) != template;
        let bar = shown.bar.get_or_insert_with(|| ProgressBar::new(0));
        if is_other && let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_length(total);
        bar.set_position(done);
    }

    /// Takes the bar away. What is still told is not shown.
    pub fn end(self) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.is_over = true;
        if let Some(bar) = shown.bar.take() {
            bar.finish_and_clear();
        }
    }
}
