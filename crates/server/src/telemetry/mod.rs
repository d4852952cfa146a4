//! What OpenTelemetry is told: metrics and the journeys of a share of the messages, as OTLP 1.5 in its JSON form.
//!
//! Makes the bodies of requests, sends nothing. Journeys are read from the record after the fact, so a message pays nothing for
//! being told of. Promises: no value of a message, no name of a person and no text of a partner is in it; what does not fit is
//! left out and counted.
//!
//! Source: opentelemetry.io, OTLP specification 1.5 (OTLP/HTTP, JSON Protobuf Encoding), semantic conventions for messaging
//! (development).

mod figures;
mod spans;
mod words;

pub use spans::Tracer;

use crate::{Api, engine_routes};
use serde_json::{Value, json};
use words::{attribute, text};

/// The path of metrics behind the base of a collector.
pub const METRICS_PATH: &str = "/v1/metrics";
/// The path of traces behind the base of a collector.
pub const TRACES_PATH: &str = "/v1/traces";

impl Api {
    /// The body of a request to [`METRICS_PATH`]: every figure as it is now. `has_conventions`: under the names of the
    /// conventions for messaging too.
    ///
    /// # Errors
    /// What is known of transport cannot be read now.
    pub async fn telemetry_metrics(&self, has_conventions: bool) -> Result<Value, message::Reason> {
        let transport = engine_routes::transport(&self.state).await.map_err(|problem| problem.reason().clone())?;
        Ok(figures::body(&self.state.engine, &transport, has_conventions))
    }
}

/// Who tells.
fn resource(engine: &engine::Engine) -> Value {
    let store = engine.store().id().map(|id| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let mut attributes =
        vec![attribute("service.name", text("sinew")), attribute("service.version", text(env!("CARGO_PKG_VERSION")))];
    attributes.extend(store.map(|store| attribute("service.instance.id", text(&store))));
    json!({"attributes": attributes})
}

fn scope() -> Value {
    json!({"name": "sinew", "version": env!("CARGO_PKG_VERSION")})
}
