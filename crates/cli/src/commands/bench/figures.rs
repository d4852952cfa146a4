//! Figures of repeated runs: median, spread, and the bar they are held against.

use crate::{outcome::Exit, screen::Screen};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a figure has to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// At most this.
    Most(f64),
    /// At least this.
    Least(f64),
    /// It is there to compare with.
    Free,
}

/// A figure before it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its name in JSON and in the table.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Its bar.
    pub bar: Bar,
}

/// The values of every run, by name, in the order of a list.
pub struct Figures {
    named: &'static [Named],
    values: BTreeMap<&'static str, Vec<f64>>,
}

impl Figures {
    /// None measured yet.
    pub fn new(named: &'static [Named]) -> Figures {
        Figures { named, values: BTreeMap::new() }
    }

    /// Adds the value of one run.
    pub fn add(&mut self, name: &'static str, value: f64) {
        debug_assert!(self.named.iter().any(|named| named.name == name), "{name} is on the list");
        if value.is_finite() {
            self.values.entry(name).or_default().push(value);
        }
    }

    /// Figures with their medians, in the order of the list; those that were not measured are left out.
    fn measured(&self) -> impl Iterator<Item = (&Named, &[f64], f64)> {
        self.named.iter().filter_map(|named| {
            let values = self.values.get(named.name)?;
            Some((named, values.as_slice(), median(values)?))
        })
    }

    /// `spread` is the largest minus the smallest value of the runs.
    pub fn to_json(&self, schema: &str, conditions: &Value) -> Value {
        let figures: Vec<Value> = self
            .measured()
            .map(|(named, values, median)| {
                json!({"name": named.name, "value": round(median), "unit": named.unit, "bar": text_of(named.bar),
                    "runs": values.iter().copied().map(round).collect::<Vec<_>>(), "spread": round(spread(values))})
            })
            .collect();
        json!({"schema": schema, "conditions": conditions, "figures": figures})
    }

    /// Prints a table, a line a figure.
    pub fn print(&self, screen: &Screen) {
        screen.line(format!("{:<28} {:>12} {:>10}  {:<6} {:<10}", "figure", "median", "spread", "unit", "bar"));
        for (named, values, median) in self.measured() {
            let mark = match is_reached(named.bar, median) {
                Some(is_good) => screen.mark(is_good),
                None => " ".to_owned(),
            };
            let (bar, spread) = (text_of(named.bar).unwrap_or_default(), plain(spread(values)));
            let line =
                format!("{:<28} {:>12} {spread:>10}  {:<6} {bar:<10} {mark}", named.name, plain(median), named.unit);
            screen.line(line.trim_end());
        }
    }

    /// The same as a table of Markdown.
    pub fn to_markdown(&self) -> String {
        let mut lines =
            vec!["| figure | median | spread | unit | bar | |".to_owned(), "|---|---|---|---|---|---|".to_owned()];
        for (named, values, median) in self.measured() {
            let word = match is_reached(named.bar, median) {
                Some(true) => "reached",
                Some(false) => "missed",
                None => "",
            };
            let spread = if values.len() > 1 { plain(spread(values)) } else { "measured once".to_owned() };
            let bar = text_of(named.bar).unwrap_or_default();
            lines.push(format!("| {} | {} | {spread} | {} | {bar} | {word} |", named.name, plain(median), named.unit));
        }
        lines.join("\n")
    }

    /// `Problems` when a bar was missed.
    pub fn exit(&self) -> Exit {
        let is_missed = |(named, _, median): (&Named, &[f64], f64)| is_reached(named.bar, median) == Some(false);
        if self.measured().any(is_missed) { Exit::Problems } else { Exit::Ok }
    }
}

fn is_reached(bar: Bar, value: f64) -> Option<bool> {
    match bar {
        Bar::Most(limit) => Some(value <= limit),
        Bar::Least(limit) => Some(value >= limit),
        Bar::Free => None,
    }
}

fn text_of(bar: Bar) -> Option<String> {
    match bar {
        Bar::Most(limit) => Some(format!("<= {limit}")),
        Bar::Least(limit) => Some(format!(">= {limit}")),
        Bar::Free => None,
    }
}

/// The middle value; of an even number the mean of the middle two.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

fn spread(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    if largest >= smallest { largest - smallest } else { 0.0 }
}

/// Three places behind the point are more than a measurement gives.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn plain(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: &[Named] = &[
        Named { name: "a", unit: "us", bar: Bar::Most(80.0) },
        Named { name: "b", unit: "1/s", bar: Bar::Least(100.0) },
        Named { name: "c", unit: "ms", bar: Bar::Free },
    ];

    #[test]
    fn medians_and_spreads() {
        let check = |values: &[f64], expect: Option<f64>, wide: f64| {
            assert_eq!((median(values), spread(values)), (expect, wide), "{values:?}");
        };
        check(&[], None, 0.0);
        check(&[3.0], Some(3.0), 0.0);
        check(&[9.0, 1.0, 2.0], Some(2.0), 8.0);
        check(&[4.0, 1.0, 2.0, 3.0], Some(2.5), 3.0);
    }

    #[test]
    fn the_shape_and_the_exit() {
        let mut figures = Figures::new(NAMED);
        figures.add("a", 70.0);
        figures.add("a", 90.0);
        figures.add("a", 75.0);
        assert_eq!(figures.exit(), Exit::Ok, "the median counts");
        let found = figures.to_json("sinew.bench.engine/1", &json!({}));
        assert_eq!(found["schema"], "sinew.bench.engine/1");
        let expect = json!([{"name": "a", "value": 75.0, "unit": "us", "bar": "<= 80", "runs": [70.0, 90.0, 75.0], "spread": 20.0}]);
        assert_eq!(found["figures"], expect);
        let table = figures.to_markdown();
        assert!(table.ends_with("|\n| a | 75.0 | 20.0 | us | <= 80 | reached |"), "{table}");
        figures.add("c", 1e9);
        assert_eq!(figures.exit(), Exit::Ok, "no bar, no miss");
        figures.add("b", 99.0);
        assert_eq!(figures.exit(), Exit::Problems);
    }
}
