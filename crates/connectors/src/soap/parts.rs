//! Envelopes with attachments: MTOM (W3C, 2005), which is XOP 1.0 in a multipart/related body (RFC 2387). Without I/O.
//!
//! Promises: each part is taken in once, so that a small body cannot become a large document; what cannot be cut is none.
//! Never: fetches what an address outside of the body names.

use crate::web::encode::from_base64;
use std::borrow::Cow;
use xml::Node;

/// Most parts of one body.
const PARTS_MAX: usize = 256;
/// Longest boundary (RFC 2046 §5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;
const XOP: &str = "http://www.w3.org/2004/08/xop/include";
const BREAK: &[u8] = b"\r\n";

/// A body: its envelope, and what stands beside it.
pub(crate) struct Package<'a> {
    pub(crate) root: Cow<'a, [u8]>,
    others: Vec<Part<'a>>,
}

struct Part<'a> {
    /// Without angle brackets.
    id: &'a str,
    content: Cow<'a, [u8]>,
}

/// Whether a body of this media type is cut into parts.
pub(crate) fn is_package(media_type: &str) -> bool {
    name_of(media_type).eq_ignore_ascii_case("multipart/related")
}

/// The media type without its parameters.
pub(crate) fn name_of(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Cuts a body; one without parts is its envelope. `None` where it does not end, or a part cannot be read.
pub(crate) fn cut<'a>(body: &'a [u8], media_type: &str) -> Option<Package<'a>> {
    if !is_package(media_type) {
        return Some(Package { root: Cow::Borrowed(body), others: Vec::new() });
    }
    let boundary = parameter(media_type, "boundary").filter(|text| (1..=BOUNDARY_BYTES_MAX).contains(&text.len()))?;
    let mark = format!("--{boundary}");
    let delimiter = format!("\r\n{mark}");
    let mut rest = match body.strip_prefix(mark.as_bytes()) {
        Some(rest) => rest,
        None => behind(body, delimiter.as_bytes())?.1,
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let line = memchr::memmem::find(rest, BREAK)?;
        let (part, next) = behind(&rest[line..], delimiter.as_bytes())?;
        parts.push(read(part)?);
        if parts.len() > PARTS_MAX {
            return None;
        }
        rest = next;
    }
    let start = parameter(media_type, "start");
    let start = start.as_deref().map(|text| text.trim_matches(['<', '>']));
    let root = start.and_then(|start| parts.iter().position(|part| part.id == start)).unwrap_or(0);
    (root < parts.len()).then(|| Package { root: parts.remove(root).content, others: parts })
}

/// What stands in front of a mark, and behind it.
fn behind<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::find(bytes, mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}

/// Headers, an empty line, content; it begins with the end of the line of the boundary.
fn read(part: &[u8]) -> Option<Part<'_>> {
    let (head, content) = behind(part, b"\r\n\r\n")?;
    let (mut id, mut encoding) = ("", "");
    for line in std::str::from_utf8(head).ok()?.split("\r\n") {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.trim().to_ascii_lowercase().as_str() {
            "content-id" => id = value.trim().trim_matches(['<', '>']),
            "content-transfer-encoding" => encoding = value.trim(),
            _ => {}
        }
    }
    let content = match encoding.to_ascii_lowercase().as_str() {
        "" | "binary" | "8bit" | "7bit" => Cow::Borrowed(content),
        "base64" => Cow::Owned(from_base64(&joined(std::str::from_utf8(content).ok()?))?),
        _ => return None,
    };
    Some(Part { id, content })
}

/// Base64 without the ends of its lines.
pub(crate) fn joined(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

/// A parameter of a media type (RFC 9110 §5.6.6); quoted ones may hold semicolons.
fn parameter(media_type: &str, wanted: &str) -> Option<String> {
    let mut rest = media_type.split_once(';')?.1;
    loop {
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let (text, next) = match value.strip_prefix('"') {
            Some(quoted) => {
                let (text, next) = quoted.split_once('"')?;
                (text, next.split_once(';').map(|cut| cut.1))
            }
            None => value.split_once(';').map_or((value, None), |(text, next)| (text, Some(next))),
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(text.trim().to_owned());
        }
        rest = next?;
    }
}

impl Package<'_> {
    /// The bytes that an element includes (XOP 1.0 §2.1); `None` where it includes nothing that is here.
    pub(crate) fn included(&self, element: Node<'_, '_>) -> Option<&[u8]> {
        let include = element.children().find(|child| is_include(*child))?;
        let id = id_of(include)?;
        self.others.iter().find(|part| part.id == id).map(|part| &*part.content)
    }

    /// A document of the body, without whatever it includes: that stands in it, in base64 (XOP 1.0 §3.2). `None` where
    /// something is missing, or included twice.
    pub(crate) fn resolve(&self, text: &str, element: Node<'_, '_>) -> Option<String> {
        let range = element.range();
        let mut whole = String::with_capacity(range.len());
        let (mut at, mut taken) = (range.start, Vec::new());
        for include in element.descendants().filter(|node| is_include(*node)) {
            let id = id_of(include)?;
            if taken.contains(&id) {
                return None;
            }
            let part = self.others.iter().find(|part| part.id == id)?;
            whole.push_str(text.get(at..include.range().start)?);
            whole.push_str(&crate::web::encode::base64(&part.content));
            at = include.range().end;
            taken.push(id);
        }
        whole.push_str(text.get(at..range.end)?);
        Some(whole)
    }
}

