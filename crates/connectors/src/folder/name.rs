//! Names of written files: a template that knows the delivery and nothing of the message.

use crate::codes;
use message::{DeliveryId, Reason, Timestamp};

/// Longest name that common file systems take, bytes.
const NAME_BYTES_MAX: usize = 255;
/// Room for the mark of a file that is being written: a dot before, `.part` behind.
const MARK_BYTES: usize = 6;

/// A checked template.
#[derive(Clone, Debug)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Delivery,
    Message,
    Number,
    Time,
    Interface,
}

impl Template {
    /// Reads `{delivery}.hl7`. It must name the delivery, or files would replace one another.
    pub(crate) fn read(text: &str) -> Result<Template, Reason> {
        let complain = |why: &str| Err(Reason::new(codes::E6010, format!("`name \"{text}\"`: {why}")));
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((word, after)) = after.split_once('}') else { return complain("a `{` without `}`") };
            parts.push(Part::Text(before.to_owned()));
            parts.push(match word {
                "delivery" => Part::Delivery,
                "message" => Part::Message,
                "number" => Part::Number,
                "time" => Part::Time,
                "interface" => Part::Interface,
                _ => return complain("known are {delivery}, {message}, {number}, {time} and {interface}"),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        if text.contains(['/', '\\', '\0']) || text.starts_with('.') {
            return complain("a name may not hold `/` or `\\`, nor begin with a dot");
        }
        let has = |part: Part| parts.contains(&part);
        if !(has(Part::Delivery) || has(Part::Message) && has(Part::Number)) {
            return complain("without {delivery}, files would replace one another");
        }
        Ok(Template(parts))
    }

    /// The name for one delivery; the same for every attempt.
    pub(crate) fn name(&self, delivery: DeliveryId, accepted: Timestamp, interface: &str) -> Result<String, Reason> {
        let mut name = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Delivery => name.push_str(&format!("{}-{}", delivery.message, delivery.number)),
                Part::Message => name.push_str(&delivery.message.to_string()),
                Part::Number => name.push_str(&delivery.number.to_string()),
                Part::Time => name.push_str(&accepted.to_dtm().replace("+0000", "Z")),
                Part::Interface => name.push_str(&interface.replace(['/', '\\'], "-")),
            }
        }
        if name.len() + MARK_BYTES > NAME_BYTES_MAX {
            return Err(Reason::new(codes::E6207, "the file's name would be longer than 249 bytes"));
        }
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::sample;

    #[test]
    fn names() {
        let outgoing = sample::outgoing(42, sample::adt("1"));
        let check = |template: &str, expect: &str| {
            let name = Template::read(template)
                .and_then(|template| template.name(outgoing.delivery, outgoing.accepted, &outgoing.interface));
            assert_eq!(name.unwrap_or_else(|reason| reason.code.to_string()), expect, "{template}");
        };
        check("{delivery}.hl7", "42-0.hl7");
        check("{interface}_{message}_{number}", "adt-main_42_0");
        check("{time}-{delivery}.txt", "20260301070809.123Z-42-0.txt");
        check("a.hl7", "E6010");
        check("{message}.hl7", "E6010");
        check("{control-id}{delivery}", "E6010");
        check("{delivery", "E6010");
        check("../{delivery}", "E6010");
        check(".{delivery}", "E6010");
        check(&format!("{}{{delivery}}", "x".repeat(250)), "E6207");
    }
}
