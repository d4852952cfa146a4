//! OpenTelemetry: what a collector is told, that it is what the protocol says, and that nothing of a patient is in it.

use super::support::{Engine, Partner, Workspace, admission, free_port, wait_for};
use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::{Metric, metric::Data, number_data_point},
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex};
use testkit::web::{Asked, Told, WebServer};

/// Requests as a collector has them: path, header of the key, body.
type Requests = Arc<Mutex<Vec<(String, String, String)>>>;

/// A collector that takes everything, and what it took.
fn collector(runtime: &tokio::runtime::Runtime) -> (WebServer, Requests) {
    let taken: Requests = Arc::default();
    let kept = taken.clone();
    let answer = move |asked: &Asked| {
        let request = (asked.target.clone(), asked.header("x-api-key").to_owned(), asked.text());
        kept.lock().expect("requests").push(request);
        Told::json(200, "{}")
    };
    (runtime.block_on(WebServer::start(answer)), taken)
}

fn bodies(taken: &Requests, path: &str) -> Vec<String> {
    let taken = taken.lock().expect("requests");
    taken.iter().filter(|(target, ..)| target == path).map(|(.., body)| body.clone()).collect()
}

fn spans(taken: &Requests) -> Vec<Span> {
    let request = |body: String| serde_json::from_str::<ExportTraceServiceRequest>(&body).expect("OTLP");
    let resources = bodies(taken, "/v1/traces").into_iter().flat_map(move |body| request(body).resource_spans);
    resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
}

/// Whole numbers of 64 bits are texts in OTLP's JSON; the types of the protocol read some of them as numbers only.
fn numbered(value: &mut Json) {
    let number = |value: &mut Json| *value = value.as_str().expect("a text").parse::<i64>().expect("digits").into();
    match value {
        Json::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "asInt" | "count" => number(value),
                    "bucketCounts" => value.as_array_mut().expect("counts").iter_mut().for_each(number),
                    _ => numbered(value),
                }
            }
        }
        Json::Array(values) => values.iter_mut().for_each(numbered),
        _ => {}
    }
}

/// The metrics of the last body.
fn metrics(taken: &Requests) -> Vec<Metric> {
    let Some(body) = bodies(taken, "/v1/metrics").pop() else { return Vec::new() };
    let mut body: Json = serde_json::from_str(&body).expect("JSON");
    numbered(&mut body);
    let request: ExportMetricsServiceRequest = serde_json::from_value(body).expect("OTLP");
    let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).collect()
}

