//! What a request brings: a closed type, read from its body, its query or nowhere.
//!
//! Promises: unknown fields and wrong types are refused, saying where and never what stood there (a wrong place may hold
//! patient data).

use crate::problem::Problem;
use axum::{extract::Query, http::Uri};
use bytes::Bytes;
use message::MessageId;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;

/// Where an input stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// There is none.
    Nowhere,
    /// In the query of the address: nothing that could be about a patient.
    Query,
    /// In the body, as JSON.
    Body,
}

/// The input of an operation. Implementors refuse unknown fields.
pub(crate) trait Input: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Where it stands.
    const FROM: From;
    /// The interface that it names.
    fn interface(&self) -> Option<&str> {
        None
    }
    /// The message that it names.
    fn message(&self) -> Option<MessageId> {
        None
    }
}

/// No input.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl Input for Nothing {
    const FROM: From = From::Nowhere;
}

/// Reads an input.
pub(crate) fn read<I: Input>(uri: &Uri, body: &Bytes) -> Result<I, Problem> {
    match I::FROM {
        From::Nowhere => parse(b"{}"),
        From::Query => Query::<I>::try_from_uri(uri).map(|Query(input)| input).map_err(|_| {
            Problem::not_understood(format!("the query of the address is not understood: {}", fields::<I>()))
        }),
        From::Body => parse(body),
    }
}

fn parse<I: Input>(body: &[u8]) -> Result<I, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Problem::not_understood(match error.classify() {
            serde_json::error::Category::Data => format!("the body does not fit at {place}: {}", fields::<I>()),
            serde_json::error::Category::Eof if body.is_empty() => format!("the body is missing: {}", fields::<I>()),
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => format!("the body is not JSON at {place}"),
        })
    })
}

/// `its fields are a, b and c`.
fn fields<I: Input>() -> String {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<I>();
    let names = schema.get("properties").and_then(|found| found.as_object());
    let names: Vec<&str> = names.into_iter().flat_map(|names| names.keys().map(String::as_str)).collect();
    match names.is_empty() {
        true => "it has no fields".to_owned(),
        false => format!("its fields are {}", names.join(", ")),
    }
}
