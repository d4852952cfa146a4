//! What a body is, by its media type, and what an answer may be, by `Accept`.

use crate::codes;
use message::{Format, Reason};
use std::sync::Arc;

/// Media types that are an ER7 message, and what stands for a client that says nothing.
const ER7: &[&str] = &[super::MEDIA_TYPE, "application/hl7-v2+er7", "x-application/hl7-v2+er7", "text/plain"];
const FORM: &str = "application/x-www-form-urlencoded";

/// A media type that a source takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Medium {
    name: String,
    /// How the engine is told of it.
    pub(crate) format: Format,
    /// The message is a field of a form.
    pub(crate) is_form: bool,
}

/// The media types of a setting; without any, those of ER7.
pub(crate) fn read(words: &[Arc<str>]) -> Result<Vec<Medium>, Reason> {
    if words.is_empty() {
        return Ok(ER7.iter().map(|name| Medium::of(name)).collect());
    }
    let medium = |word: &Arc<str>| {
        let is_one = word.split_once('/').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty());
        if is_one && !word.contains([';', ' ', '*']) {
            return Ok(Medium::of(&word.to_ascii_lowercase()));
        }
        let text = format!("`media-types`: `{word}` is not a media type such as `application/json`");
        Err(Reason::new(codes::E6010, text))
    };
    words.iter().map(medium).collect()
}

impl Medium {
    fn of(name: &str) -> Medium {
        Medium { name: name.to_owned(), format: format_of(name), is_form: name == FORM }
    }

    /// Whether a body with this `Content-Type` is one. A body without any is what was named first.
    pub(crate) fn find<'m>(media: &'m [Medium], content_type: Option<&str>) -> Option<&'m Medium> {
        let Some(text) = content_type else { return media.first() };
        let name = text.split(';').next().unwrap_or(text).trim().to_ascii_lowercase();
        media.iter().find(|medium| medium.name == name)
    }
}

/// The format that a media type stands for (RFC 6839: the suffix says how it is written).
fn format_of(name: &str) -> Format {
    match name {
        FORM => Format::Hl7v2,
        name if ER7.contains(&name) => Format::Hl7v2,
        "application/fhir+json" | "application/json+fhir" => Format::Fhir,
        name if name.ends_with("/json") || name.ends_with("+json") => Format::Json,
        name if name.ends_with("/xml") || name.ends_with("+xml") => Format::Xml,
        name if name.starts_with("text/") => Format::Text,
        _ => Format::Binary,
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
        let all: Vec<Arc<str>> =
            ["application/json", "application/fhir+json", "Application/XML", "text/csv", "image/png"]
                .map(Arc::from)
                .to_vec();
        let media = read(&all).unwrap();
        let check = |content_type: Option<&str>, expect: Option<Format>| {
            assert_eq!(Medium::find(&media, content_type).map(|medium| medium.format), expect, "{content_type:?}");
        };
        check(None, Some(Format::Json));
        check(Some("application/json; charset=utf-8"), Some(Format::Json));
        check(Some("APPLICATION/FHIR+JSON"), Some(Format::Fhir));
        check(Some("application/xml"), Some(Format::Xml));
        check(Some("text/csv"), Some(Format::Text));
        check(Some("image/png"), Some(Format::Binary));
        check(Some("application/hl7-v2"), None);
        for bad in ["json", "*/*", "a/b; c=d", "/x"] {
            assert_eq!(read(&[bad.into()]).unwrap_err().code, "E6010", "{bad}");
        }
        assert_eq!(Medium::find(&read(&[]).unwrap(), None).unwrap().format, Format::Hl7v2);
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
