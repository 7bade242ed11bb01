//! What is measured: families of cases that differ in a number, and how their cost may grow with
//! it.

mod access;
mod clients;
mod codec;
mod messages;
mod retained;
mod router;
mod wills;

/// How the cost of one operation may grow from the smallest size of a family to any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Not at all: by half at most, since tables that outgrow a page are dearer to search.
    Constant,
    /// With the logarithm: each tenfold adds half of the cost of the smallest at most.
    Logarithmic,
}

impl Law {
    /// By how much the cost may be multiplied where the size is.
    pub fn factor_max(self, size_ratio: f64) -> f64 {
        match self {
            Law::Constant => 1.5,
            Law::Logarithmic => 1.5 + 0.5 * size_ratio.log10(),
        }
    }
}

/// A case, set up.
pub struct Prepared {
    /// How many operations one run has.
    pub operations: usize,
    /// Whether a second run does the same as the first.
    pub repeats: bool,
    /// What is measured.
    pub run: Box<dyn FnMut()>,
}

impl Prepared {
    /// A run that can be repeated.
    pub fn repeating(operations: usize, run: impl FnMut() + 'static) -> Self {
        Prepared { operations, repeats: true, run: Box::new(run) }
    }

    /// A run that uses up what was set up.
    pub fn once(operations: usize, run: impl FnMut() + 'static) -> Self {
        Prepared { operations, repeats: false, run: Box::new(run) }
    }
}

/// Cases that differ in a number only.
pub struct Family {
    /// What is measured, and what one operation is.
    pub name: String,
    /// How the cost may grow with the number.
    pub law: Law,
    /// The numbers of every run, ascending.
    pub sizes: &'static [usize],
    /// Further ones where time is no matter.
    pub large: &'static [usize],
    /// Sets a case up.
    pub prepare: Box<dyn Fn(usize) -> Prepared>,
}

impl Family {
    fn new(
        name: &str,
        law: Law,
        sizes: &'static [usize],
        large: &'static [usize],
        prepare: impl Fn(usize) -> Prepared + 'static,
    ) -> Family {
        Family { name: name.to_owned(), law, sizes, large, prepare: Box::new(prepare) }
    }

    /// The name of a case.
    pub fn case_name(&self, size: usize) -> String {
        match self.sizes.len() {
            1 => self.name.clone(),
            _ => format!("{}/{size}", self.name),
        }
    }
}

/// Everything that is measured.
pub fn all() -> Vec<Family> {
    [
        codec::families(),
        router::families(),
        retained::families(),
        messages::families(),
        clients::families(),
        wills::families(),
        access::families(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