fn is_include(node: Node<'_, '_>) -> bool {
    node.is_element() && node.tag_name().name() == "Include" && node.tag_name().namespace() == Some(XOP)
}

/// `href="cid:…"` (RFC 2392).
fn id_of(include: Node<'_, '_>) -> Option<String> {
    let id = include.attribute("href")?.strip_prefix("cid:")?.replace('+', "%2B");
    String::from_utf8(crate::web::encode::from_form(id.as_bytes())?).ok()
}

/// A body with parts in the making.
pub(crate) struct Writer {
    boundary: String,
    media_type: &'static str,
    attached: Vec<(Vec<u8>, &'static str)>,
}

impl Writer {
    /// `id` makes the marks between the parts; `media_type` is that of the envelope.
    pub(crate) fn new(id: &str, media_type: &'static str) -> Writer {
        let letters = id.bytes().filter(u8::is_ascii_alphanumeric).map(char::from);
        Writer { boundary: letters.take(48).collect(), media_type, attached: Vec::new() }
    }

    /// One more part; gives the element that stands for it.
    pub(crate) fn attach(&mut self, content: Vec<u8>, media_type: &'static str) -> String {
        self.attached.push((content, media_type));
        format!("<xop:Include xmlns:xop=\"{XOP}\" href=\"cid:{}@sinew\"/>", self.attached.len())
    }

