//! How costs grow with the size of a family: the table, and whether it is as the law says.

use lastwill_micro::cases::Family;

use crate::Measured;

/// Prints what every case costs; the growth beside the sizes of its family.
pub fn print(families: &[Family], measured: &[Measured]) {
    println!(
        "{:<34} {:>12} {:>12} {:>12} {:>8}  law",
        "one operation of", "instructions", "with libc", "allocations", "growth"
    );
    for group in measured.chunk_by(|one, next| one.family == next.family) {
        for case in group {
            let growth = case.counts.all / group[0].counts.all;
            let (growth, law) = match group.len() {
                1 => (String::new(), String::new()),
                _ => (format!("{growth:.2}"), format!("{:?}", families[case.family].law)),
            };
            let counts = &case.counts;
            println!(
                "{:<34} {:>12.1} {:>12.1} {:>12.2} {growth:>8}  {law}",
                case.name, counts.own, counts.all, counts.allocations
            );
        }
    }
}

/// The cases that cost more beside the smallest of their family than its law allows.
pub fn judge(families: &[Family], measured: &[Measured]) -> Vec<String> {
    let mut complaints = Vec::new();
    for group in measured.chunk_by(|one, next| one.family == next.family) {
        let (smallest, law) = (&group[0], families[group[0].family].law);
        for case in &group[1..] {
            let growth = case.counts.all / smallest.counts.all;
            let max = law.factor_max(case.size as f64 / smallest.size as f64);
            if growth > max {
                complaints.push(format!(
                    "{}: {growth:.2} times {}, and {law:?} allows {max:.2}",
                    case.name, smallest.name
                ));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use lastwill_micro::cases::{Law, Prepared};

    use super::*;
    use crate::callgrind::Counts;

    /// What the judge says about costs of sizes 10, 1000 and 100,000.
    fn complaints(law: Law, costs: [f64; 3]) -> usize {
        let sizes = &[10, 1_000, 100_000];
        let prepare = Box::new(|_| Prepared::once(1, || {}));
        let family = Family { name: "f".to_owned(), law, sizes, large: &[], prepare };
        let case = |(size, all)| {
            let counts = Counts { own: all, all, allocations: 0.0 };
            Measured { name: format!("f/{size}"), family: 0, size, counts }
        };
        let measured: Vec<Measured> = sizes.iter().copied().zip(costs).map(case).collect();
        judge(&[family], &measured).len()
    }

    #[test]
    fn growth_beyond_the_law_is_told() {
        assert_eq!(complaints(Law::Constant, [100.0, 120.0, 140.0]), 0);
        assert_eq!(complaints(Law::Constant, [100.0, 120.0, 160.0]), 1);
        assert_eq!(complaints(Law::Constant, [100.0, 10_000.0, 1_000_000.0]), 2);
        assert_eq!(complaints(Law::Constant, [100.0, 10.0, 1.0]), 0);
        assert_eq!(complaints(Law::Logarithmic, [100.0, 200.0, 300.0]), 0);
        assert_eq!(complaints(Law::Logarithmic, [100.0, 200.0, 400.0]), 1);
    }
}
