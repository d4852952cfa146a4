//! Envelopes: written around a message, and read. Without I/O.

use super::config::Calling;
use bytes::Bytes;

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

    /// The media type of a request; 1.2 names the action there.
    pub(crate) fn media_type(self, action: &str) -> String {
        match self {
            Version::One => "text/xml; charset=utf-8".to_owned(),
            Version::Two if action.is_empty() => "application/soap+xml; charset=utf-8".to_owned(),
            Version::Two => format!("application/soap+xml; charset=utf-8; action=\"{action}\""),
        }
    }
}

/// The envelope of a call; `None` where the message cannot be the body: it is no XML, or has a document type definition.
pub(crate) fn write(calling: &Calling, message: &[u8], id: &str) -> Option<Vec<u8>> {
    let content = match &calling.body {
        Some((before, behind)) => {
            let text = xml::decode(message).ok()?;
            format!("{before}{}{behind}", escaped(&text)?)
        }
        None => {
            let text = xml::decode(message).ok()?;
            let document = xml::read(&text).ok()?;
            text[document.root_element().range()].to_owned()
        }
    };
    let header = if calling.is_addressed { addressed(calling, id)? } else { String::new() };
    let namespace = calling.version.namespace();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<soap:Envelope xmlns:soap=\"{namespace}\">{header}<soap:Body>{content}\
         </soap:Body></soap:Envelope>"
    );
    Some(text.into_bytes())
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
fn escaped(text: &str) -> Option<String> {
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
    let part = first_part(body, media_type).unwrap_or(body);
    let Ok(text) = xml::decode(part) else { return Said::Nothing };
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
        let element = content.descendants().find(|node| node.is_element() && node.tag_name().name() == wanted)?;
        let text: String = element.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
        Some(as_message(text.trim_start()))
    });
    Said::Yes(found)
}

/// XML makes line feeds of carriage returns that are not escaped.
fn as_message(text: &str) -> Bytes {
    if text.starts_with("MSH") && !text.contains('\r') {
        return Bytes::from(text.replace('\n', "\r"));
    }
    Bytes::copy_from_slice(text.as_bytes())
}

/// The first part of an answer in parts (RFC 2387), as MTOM has it.
fn first_part<'a>(body: &'a [u8], media_type: &str) -> Option<&'a [u8]> {
    if !media_type.get(..10)?.eq_ignore_ascii_case("multipart/") {
        return None;
    }
    let boundary = media_type.split(';').find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    })?;
    let mark = format!("--{boundary}");
    let start = memchr::memmem::find(body, mark.as_bytes())? + mark.len();
    let rest = &body[start..];
    let content = &rest[memchr::memmem::find(rest, b"\r\n\r\n")? + 4..];
    Some(&content[..memchr::memmem::find(content, mark.as_bytes()).unwrap_or(content.len())])
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
    fn letters() {
        assert_eq!(escaped("a<b>&\r\n").as_deref(), Some("a&lt;b&gt;&amp;&#13;\n"));
        assert_eq!(escaped("a\u{b}"), None);
    }
}
