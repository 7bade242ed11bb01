//! Figures as a few lines for people.

use std::fmt::Write;

use hdrhistogram::Histogram;

use crate::bench::{Death, Figures, Limit, LockUse, Plan, Usage, Workload};

/// What was done, in one line.
pub fn title(plan: &Plan) -> String {
    let how = match (plan.workload, death(plan)) {
        (_, Some(death)) => format!(" ({death})"),
        (Workload::Idle, _) if plan.has_wills => " (with wills)".to_owned(),
        _ => String::new(),
    };
    format!(
        "{}{how} QoS {} MQTT {}: {} clients, {} bytes",
        plan.workload.name(),
        plan.qos as u8,
        plan.version,
        plan.clients,
        plan.payload_bytes
    )
}

/// How clients die, where they do.
pub const fn death(plan: &Plan) -> Option<&'static str> {
    match (plan.workload, plan.death) {
        (Workload::WillStorm, Death::Close) => Some("close"),
        (Workload::WillStorm, Death::Reset) => Some("reset"),
        (Workload::WillStorm, Death::Silent) => Some("silent"),
        _ => None,
    }
}

/// What a round found.
pub fn text(plan: &Plan, figures: &Figures) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, plan, figures);
    out
}

/// What the floor costs beside it; `None` where its round was not whole.
pub fn floor(figures: &Figures, name: &str, floor: Option<&Figures>) -> String {
    let note = name.trim_start_matches("the floor");
    let Some((floor, usage)) = floor.and_then(|floor| Some((floor, floor.broker.as_ref()?))) else {
        return "  floor        not measured: ended before its round\n".to_owned();
    };
    let own = floor.micros_per_delivery(usage);
    let times = match &figures.broker {
        Some(broker) if own > 0.0 => {
            let times = figures.micros_per_delivery(broker) / own;
            format!("; the broker costs {times:.2} times that")
        }
        _ => String::new(),
    };
    format!("  floor        {own:.3} us of CPU each{times}{note}\n")
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
    writeln!(out, "  checked      {}", checked([figures]))?;
    writeln!(out, "  latency      {}", percentiles(&figures.latency))?;
    if !figures.send_delay.is_empty() {
        writeln!(out, "  sent late    {}", percentiles(&figures.send_delay))?;
    }
    if let Some(broker) = &figures.broker {
        writeln!(out, "  broker       {}", cost(figures, broker))?;
    }
    if let Some(bytes) = connection_bytes(plan, figures) {
        writeln!(out, "  a connection {bytes} bytes of the broker's memory")?;
    }
    if let Some(lock) = &figures.lock {
        writeln!(out, "  lock         {}", held(figures, lock))?;
    }
    writeln!(out, "  generator    {}", cost(figures, &figures.generator))?;
    writeln!(out, "  limit        {}", limit(figures.limit))
}

/// What was wrong with deliveries, over some rounds.
pub fn checked<'a>(rounds: impl IntoIterator<Item = &'a Figures>) -> String {
    let (mut lost, mut doubled, mut reordered, mut unacknowledged) = (0, 0, 0, 0);
    for figures in rounds {
        lost += figures.lost;
        doubled += figures.doubled;
        reordered += figures.reordered;
        unacknowledged += figures.unacknowledged;
    }
    let unacknowledged = match unacknowledged {
        0 => String::new(),
        count => format!(", {count} not acknowledged"),
    };
    format!("{lost} lost, {doubled} doubled, {reordered} reordered{unacknowledged}")
}

/// What one idle connection costs the broker in memory, as far as its growth says.
pub fn connection_bytes(plan: &Plan, figures: &Figures) -> Option<u64> {
    let usage = figures.broker.filter(|_| plan.workload == Workload::Idle)?;
    let grown = usage.rss_after_bytes.saturating_sub(usage.rss_before_bytes);
    grown.checked_div(figures.connections.accepted)
}

fn percentiles(histogram: &Histogram<u64>) -> String {
    if histogram.is_empty() {
        return "none".to_owned();
    }
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

/// How busy the broker's lock was. Its share of the processor time says how much more a second thread
/// could do.
fn held(figures: &Figures, lock: &LockUse) -> String {
    let micros = lock.busy_secs * 1e6;
    let share = |whole: f64| lock.busy_secs / whole.max(1e-9) * 100.0;
    let of_cpu = figures.broker.as_ref().map_or(String::new(), |broker| {
        format!(", {:.0} % of the CPU time", share(broker.cpu.as_secs_f64()))
    });
    format!(
        "{:.3} us held for each, {:.0} % of the time{of_cpu}; {} turns of {:.1} us",
        micros / figures.delivered.max(1) as f64,
        share(figures.elapsed.as_secs_f64()),
        lock.turns,
        micros / lock.turns.max(1) as f64
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
