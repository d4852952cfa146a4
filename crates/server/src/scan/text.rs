//! A text in the body of a message, as a person reads it: escapes and character sets resolved; case, accents, and the
//! separators between the parts of a name do not count.
//!
//! Promises: a value is compared as its format writes it for people, never as it is coded; a body that cannot be read by
//! its format is compared as the characters that it has; places are named, values never.
//! Never: looks into documents inside a value (base64), or across two fields.

use bytes::Bytes;
use formats::{Document, Layout};
use hl7v2::{Element, Message};
use memchr::memmem::Finder;
use message::Format;
use std::sync::Arc;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Fewest letters of a text: with less, every message would have it.
const CHARS_MIN: usize = 2;
const CHARS_MAX: usize = 200;
/// Places of one body that are named.
const PLACES_MAX: usize = 5;

/// What is looked for.
pub(super) struct Looked {
    finder: Finder<'static>,
    layout: Arc<Layout>,
}

impl Looked {
    /// # Errors
    /// Why this text cannot be looked for.
    pub(super) fn for_text(text: &str) -> Result<Looked, &'static str> {
        let mut folded = String::new();
        fold(text, &mut folded);
        let folded = folded.trim();
        if folded.chars().count() < CHARS_MIN {
            return Err("the text to look for has at least two letters or digits");
        }
        if text.chars().count() > CHARS_MAX {
            return Err("the text to look for has at most 200 letters");
        }
        Ok(Looked { finder: Finder::new(folded.as_bytes()).into_owned(), layout: Arc::new(Layout::csv()) })
    }

    fn is_in(&self, text: &str, folded: &mut String) -> bool {
        folded.clear();
        fold(text, folded);
        self.finder.find(folded.as_bytes()).is_some()
    }

    /// The first places of a body that have the text: `PID-5`, `name.family`; an empty one where the body has no places.
    pub(super) fn places(&self, format: Format, body: &Bytes) -> Vec<String> {
        match format {
            Format::Hl7v2 => self.fields(body),
            Format::Fhir | Format::Json | Format::Xml | Format::Delimited | Format::X12 | Format::Text => {
                self.nodes(format, body)
            }
            Format::Binary => self.characters(body),
        }
    }

    fn fields(&self, body: &Bytes) -> Vec<String> {
        let (message, _) = Message::parse(body.clone());
        let (mut places, mut folded, mut text) = (Vec::new(), String::new(), String::new());
        for segment in message.segments() {
            // MSH-1 and MSH-2 are the first two of its parts.
            for (number, field) in (1..).zip(segment.parts()) {
                if field.is_empty() {
                    continue;
                }
                let mut is_there = false;
                for repetition in field.parts() {
                    text.clear();
                    gather(&repetition, &mut text);
                    is_there |= self.is_in(&text, &mut folded);
                }
                if is_there && !push(&mut places, format!("{}-{number}", segment.id())) {
                    return places;
                }
            }
        }
        // Lines that are no segments have no fields.
        let segments: Vec<*const u8> = message.segments().map(|segment| segment.raw().as_ptr()).collect();
        let mut stray = message.lines().filter(|line| !segments.contains(&line.as_ptr()));
        if places.is_empty() && stray.any(|line| self.is_in(&message.text_of(line), &mut folded)) {
            places.push(String::new());
        }
        places
    }

    fn nodes(&self, format: Format, body: &Bytes) -> Vec<String> {
        let document = Document::read(format, body.clone(), &self.layout);
        let (mut places, mut folded) = (Vec::new(), String::new());
        for node in (0..document.len()).map(|number| document.node(number)) {
            if !node.text().is_empty() && self.is_in(node.text(), &mut folded) && !push(&mut places, node.path()) {
                break;
            }
        }
        if places.is_empty() && !document.is_whole() { self.characters(body) } else { places }
    }

    /// As the characters that the bytes are.
    fn characters(&self, body: &Bytes) -> Vec<String> {
        let decoded = formats::charset::decode(body, None);
        if self.is_in(decoded.as_str(), &mut String::new()) { vec![String::new()] } else { Vec::new() }
    }
}

/// Adds a place; `false` when there is no room for another.
fn push(places: &mut Vec<String>, place: String) -> bool {
    if places.last() != Some(&place) {
        places.push(place);
    }
    places.len() < PLACES_MAX
}

/// The text of all parts, one behind the other.
fn gather(element: &Element<'_>, out: &mut String) {
    let mut parts = element.parts().peekable();
    if parts.peek().is_none() {
        out.push_str(&element.text());
        out.push(' ');
    }
    for part in parts {
        gather(&part, out);
    }
}

