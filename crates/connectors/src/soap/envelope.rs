//! Envelopes: written around a message, and read. Without I/O.

use super::{
    config::Calling,
    parts::{self, Writer, joined},
};
use crate::web::encode::from_base64;
use bytes::Bytes;
use xml::Node;

/// The versions of SOAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.1.
    One,
    /// 1.2.
    Two,
}

const ONE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const TWO: &str = "http://www.w3.org/2003/05/soap-envelope";
const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";
const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";

impl Version {
    fn namespace(self) -> &'static str {
        match self {
            Version::One => ONE,
            Version::Two => TWO,
        }
    }

    /// The media type of its envelopes.
    fn name(self) -> &'static str {
        match self {
            Version::One => "text/xml",
            Version::Two => "application/soap+xml",
        }
    }

    /// The media type of a request; 1.2 names the action there.
    pub(crate) fn media_type(self, action: &str) -> String {
        match self {
            Version::One => "text/xml; charset=utf-8".to_owned(),
            Version::Two if action.is_empty() => "application/soap+xml; charset=utf-8".to_owned(),
            Version::Two => format!("application/soap+xml; charset=utf-8; action=\"{action}\""),
        }
    }
}

/// A call as it goes out.
pub(crate) struct Call {
    pub(crate) body: Vec<u8>,
    pub(crate) media_type: String,
}

/// The envelope of a call; `None` where the message cannot be the body: it is no XML, or has a document type definition; or
/// what is to be attached is no base64.
pub(crate) fn write(calling: &Calling, message: &[u8], kind: &'static str, id: &str) -> Option<Call> {
    let version = calling.version;
    let mut parts = Writer::new(id, version.name());
    let content = match (&calling.body, &calling.attach) {
        (Some((before, behind)), _) if calling.is_mtom => {
            format!("{before}{}{behind}", parts.attach(message.to_vec(), kind))
        }
        (Some((before, behind)), _) => {
            let text = xml::decode(message).ok()?;
            format!("{before}{}{behind}", escaped(&text)?)
        }
        (None, attach) => {
            let text = xml::decode(message).ok()?;
            let document = xml::read(&text).ok()?;
            let root = document.root_element();
            match attach {
                Some(name) if calling.is_mtom => detach(&text, root, name, &mut parts)?,
                Some(_) | None => text[root.range()].to_owned(),
            }
        }
    };
    let header = if calling.is_addressed { addressed(calling, id)? } else { String::new() };
    let envelope = wrap(version, &header, &content).into_bytes();
    if calling.is_mtom {
        let action = if version == Version::Two { calling.action.as_str() } else { "" };
        let (body, media_type) = parts.finish(&envelope, action);
        return Some(Call { body, media_type });
    }
    Some(Call { body: envelope, media_type: version.media_type(&calling.action) })
}

/// A document whose elements of this name hold base64, with these as parts.
fn detach(text: &str, root: Node<'_, '_>, name: &str, parts: &mut Writer) -> Option<String> {
    let mut whole = String::with_capacity(text.len() / 4);
    let mut at = root.range().start;
    for element in root.descendants().filter(|node| node.is_element() && node.tag_name().name() == name) {
        let (first, last) = (element.first_child()?, element.last_child()?);
        let content = from_base64(&joined(&inner_text(element)))?;
        whole.push_str(text.get(at..first.range().start)?);
        whole.push_str(&parts.attach(content, "application/octet-stream"));
        at = last.range().end;
    }
    whole.push_str(text.get(at..root.range().end)?);
    Some(whole)
}

/// An envelope around a header and the content of a body.
pub(crate) fn wrap(version: Version, header: &str, content: &str) -> String {
    let namespace = version.namespace();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<soap:Envelope xmlns:soap=\"{namespace}\">{header}<soap:Body>{content}\
         </soap:Body></soap:Envelope>"
    )
}

/// The header of an answer: which call it answers (WS-Addressing 1.0 §3.4), and as what.
pub(crate) fn related(id: &str, action: Option<&str>) -> String {
    let id = escaped(id).unwrap_or_default();
    let action = action.and_then(escaped).map(|text| format!("<wsa:Action>{text}</wsa:Action>")).unwrap_or_default();
    format!("<soap:Header xmlns:wsa=\"{ADDRESSING}\">{action}<wsa:RelatesTo>{id}</wsa:RelatesTo></soap:Header>")
}

/// The name of a fault in SOAP 1.1 and in 1.2.
pub(crate) type Fault = (&'static str, &'static str);

