//! Plots as SVG.

use std::fmt::{self, Write};

use super::Plain;
use crate::bench::Spread;

/// The picture, in its own units.
const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 320.0;
/// What is left free for the labels.
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 30.0;
/// Height of one bar, with the room around it.
const BAR: f64 = 28.0;
/// Width of the names of bars.
const NAMES: f64 = 240.0;
/// Labels of a linear axis, about.
const LABELS: f64 = 5.0;

/// How an axis runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// From 0, evenly.
    Linear,
    /// Each power of ten has as much room.
    Decades,
    /// Quantiles: each further nine has as much room.
    Nines,
}

/// A plot of lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot<'a> {
    pub(super) caption: &'a str,
    pub(super) across: Scale,
    pub(super) up: Scale,
}

/// One line and its place in the legend.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) colour: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

/// Where values of one axis are drawn.
struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Axis {
    fn of(scale: Scale, values: impl Iterator<Item = f64>) -> Axis {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.map(|value| scale.place(value)) {
            (low, high) = (low.min(value), high.max(value));
        }
        if !low.is_finite() {
            (low, high) = (0.0, 1.0);
        }
        match scale {
            Scale::Linear => (low, high) = (0.0, if high > 0.0 { high } else { 1.0 }),
            Scale::Decades => (low, high) = (low.floor(), high.ceil().max(low.floor() + 1.0)),
            Scale::Nines => (low, high) = (0.0, high.max(1.0)),
        }
        Axis { scale, low, high }
    }

    /// 0 to 1.
    fn part(&self, value: f64) -> f64 {
        (self.scale.place(value) - self.low) / (self.high - self.low)
    }

    /// Values with a label.
    fn labels(&self) -> Vec<(f64, String)> {
        match self.scale {
            Scale::Linear => {
                let step = round_step(self.high / LABELS);
                let count = (self.high / step).floor() as usize;
                (0..=count).map(|n| n as f64 * step).map(|at| (at, shortened(at))).collect()
            }
            Scale::Decades => (self.low as i32..=self.high as i32)
                .map(|power| 10f64.powi(power))
                .map(|at| (at, shortened(at)))
                .collect(),
            // 0.999 is not exactly three nines.
            Scale::Nines => (0..=(self.high + 1e-6) as i32)
                .map(|nines| 1.0 - 10f64.powi(-nines))
                .map(|at| (at, format!("{} %", trimmed(at * 100.0))))
                .collect(),
        }
    }
}

impl Scale {
    fn place(self, value: f64) -> f64 {
        match self {
            Scale::Linear => value,
            Scale::Decades => value.max(f64::MIN_POSITIVE).log10(),
            Scale::Nines => -(1.0 - value).max(f64::EPSILON).log10(),
        }
    }
}

/// 1, 2 or 5 times a power of ten, not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.max(f64::MIN_POSITIVE).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|times| times * power)
        .into_iter()
        .find(|it| *it >= step * 0.999)
        .unwrap_or(step)
}

/// With k and M, as short as it can be.
fn shortened(value: f64) -> String {
    match value.abs() {
        v if v >= 1e6 => format!("{}M", trimmed(value / 1e6)),
        v if v >= 1e3 => format!("{}k", trimmed(value / 1e3)),
        _ => trimmed(value),
    }
}

/// At most four digits behind the point, none of them in vain.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Plot<'_> {
    /// The lines in one picture, with a legend.
    pub(super) fn svg(&self, lines: &[Line<'_>]) -> String {
        let points = || lines.iter().flat_map(|line| line.points.iter().copied());
        let across = Axis::of(self.across, points().map(|(x, _)| x));
        let up = Axis::of(self.up, points().map(|(_, y)| y));
        let mut out = begin(self.caption, HEIGHT);
        // Writing to a string does not fail.
        let _ = grid(&mut out, &across, &up);
        for (place, line) in lines.iter().enumerate() {
            let _ = draw(&mut out, line, &across, &up);
            let x = LEFT + place as f64 * 180.0;
            let _ = legend(&mut out, line, x);
        }
        end(out)
    }
}

fn begin(caption: &str, height: f64) -> String {
    format!(
        "<figure><figcaption>{}</figcaption><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{0}\">\n",
        Plain(caption)
    )
}

fn end(mut out: String) -> String {
    out.push_str("</svg></figure>\n");
    out
}

fn x_of(part: f64) -> f64 {
    LEFT + part * (WIDTH - LEFT - RIGHT)
}

fn y_of(part: f64) -> f64 {
    HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)
}

