//! What a mail looks like. Pure.

use super::config::Mailing;
use crate::web::encode::base64;
use interface::contract::Outgoing;
use message::{Format, Timestamp};
use ring::digest::{SHA256, digest};

/// Letters of Base64 on a line (RFC 2045 §6.8).
const LINE_LETTERS: usize = 76;
/// Bytes of text in one encoded word, so that it stays within 75 letters (RFC 2047 §2).
const WORD_BYTES: usize = 42;

/// The mail, every line ended by CR LF, without the dot behind it. All of it is ASCII: texts and attachments are Base64,
/// so no line begins with a dot and none is too long.
pub(crate) fn compose(config: &Mailing, outgoing: &Outgoing, now: Timestamp) -> Vec<u8> {
    let id = id_of(outgoing);
    let domain = config.from.rsplit('@').next().unwrap_or("localhost");
    let mut mail = String::new();
    let mut line = |text: &str| {
        mail.push_str(text);
        mail.push_str("\r\n");
    };
    line(&format!("From: <{}>", config.from));
    line(&format!("To: {}", config.to.iter().map(|to| format!("<{to}>")).collect::<Vec<_>>().join(",\r\n ")));
    line(&format!("Subject: {}", words(&config.subject)));
    line(&format!("Date: {}", date(now)));
    line(&format!("Message-ID: <{id}@{domain}>"));
    // So that nobody's absence notice answers it (RFC 3834).
    line("Auto-Submitted: auto-generated");
    line("MIME-Version: 1.0");
    if config.is_attached {
        let boundary = format!("=_{id}");
        line(&format!("Content-Type: multipart/mixed; boundary=\"{boundary}\""));
        line("");
        line(&format!("--{boundary}"));
        part(&mut line, "text/plain; charset=utf-8", None, config.text.replace('\n', "\r\n").as_bytes());
        line(&format!("--{boundary}"));
        let (media_type, ending) = kind(outgoing.format);
        let name = if config.name.is_empty() { format!("message.{ending}") } else { config.name.clone() };
        part(&mut line, media_type, Some(&name), &outgoing.bytes);
        line(&format!("--{boundary}--"));
    } else {
        part(&mut line, "text/plain; charset=utf-8", None, &outgoing.bytes);
    }
    mail.into_bytes()
}

fn part(line: &mut impl FnMut(&str), media_type: &str, name: Option<&str>, content: &[u8]) {
    line(&format!("Content-Type: {media_type}"));
    line("Content-Transfer-Encoding: base64");
    if let Some(name) = name {
        let plain: String = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
        line(&format!("Content-Disposition: attachment; filename=\"{plain}\""));
    }
    line("");
    let encoded = base64(content);
    for start in (0..encoded.len()).step_by(LINE_LETTERS) {
        line(&encoded[start..(start + LINE_LETTERS).min(encoded.len())]);
    }
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | ' ')
}

/// A header's text: as it is where it is ASCII, else in encoded words (RFC 2047).
fn words(text: &str) -> String {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars() {
        if word.len() + letter.len_utf8() > WORD_BYTES {
            words.push(std::mem::take(&mut word));
        }
        word.push(letter);
    }
    words.push(word);
    words.iter().map(|word| format!("=?utf-8?B?{}?=", base64(word.as_bytes()))).collect::<Vec<_>>().join("\r\n ")
}

fn kind(format: Format) -> (&'static str, &'static str) {
    let ending = match format {
        Format::Hl7v2 => "hl7",
        Format::Fhir | Format::Json => "json",
        Format::Xml => "xml",
        Format::Delimited => "csv",
        Format::X12 => "edi",
        Format::Text => "txt",
        Format::Binary => "bin",
    };
    (crate::http::media_type(format), ending)
}

/// RFC 5322 §3.3, in UTC.
fn date(now: Timestamp) -> String {
    let (year, month, day, hour, minute, second, _) = now.utc();
    // 1970-01-01 was a Thursday.
    let days = now.0.div_euclid(86_400_000_000);
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let weekday = weekday[usize::try_from(days.rem_euclid(7)).unwrap_or(0)];
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months[usize::try_from(month - 1).unwrap_or(0).min(11)];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
}

/// The same over all attempts of a delivery.
fn id_of(outgoing: &Outgoing) -> String {
    let name = format!("{}/{}/{}", outgoing.interface, outgoing.delivery.message, outgoing.delivery.number);
    digest(&SHA256, name.as_bytes()).as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_subjects() {
        // 2026-03-01 was a Sunday.
        assert_eq!(date(Timestamp(1_772_348_889_123_456)), "Sun, 01 Mar 2026 07:08:09 +0000");
        assert_eq!(date(Timestamp(0)), "Thu, 01 Jan 1970 00:00:00 +0000");
        assert_eq!(words("New message"), "New message");
        assert_eq!(words("Neue Überweisung"), "=?utf-8?B?TmV1ZSDDnGJlcndlaXN1bmc=?=");
        let long = words(&"ü".repeat(100));
        assert!(long.split("\r\n ").all(|word| word.len() <= 75 && word.ends_with("?=")), "{long}");
    }
}
