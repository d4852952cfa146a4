//! Fields, components, subcomponents of one segment.

use super::{Consequence, Side, Spot, Walk, asked, types};
use crate::codes;
use crate::profile::outline::{Codes, Part, Usage};
use std::borrow::Cow;

/// Most codes that a text names.
const CODES_SHOWN: usize = 12;

impl Walk {
    /// `base` is the path of what the parts are in.
    pub(super) fn parts(&mut self, sent: &[Part], wanted: &[Part], base: &str, is_field: bool, above: &Spot<'_>) {
        let joint = if is_field { '-' } else { '.' };
        let find = |parts: &'_ [Part], number: u16| parts.iter().position(|part| part.number == number);
        for part in wanted {
            let path = format!("{base}{joint}{}", part.number);
            let spot = Spot { path, name: &part.name, segment: above.segment, group: above.group };
            let own = find(sent, part.number).map(|at| &sent[at]);
            self.part(own, part, &spot, is_field);
        }
        for part in sent.iter().filter(|part| !part.usage.is_excluded() && find(wanted, part.number).is_none()) {
            let path = format!("{base}{joint}{}", part.number);
            let spot = Spot { path, name: &part.name, segment: above.segment, group: above.group };
            let what = if is_field { "its segment ends before it" } else { "its type has no such part" };
            let sends = self.sends(part.usage, part.seen);
            self.tell(codes::E1157, Consequence::Overlooks, &spot, what.to_owned(), sends);
        }
    }

    fn part(&mut self, sent: Option<&Part>, wanted: &Part, spot: &Spot<'_>, is_field: bool) {
        let sent = sent.filter(|sent| !sent.usage.is_excluded());
        let side = sent.map(|sent| Side { usage: sent.usage, seen: sent.seen, min: sent.min, max: sent.max });
        let wants = Side { usage: wanted.usage, seen: None, min: wanted.min, max: wanted.max };
        let is_said = self.has_part_usage || is_field;
        match (side, wanted.usage) {
            // Whether a part comes is not said: that it may not is no gap.
            (Some(_), Usage::Required | Usage::Conditional) if !is_said => {}
            _ => {
                let condition = asked(wanted.condition.as_ref(), sent.and_then(|sent| sent.condition.as_ref()));
                self.usage(spot, side, wants, condition);
            }
        }
        let Some(sent) = sent.filter(|_| !wanted.usage.is_excluded()) else { return };
        self.datatype(sent, wanted, spot);
        self.length(sent, wanted, spot);
        self.constant(sent, wanted, spot);
        self.codes(sent, wanted, spot);
        let is_moment = types::is_moment(&sent.datatype) && types::is_moment(&wanted.datatype);
        if !wanted.parts.is_empty() && !is_moment {
            let inner = if sent.parts.is_empty() { Cow::Owned(whole(sent)) } else { Cow::Borrowed(&sent.parts[..]) };
            if !inner.is_empty() {
                let path = spot.path.clone();
                self.parts(&inner, &wanted.parts, &path, false, spot);
            }
        }
    }

    fn datatype(&mut self, sent: &Part, wanted: &Part, spot: &Spot<'_>) {
        if types::fits(&sent.datatype, &wanted.datatype) {
            return;
        }
        let (receiver, sender) = (format!("reads {}", wanted.datatype), format!("sends {}", sent.datatype));
        self.tell(codes::E1161, Consequence::MayRefuse, spot, receiver, sender);
    }

    fn length(&mut self, sent: &Part, wanted: &Part, spot: &Spot<'_>) {
        let (Some((shortest, longest)), Some((least, most))) = (sent.length, wanted.length) else { return };
        let verb = if self.is_observed { "sent" } else { "sends" };
        if let (Some(longest), Some(most)) = (longest, most)
            && longest > most
        {
            let (receiver, sender) = (format!("takes {most} characters"), format!("{verb} up to {longest}"));
            self.tell(codes::E1159, Consequence::MayTruncate, spot, receiver, sender);
        }
        if least > 1 && shortest < least {
            let (receiver, sender) = (format!("asks for {least} characters"), format!("{verb} {shortest} and more"));
            self.tell(codes::E1159, Consequence::MayRefuse, spot, receiver, sender);
        }
    }

    fn constant(&mut self, sent: &Part, wanted: &Part, spot: &Spot<'_>) {
        let Some(constant) = &wanted.constant else { return };
        let codes = sent.codes.as_ref().filter(|codes| !codes.codes.is_empty() && !codes.is_open);
        let sends = match (&sent.constant, codes) {
            (Some(own), _) if own != constant => format!("sends '{own}'"),
            (None, Some(codes)) if codes.codes.iter().any(|code| code != constant) => {
                format!("sends {}", list(codes.codes.iter().map(|code| &**code).collect()))
            }
            _ => return,
        };
        self.tell(codes::E1162, Consequence::Refuses, spot, format!("has to be '{constant}'"), sends);
    }

    fn codes(&mut self, sent: &Part, wanted: &Part, spot: &Spot<'_>) {
        let Some(takes) = wanted.codes.as_ref().filter(|codes| !codes.codes.is_empty() && !codes.has_patterns) else {
            return;
        };
        let Some(has) = sent.codes.as_ref().filter(|codes| !codes.codes.is_empty()) else { return };
        // The outlines of one standard share nothing, and are the same all the same.
        let more: Vec<&str> =
            has.codes.iter().filter(|code| takes.codes.binary_search(code).is_err()).map(|code| &**code).collect();
        if takes.severity.is_none() || more.is_empty() {
            return;
        }
        let follows = if takes.is_open { Consequence::Overlooks } else { Consequence::MayRefuse };
        let open = if takes.is_open { ", and is open to more" } else { "" };
        let receiver = format!("takes the {} codes of {}{open}", takes.codes.len(), title(takes));
        let verb = if self.is_observed { "sent" } else { "may send" };
        self.tell(codes::E1160, follows, spot, receiver, format!("{verb} {}", list(more)));
    }
}

/// A value without parts, as the first part of what the receiver reads.
fn whole(sent: &Part) -> Vec<Part> {
    if sent.length.is_none() && sent.codes.is_none() {
        return Vec::new();
    }
    let first = Part { number: 1, usage: Usage::Required, min: 1, max: Some(1), seen: None, ..sent.clone() };
    vec![Part { datatype: String::new(), ..first }]
}

fn title(codes: &Codes) -> String {
    if codes.title.is_empty() { codes.name.clone() } else { format!("{} ({})", codes.name, codes.title) }
}

fn list(codes: Vec<&str>) -> String {
    let more = codes.len().saturating_sub(CODES_SHOWN);
    let shown = codes.iter().take(CODES_SHOWN).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
