//! What several rounds say together: a middle and how far around it they lie.

/// A figure of several rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Half of the rounds lie above it, half below.
    pub median: f64,
    /// The lowest.
    pub min: f64,
    /// The highest.
    pub max: f64,
    /// A quarter of the rounds lie below it.
    pub low: f64,
    /// A quarter of the rounds lie above it.
    pub high: f64,
}

impl Spread {
    /// Of these values; `None` without any. What is no number counts as 0.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
        let number = |value: f64| if value.is_finite() { value } else { 0.0 };
        let mut sorted: Vec<f64> = values.into_iter().map(number).collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let at = |part: f64| quantile(&sorted, part);
        Some(Spread { median: at(0.5), min, max, low: at(0.25), high: at(0.75) })
    }

    /// How much the middle half of the rounds differs, as a part of the median; 0 where the median
    /// is 0.
    pub fn relative(&self) -> f64 {
        if self.median == 0.0 { 0.0 } else { (self.high - self.low) / self.median.abs() }
    }
}

/// Between the two neighbours, in proportion. `sorted` is not empty.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor())
}

/// How often each value of `others` goes into the one of the same round in `ours`: above 1 where
/// the others are higher. Rounds in which either is 0 do not count; `None` if that are all.
pub fn ratio(ours: &[f64], others: &[f64]) -> Option<Spread> {
    let pairs = ours.iter().zip(others).filter(|(ours, others)| **ours > 0.0 && **others > 0.0);
    Spread::of(pairs.map(|(ours, others)| others / ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_between_its_neighbours() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((spread.min, spread.low, spread.median), (1.0, 1.75, 2.5));
        assert_eq!((spread.high, spread.max), (3.25, 4.0));
        assert_eq!(spread.relative(), 0.6);
    }

    #[test]
    fn one_round_has_no_spread_and_none_has_no_figure() {
        let spread = Spread::of([7.0]).unwrap();
        assert_eq!((spread.median, spread.relative()), (7.0, 0.0));
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([0.0, 0.0]).unwrap().relative(), 0.0);
        assert_eq!(Spread::of([f64::NAN, f64::INFINITY]).unwrap().max, 0.0);
    }

    #[test]
    fn ratios_compare_rounds_that_were_side_by_side() {
        let spread = ratio(&[1.0, 2.0, 0.0], &[3.0, 8.0, 5.0]).unwrap();
        assert_eq!((spread.min, spread.max), (3.0, 4.0));
        assert_eq!(ratio(&[0.0], &[1.0]), None);
    }
}
