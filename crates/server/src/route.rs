//! What one line of the table of routes says: where, what for, who may, what comes in, what goes out, and what does it.

use crate::{
    gate::{
        Call,
        caller::{Caller, Source, Stage},
        input::{From, Input},
    },
    host::State,
    problem::Problem,
    rights::Right,
};
use axum::{
    http::{Method, Uri},
    response::Response,
};
use bytes::Bytes;
use interface::contract::Boxed;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::{future::Future, sync::Arc};

/// Largest body of a request unless its route says otherwise.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: signing in.
    Nobody,
    /// To be known, however far the sign-in has come.
    Known,
    /// A session of a person at one of these stages: their own account.
    Stage(&'static [Stage]),
    /// A right.
    Right(Right),
}

/// What an operation is about: where the right has to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The engine as a whole.
    Engine,
    /// A list, of which everyone sees their part.
    Some,
    /// The interface that the input or the path names.
    Interface,
    /// The message that the input or the path names.
    Message,
}

/// What an operation answers.
#[derive(Clone, Copy)]
pub(crate) enum Gives {
    /// JSON of a type.
    Typed(fn(&mut SchemaGenerator) -> Schema),
    /// A JSON object that names itself: `sinew.status/1`; empty for one that does not.
    Json(&'static str),
    /// Bytes as they are.
    Bytes,
    /// Lines of JSON without an end.
    Lines,
    /// Server-sent messages without an end.
    Stream,
    /// Text of this media type.
    Text(&'static str),
}

/// A request behind the first checks.
pub(crate) struct Raw {
    pub(crate) state: State,
    pub(crate) caller: Arc<Caller>,
    pub(crate) source: Source,
    pub(crate) path: Vec<String>,
    pub(crate) uri: Uri,
    pub(crate) body: Bytes,
    pub(crate) need: Need,
    pub(crate) about: About,
    pub(crate) agent: String,
    pub(crate) mark: Option<String>,
    pub(crate) state_cookie: Option<String>,
    pub(crate) host: String,
    pub(crate) is_page: bool,
}

type Run = Arc<dyn Fn(Raw) -> Boxed<'static, Result<Response, Problem>> + Send + Sync>;

/// One operation.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) need: Need,
    pub(crate) about: About,
    pub(crate) summary: &'static str,
    pub(crate) from: From,
    pub(crate) takes: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) gives: Gives,
    pub(crate) body_bytes_max: usize,
    pub(crate) run: Run,
}

impl Route {
    /// A route that does what `run` does with its input.
    pub(crate) fn new<I, F, R>(
        (method, path): (Method, &'static str),
        (need, about): (Need, About),
        gives: Gives,
        summary: &'static str,
        run: F,
    ) -> Route
    where
        I: Input,
        F: Fn(Call<I>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let run = Arc::new(run);
        Route {
            method,
            path,
            need,
            about,
            summary,
            from: I::FROM,
            takes: schema::<I>,
            gives,
            body_bytes_max: if I::FROM == From::Query { 0 } else { BODY_BYTES_MAX },
            run: Arc::new(move |raw| {
                let run = run.clone();
                Box::pin(async move { run(raw.admit::<I>().await?).await })
            }),
        }
    }

    /// With another limit of the body.
    pub(crate) fn up_to(self, bytes: usize) -> Route {
        Route { body_bytes_max: bytes, ..self }
    }
}

/// The schema of a type, its parts among the definitions.
pub(crate) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Every route.
pub(crate) struct Table(pub(crate) Vec<Route>);

impl Table {
    /// The route of a request, and what stands at the places in braces; otherwise the methods that the path has.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<(&Route, Vec<String>), Vec<Method>> {
        let mut others = Vec::new();
        for route in &self.0 {
            match fits(route.path, path) {
                Some(found) if route.method == *method => return Ok((route, found)),
                Some(_) => others.push(route.method.clone()),
                None => {}
            }
        }
        Err(others)
    }
}

fn fits(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut wanted, mut given, mut found) = (pattern.split('/'), path.split('/'), Vec::new());
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(place), Some(value)) if place.starts_with('{') && !value.is_empty() => found.push(decoded(value)?),
            (Some(word), Some(value)) if word == value => {}
            _ => return None,
        }
    }
}

/// `%2F` and the like; `None` where it is no text.
pub(crate) fn decoded(value: &str) -> Option<String> {
    let mut out = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok().filter(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |pattern: &str, path: &str, expect: Option<&[&str]>| {
            let expect = expect.map(|found| found.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
            assert_eq!(fits(pattern, path), expect, "{path}");
        };
        check("/api/v1/messages/{id}", "/api/v1/messages/7", Some(&["7"]));
        check("/api/v1/messages/{id}", "/api/v1/messages/a%2Fb", Some(&["a/b"]));
        check("/api/v1/messages/{id}", "/api/v1/messages/", None);
        check("/api/v1/messages/{id}", "/api/v1/messages/7/content", None);
        check("/api/v1/messages/{id}", "/api/v1/messages/%zz", None);
        check("/api/v1/messages/{id}", "/api/v1/messages/%0a", None);
        check("/api/v1/status", "/api/v1/status", Some(&[]));
        check("/api/v1/status", "/api/v1/status/", None);
        check("/api/v1/status", "/api/v1//status", None);
    }
}