/// Small letters without marks; runs of blanks and separators become one blank.
fn fold(text: &str, out: &mut String) {
    let mut push = |letter: char| {
        let is_blank = letter.is_whitespace() || letter.is_control() || matches!(letter, '^' | '&' | '~');
        match is_blank {
            true if out.ends_with(' ') => {}
            true => out.push(' '),
            false => out.push(letter),
        }
    };
    if text.is_ascii() {
        return text.chars().for_each(|letter| push(letter.to_ascii_lowercase()));
    }
    // Small letters may be written with marks again (`İ`), therefore the marks are taken away behind that.
    for letter in text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            'ß' => "ss".chars().for_each(&mut push),
            'æ' => "ae".chars().for_each(&mut push),
            'œ' => "oe".chars().for_each(&mut push),
            'þ' => "th".chars().for_each(&mut push),
            'ø' => push('o'),
            'ł' => push('l'),
            'đ' | 'ð' => push('d'),
            'ı' => push('i'),
            'ς' => push('σ'),
            letter => push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str, format: Format, body: &str) -> Vec<String> {
        Looked::for_text(text).unwrap().places(format, &Bytes::from(body.to_owned()))
    }

    #[test]
    fn fields_as_a_person_reads_them() {
        let body = "MSH|^~\\&|REG|NORTH|||20260301||ORU^R01|M1|P|2.5.1|||||||UNICODE UTF-8\rPID|1||7^^^N^MR~8||Pérez-Groß^María&van^Elena\r\
                    OBX|1|TX|N^Note||Salt \\T\\ pepper\\.br\\twice \\X4D\\onday~second\r";
        let check = |text: &str, expect: &[&str]| assert_eq!(places(text, Format::Hl7v2, body), expect, "{text}");
        check("pérez", &["PID-5"]);
        check("PEREZ-GROSS MARIA VAN", &["PID-5"]);
        check("Perez-Groß^maria", &["PID-5"]);
        check("salt & pepper", &["OBX-5"]);
        check("pepper twice", &["OBX-5"]);
        check("monday", &["OBX-5"]);
        check("second", &["OBX-5"]);
        check("oru r01", &["MSH-9"]);
        check("pid", &[]);
        check("monday second", &[]);
        check("elena obx", &[]);
        check("north", &["MSH-4"]);
    }

    #[test]
    fn character_sets_are_resolved() {
        let body = b"MSH|^~\\&|REG|||||A|ADT^A01|1|P|2.3||||||8859/1\rPID|1||1||M\xFCller\r";
        let looked = Looked::for_text("muller").unwrap();
        assert_eq!(looked.places(Format::Hl7v2, &Bytes::from_static(body)), ["PID-5"]);
    }

    #[test]
    fn values_of_other_formats() {
        let fhir = r#"{"resourceType":"Patient","name":[{"family":"O\u2019Neil","given":["J\u00fcrgen","Tom"]}]}"#;
        assert_eq!(places("jurgen", Format::Fhir, fhir), ["name[1].given[1]"]);
        assert_eq!(places("family", Format::Fhir, fhir), [] as [String; 0], "names of elements are not values");
        let xml = "<a><name use=\"L\">Salt &amp; Pepper</name><note><![CDATA[a < b]]></note></a>";
        assert_eq!(places("salt & pepper", Format::Xml, xml).len(), 1);
        assert_eq!(places("a < b", Format::Xml, xml).len(), 1);
        assert_eq!(places("amp", Format::Xml, xml), [] as [String; 0]);
        assert_eq!(places("ward 7", Format::Delimited, "name,ward\nQuist,\"Ward  7\"\n").len(), 1);
        assert_eq!(places("plain words", Format::Text, "some plain\nwords"), ["root"]);
    }

    #[test]
    fn what_cannot_be_read_is_looked_at_as_it_stands() {
        assert_eq!(places("quist", Format::Fhir, "{\"name\": \"Quist"), [""]);
        assert_eq!(places("quist", Format::Hl7v2, "no message, but Quist"), [""]);
        let broken = "MSH|^~\\&|REG|||||A|ADT^A01|1|P|2.3\r this is Quist's line\r";
        assert_eq!(places("quist's line", Format::Hl7v2, broken), [""]);
        assert_eq!(places("quist", Format::Binary, "\u{0}\u{1}Quist"), [""]);
    }

    #[test]
    fn texts_that_are_of_no_use() {
        for text in ["", " ^ ", "a", &"a".repeat(201)] {
            assert!(Looked::for_text(text).is_err(), "{text}");
        }
        assert!(Looked::for_text("ab").is_ok());
    }
}
