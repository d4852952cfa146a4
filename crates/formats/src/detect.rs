//! Which format something is in: by its content, by the name of its file, by its media type.
//!
//! Promises: looks at a bounded part of the content; says nothing rather than something that may be wrong.

use message::Format;

/// Bytes of the beginning that are looked at.
const HEAD_BYTES: usize = 64 * 1024;
/// Rows that must have the same number of columns before content is taken for delimited.
const ROWS_MIN: usize = 2;
/// What separates columns, the more usual first.
const SEPARATORS: [u8; 4] = *b",;\t|";

/// Words for formats, as the language writes them.
pub const NAMES: [(&str, Format); 11] = [
    ("hl7v2", Format::Hl7v2),
    ("fhir", Format::Fhir),
    ("json", Format::Json),
    ("xml", Format::Xml),
    ("csv", Format::Delimited),
    ("tsv", Format::Delimited),
    ("delimited", Format::Delimited),
    ("fixed", Format::Delimited),
    ("x12", Format::X12),
    ("text", Format::Text),
    ("binary", Format::Binary),
];

/// The word for a format.
#[must_use]
pub fn name_of(format: Format) -> &'static str {
    match format {
        Format::Hl7v2 => "hl7v2",
        Format::Fhir => "fhir",
        Format::Json => "json",
        Format::Xml => "xml",
        Format::Delimited => "csv",
        Format::X12 => "x12",
        Format::Text => "text",
        Format::Binary => "binary",
    }
}

/// By the end of a file's name: `in/*.csv`, `lab.hl7`.
#[must_use]
pub fn by_name(name: &str) -> Option<Format> {
    let (_, end) = name.rsplit_once('.')?;
    Some(match end.to_ascii_lowercase().as_str() {
        "hl7" | "er7" | "adt" | "oru" => Format::Hl7v2,
        "json" | "jsonl" | "ndjson" => Format::Json,
        "xml" | "cda" => Format::Xml,
        "csv" | "tsv" | "tab" => Format::Delimited,
        "x12" | "edi" => Format::X12,
        "txt" => Format::Text,
        "pdf" | "jpg" | "jpeg" | "png" | "dcm" | "zip" | "bin" => Format::Binary,
        _ => return None,
    })
}

/// By a media type (RFC 6838), its parameters left aside: `application/fhir+json; charset=utf-8`.
#[must_use]
pub fn by_media_type(text: &str) -> Option<Format> {
    let kind = text.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    Some(match kind.as_str() {
        "application/fhir+json" => Format::Fhir,
        "application/hl7-v2" | "application/hl7-v2+er7" | "x-application/hl7-v2+er7" => Format::Hl7v2,
        "text/csv" | "text/tab-separated-values" => Format::Delimited,
        "application/edi-x12" => Format::X12,
        "application/json" | "text/json" => Format::Json,
        "application/xml" | "text/xml" => Format::Xml,
        "text/plain" => Format::Text,
        "application/octet-stream" | "application/pdf" | "application/dicom" => Format::Binary,
        other if other.ends_with("+json") => Format::Json,
        other if other.ends_with("+xml") => Format::Xml,
        other if other.starts_with("image/") || other.starts_with("audio/") => Format::Binary,
        _ => return None,
    })
}

/// The media type that a format goes by.
#[must_use]
pub fn media_type(format: Format) -> &'static str {
    match format {
        Format::Hl7v2 => "x-application/hl7-v2+er7",
        Format::Fhir => "application/fhir+json",
        Format::Json => "application/json",
        Format::Xml => "application/xml",
        Format::Delimited => "text/csv; charset=utf-8",
        Format::X12 => "application/edi-x12",
        Format::Text => "text/plain; charset=utf-8",
        Format::Binary => "application/octet-stream",
    }
}

/// By the content. Characters that are none of a structure are text, bytes that are no characters are binary.
#[must_use]
pub fn by_content(bytes: &[u8]) -> Format {
    let is_wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let head = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let head = &head[..head.len().min(HEAD_BYTES)];
    let narrow: Vec<u8>;
    let head = if is_wide {
        narrow = head.iter().skip(2).copied().filter(|byte| *byte != 0).collect();
        &narrow
    } else {
        head
    };
    let text = head.trim_ascii_start();
    match text.first() {
        Some(b'{' | b'[') => return if is_resource(text) { Format::Fhir } else { Format::Json },
        Some(b'<') if text.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || b"?!_".contains(byte)) => {
            return Format::Xml;
        }
        Some(0x0B) => return Format::Hl7v2,
        _ => {}
    }
    if is_header(text) {
        return Format::Hl7v2;
    }
    if text.starts_with(b"ISA") && text.get(3).is_some_and(|byte| byte.is_ascii_punctuation() || *byte == b' ') {
        return Format::X12;
    }
    if head.contains(&0) || std::str::from_utf8(whole_characters(head)).is_err() && has_controls(head) {
        return Format::Binary;
    }
    if separator_of(head).is_some() { Format::Delimited } else { Format::Text }
}