/// An envelope that says no. `text` is ours and needs no escaping.
pub(crate) fn fault(version: Version, header: &str, (one, two): Fault, text: &str) -> String {
    let content = match version {
        Version::One => {
            format!("<soap:Fault><faultcode>soap:{one}</faultcode><faultstring>{text}</faultstring></soap:Fault>")
        }
        Version::Two => format!(
            "<soap:Fault><soap:Code><soap:Value>soap:{two}</soap:Value></soap:Code><soap:Reason><soap:Text \
             xml:lang=\"en\">{text}</soap:Text></soap:Reason></soap:Fault>"
        ),
    };
    wrap(version, header, &content)
}

fn addressed(calling: &Calling, id: &str) -> Option<String> {
    let (to, action) = (escaped(&calling.to)?, escaped(&calling.action)?);
    let must = match calling.version {
        Version::One => "1",
        Version::Two => "true",
    };
    Some(format!(
        "<soap:Header xmlns:wsa=\"{ADDRESSING}\"><wsa:To soap:mustUnderstand=\"{must}\">{to}</wsa:To>\
         <wsa:Action soap:mustUnderstand=\"{must}\">{action}</wsa:Action><wsa:MessageID>{id}</wsa:MessageID>\
         <wsa:ReplyTo><wsa:Address>{ANONYMOUS}</wsa:Address></wsa:ReplyTo></soap:Header>"
    ))
}

/// Text as XML holds it; a carriage return would become a line feed. `None` for letters that XML 1.0 has no place for.
pub(super) fn escaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(letter),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => return None,
            _ => out.push(letter),
        }
    }
    Some(out)
}

/// What an envelope says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// No fault; the text of the element that was asked for, where it is there.
    Yes(Option<Bytes>),
    /// A fault.
    Fault(Blame),
    /// It answers another message.
    Foreign,
    /// It is no envelope.
    Nothing,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The message is wrong.
    Sender,
    /// The service cannot do it now.
    Receiver,
    /// The two speak different SOAP.
    Protocol,
}

/// Reads an answer. `id` is that of the call, where it had one.
pub(crate) fn read(body: &[u8], media_type: &str, reply: Option<&str>, id: Option<&str>) -> Said {
    let Some(package) = parts::cut(body, media_type) else { return Said::Nothing };
    let Ok(text) = xml::decode(&package.root) else { return Said::Nothing };
    let Ok(document) = xml::read(&text) else { return Said::Nothing };
    let root = document.root_element();
    let is_envelope = root.tag_name().name() == "Envelope";
    let is_known = matches!(root.tag_name().namespace(), Some(ONE | TWO));
    let Some(content) = xml::child(root, "Body").filter(|_| is_envelope && is_known) else { return Said::Nothing };
    let related = xml::child(root, "Header").and_then(|header| xml::child(header, "RelatesTo")).map(xml::text_of);
    if let (Some(related), Some(id)) = (related, id)
        && related != id
    {
        return Said::Foreign;
    }
    if let Some(fault) = xml::child(content, "Fault") {
        let code = xml::child(fault, "faultcode").or_else(|| xml::child(xml::child(fault, "Code")?, "Value"));
        let code = code.map(xml::text_of).unwrap_or_default();
        // `soap:Client.Authentication`: the prefix is the service's own, and what follows the dot is finer than we ask.
        let name = code.rsplit(':').next().unwrap_or_default().split('.').next().unwrap_or_default();
        return Said::Fault(match name {
            "Client" | "Sender" => Blame::Sender,
            "VersionMismatch" | "MustUnderstand" | "DataEncodingUnknown" => Blame::Protocol,
            _ => Blame::Receiver,
        });
    }
    let found = reply.and_then(|wanted| {
        let element = named(content, wanted)?;
        Some(
            package
                .included(element)
                .map_or_else(|| as_message(inner_text(element).trim_start()), Bytes::copy_from_slice),
        )
    });
    Said::Yes(found)
}

/// What a request asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is no envelope that can be read.
    Nothing,
    /// An envelope of another SOAP.
    Foreign,
    /// A header that has to be understood is not, or the answer is wanted elsewhere.
    Unknown { version: Version, id: Option<String> },
    /// There is no message in the body.
    Empty { version: Version, id: Option<String> },
    /// A message; `id` and `action` are those of its addressing.
    Message { version: Version, id: Option<String>, action: String, message: Bytes },
}