fn told(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The value of a sum for an interface.
fn sum(metrics: &[Metric], name: &str, interface: &str) -> Option<i64> {
    let metric = metrics.iter().find(|metric| metric.name == name)?;
    let Some(Data::Sum(sum)) = &metric.data else { panic!("{name} is a sum") };
    assert!(sum.is_monotonic && sum.aggregation_temporality == 2, "{name}");
    let is_of = |attributes: &[KeyValue]| {
        told(attributes, "interface") == interface || told(attributes, "messaging.destination.name") == interface
    };
    let point = sum.data_points.iter().find(|point| is_of(&point.attributes))?;
    match point.value {
        Some(number_data_point::Value::AsInt(value)) => Some(value),
        _ => None,
    }
}

/// What `status` says of it.
fn standing(engine: &Engine) -> Json {
    engine.sinew(&["status", "--json"]).json()["process"]["telemetry"].clone()
}

#[test]
fn a_collector_is_told_figures_and_journeys_and_nothing_of_a_patient() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (server, taken) = collector(&runtime);
    let (workspace, partner) = (Workspace::empty(), Partner::new());
    let lines = format!(
        "name = \"north\"\n[telemetry]\notlp = \"http://{}\"\nevery = \"1s\"\ntraces = \"1\"\nconventions = \"messaging\"\n\
         header = \"X-Api-Key\"\nsecret = \"file:key\"\n",
        server.address
    );
    workspace.write("sinew.toml", &lines);
    workspace.write("key", "ZZKEY\n");
    let closed = free_port();
    workspace.interface(
        "adt",
        &format!(
            "  receive mllp 127.0.0.1:0\n  send good {{ mllp 127.0.0.1:{} }}\n  send gone {{ mllp 127.0.0.1:{closed} }}",
            partner.port
        ),
    );
    let engine = workspace.run();
    let message = workspace.write("a.hl7", &admission("ZZCONTROL", "ZZCANARY")).display().to_string();
    engine.send(&[&message]).expect(0);
    partner.wait_for(1);
    let arrival =
        wait_for("a span of the arrival", || spans(&taken).into_iter().find(|span| span.parent_span_id.is_empty()));
    assert_eq!((arrival.name.as_str(), arrival.kind), ("receive adt", SpanKind::Consumer as i32));
    assert_eq!((arrival.trace_id.len(), arrival.span_id.len()), (16, 8));
    assert!(arrival.start_time_unix_nano > 0 && arrival.end_time_unix_nano >= arrival.start_time_unix_nano);
    for (key, value) in [
        ("messaging.system", "hl7v2_mllp"),
        ("messaging.operation.type", "receive"),
        ("sinew.disposition", "routed"),
        ("sinew.acknowledgment", "AA"),
        ("sinew.message.type", "ADT^A01"),
    ] {
        assert_eq!(told(&arrival.attributes, key), value, "{key}");
    }
    let sent = |name: &str, is_failed: bool| {
        spans(&taken).into_iter().find(|span| {
            let is_error = span.status.as_ref().is_some_and(|status| status.code == StatusCode::Error as i32);
            span.name == name && is_error == is_failed
        })
    };
    let good = wait_for("a span of the delivery", || sent("send good", false));
    let gone = wait_for("a span of the attempt that failed", || sent("send gone", true));
    for span in [&good, &gone] {
        assert_eq!((&span.trace_id, &span.parent_span_id), (&arrival.trace_id, &arrival.span_id));
        assert_eq!(span.kind, SpanKind::Producer as i32);
        assert!(span.start_time_unix_nano >= arrival.start_time_unix_nano);
    }
    assert_ne!(good.span_id, gone.span_id);
    assert_eq!(
        (told(&good.attributes, "sinew.delivery"), told(&gone.attributes, "sinew.delivery")),
        ("delivered".into(), "retrying".into())
    );
    assert!(told(&gone.attributes, "error.type").starts_with('E'), "{gone:?}");
    wait_for("figures after the message", || {
        let metrics = metrics(&taken);
        (sum(&metrics, "sinew_messages_accepted_total", "adt") == Some(1)
            && sum(&metrics, "messaging.client.sent.messages", "adt/good") == Some(1)
            && sum(&metrics, "messaging.client.consumed.messages", "adt") == Some(1))
        .then_some(())
    });
    let metrics = metrics(&taken);
    let seconds = metrics.iter().find(|metric| metric.name == "sinew_delivery_attempt_seconds").expect("a histogram");
    let Some(Data::Histogram(histogram)) = &seconds.data else { panic!("a histogram") };
    let point = histogram.data_points.first().expect("a point");
    assert_eq!((seconds.unit.as_str(), point.bucket_counts.len()), ("s", point.explicit_bounds.len() + 1));
    assert_eq!(point.count, point.bucket_counts.iter().sum::<u64>());
    let status = standing(&engine);
    assert_eq!(status["trouble"], Json::Null, "{status}");
    assert!(status["sent"].as_u64() > Some(1), "{status}");
    engine.signal("-TERM");
    let all = taken.lock().expect("requests");
    assert!(all.iter().all(|(_, key, _)| key == "ZZKEY"), "the secret is in its header");
    for (target, _, body) in &*all {
        assert!(
            !body.contains("ZZCANARY") && !body.contains("ZZCONTROL") && !body.contains("ZZKEY"),
            "{target}: {body}"
        );
    }
}

#[test]
fn a_collector_that_is_away_holds_nothing_up_and_is_told_of() {
    let (workspace, partner) = (Workspace::empty(), Partner::new());
    let lines = format!(
        "name = \"north\"\n[telemetry]\notlp = \"http://127.0.0.1:{}\"\nevery = \"1s\"\ntraces = \"1\"\n",
        free_port()
    );
    workspace.write("sinew.toml", &lines);
    workspace
        .interface("adt", &format!("  receive mllp 127.0.0.1:0\n  send good {{ mllp 127.0.0.1:{} }}", partner.port));
    let engine = workspace.run();
    let message = workspace.write("a.hl7", &admission("A1", "482113")).display().to_string();
    engine.send(&[&message]).expect(0);
    partner.wait_for(1);
    let trouble =
        wait_for("the trouble in the status", || standing(&engine)["trouble"]["code"].as_str().map(str::to_owned));
    assert!(trouble.starts_with("E6"), "{trouble}");
    assert_eq!(engine.signal("-TERM").0, 0);
}
