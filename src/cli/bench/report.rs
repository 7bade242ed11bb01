//! Figures as a few lines for people.

use std::fmt::Write;

use hdrhistogram::Histogram;

use crate::bench::{Figures, Limit, Plan, Usage};

/// What was done, in one line.
pub fn title(plan: &Plan) -> String {
    format!(
        "{} QoS {} MQTT {}: {} clients, {} bytes",
        plan.workload.name(),
        plan.qos as u8,
        plan.version,
        plan.clients,
        plan.payload_bytes
    )
}

/// What a round found.
pub fn text(plan: &Plan, figures: &Figures) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, plan, figures);
    out
}

/// What the floor costs beside it.
pub fn floor(figures: &Figures, floor: &Figures) -> String {
    let Some(usage) = &floor.broker else { return String::new() };
    let own = floor.micros_per_delivery(usage);
    let times = match &figures.broker {
        Some(broker) => {
            let times = figures.micros_per_delivery(broker) / own.max(1e-9);
            format!("; the broker costs {times:.2} times that")
        }
        None => String::new(),
    };
    format!("  floor        {own:.3} us of CPU each{times}\n")
}

fn write(out: &mut String, plan: &Plan, figures: &Figures) -> std::fmt::Result {
    writeln!(out, "{}", title(plan))?;
    let partial = if figures.is_partial { " (ended early)" } else { "" };
    writeln!(
        out,
        "  {:<12} {} of {} in {:.3} s{partial}, {:.0} per second",
        plan.workload.unit(),
        figures.delivered,
        figures.expected,
        figures.elapsed.as_secs_f64(),
        figures.rate()
    )?;
    writeln!(
        out,
        "  checked      {} lost, {} doubled, {} reordered",
        figures.lost, figures.doubled, figures.reordered
    )?;
    writeln!(out, "  latency      {}", percentiles(&figures.latency))?;
    if !figures.send_delay.is_empty() {
        writeln!(out, "  sent late    {}", percentiles(&figures.send_delay))?;
    }
    if let Some(broker) = &figures.broker {
        writeln!(out, "  broker       {}", cost(figures, broker))?;
        if figures.connections.accepted > 0 && plan.workload == crate::bench::Workload::Idle {
            writeln!(
                out,
                "  a connection {} bytes of the broker's memory",
                memory(figures, broker)
            )?;
        }
    }
    writeln!(out, "  generator    {}", cost(figures, &figures.generator))?;
    writeln!(out, "  limit        {}", limit(figures.limit))
}

/// What one connection costs in memory, as far as its growth says.
fn memory(figures: &Figures, usage: &Usage) -> u64 {
    let grown = usage.rss_after_bytes.saturating_sub(usage.rss_before_bytes);
    grown / figures.connections.accepted.max(1)
}

fn percentiles(histogram: &Histogram<u64>) -> String {
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    format!(
        "p50 {:.1} us, p90 {:.1} us, p99 {:.1} us, p99.9 {:.1} us, max {:.1} us",
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        histogram.max() as f64 / 1000.0
    )
}

fn cost(figures: &Figures, usage: &Usage) -> String {
    format!(
        "{:.3} us of CPU each, busiest thread {:.0} %, memory {} KiB, peak {} KiB, before {} KiB",
        figures.micros_per_delivery(usage),
        usage.busiest * 100.0,
        usage.rss_after_bytes / 1024,
        usage.rss_peak_bytes / 1024,
        usage.rss_before_bytes / 1024
    )
}

/// Who kept a round from being faster, in words.
pub const fn limit(limit: Limit) -> &'static str {
    match limit {
        Limit::Broker => "the broker",
        Limit::Generator => "the generator: the rate says little about the broker",
        Limit::Pace => "the rate that was asked for",
        Limit::Neither => "neither: the way there and back",
    }
}
