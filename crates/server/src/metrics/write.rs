//! The text format of Prometheus, 0.0.4.

use super::{
    catalogue::Metric,
    figures::{self, Figure, Sheet, Transport},
};
use engine::{Engine, meter::STEPS_MS};
use std::fmt::Write;

/// Everything, as it is now. A metric that has no figure now is named all the same.
pub(crate) fn exposition(engine: &Engine, transport: &Transport) -> String {
    let mut page = Page::default();
    figures::write(engine, transport, &mut page);
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
    metric: Option<&'static Metric>,
}

impl Sheet for Page {
    fn metric(&mut self, metric: &'static Metric) {
        let Metric { name, help, form, .. } = metric;
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {}", form.as_str());
        self.metric = Some(metric);
    }

    fn row(&mut self, values: &[&str], figure: Figure) {
        let Some(Metric { name, labels, .. }) = self.metric else { return };
        let pairs: Vec<String> =
            labels.iter().zip(values).map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let labels = pairs.join(",");
        let braced = |more: &str| match (&*labels, more) {
            ("", "") => String::new(),
            (labels, "") => format!("{{{labels}}}"),
            ("", more) => format!("{{{more}}}"),
            (labels, more) => format!("{{{labels},{more}}}"),
        };
        let out = &mut self.text;
        let _ = match figure {
            Figure::Whole(value) => writeln!(out, "{name}{} {value}", braced("")),
            Figure::Real(value) => writeln!(out, "{name}{} {value}", braced("")),
            Figure::Times(times) => {
                let mut seen = 0;
                for (at, count) in times.steps.iter().enumerate() {
                    seen += count;
                    let end = STEPS_MS.get(at).map_or_else(|| "+Inf".to_owned(), |ms| format!("{}", *ms as f64 / 1e3));
                    let _ = writeln!(out, "{name}_bucket{} {seen}", braced(&format!("le=\"{end}\"")));
                }
                let _ = writeln!(out, "{name}_sum{} {}", braced(""), times.sum_us as f64 / 1e6);
                writeln!(out, "{name}_count{} {seen}", braced(""))
            }
        };
    }
}