/// Reads a request. `wanted` is the element whose text, or attachment, is the message; without it, the content of the body is.
pub(crate) fn open(body: &[u8], media_type: &str, wanted: Option<&str>) -> Asked {
    let Some(package) = parts::cut(body, media_type) else { return Asked::Nothing };
    let Ok(text) = xml::decode(&package.root) else { return Asked::Nothing };
    let Ok(document) = xml::read(&text) else { return Asked::Nothing };
    let root = document.root_element();
    if root.tag_name().name() != "Envelope" {
        return Asked::Nothing;
    }
    let version = match root.tag_name().namespace() {
        Some(ONE) => Version::One,
        Some(TWO) => Version::Two,
        Some(_) | None => return Asked::Foreign,
    };
    let header = xml::child(root, "Header");
    let said = |name| header.and_then(|header| xml::child(header, name)).map(xml::text_of);
    let (id, action) = (said("MessageID"), said("Action").unwrap_or_default());
    if header.is_some_and(|header| xml::children(header).any(|block| is_beyond_us(version, block))) {
        return Asked::Unknown { version, id };
    }
    let Some(content) = xml::child(root, "Body") else { return Asked::Nothing };
    let message = match wanted {
        Some(wanted) => named(content, wanted).map(|element| match package.included(element) {
            Some(bytes) => Bytes::copy_from_slice(bytes),
            None => as_message(inner_text(element).trim_start()),
        }),
        None => xml::children(content).next().and_then(|element| {
            let whole = package.resolve(&text, element)?;
            Some(Bytes::from(declared(element, whole)))
        }),
    };
    match message.filter(|message| !message.is_empty()) {
        Some(message) => Asked::Message { version, id, action, message },
        None => Asked::Empty { version, id },
    }
}

/// A block of a header that we may not pass over: one that must be understood and is not addressing, or one that wants the
/// answer elsewhere.
fn is_beyond_us(version: Version, block: Node<'_, '_>) -> bool {
    let is_addressing = block.tag_name().namespace() == Some(ADDRESSING);
    if is_addressing && matches!(block.tag_name().name(), "ReplyTo" | "FaultTo") {
        return xml::child(block, "Address").map(xml::text_of).is_some_and(|address| address != ANONYMOUS);
    }
    let must = block.attribute((version.namespace(), "mustUnderstand"));
    !is_addressing && matches!(must, Some("1" | "true"))
}

/// An element out of its document, with the names of namespaces that the elements around it declare and it uses.
fn declared(element: Node<'_, '_>, text: String) -> String {
    let end = text.find(['>', ' ', '/', '\t', '\r', '\n']).unwrap_or(text.len());
    let tag = &text[..tag_end(&text)];
    let mut names = String::new();
    for namespace in element.namespaces() {
        let (attribute, is_used) = match namespace.name() {
            Some("xml") => continue,
            Some(prefix) => (format!("xmlns:{prefix}"), is_used(&text, prefix)),
            None => ("xmlns".to_owned(), !namespace.uri().is_empty()),
        };
        let is_there = tag.match_indices(&attribute).any(|(at, _)| {
            tag[..at].ends_with(|letter: char| letter.is_ascii_whitespace())
                && tag[at + attribute.len()..].trim_start().starts_with('=')
        });
        if is_used && !is_there {
            let uri = escaped(namespace.uri()).unwrap_or_default().replace('"', "&quot;");
            names.push_str(&format!(" {attribute}=\"{uri}\""));
        }
    }
    format!("{}{names}{}", &text[..end], &text[end..])
}

/// Whether `prefix:` stands somewhere as a name of its own, in a value too, as types are named there.
fn is_used(text: &str, prefix: &str) -> bool {
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    text.match_indices(&format!("{prefix}:")).any(|(at, _)| !text[..at].ends_with(is_name))
}

/// Where the first tag of an element ends; a value may hold a `>`.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None | Some(_), _) => {}
        }
    }
    text.len()
}

fn named<'a, 'i: 'a>(content: Node<'a, 'i>, wanted: &str) -> Option<Node<'a, 'i>> {
    content.descendants().find(|node| node.is_element() && node.tag_name().name() == wanted)
}

fn inner_text(element: Node<'_, '_>) -> String {
    element.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect()
}

