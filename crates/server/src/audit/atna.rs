//! Records as DICOM audit messages (DICOM PS3.15 §A.5, which IHE ATNA asks for), and in the frames of syslog.
//!
//! Promises: well-formed whatever a record holds. Never: a patient's identifier; the keyed hash stands for it.

use super::Record;
use std::fmt::Write;

/// Facility 10 (security), severity 5 (notice): RFC 5424 §6.2.1.
const PRIORITY: u8 = 10 * 8 + 5;

/// What a record is in the words of DICOM: event id, action, and the role of the object.
fn kind(act: &str) -> ((&'static str, &'static str), &'static str) {
    const APPLICATION: (&str, &str) = ("110100", "Application Activity");
    const EXPORT: (&str, &str) = ("110106", "Export");
    const QUERY: (&str, &str) = ("110112", "Query");
    const ALERT: (&str, &str) = ("110113", "Security Alert");
    const SIGN_IN: (&str, &str) = ("110114", "User Authentication");
    const PATIENT: (&str, &str) = ("110110", "Patient Record");
    const AUDIT_USED: (&str, &str) = ("110101", "Audit Log Used");
    match act {
        "read" | "view" | "tap" | "reveal" => (PATIENT, "R"),
        "search" => (QUERY, "E"),
        "export" | "backup" => (EXPORT, "R"),
        "delete" | "dismiss" => (PATIENT, "D"),
        "edit" | "retry" | "resend" | "replay" | "release" => (PATIENT, "U"),
        "sign-in" | "sign-out" => (SIGN_IN, "E"),
        act if act.starts_with("audit-d") => (ALERT, "E"),
        act if act.starts_with("audit-") => (AUDIT_USED, "R"),
        act if ["user", "role", "key", "secret", "cert"].iter().any(|word| act.starts_with(word)) => (ALERT, "U"),
        _ => (APPLICATION, "E"),
    }
}

/// The text of an attribute. What XML has no way to write is replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            control if control < ' ' || ('\u{fffe}'..='\u{ffff}').contains(&control) => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

