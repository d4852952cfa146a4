//! What a body is, by its media type, and what an answer may be, by `Accept`.

use crate::codes;
use message::{Format, Reason};
use std::sync::Arc;

/// Media types that are an ER7 message.
const ER7: &[&str] = &[super::MEDIA_TYPE, "application/hl7-v2+er7", "x-application/hl7-v2+er7", "text/plain"];
const FORM: &str = "application/x-www-form-urlencoded";

/// What bodies a source takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Media {
    /// As the setting says; empty: what belongs to the interface's format.
    named: Vec<String>,
}

/// How a body holds its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// It is the message.
    Whole,
    /// In a field of a form.
    Form,
}

impl Media {
    /// Reads `media-types`.
    pub(crate) fn read(words: &[Arc<str>]) -> Result<Media, Reason> {
        let name = |word: &Arc<str>| {
            let is_one = word.split_once('/').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty());
            if is_one && !word.contains([';', ' ', '*']) {
                return Ok(word.to_ascii_lowercase());
            }
            let text = format!("`media-types`: `{word}` is not a media type such as `application/json`");
            Err(Reason::new(codes::E6010, text))
        };
        Ok(Media { named: words.iter().map(name).collect::<Result<_, _>>()? })
    }

    /// Whether a body with this `Content-Type` is taken by an interface that takes `format`. One that says nothing is.
    pub(crate) fn takes(&self, content_type: Option<&str>, format: Format) -> Option<Holds> {
        let Some(text) = content_type else {
            return Some(if self.named.first().is_some_and(|name| name == FORM) { Holds::Form } else { Holds::Whole });
        };
        let name = text.split(';').next().unwrap_or(text).trim().to_ascii_lowercase();
        let is_taken = if self.named.is_empty() { belongs(&name, format) } else { self.named.contains(&name) };
        is_taken.then_some(if name == FORM { Holds::Form } else { Holds::Whole })
    }
}

/// Whether bodies of a format are usual under this media type.
fn belongs(name: &str, format: Format) -> bool {
    let by_name = formats::detect::by_media_type(name);
    match format {
        Format::Hl7v2 => ER7.contains(&name),
        Format::Fhir => matches!(by_name, Some(Format::Fhir | Format::Json)),
        Format::Json => matches!(by_name, Some(Format::Json | Format::Fhir)),
        Format::Xml => by_name == Some(Format::Xml),
        Format::Delimited | Format::X12 => by_name == Some(format) || name == "text/plain",
        Format::Text => name.starts_with("text/"),
        Format::Binary => name != FORM,
    }
}

/// The form of an answer that a client prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The acknowledgment message where there is one, else nothing or a problem.
    Acknowledgment,
    /// A JSON object that says what happened, with the acknowledgment in it.
    Json,
    /// A FHIR OperationOutcome in JSON.
    Outcome,
}

/// Reads `Accept` (RFC 9110 §12.5.1): the best of those that we can write, the first of equals.
pub(crate) fn wanted(accept: Option<&str>) -> Wanted {
    let mut best = (0.0, Wanted::Acknowledgment);
    for range in accept.unwrap_or("").split(',') {
        let mut parts = range.split(';').map(str::trim);
        let wanted = match parts.next().map(str::to_ascii_lowercase).as_deref() {
            Some("application/json") => Wanted::Json,
            Some("application/fhir+json") => Wanted::Outcome,
            Some("*/*" | "application/*" | "text/*") => Wanted::Acknowledgment,
            Some(name) if ER7.contains(&name) => Wanted::Acknowledgment,
            Some(_) | None => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |text| text.parse().unwrap_or(0.0));
        if weight > best.0 {
            best = (weight, wanted);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        let all: Vec<Arc<str>> = ["application/json", "Application/XML", FORM].map(Arc::from).to_vec();
        let named = Media::read(&all).unwrap();
        let check = |content_type: Option<&str>, expect: Option<Holds>| {
            assert_eq!(named.takes(content_type, Format::Hl7v2), expect, "{content_type:?}");
        };
        check(None, Some(Holds::Whole));
        check(Some("application/json; charset=utf-8"), Some(Holds::Whole));
        check(Some("APPLICATION/XML"), Some(Holds::Whole));
        check(Some("application/x-www-form-urlencoded"), Some(Holds::Form));
        check(Some("application/hl7-v2"), None);
        for bad in ["json", "*/*", "a/b; c=d", "/x"] {
            assert_eq!(Media::read(&[bad.into()]).unwrap_err().code, "E6010", "{bad}");
        }
    }

    #[test]
    fn without_a_setting_the_format_decides() {
        let media = Media::read(&[]).unwrap();
        let check = |format: Format, yes: &[&str], no: &[&str]| {
            assert_eq!(media.takes(None, format), Some(Holds::Whole));
            yes.iter().for_each(|name| assert!(media.takes(Some(name), format).is_some(), "{name} {format:?}"));
            no.iter().for_each(|name| assert!(media.takes(Some(name), format).is_none(), "{name} {format:?}"));
        };
        check(Format::Hl7v2, &["application/hl7-v2", "text/plain"], &["application/json", FORM, "?"]);
        check(Format::Fhir, &["application/fhir+json", "application/json"], &["application/xml", "text/plain"]);
        check(Format::Json, &["application/json", "application/vnd.lab+json"], &["text/plain"]);
        check(Format::Xml, &["application/xml", "text/xml", "application/soap+xml"], &["application/json"]);
        check(Format::Delimited, &["text/csv", "text/plain"], &["application/json"]);
        check(Format::X12, &["application/edi-x12", "text/plain"], &["text/csv"]);
        check(Format::Text, &["text/plain", "text/html"], &["image/png"]);
        check(Format::Binary, &["image/png", "application/pdf"], &[FORM]);
    }

    #[test]
    fn what_a_client_wants() {
        let check = |accept: &str, expect: Wanted| assert_eq!(wanted(Some(accept)), expect, "{accept}");
        assert_eq!(wanted(None), Wanted::Acknowledgment);
        check("*/*", Wanted::Acknowledgment);
        check("application/json", Wanted::Json);
        check("application/fhir+json;q=0.9, application/json;q=0.5", Wanted::Outcome);
        check("application/hl7-v2, application/json", Wanted::Acknowledgment);
        check("image/png", Wanted::Acknowledgment);
        check("application/json;q=0", Wanted::Acknowledgment);
    }
}
