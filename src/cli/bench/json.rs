//! Figures for programs: one JSON object with every round of every broker.

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use crate::bench::{Entry, Figure, Figures, Limit, Pace, Plan, Spread, Stop, Usage, Workload};
use crate::cli::bench::report;

/// The names of figures in the summaries.
const FIGURES: [(Figure, &str); 6] = [
    (Figure::Rate, "deliveries_per_second"),
    (Figure::BrokerCpu, "broker_cpu_us_per_delivery"),
    (Figure::GeneratorCpu, "generator_cpu_us_per_delivery"),
    (Figure::P50, "latency_p50_us"),
    (Figure::P99, "latency_p99_us"),
    (Figure::Memory, "broker_rss_bytes"),
];

/// The plan, the rounds of every broker, their summaries, and ratios to the first broker.
pub fn document(plan: &Plan, entries: &[Entry]) -> Value {
    let ratios = entries.split_first().map(|(reference, others)| {
        others
            .iter()
            .map(|entry| {
                let ratio = |figure| reference.ratio(entry, figure);
                json!({ "broker": entry.name, "to": reference.name, "ratios": each(ratio) })
            })
            .collect::<Vec<Value>>()
    });
    json!({
        "plan": of_plan(plan),
        "brokers": entries.iter().map(|entry| of_entry(plan, entry)).collect::<Vec<Value>>(),
        "ratios": ratios.unwrap_or_default(),
    })
}

/// The spreads that there are, by name.
fn each(spread_of: impl Fn(Figure) -> Option<Spread>) -> Value {
    let known = FIGURES.into_iter().filter_map(|(figure, name)| {
        let spread = spread_of(figure)?;
        let spread = json!({
            "median": spread.median, "min": spread.min, "max": spread.max,
            "q1": spread.low, "q3": spread.high,
        });
        Some((name.to_owned(), spread))
    });
    Value::Object(known.collect::<Map<String, Value>>())
}

fn of_plan(plan: &Plan) -> Value {
    let pace = match plan.pace {
        Pace::Window(window) => json!({ "window": window }),
        Pace::Rate(rate) => json!({ "rate_per_second": rate }),
    };
    let has_wills = match plan.workload {
        Workload::WillStorm => true,
        Workload::Idle => plan.has_wills,
        _ => false,
    };
    json!({
        "workload": plan.workload.name(),
        "qos": plan.qos as u8,
        "mqtt": plan.version.to_string(),
        "counted": plan.workload.unit(),
        "death": report::death(plan),
        "has_wills": has_wills,
        "properties": plan.properties,
        "payload_bytes": plan.payload_bytes,
        "clients": plan.clients,
        "pace": pace,
        "stop": stop(plan.stop),
        "warm_up": stop(plan.warm_up),
        "threads": plan.threads,
    })
}

fn stop(stop: Stop) -> Value {
    match stop {
        Stop::Count(count) => json!({ "messages": count }),
        Stop::Duration(time) => json!({ "seconds": time.as_secs_f64() }),
    }
}

fn of_entry(plan: &Plan, entry: &Entry) -> Value {
    json!({
        "name": entry.name,
        "summary": each(|figure| entry.spread(figure)),
        "rounds": entry.rounds.iter().map(|round| of_round(plan, round)).collect::<Vec<Value>>(),
    })
}

fn of_round(plan: &Plan, figures: &Figures) -> Value {
    let limit = match figures.limit {
        Limit::Broker => "broker",
        Limit::Generator => "generator",
        Limit::Pace => "pace",
        Limit::Neither => "neither",
    };
    json!({
        "elapsed_s": figures.elapsed.as_secs_f64(),
        "sent": figures.sent,
        "expected": figures.expected,
        "delivered": figures.delivered,
        "per_second": figures.rate(),
        "lost": figures.lost,
        "doubled": figures.doubled,
        "reordered": figures.reordered,
        "unacknowledged": figures.unacknowledged,
        "latency_us": percentiles(&figures.latency),
        "send_delay_us": percentiles(&figures.send_delay),
        "deliveries_over_time": {
            "bucket_ms": figures.deliveries.width.as_millis() as u64,
            "counts": figures.deliveries.counts,
        },
        "broker": figures.broker.as_ref().map(|broker| usage(figures, broker)),
        "connection_bytes": report::connection_bytes(plan, figures),
        "generator": usage(figures, &figures.generator),
        "lock": figures.lock.map(|lock| json!({ "busy_s": lock.busy_secs, "turns": lock.turns })),
        "connections": {
            "accepted": figures.connections.accepted,
            "elapsed_s": figures.connections.elapsed.as_secs_f64(),
            "latency_us": percentiles(&figures.connections.latency),
        },
        "limit": limit,
        "partial": figures.is_partial,
    })
}

/// `null` without values.
fn percentiles(histogram: &Histogram<u64>) -> Value {
    if histogram.is_empty() {
        return Value::Null;
    }
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    json!({
        "count": histogram.len(), "min": histogram.min() as f64 / 1000.0,
        "mean": histogram.mean() / 1000.0, "p50": at(0.5), "p90": at(0.9), "p99": at(0.99),
        "p99.9": at(0.999), "p99.99": at(0.9999), "max": histogram.max() as f64 / 1000.0,
    })
}

fn usage(figures: &Figures, usage: &Usage) -> Value {
    json!({
        "cpu_s": usage.cpu.as_secs_f64(),
        "cpu_us_each": figures.micros_per_delivery(usage),
        "busiest_thread": usage.busiest,
        "rss_before_bytes": usage.rss_before_bytes,
        "rss_peak_bytes": usage.rss_peak_bytes,
        "rss_after_bytes": usage.rss_after_bytes,
    })
}