fn coded(element: &str, code: &str, system: &str, text: &str) -> String {
    let (code, text) = (escaped(code), escaped(text));
    format!(r#"<{element} csd-code="{code}" codeSystemName="{system}" originalText="{text}"/>"#)
}

/// One record as an `AuditMessage`; `site` is the name of the workspace.
#[must_use]
pub fn message(record: &Record, site: &str) -> String {
    let ((id, name), action) = kind(&record.act);
    let outcome = if record.is_refused { 4 } else { 0 };
    let mut xml = String::from(r#"<?xml version="1.0" encoding="UTF-8"?><AuditMessage>"#);
    let _ = write!(
        xml,
        r#"<EventIdentification EventActionCode="{action}" EventDateTime="{}" EventOutcomeIndicator="{outcome}">{}{}</EventIdentification>"#,
        escaped(&record.at),
        coded("EventID", id, "DCM", name),
        coded("EventTypeCode", &record.act, "sinew", &record.act),
    );
    let network = match record.origin.as_str() {
        "" => String::new(),
        origin => format!(r#" NetworkAccessPointID="{}" NetworkAccessPointTypeCode="2""#, escaped(origin)),
    };
    let _ = write!(
        xml,
        r#"<ActiveParticipant UserID="{}" UserIsRequestor="true"{network}>{}</ActiveParticipant>"#,
        escaped(&record.who),
        coded("RoleIDCode", "110153", "DCM", "Source Role ID"),
    );
    let site = if site.is_empty() { "sinew" } else { site };
    let _ = write!(
        xml,
        r#"<AuditSourceIdentification AuditEnterpriseSiteID="{0}" AuditSourceID="sinew@{0}">{1}</AuditSourceIdentification>"#,
        escaped(site),
        coded("AuditSourceTypeCode", "4", "DCM", "Application Server"),
    );
    for patient in &record.patients {
        object(&mut xml, patient, ("1", "1"), ("2", "RFC-3881", "Patient Number"), &[]);
    }
    let mut details = vec![("number", record.number.to_string()), ("hash", record.hash.clone())];
    details.extend((!record.reason.is_empty()).then(|| ("reason", record.reason.clone())));
    object(&mut xml, &record.object, ("2", "3"), ("12", "RFC-3881", "URI"), &details);
    xml.push_str("</AuditMessage>");
    xml
}

fn object(
    xml: &mut String,
    id: &str,
    (kind, role): (&str, &str),
    (code, system, text): (&str, &str, &str),
    details: &[(&str, String)],
) {
    let _ = write!(
        xml,
        r#"<ParticipantObjectIdentification ParticipantObjectID="{}" ParticipantObjectTypeCode="{kind}" ParticipantObjectTypeCodeRole="{role}">{}<ParticipantObjectName>{}</ParticipantObjectName>"#,
        escaped(id),
        coded("ParticipantObjectIDTypeCode", code, system, text),
        escaped(id),
    );
    for (name, value) in details {
        let _ = write!(xml, r#"<ParticipantObjectDetail type="{name}" value="{}"/>"#, base64(value.as_bytes()));
    }
    xml.push_str("</ParticipantObjectIdentification>");
}

/// RFC 4648 §4: values of details are base64 in DICOM.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize] as char;
            out.push(if place <= chunk.len() { digit } else { '=' });
        }
    }
    out
}

/// A word of a syslog header: printable ASCII without blanks (RFC 5424 §6).
fn word(text: &str, length: usize) -> String {
    let word: String = text.chars().filter(char::is_ascii_graphic).take(length).collect();
    if word.is_empty() { "-".to_owned() } else { word }
}

/// A record as a syslog message (RFC 5424) behind its length (RFC 5425 §4.3).
#[must_use]
pub fn frame(record: &Record, site: &str, host: &str) -> Vec<u8> {
    let text = format!(
        "<{PRIORITY}>1 {} {} sinew {} DICOM+RFC3881 - \u{feff}{}",
        word(&record.at, 40),
        word(host, 255),
        std::process::id(),
        message(record, site)
    );
    format!("{} {text}", text.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};

    #[test]
    fn a_record_as_a_dicom_audit_message() {
        let xml = message(&sample(), "north");
        for part in [
            r#"EventActionCode="R" EventDateTime="2026-03-01T12:00:00.000Z" EventOutcomeIndicator="0""#,
            r#"<EventID csd-code="110110" codeSystemName="DCM" originalText="Patient Record"/>"#,
            r#"UserID="ann" UserIsRequestor="true" NetworkAccessPointID="10.1.2.3""#,
            r#"ParticipantObjectID="00112233445566778899aabbccddeeff" ParticipantObjectTypeCode="1""#,
            r#"AuditSourceID="sinew@north""#,
        ] {
            assert!(xml.contains(part), "{part} in {xml}");
        }
        let refused = Record { is_refused: true, ..sample() };
        assert!(message(&refused, "").contains(r#"EventOutcomeIndicator="4""#));
    }

    #[test]
    fn nothing_breaks_out_of_an_attribute() {
        let hostile = "\"/><x a='\u{0}\r\n]]>&";
        let record = Record { who: hostile.into(), object: hostile.into(), ..sample() };
        let xml = message(&record, hostile);
        assert!(!xml.contains("<x") && !xml.contains('\u{0}') && !xml.contains('\n'), "{xml}");
    }

    #[test]
    fn base64_by_rfc_4648() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (text, expect) in cases {
            assert_eq!(base64(text.as_bytes()), expect);
        }
    }

    #[test]
    fn a_frame_says_its_length() {
        let record = Record { who: "Zoë\n<85>1 forged".into(), ..sample() };
        let bytes = frame(&record, "north", "host with\nblanks");
        let blank = bytes.iter().position(|byte| *byte == b' ').unwrap();
        let length: usize = String::from_utf8_lossy(&bytes[..blank]).parse().unwrap();
        assert_eq!(bytes.len(), blank + 1 + length);
        let text = String::from_utf8(bytes[blank + 1..].to_vec()).unwrap();
        assert!(text.starts_with("<85>1 2026-03-01T12:00:00.000Z hostwithblanks sinew "), "{text}");
        assert!(!text.contains('\n'), "one line: {text}");
    }
}
