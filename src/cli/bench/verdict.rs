//! What a broker did not keep of its promises, in words.

use crate::bench::{Entry, Figures, Plan, Workload};

/// Why there may be no delivery at all.
const HINT: &str = "does it allow everybody, or this user, to write and to read below lwb/, and \
                    messages of this size?";

/// A sentence for each whole round in which something was wrong.
pub fn broken(plan: &Plan, entries: &[Entry]) -> Vec<String> {
    let mut all = Vec::new();
    for entry in entries {
        let count = entry.rounds.len();
        for (place, figures) in entry.rounds.iter().enumerate() {
            let round = match count {
                1 => String::new(),
                _ => format!(" in round {}", place + 1),
            };
            all.extend(of_round(plan, figures, &entry.name, &round));
        }
    }
    all
}

fn of_round(plan: &Plan, figures: &Figures, name: &str, round: &str) -> Option<String> {
    if figures.is_partial {
        return None;
    }
    let promise = match plan.workload {
        Workload::WillStorm => "of a will".to_owned(),
        Workload::Idle => "of a connection".to_owned(),
        _ => format!("of QoS {}", plan.qos as u8),
    };
    let is_connection =
        matches!(plan.workload, Workload::Connect | Workload::Idle | Workload::WillStorm);
    let is_empty = figures.delivered == 0 && !is_connection;
    let broken = figures.broken(plan).join(", ");
    match (broken.is_empty(), is_empty) {
        (true, false) => None,
        (true, true) => Some(format!("{name} delivered nothing{round}: {HINT}")),
        (false, empty) => {
            let hint = if empty { format!("; nothing came at all: {HINT}") } else { String::new() };
            Some(format!("{name} broke the promise {promise}{round}: {broken}{hint}"))
        }
    }
}
