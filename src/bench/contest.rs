//! Several rounds, and several brokers that take turns in them: what one of them suffers from the
//! machine, the others suffer too.

use super::figures::{BenchError, Figures};
use super::plan::{Plan, Target};
use super::round::round;
use super::stats::{Spread, ratio};
use super::watch::Watch;

/// Most rounds.
pub const ROUNDS_MAX: usize = 100;
/// Rounds before which nothing counts as stable.
const ROUNDS_STABLE_MIN: usize = 3;

/// How many rounds there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounds {
    /// At most so many.
    pub max: usize,
    /// Ends earlier when the figure is stable: the middle half of the rounds of each broker differs
    /// by no more than this part of its median.
    pub until_stable: Option<f64>,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Deliveries per second.
    Rate,
    /// The broker's processor time for one delivery, in microseconds.
    BrokerCpu,
    /// The generator's processor time for one delivery, in microseconds.
    GeneratorCpu,
    /// The latency that half of the deliveries stay below, in microseconds.
    P50,
    /// The latency that 99 of 100 deliveries stay below, in microseconds.
    P99,
    /// The broker's resident memory at the end, in bytes.
    Memory,
}

impl Figure {
    /// Its value in one round; `None` where it was not measured.
    pub fn of(self, figures: &Figures) -> Option<f64> {
        let micros = |quantile| figures.latency.value_at_quantile(quantile) as f64 / 1000.0;
        let has_latency = !figures.latency.is_empty();
        match self {
            Figure::Rate => Some(figures.rate()),
            Figure::BrokerCpu => Some(figures.micros_per_delivery(figures.broker.as_ref()?)),
            Figure::GeneratorCpu => Some(figures.micros_per_delivery(&figures.generator)),
            Figure::P50 => has_latency.then(|| micros(0.5)),
            Figure::P99 => has_latency.then(|| micros(0.99)),
            Figure::Memory => Some(figures.broker.as_ref()?.rss_after_bytes as f64),
        }
    }

    /// Whether more of it is better.
    pub const fn is_better_high(self) -> bool {
        matches!(self, Figure::Rate)
    }
}

/// All rounds of one broker.
#[derive(Clone, Debug)]
pub struct Entry {
    /// How reports name the broker.
    pub name: String,
    /// What each round found, in order.
    pub rounds: Vec<Figures>,
}

impl Entry {
    /// The values of a figure, one for each round; `None` where it was not measured.
    pub fn values(&self, figure: Figure) -> Option<Vec<f64>> {
        let values: Option<Vec<f64>> =
            self.rounds.iter().map(|figures| figure.of(figures)).collect();
        values.filter(|values| !values.is_empty())
    }

    /// A figure over all rounds.
    pub fn spread(&self, figure: Figure) -> Option<Spread> {
        Spread::of(self.values(figure)?)
    }

    /// How often a figure of this broker goes into the one of `other`, round by round.
    pub fn ratio(&self, other: &Entry, figure: Figure) -> Option<Spread> {
        ratio(&self.values(figure)?, &other.values(figure)?)
    }
}

/// Rounds in which the brokers take turns, each beginning with another one. `begins` is told the
/// number of each turn and how many there are at most.
///
/// When the watch ends it, what is whole counts; a round that was cut short only where there is no
/// other.
///
/// # Errors
/// The first round that has no figures, with the name of its broker where there are several.
pub fn contest(
    plan: &Plan,
    targets: &[Target],
    rounds: Rounds,
    watch: &Watch,
    mut begins: impl FnMut(usize, usize),
) -> Result<Vec<Entry>, BenchError> {
    let entry = |target: &Target| Entry { name: target.name.clone(), rounds: Vec::new() };
    let mut entries: Vec<Entry> = targets.iter().map(entry).collect();
    let count = targets.len();
    for number in 0..rounds.max {
        for turn in 0..count {
            begins(number * count + turn, rounds.max * count);
            let place = (number + turn) % count;
            let has_whole = entries.iter().any(|entry| !entry.rounds.is_empty());
            match round(plan, &targets[place], watch) {
                Ok(figures) if figures.is_partial && has_whole => {}
                Ok(figures) => entries[place].rounds.push(figures),
                // What it says is that it was ended.
                Err(_) if watch.is_stopped() && has_whole => {}
                Err(error) => return Err(named(error, &targets[place], count)),
            }
            if watch.is_stopped() {
                return Ok(entries);
            }
        }
        if rounds.until_stable.is_some_and(|bound| is_stable(&entries, bound)) {
            break;
        }
    }
    Ok(entries)
}

/// Among several brokers an error says whose it is.
fn named(error: BenchError, target: &Target, count: usize) -> BenchError {
    let is_named = count == 1 || error.to_string().contains(&target.name);
    if is_named { error } else { error.map(|why| format!("{}: {why}", target.name)) }
}

/// Whether the broker's cost, or the rate where that is not known, has settled for everybody.
fn is_stable(entries: &[Entry], bound: f64) -> bool {
    entries.iter().all(|entry| {
        let spread = entry.spread(Figure::BrokerCpu).or_else(|| entry.spread(Figure::Rate));
        entry.rounds.len() >= ROUNDS_STABLE_MIN
            && spread.is_some_and(|spread| spread.relative() <= bound)
    })
}