fn grid(out: &mut String, across: &Axis, up: &Axis) -> fmt::Result {
    for (value, label) in up.labels() {
        let y = y_of(up.part(value));
        writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#8884\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0
        )?;
    }
    for (value, label) in across.labels() {
        let x = x_of(across.part(value));
        writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
            HEIGHT - BOTTOM + 18.0
        )?;
    }
    Ok(())
}

fn draw(out: &mut String, line: &Line<'_>, across: &Axis, up: &Axis) -> fmt::Result {
    write!(out, "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"{}\" points=\"", line.colour)?;
    for (x, y) in &line.points {
        write!(out, "{:.1},{:.1} ", x_of(across.part(*x)), y_of(up.part(*y)))?;
    }
    out.push_str("\"/>\n");
    Ok(())
}

fn legend(out: &mut String, line: &Line<'_>, x: f64) -> fmt::Result {
    writeln!(
        out,
        "<rect x=\"{x:.1}\" y=\"6\" width=\"12\" height=\"12\" fill=\"{}\"/>\
         <text x=\"{:.1}\" y=\"16\">{}</text>",
        line.colour,
        x + 18.0,
        Plain(line.name)
    )
}

/// Ratios as bars from 0, each with a line from its lowest to its highest round; 1 is marked.
pub(super) fn bars(caption: &str, ratios: &[(&str, &'static str, Spread)]) -> String {
    let height = ratios.len() as f64 * BAR + BOTTOM;
    let most = ratios.iter().map(|(_, _, spread)| spread.max).fold(1.0, f64::max);
    let x_of = |value: f64| NAMES + value / most * (WIDTH - NAMES - 90.0);
    let mut out = begin(caption, height);
    for (place, (name, colour, spread)) in ratios.iter().enumerate() {
        let y = place as f64 * BAR + 6.0;
        let middle = y + BAR / 2.0 - 5.0;
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{NAMES}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>\
             <line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\" \
             stroke=\"currentColor\" stroke-width=\"2\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{:.2}</text>",
            NAMES - 8.0,
            middle + 4.0,
            Plain(name),
            x_of(spread.median) - NAMES,
            BAR - 10.0,
            x_of(spread.min),
            x_of(spread.max),
            x_of(spread.max) + 8.0,
            middle + 4.0,
            spread.median
        );
    }
    let one = x_of(1.0);
    let _ = writeln!(
        out,
        "<line x1=\"{one:.1}\" x2=\"{one:.1}\" y1=\"0\" y2=\"{:.1}\" stroke=\"currentColor\" \
         stroke-dasharray=\"4 3\"/><text x=\"{one:.1}\" y=\"{:.1}\" text-anchor=\"middle\">1</text>",
        height - BOTTOM + 6.0,
        height - 8.0
    );
    end(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_round() {
        let axis = Axis::of(Scale::Linear, [0.0, 1234.0].into_iter());
        let labels: Vec<String> = axis.labels().into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0", "500", "1k"]);
        let axis = Axis::of(Scale::Decades, [3.0, 1500.0].into_iter());
        let labels: Vec<String> = axis.labels().into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["1", "10", "100", "1k", "10k"]);
        let axis = Axis::of(Scale::Nines, [0.5, 0.999].into_iter());
        let labels: Vec<String> = axis.labels().into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0 %", "90 %", "99 %", "99.9 %"]);
    }

    #[test]
    fn an_axis_without_values_can_be_drawn() {
        for scale in [Scale::Linear, Scale::Decades, Scale::Nines] {
            let axis = Axis::of(scale, std::iter::empty());
            assert!(axis.labels().iter().all(|(value, _)| axis.part(*value).is_finite()));
        }
    }

    #[test]
    fn points_lie_in_the_picture() {
        let line = Line { name: "a<b", colour: "#000", points: vec![(0.0, 5.0), (2.0, 10.0)] };
        let plot = Plot { caption: "c", across: Scale::Linear, up: Scale::Linear };
        let svg = plot.svg(&[line]);
        assert!(svg.contains("points=\"80.0,160.0 780.0,30.0 \""), "{svg}");
        assert!(svg.contains("a&lt;b"), "{svg}");
    }

    #[test]
    fn a_bar_ends_at_its_median() {
        let spread = Spread { median: 2.0, min: 1.0, max: 4.0, low: 1.5, high: 3.0 };
        let svg = bars("c", &[("b", "#000", spread)]);
        assert!(svg.contains("width=\"235.0\"") && svg.contains(">2.00</text>"), "{svg}");
    }
}
