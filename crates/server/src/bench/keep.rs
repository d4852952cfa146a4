//! Keeping what the bench showed as a test: the message as a sample, and a `test` block that expects what happens now.
//!
//! Promises: nothing is written over; what is written is read by `sinew test` and holds today.

use super::{Partner, bytes_of, definition_of, with};
use crate::{
    codes,
    gate::{
        Call, aside,
        input::{From, Input},
    },
    problem::Problem,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use engine::{
    pipeline::End,
    routing::{self, Way},
};
use hl7v2::Message;
use interface::{
    case::{Standing, With, standing},
    definition::Definition,
};
use lang::syntax;
use message::{Clock as _, Format, Reason, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;

/// Longest sentence of a test.
const NAME_CHARS_MAX: usize = 100;

/// A place of what a destination gets that the test looks at.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    /// The destination.
    destination: String,
    /// A place of an HL7 v2 message: `PID-5.1`.
    path: String,
}

/// What is kept.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// A sentence about behaviour: `an outpatient is nothing for the pharmacy`.
    name: String,
    /// The message, of an invented patient: it becomes a file of the workspace.
    content: String,
    /// Partners that do not take everything.
    #[serde(default)]
    partners: Vec<Partner>,
    /// Places whose value now is expected from then on.
    #[serde(default)]
    claims: Vec<Claim>,
    /// Why: kept in the audit chain.
    reason: String,
}

impl Input for Kept {
    const FROM: From = From::Body;
}

fn refused(text: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, codes::E7403, text)
}

/// `POST /api/v1/interfaces/{name}/tests`.
pub(crate) async fn keep(call: Call<Kept>) -> Result<Response, Problem> {
    call.person(&call.input.reason)?;
    let (call, file) = aside(move || {
        let definition = definition_of(&call)?;
        let files = files(&definition, &call.input)?;
        let file = files.last().map(|(path, _)| path.clone()).unwrap_or_default();
        call.state.host.add(&files)?;
        Ok((call, file))
    })
    .await?;
    call.record("keep test", file.clone(), &call.input.reason).await?;
    Ok(Json(json!({"schema": "sinew.test-kept/1", "file": file})).into_response())
}

/// The sample and the test, with their paths in the workspace.
fn files(definition: &Definition, kept: &Kept) -> Result<Vec<(String, String)>, Problem> {
    let folder = definition.place.file.strip_suffix("/interface.flow").ok_or_else(|| {
        refused("the interface stands in a file of its own, without a folder: write the test into that file")
    })?;
    let name = kept.name.split_whitespace().collect::<Vec<_>>().join(" ");
    let stem = stem(&name);
    if stem.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(refused(format!("a test is named by a sentence of at most {NAME_CHARS_MAX} letters")));
    }
    let bytes = bytes_of(definition, &kept.content);
    let way = routing::trace(definition, &bytes, clock::System.now());
    let with = with(definition, &kept.partners);
    let sample = format!("samples/{stem}.{}", ending(definition.receive.format));
    let test = test(definition, (&name, &sample), &bytes, (way.as_ref(), &with), &kept.claims)?;
    let (_, findings) = syntax::parse("test", test.as_str());
    if findings.iter().any(message::Diagnostic::is_error) {
        return Err(refused("the name of the test, or a value that it looks at, cannot be written as a test"));
    }
    let content = String::from_utf8_lossy(&bytes).into_owned();
    Ok(vec![(format!("{folder}/{sample}"), content), (format!("{folder}/tests/{stem}.flow"), test)])
}

/// `An outpatient: nothing` → `an-outpatient-nothing`.
fn stem(name: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' };
    name.chars().map(letter).collect::<String>().split_whitespace().collect::<Vec<_>>().join("-")
}

fn ending(format: Format) -> &'static str {
    match format {
        Format::Hl7v2 => "hl7",
        Format::Fhir | Format::Json => "json",
        Format::Xml => "xml",
        Format::Delimited => "csv",
        Format::X12 => "x12",
        Format::Text | Format::Binary => "txt",
    }
}

fn test(
    definition: &Definition,
    (name, sample): (&str, &str),
    bytes: &Bytes,
    (way, with): (Result<&Way, &Reason>, &[With]),
    claims: &[Claim],
) -> Result<String, Problem> {
    let mut out = format!("test {} {{\n  given  {sample}\n", syntax::quote(name));
    for one in with {
        let _ = match one {
            With::Refuses(name) => writeln!(out, "  with   {name} refuses-connections"),
            With::Replies(name, code) => writeln!(out, "  with   {name} replies {code:?}"),
            With::Slow(..) | With::Lookup { .. } => Ok(()),
        };
    }
    let mut expect = |line: String| {
        let _ = writeln!(out, "  expect {line}");
    };
    match way {
        Err(reason) => expect(format!("rejected with {}", reason.code)),
        Ok(way) => {
            match &way.plan.end {
                End::Routed => {}
                End::Filtered(rule) => match rule.text.split(' ').next() {
                    Some(word @ ("keep" | "drop" | "route")) => expect(format!("filtered by {word}")),
                    _ => expect("filtered".to_owned()),
                },
                End::Unrouted => expect("filtered".to_owned()),
                End::Parked(_) => expect("parked".to_owned()),
                End::Rejected { reason, .. } => expect(format!("rejected with {}", reason.code)),
            }
            if matches!(way.plan.end, End::Routed) {
                for to in definition.destinations.iter().filter(|to| to.subscriber.is_none()) {
                    let count = way.plan.deliveries.iter().filter(|one| one.destination == to.name).count();
                    expect(match (count, standing(definition, with, &to.name)) {
                        (0, _) => format!("{} nothing", to.name),
                        (count, Standing::Sent) => format!("{} sent {count}", to.name),
                        (count, Standing::Queued) => format!("{} queued {count}", to.name),
                        (_, Standing::Parked) => format!("{} parked", to.name),
                    });
                }
            }
            for claim in claims {
                expect(line_of(way, bytes, claim)?);
            }
        }
    }
    out.push_str("}\n");
    Ok(out)
}

/// `pharmacy PV1-3.1 = "4w"`.
fn line_of(way: &Way, raw: &Bytes, claim: &Claim) -> Result<String, Problem> {
    let delivery = way.plan.deliveries.iter().find(|one| *one.destination == *claim.destination);
    let delivery = delivery.ok_or_else(|| refused("a destination that gets nothing has no places to look at"))?;
    let path = claim.path.parse().map_err(|_| refused("a place is written like PID-5.1"))?;
    let (message, _) = Message::parse(delivery.output.as_ref().unwrap_or(raw).clone());
    Ok(format!("{} {} = {}", delivery.destination, claim.path, syntax::quote(&message.text(&path))))
}
