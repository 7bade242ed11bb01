//! The report: one HTML file that needs nothing else, with plots as SVG.

mod plot;

use std::fmt::{self, Display, Write};

use hdrhistogram::Histogram;

use crate::bench::{Entry, Plan};
use crate::cli::bench::report::title;
use crate::cli::bench::summary::{COLUMNS, number, times};
use plot::{Line, Plot, Scale};

/// Colours of the brokers, told apart also without red and green.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}\
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .75rem;text-align:right}\
td:first-child,th:first-child{text-align:left}th{border-bottom:1px solid #888}\
svg{width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#555}\
figure{margin:2rem 0}figcaption{color:#555}.bad{color:#b00020;font-weight:bold}\
@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}svg text,figcaption{fill:#aaa;color:#aaa}}";

/// Quantiles of the latency plot: each is nearer to 1 by the same factor.
const NINES: [f64; 17] = [
    0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9975, 0.999, 0.9995, 0.99975, 0.9999,
    0.99995, 0.99999, 0.999999,
];

/// Text with what HTML would read as its own taken out.
pub(super) struct Plain<'a>(pub(super) &'a str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            other => f.write_char(other),
        })
    }
}

/// The whole page.
pub fn page(plan: &Plan, entries: &[Entry]) -> String {
    let title = title(plan);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>{0}</title><style>{STYLE}</style></head><body>\n<h1>{0}</h1>\n",
        Plain(&title)
    );
    // Writing to a string does not fail.
    let _ = figures(&mut out, entries);
    let _ = checked(&mut out, plan, entries);
    let _ = ratios(&mut out, entries);
    plots(&mut out, entries);
    out.push_str("</body></html>\n");
    out
}

/// The medians of all rounds, with the lowest and the highest.
fn figures(out: &mut String, entries: &[Entry]) -> fmt::Result {
    out.push_str("<h2>Figures</h2>\n<table><tr><th>Broker</th><th>rounds</th>");
    COLUMNS.iter().try_for_each(|(_, heading)| write!(out, "<th>{heading}</th>"))?;
    out.push_str("</tr>\n");
    for entry in entries {
        write!(out, "<tr><td>{}</td><td>{}</td>", Plain(&entry.name), entry.rounds.len())?;
        for (figure, _) in COLUMNS {
            match entry.spread(figure) {
                Some(spread) => write!(
                    out,
                    "<td title=\"{} to {}\">{}</td>",
                    number(figure, spread.min),
                    number(figure, spread.max),
                    number(figure, spread.median)
                )?,
                None => out.push_str("<td></td>"),
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str(
        "</table>\n<p>Medians of the rounds. CPU is processor time for one delivery.</p>\n",
    );
    Ok(())
}

/// What was lost, doubled and reordered, over all rounds.
fn checked(out: &mut String, plan: &Plan, entries: &[Entry]) -> fmt::Result {
    out.push_str(
        "<h2>Deliveries</h2>\n<table><tr><th>Broker</th><th>expected</th><th>delivered</th>\
                  <th>lost</th><th>doubled</th><th>reordered</th><th>limit</th></tr>\n",
    );
    for entry in entries {
        let sum = |count: fn(&crate::bench::Figures) -> u64| -> u64 {
            entry.rounds.iter().map(count).sum()
        };
        let is_broken = entry.rounds.iter().any(|figures| !figures.broken(plan).is_empty());
        let class = if is_broken { " class=\"bad\"" } else { "" };
        let limit = entry.rounds.last().map_or("", |figures| super::report::limit(figures.limit));
        writeln!(
            out,
            "<tr{class}><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{limit}</td></tr>",
            Plain(&entry.name),
            sum(|figures| figures.expected),
            sum(|figures| figures.delivered),
            sum(|figures| figures.lost),
            sum(|figures| figures.doubled),
            sum(|figures| figures.reordered),
        )?;
    }
    out.push_str("</table>\n");
    Ok(())
}

/// How the others compare with the first one.
fn ratios(out: &mut String, entries: &[Entry]) -> fmt::Result {
    let Some((reference, others)) = entries.split_first().filter(|(_, others)| !others.is_empty())
    else {
        return Ok(());
    };
    writeln!(out, "<h2>Times {}</h2>\n<table><tr><th>Broker</th>", Plain(&reference.name))?;
    COLUMNS.iter().try_for_each(|(_, heading)| write!(out, "<th>{heading}</th>"))?;
    out.push_str("</tr>\n");
    for entry in others {
        write!(out, "<tr><td>{}</td>", Plain(&entry.name))?;
        for (figure, _) in COLUMNS {
            let cell = reference.ratio(entry, figure).map(|spread| times(&spread));
            write!(out, "<td>{}</td>", cell.unwrap_or_default())?;
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
    Ok(())
}

fn plots(out: &mut String, entries: &[Entry]) {
    let latencies = lines(entries, latency);
    if latencies.iter().any(|line| !line.points.is_empty()) {
        let plot = Plot {
            caption: "Latency: how many microseconds this part of the deliveries stays below",
            across: Scale::Nines,
            up: Scale::Decades,
        };
        out.push_str(&plot.svg(&latencies));
    }
    let plot = Plot {
        caption: "Deliveries per second over the time of the last round, in seconds",
        across: Scale::Linear,
        up: Scale::Linear,
    };
    out.push_str(&plot.svg(&lines(entries, over_time)));
    let Some((reference, others)) = entries.split_first().filter(|(_, others)| !others.is_empty())
    else {
        return;
    };
    for (figure, heading) in COLUMNS {
        let ratios = others.iter().enumerate().filter_map(|(place, entry)| {
            Some((entry.name.as_str(), colour(place + 1), reference.ratio(entry, figure)?))
        });
        let ratios: Vec<_> = ratios.collect();
        if !ratios.is_empty() {
            let better = if figure.is_better_high() { "more" } else { "less" };
            let caption =
                format!("{heading}, times {}; {better} is better", Plain(&reference.name));
            out.push_str(&plot::bars(&caption, &ratios));
        }
    }
}

fn colour(place: usize) -> &'static str {
    COLOURS[place % COLOURS.len()]
}

fn lines<'e>(entries: &'e [Entry], points: impl Fn(&Entry) -> Vec<(f64, f64)>) -> Vec<Line<'e>> {
    let line = |(place, entry): (usize, &'e Entry)| Line {
        name: &entry.name,
        colour: colour(place),
        points: points(entry),
    };
    entries.iter().enumerate().map(line).collect()
}

/// Quantile and microseconds, of all rounds together, as far as there are deliveries enough.
fn latency(entry: &Entry) -> Vec<(f64, f64)> {
    let mut all: Option<Histogram<u64>> = None;
    for figures in &entry.rounds {
        match &mut all {
            // Both have the same bounds.
            Some(all) => drop(all.add(&figures.latency)),
            None => all = Some(figures.latency.clone()),
        }
    }
    let Some(all) = all.filter(|all| !all.is_empty()) else { return Vec::new() };
    let known = NINES.into_iter().filter(|at| (1.0 - at) * all.len() as f64 >= 1.0);
    known.map(|at| (at, (all.value_at_quantile(at) as f64 / 1000.0).max(0.1))).collect()
}

/// Seconds and deliveries per second, of the last round.
fn over_time(entry: &Entry) -> Vec<(f64, f64)> {
    let Some(figures) = entry.rounds.last() else { return Vec::new() };
    let width = figures.deliveries.width.as_secs_f64().max(1e-9);
    let counts = figures.deliveries.counts.iter().enumerate();
    counts.map(|(place, count)| ((place as f64 + 0.5) * width, *count as f64 / width)).collect()
}