/// The separator that gives every row of the beginning the same number of columns, more than one.
#[must_use]
pub fn separator_of(head: &[u8]) -> Option<u8> {
    let head = &head[..head.len().min(HEAD_BYTES)];
    SEPARATORS.into_iter().find(|separator| {
        let mut rows = columns(head, *separator);
        let Some(first) = rows.next().filter(|count| *count > 1) else { return false };
        let mut more = 0;
        let is_even = rows.take(32).all(|count| {
            more += 1;
            count == first
        });
        is_even && more + 1 >= ROWS_MIN
    })
}

/// How many columns each whole row has; quotes may hold separators and line ends.
fn columns(head: &[u8], separator: u8) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while head.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            at += 1;
        }
        head.get(at)?;
        let mut count = 1;
        let mut is_quoted = false;
        while let Some(byte) = head.get(at) {
            match byte {
                b'"' => is_quoted = !is_quoted,
                b'\r' | b'\n' if !is_quoted => break,
                byte if *byte == separator && !is_quoted => count += 1,
                _ => {}
            }
            at += 1;
        }
        Some(count)
    })
}

/// `MSH|`, `FHS|`, `BHS|`, with any separator that is no letter, digit or blank.
fn is_header(text: &[u8]) -> bool {
    let is_id = [b"MSH", b"FHS", b"BHS"].iter().any(|id| text.starts_with(*id));
    is_id && text.get(3).is_some_and(u8::is_ascii_punctuation)
}

/// A JSON object that says which resource it is, near its beginning.
fn is_resource(text: &[u8]) -> bool {
    const NAME: &[u8] = b"\"resourceType\"";
    let head = &text[..text.len().min(4096)];
    text.first() == Some(&b'{') && head.windows(NAME.len()).any(|window| window == NAME)
}

/// Without a character that the end of the head cut.
fn whole_characters(head: &[u8]) -> &[u8] {
    match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        Ok(_) | Err(_) => head,
    }
}

fn has_controls(head: &[u8]) -> bool {
    head.iter().any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0B | 0x0C | 0x1C))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content() {
        let check = |bytes: &[u8], expect: Format| assert_eq!(by_content(bytes), expect, "{bytes:?}");
        check(b"MSH|^~\\&|LAB", Format::Hl7v2);
        check(b"\x0bMSH|^~\\&|LAB", Format::Hl7v2);
        check(b"\n\nMSH#^~\\&#LAB", Format::Hl7v2);
        check(b"MSHA is a word", Format::Text);
        check(b"{\"a\": 1}", Format::Json);
        check(b" [1, 2]", Format::Json);
        check(b"{\"resourceType\": \"Patient\"}", Format::Fhir);
        check(b"\xEF\xBB\xBF{\"id\": 1}", Format::Json);
        check(b"<?xml version=\"1.0\"?><a/>", Format::Xml);
        check(b"<ClinicalDocument/>", Format::Xml);
        check(b"\xFF\xFE<\0a\0/\0>\0", Format::Xml);
        check(b"< 5 is few", Format::Text);
        check(b"ISA*00*          *00*", Format::X12);
        check(b"mrn;name\n1;\"Doe; Jane\"\n", Format::Delimited);
        check(b"a\tb\r\n1\t2\r\n", Format::Delimited);
        check(b"a,b\n1\n", Format::Text);
        check(b"one line, with a comma", Format::Text);
        check(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n\x00", Format::Binary);
        check("Stra\u{DF}e".as_bytes(), Format::Text);
        check(b"Stra\xDFe", Format::Text);
        check(b"", Format::Text);
    }

    #[test]
    fn names_and_media_types() {
        assert_eq!(by_name("in/*.CSV"), Some(Format::Delimited));
        assert_eq!(by_name("lab.hl7"), Some(Format::Hl7v2));
        assert_eq!(by_name("in"), None);
        assert_eq!(by_media_type("application/fhir+json; fhirVersion=4.0"), Some(Format::Fhir));
        assert_eq!(by_media_type("Application/vnd.acme+json"), Some(Format::Json));
        assert_eq!(by_media_type("image/jpeg"), Some(Format::Binary));
        assert_eq!(by_media_type("model/gltf"), None);
        for (name, format) in NAMES {
            assert_eq!(by_media_type(media_type(format)), Some(format), "{name}");
            assert!(NAMES.contains(&(name_of(format), format)), "{name}");
        }
    }

    #[test]
    fn separators() {
        assert_eq!(separator_of(b"a;b,c\n1;2,5\n"), Some(b','));
        assert_eq!(separator_of(b"a|b\n1|2\n"), Some(b'|'));
        assert_eq!(separator_of(b"a b\n1 2\n"), None);
    }
}
