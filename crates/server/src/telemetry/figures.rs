//! Metrics: the figures of the catalogue as sums, gauges and histograms.

use super::{
    resource, scope,
    words::{attribute, nanos, text},
};
use crate::metrics::{
    Transport,
    catalogue::{Form, Metric},
    figures::{self, Figure, Sheet},
};
use engine::{
    Engine,
    meter::{STEPS_MS, Times},
    status::Status,
};
use message::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: u8 = 2;

pub(super) fn body(engine: &Engine, transport: &Transport, has_conventions: bool) -> Value {
    let mut page = Page { systems: has_conventions.then(BTreeMap::new), ..Page::default() };
    figures::write(engine, transport, &mut page);
    let metrics: Vec<Value> =
        page.metrics.into_iter().filter(|metric| !metric.points.is_empty()).map(Told::json).collect();
    json!({"resourceMetrics": [{"resource": resource(engine), "scopeMetrics": [{"scope": scope(), "metrics": metrics}]}]})
}

/// `messaging.system` of a connector. The conventions name none of these: what has no name there is told by our own.
pub(super) fn system(connector: &str) -> String {
    match connector {
        "mllp" => "hl7v2_mllp".to_owned(),
        "fhir" => "fhir_rest".to_owned(),
        "amqp" => "rabbitmq".to_owned(),
        other => other.to_owned(),
    }
}

/// A metric with its points.
struct Told {
    name: &'static str,
    help: &'static str,
    unit: &'static str,
    form: Form,
    points: Vec<Value>,
}

impl Told {
    fn json(self) -> Value {
        let points = self.points;
        let data = match self.form {
            Form::Counter => {
                json!({"dataPoints": points, "aggregationTemporality": CUMULATIVE, "isMonotonic": true})
            }
            Form::Gauge => json!({"dataPoints": points}),
            Form::Histogram => json!({"dataPoints": points, "aggregationTemporality": CUMULATIVE}),
        };
        let kind = match self.form {
            Form::Counter => "sum",
            Form::Gauge => "gauge",
            Form::Histogram => "histogram",
        };
        let mut metric = Map::new();
        metric.insert("name".to_owned(), self.name.into());
        metric.insert("description".to_owned(), self.help.into());
        metric.insert("unit".to_owned(), self.unit.into());
        metric.insert(kind.to_owned(), data);
        metric.into()
    }
}

/// The unit by the end of the name, in UCUM as OTLP has it.
fn unit(name: &str) -> &'static str {
    let name = name.trim_end_matches("_total");
    [("_seconds", "s"), ("_bytes", "By")].into_iter().find(|(end, _)| name.ends_with(end)).map_or("1", |(_, unit)| unit)
}

#[derive(Default)]
struct Page {
    at: Timestamp,
    start: Timestamp,
    /// `messaging.system` by `interface` and `interface/destination`, where the conventions are asked for.
    systems: Option<BTreeMap<String, String>>,
    metrics: Vec<Told>,
    own: Option<&'static Metric>,
}

impl Sheet for Page {
    fn begin(&mut self, status: &Status) {
        self.at = status.at;
        self.start = Timestamp(status.at.0 - i64::try_from(status.uptime_s).unwrap_or(0) * 1_000_000);
        let Some(systems) = &mut self.systems else { return };
        for of in &status.interfaces {
            systems.insert(of.name.to_string(), system(of.connector));
            systems.extend(of.destinations.iter().map(|to| (format!("{}/{}", of.name, to.name), system(to.connector))));
        }
    }

    fn metric(&mut self, metric: &'static Metric) {
        self.own = Some(metric);
        let (name, help, form) = (metric.name, metric.help, metric.form);
        self.metrics.push(Told { name, help, unit: unit(name), form, points: Vec::new() });
    }

    fn row(&mut self, values: &[&str], figure: Figure) {
        let Some(metric) = self.own else { return };
        let labels = metric.labels.iter().zip(values).map(|(label, value)| attribute(label, text(value))).collect();
        let point = self.point(metric, labels, &figure);
        let Some(own) = self.metrics.last_mut() else { return };
        own.points.push(point);
        self.conventional(metric, values, &figure);
    }
}

impl Page {
    fn point(&self, metric: &Metric, attributes: Vec<Value>, figure: &Figure) -> Value {
        let mut point = match figure {
            Figure::Whole(value) => json!({"asInt": value.to_string()}),
            Figure::Real(value) => json!({"asDouble": value}),
            Figure::Times(Times { steps, sum_us }) => {
                let bounds: Vec<f64> = STEPS_MS.iter().map(|ms| *ms as f64 / 1e3).collect();
                let counts: Vec<String> = steps.iter().map(u64::to_string).collect();
                let count = steps.iter().sum::<u64>().to_string();
                json!({"count": count, "sum": *sum_us as f64 / 1e6, "bucketCounts": counts, "explicitBounds": bounds})
            }
        };
        point["attributes"] = attributes.into();
        point["timeUnixNano"] = nanos(self.at).into();
        // Where counting began before this process, its start is not known.
        if metric.form != Form::Gauge && !metric.is_lasting {
            point["startTimeUnixNano"] = nanos(self.start).into();
        }
        point
    }

    /// The same under the name of the conventions, where they have one.
    fn conventional(&mut self, metric: &Metric, values: &[&str], figure: &Figure) {
        let Some(systems) = &self.systems else { return };
        let (name, operation, help) = match metric.name {
            "sinew_messages_received_total" => {
                ("messaging.client.consumed.messages", "receive", "Messages that came in since the start")
            }
            "sinew_deliveries_total" => {
                ("messaging.client.sent.messages", "send", "Deliveries that the destination took, since the start")
            }
            "sinew_delivery_attempt_seconds" => {
                ("messaging.client.operation.duration", "send", "From sending to what came of it")
            }
            "sinew_ack_latency_seconds" => {
                ("messaging.process.duration", "process", "From a frame to its acknowledgment")
            }
            _ => return,
        };
        let place = values.join("/");
        let system = systems.get(&place).map_or("sinew", |system| system);
        let attributes = vec![
            attribute("messaging.system", text(system)),
            attribute("messaging.operation.name", text(operation)),
            attribute("messaging.operation.type", text(operation)),
            attribute("messaging.destination.name", text(&place)),
        ];
        let point = self.point(metric, attributes, figure);
        let at = self.metrics.iter().position(|told| told.name == name);
        match at.and_then(|at| self.metrics.get_mut(at)) {
            Some(told) => told.points.push(point),
            None => {
                let unit = if metric.form == Form::Histogram { "s" } else { "{message}" };
                let told = Told { name, help, unit, form: metric.form, points: vec![point] };
                // Behind it comes what our own name has.
                let last = self.metrics.len().saturating_sub(1);
                self.metrics.insert(last, told);
            }
        }
    }
}