    /// The body, and its media type; `action` is that of SOAP 1.2.
    pub(crate) fn finish(mut self, envelope: &[u8], action: &str) -> (Vec<u8>, String) {
        let is_within = |mark: &str| {
            let all = std::iter::once(envelope).chain(self.attached.iter().map(|(content, _)| &**content));
            all.into_iter().any(|content| memchr::memmem::find(content, mark.as_bytes()).is_some())
        };
        // No content may hold the mark between the parts; each letter more makes it less likely.
        while is_within(&self.boundary) && self.boundary.len() < BOUNDARY_BYTES_MAX {
            self.boundary.push('x');
        }
        let Writer { boundary, media_type: kind, attached } = self;
        let mut body = format!(
            "--{boundary}\r\nContent-Type: application/xop+xml; charset=utf-8; type=\"{kind}\"\r\n\
             Content-Transfer-Encoding: binary\r\nContent-ID: <0@sinew>\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(envelope);
        for (number, (content, media_type)) in attached.iter().enumerate() {
            let head = format!(
                "\r\n--{boundary}\r\nContent-Type: {media_type}\r\nContent-Transfer-Encoding: binary\r\n\
                 Content-ID: <{}@sinew>\r\n\r\n",
                number + 1
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
        }
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let action = if action.is_empty() { String::new() } else { format!("; action=\"{action}\"") };
        let media_type = format!(
            "multipart/related; type=\"application/xop+xml\"; start=\"<0@sinew>\"; start-info=\"{kind}\"; \
             boundary=\"{boundary}\"{action}"
        );
        (body, media_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "Multipart/Related; start-info=\"a;b\"; boundary=b1; start=\"<r@x>\"";

    #[test]
    fn bodies_are_cut() {
        let check = |body: &str, expect: Option<(&str, &[&str])>| {
            let package = cut(body.as_bytes(), KIND);
            let found = package.as_ref().map(|package| {
                let others = package.others.iter().map(|part| std::str::from_utf8(&part.content).unwrap());
                (std::str::from_utf8(&package.root).unwrap(), others.collect::<Vec<_>>())
            });
            assert_eq!(found, expect.map(|(root, others)| (root, others.to_vec())), "{body}");
        };
        let root = "--b1\r\nContent-ID: <r@x>\r\n\r\n<a/>";
        check(&format!("{root}\r\n--b1--"), Some(("<a/>", &[])));
        check(&format!("before\r\n{root}\r\n--b1--\r\nafter"), Some(("<a/>", &[])));
        let other = "--b1\r\nContent-Transfer-Encoding: BASE64\r\nContent-ID: <o@x>\r\n\r\naGVs\r\nbG8=";
        check(&format!("{other}\r\n{root}\r\n--b1--"), Some(("<a/>", &["hello"])));
        check(&format!("{other}\r\n--b1--"), Some(("hello", &[])));
        check(&format!("{root}\r\n--b1"), None);
        check("--b1--", None);
        check(root, None);
        check("--b1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx\r\n--b1--", None);
        check("--b1\r\nno end of the head\r\n--b1--", None);
        assert_eq!(&*cut(b"<a/>", "text/xml").unwrap().root, b"<a/>");
        assert!(cut(b"<a/>", "multipart/related").is_none());
    }

    /// Bodies that mean to grow, to hide, or to take time: what is made of one is never larger than base64 makes it, and most are
    /// none at all.
    #[test]
    fn bombs_stay_what_they_weigh() {
        let part = |id: &str, content: &str| format!("--b1\r\nContent-ID: <{id}>\r\n\r\n{content}\r\n");
        let include = |id: &str| format!("<x:Include xmlns:x=\"{XOP}\" href=\"cid:{id}\"/>");
        let megabyte = "x".repeat(1024 * 1024);
        let made = |root: &str, others: &str| {
            let body = format!("{}{others}--b1--", part("r@x", root));
            let package = cut(body.as_bytes(), KIND)?;
            let text = std::str::from_utf8(&package.root).unwrap().to_owned();
            let held: usize = package.others.iter().map(|part| part.content.len()).sum();
            assert!(text.len() + held <= body.len());
            let document = xml::read(&text).ok()?;
            let whole = package.resolve(&text, document.root_element())?;
            assert!(whole.len() <= body.len() / 3 * 4 + 4, "{} of {}", whole.len(), body.len());
            Some(whole.len())
        };
        // A large part taken in a thousand times, under one name or two that mean the same.
        let all = |ids: &[&str]| format!("<a>{}</a>", ids.iter().map(|id| include(id)).collect::<String>());
        assert_eq!(made(&all(&["o@x"; 1000]), &part("o@x", &megabyte)), None);
        assert_eq!(made(&all(&["o@x", "o%40x"]), &part("o@x", &megabyte)), None);
        assert!(made(&all(&["o@x"]), &part("o@x", &megabyte)).is_some());
        // Parts that include parts, as entities would: what is in a part is bytes.
        let nest = part("o@x", &format!("{0}{0}", include("p@x"))) + &part("p@x", &megabyte);
        assert!(made(&all(&["o@x"]), &nest).is_some_and(|bytes| bytes < 1024));
        // The envelope includes itself, or what is nowhere.
        assert_eq!(made(&all(&["r@x"]), ""), None);
        assert_eq!(made(&all(&["q@x"]), &part("o@x", "x")), None);
        // More parts than anybody has, with one name or each with its own; a head without an end.
        let many = |count: usize| (0..count).map(|number| part(&format!("p{number}@x"), "")).collect::<String>();
        assert!(made("<a/>", &many(PARTS_MAX - 1)).is_some());
        assert_eq!(made("<a/>", &many(PARTS_MAX)), None);
        assert_eq!(made("<a/>", &many(100_000)), None);
        assert_eq!(made("<a/>", &format!("--b1\r\n{}", "X-A: b\r\n".repeat(100_000))), None);
        // A boundary of one letter in a body of nothing else; one that is too long.
        let marks = "\r\n--x".repeat(200_000);
        assert!(cut(marks.as_bytes(), "multipart/related; boundary=x").is_none());
        assert!(cut(marks.as_bytes(), &format!("multipart/related; boundary={}", "x".repeat(71))).is_none());
        // A million elements without an end of includes: the door for XML stands in front.
        assert_eq!(made(&format!("<a>{}</a>", include("o@x").repeat(200_000)), &part("o@x", "x")), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::new("urn:uuid:1-2", "text/xml");
        let binary = b"\r\n--urnuuid12\r\n\x00\xff".to_vec();
        let envelope = format!("<a><b>{}</b></a>", writer.attach(binary.clone(), "application/pdf"));
        let (body, media_type) = writer.finish(envelope.as_bytes(), "urn:do");
        let package = cut(&body, &media_type).unwrap();
        let text = std::str::from_utf8(&package.root).unwrap();
        let document = xml::read(text).unwrap();
        let element = xml::child(document.root_element(), "b").unwrap();
        assert_eq!(package.included(element), Some(&binary[..]));
        let base64 = crate::web::encode::base64(&binary);
        assert_eq!(package.resolve(text, document.root_element()), Some(format!("<a><b>{base64}</b></a>")));
    }

    #[test]
    fn a_part_is_included_once_and_nothing_from_elsewhere() {
        let check = |includes: &[&str], expect: Option<&str>| {
            let include = |href: &&str| format!("<x:Include xmlns:x=\"{XOP}\" href=\"{href}\"/>");
            let text = format!("<a>{}</a>", includes.iter().map(include).collect::<String>());
            let package = Package {
                root: Cow::Borrowed(&[]),
                others: vec![Part { id: "o@x", content: Cow::Borrowed(b"hello") }],
            };
            let document = xml::read(&text).unwrap();
            assert_eq!(package.resolve(&text, document.root_element()).as_deref(), expect, "{includes:?}");
        };
        check(&["cid:o@x"], Some("<a>aGVsbG8=</a>"));
        check(&["cid:o%40x"], Some("<a>aGVsbG8=</a>"));
        check(&["cid:o@x", "cid:o@x"], None);
        check(&["cid:p@x"], None);
        check(&["http://a.example.org/o"], None);
    }
}