/// XML makes line feeds of carriage returns that are not escaped.
pub(super) fn as_message(text: &str) -> Bytes {
    if text.starts_with("MSH") && !text.contains('\r') {
        return Bytes::from(text.replace('\n', "\r"));
    }
    Bytes::copy_from_slice(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(namespace: &str, header: &str, body: &str) -> String {
        format!("<s:Envelope xmlns:s=\"{namespace}\"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>")
    }

    #[test]
    fn what_an_answer_says() {
        let check = |text: &str, reply: Option<&str>, expect: Said| {
            assert_eq!(read(text.as_bytes(), "text/xml", reply, Some("urn:uuid:1")), expect, "{text}");
        };
        let one = |code: &str| envelope(ONE, "", &format!("<s:Fault><faultcode>{code}</faultcode></s:Fault>"));
        let two =
            |code: &str| envelope(TWO, "", &format!("<s:Fault><s:Code><s:Value>{code}</s:Value></s:Code></s:Fault>"));
        check(&one("s:Client.Data"), None, Said::Fault(Blame::Sender));
        check(&one("s:Server"), None, Said::Fault(Blame::Receiver));
        check(&two("s:Sender"), None, Said::Fault(Blame::Sender));
        check(&two("s:Receiver"), None, Said::Fault(Blame::Receiver));
        check(&two("s:MustUnderstand"), None, Said::Fault(Blame::Protocol));
        check(&two("what"), None, Said::Fault(Blame::Receiver));
        let ack = "<a:r xmlns:a='urn:a'><a:out>\nMSH|^~\\&amp;|A\nMSA|AA|1\n</a:out></a:r>";
        let bytes = Bytes::from_static(b"MSH|^~\\&|A\rMSA|AA|1\r");
        check(&envelope(TWO, "", ack), Some("out"), Said::Yes(Some(bytes)));
        check(&envelope(TWO, "", ack), Some("other"), Said::Yes(None));
        check(&envelope(TWO, "", ""), None, Said::Yes(None));
        check(&envelope(TWO, "<RelatesTo>urn:uuid:1</RelatesTo>", ""), None, Said::Yes(None));
        check(&envelope(TWO, "<RelatesTo>urn:uuid:2</RelatesTo>", ""), None, Said::Foreign);
        check(&envelope("urn:other", "", ""), None, Said::Nothing);
        check("<html/>", None, Said::Nothing);
        check("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", None, Said::Nothing);
    }

    #[test]
    fn answers_in_parts() {
        let text = envelope(TWO, "", "");
        let body = format!("--b1\r\nContent-Type: application/xop+xml\r\n\r\n{text}\r\n--b1\r\n\r\nbinary\r\n--b1--");
        let media_type = "multipart/related; type=\"application/xop+xml\"; boundary=\"b1\"";
        assert_eq!(read(body.as_bytes(), media_type, None, None), Said::Yes(None));
    }

    #[test]
    fn what_a_request_asks() {
        let check = |text: &str, wanted: Option<&str>, expect: &str| {
            let said = match open(text.as_bytes(), "text/xml", wanted) {
                Asked::Nothing => "nothing".to_owned(),
                Asked::Foreign => "foreign".to_owned(),
                Asked::Unknown { id, .. } => format!("unknown {}", id.unwrap_or_default()),
                Asked::Empty { id, .. } => format!("empty {}", id.unwrap_or_default()),
                Asked::Message { id, action, message, .. } => {
                    format!("{} {action} {}", id.unwrap_or_default(), String::from_utf8_lossy(&message))
                }
            };
            assert_eq!(said.trim(), expect, "{text}");
        };
        let a = format!("xmlns:w='{ADDRESSING}'");
        let address = |name: &str, to: &str| format!("<w:{name} {a}><w:Address>{to}</w:Address></w:{name}>");
        let ids = format!("<w:MessageID {a}>urn:1</w:MessageID><w:Action {a} s:mustUnderstand='1'>urn:do</w:Action>");
        check(&envelope(ONE, &ids, "<d>1 &lt; 2</d>"), None, "urn:1 urn:do <d>1 &lt; 2</d>");
        check(&envelope(TWO, "", "<e><m>\nMSH|^~\\&amp;|A\nPID|1</m></e>"), Some("m"), "MSH|^~\\&|A\rPID|1");
        check(&envelope(TWO, &(ids.clone() + &address("ReplyTo", ANONYMOUS)), "<d/>"), None, "urn:1 urn:do <d/>");
        check(&envelope(TWO, &(ids + &address("ReplyTo", "http://elsewhere")), "<d/>"), None, "unknown urn:1");
        check(&envelope(ONE, "<o:sec xmlns:o='urn:o' s:mustUnderstand='1'/>", "<d/>"), None, "unknown");
        check(&envelope(ONE, "<o:sec xmlns:o='urn:o' s:mustUnderstand='0'/>", "<d/>"), None, "<d/>");
        check(&envelope(ONE, "", ""), None, "empty");
        check(&envelope(ONE, "", "<d/>"), Some("m"), "empty");
        check(&envelope("urn:other", "", "<d/>"), None, "foreign");
        check("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", None, "nothing");
        // Names that are declared around the document go with it, and no others.
        let around = format!(
            "<s:Envelope xmlns:s='{ONE}' xmlns:n='urn:n' xmlns:u='urn:u' xmlns='urn:d'><s:Body><n:a t='>'><b/></n:a></s:Body>\
             </s:Envelope>"
        );
        check(&around, None, "<n:a xmlns:n=\"urn:n\" xmlns=\"urn:d\" t='>'><b/></n:a>");
        let own = format!(
            "<s:Envelope xmlns:s='{ONE}' xmlns:n='urn:x'><s:Body><n:a xmlns:n = 'urn:n'/></s:Body></s:Envelope>"
        );
        check(&own, None, "<n:a xmlns:n = 'urn:n'/>");
    }

    #[test]
    fn letters() {
        assert_eq!(escaped("a<b>&\r\n").as_deref(), Some("a&lt;b&gt;&amp;&#13;\n"));
        assert_eq!(escaped("a\u{b}"), None);
    }
}
