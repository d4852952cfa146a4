//! The facts of a message that everybody asks for: type, parties, ids.
//!
//! Promises: one pass over the few segments that carry them; values decoded; what identifies a patient is wrapped in
//! [`Phi`]. Never: a failure. What a message does not say is empty.

use crate::{Element, Message};
use message::Phi;

/// Identifiers and addresses of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// MSH-9.1: `ADT`.
    pub message_type: String,
    /// MSH-9.2: `A01`.
    pub trigger_event: String,
    /// MSH-9.3: `ADT_A01`; empty when the sender leaves it out.
    pub structure: String,
    /// MSH-12.1: `2.5.1`.
    pub version: String,
    /// MSH-10.
    pub control_id: String,
    /// MSH-3.1.
    pub sending_application: String,
    /// MSH-4.1.
    pub sending_facility: String,
    /// MSH-5.1.
    pub receiving_application: String,
    /// MSH-6.1.
    pub receiving_facility: String,
    /// MSH-11.1: `P`, `T` or `D`.
    pub processing_id: String,
    /// MSH-7.1, as sent.
    pub message_time: String,
    /// MSH-18, first repetition, as sent.
    pub character_set: String,
    /// MSH-15: `AL`, `NE`, `ER`, `SU` or empty.
    pub accept_acknowledgment: String,
    /// MSH-16, likewise.
    pub application_acknowledgment: String,
    /// All of PID-3; PID-2 and PID-4 where PID-3 is empty.
    pub patient_ids: Vec<PatientId>,
    /// PV1-19.1.
    pub visit: Option<Phi<String>>,
    /// PID-5, first repetition.
    pub patient_name: Option<Phi<PatientName>>,
    /// ORC-2.1, ORC-3.1, OBR-2.1, OBR-3.1 of every order, each once, in order.
    pub orders: Vec<Phi<String>>,
}

/// One identifier of a patient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PatientId {
    /// CX.1.
    pub id: Phi<String>,
    /// CX.4.1, the assigning authority's namespace.
    pub authority: String,
    /// CX.5: `MR`, `PI` ….
    pub kind: String,
}

/// A name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PatientName {
    /// XPN.1.1.
    pub family: String,
    /// XPN.2.
    pub given: String,
}

/// Most orders of one message that are kept as facts.
const ORDERS_MAX: usize = 64;
/// Most identifiers of one message that are kept as facts.
const PATIENT_IDS_MAX: usize = 64;

impl Facts {
    /// Reads the facts.
    #[must_use]
    pub fn of(message: &Message) -> Facts {
        let header = message.header().map(|header| Facts::of_header(&header)).unwrap_or_default();
        header.read_body(message, true)
    }

    /// What a message is searched by: type, trigger event, sender, control id, the bare ids of the patient, visit and
    /// orders. The rest stays empty, which makes this twice as fast as [`Facts::of`]; a store asks it of every message.
    #[must_use]
    pub fn searched(message: &Message) -> Facts {
        let header = message.header().map(|header| Facts {
            message_type: part(&header, 9, 1),
            trigger_event: part(&header, 9, 2),
            control_id: header.field(10).map(|field| field.text().into_owned()).unwrap_or_default(),
            sending_application: part(&header, 3, 1),
            sending_facility: part(&header, 4, 1),
            ..Facts::default()
        });
        header.unwrap_or_default().read_body(message, false)
    }

    fn read_body(mut self, message: &Message, is_full: bool) -> Facts {
        let facts = &mut self;
        for segment in message.segments() {
            match segment.raw().get(..3) {
                Some(b"PID") if facts.patient_ids.is_empty() => facts.read_patient(&segment, is_full),
                Some(b"PV1") if facts.visit.is_none() => facts.visit = phi(part(&segment, 19, 1)),
                Some(b"ORC" | b"OBR") => facts.read_order(&segment),
                _ => {}
            }
        }
        self
    }

    fn of_header(header: &Element<'_>) -> Facts {
        Facts {
            message_type: part(header, 9, 1),
            trigger_event: part(header, 9, 2),
            structure: part(header, 9, 3),
            version: part(header, 12, 1),
            control_id: header.field(10).map(|field| field.text().into_owned()).unwrap_or_default(),
            sending_application: part(header, 3, 1),
            sending_facility: part(header, 4, 1),
            receiving_application: part(header, 5, 1),
            receiving_facility: part(header, 6, 1),
            processing_id: part(header, 11, 1),
            message_time: part(header, 7, 1),
            character_set: part(header, 18, 1),
            accept_acknowledgment: part(header, 15, 1),
            application_acknowledgment: part(header, 16, 1),
            ..Facts::default()
        }
    }

    fn read_patient(&mut self, pid: &Element<'_>, is_full: bool) {
        self.read_ids(pid, 3, is_full);
        if self.patient_ids.is_empty() {
            self.read_ids(pid, 2, is_full);
            self.read_ids(pid, 4, is_full);
        }
        if !is_full {
            return;
        }
        let name = pid.field(5).and_then(|field| field.repetition(1)).filter(|name| !name.is_empty());
        self.patient_name = name.map(|name| {
            let family = name.component(1).and_then(|family| family.subcomponent(1));
            Phi::new(PatientName { family: text(family), given: text(name.component(2)) })
        });
    }

    fn read_ids(&mut self, pid: &Element<'_>, number: u16, is_full: bool) {
        let Some(field) = pid.field(number) else { return };
        for id in field.parts() {
            let value = text(id.component(1));
            if value.is_empty() || value == "\"\"" || self.patient_ids.len() >= PATIENT_IDS_MAX {
                continue;
            }
            let mut patient = PatientId { id: Phi::new(value), ..PatientId::default() };
            if is_full {
                patient.authority = text(id.component(4).and_then(|authority| authority.subcomponent(1)));
                patient.kind = text(id.component(5));
            }
            self.patient_ids.push(patient);
        }
    }

    fn read_order(&mut self, segment: &Element<'_>) {
        for number in [2, 3] {
            if let Some(order) = phi(part(segment, number, 1))
                && self.orders.len() < ORDERS_MAX
                && !self.orders.contains(&order)
            {
                self.orders.push(order);
            }
        }
    }
}

fn part(segment: &Element<'_>, field: u16, component: u16) -> String {
    text(segment.field(field).and_then(|field| field.component(component)))
}

fn text(element: Option<Element<'_>>) -> String {
    element.map(|element| element.text().into_owned()).unwrap_or_default()
}

fn phi(text: String) -> Option<Phi<String>> {
    (!text.is_empty() && text != "\"\"").then(|| Phi::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_order() {
        let text = "MSH|^~\\&|LAB&1.2&ISO^x|NORTH|HUB|WEST|20260301||ORU^R01^ORU_R01|M\\T\\1|P^T|2.5.1|||AL|NE||8859/1\r\
PID|1|old|77^^^NORTH&1.2&ISO^MR~\"\"~99^^^^PI||Doe&van^Jane~Maiden^J\rPV1|1|I|||||||||||||||||V9^^^X\r\
ORC|RE|P1^A|F1\rOBR|1|P1|F2\r";
        let facts = Facts::of(&Message::parse(text).0);
        assert_eq!(facts.sending_application, "LAB&1.2&ISO");
        assert_eq!((&*facts.message_type, &*facts.trigger_event, &*facts.structure), ("ORU", "R01", "ORU_R01"));
        assert_eq!((&*facts.control_id, &*facts.version, &*facts.processing_id), ("M&1", "2.5.1", "P"));
        assert_eq!((&*facts.accept_acknowledgment, &*facts.application_acknowledgment), ("AL", "NE"));
        assert_eq!(facts.character_set, "8859/1");
        let ids: Vec<_> =
            facts.patient_ids.iter().map(|id| (id.id.reveal().as_str(), &*id.authority, &*id.kind)).collect();
        assert_eq!(ids, [("77", "NORTH", "MR"), ("99", "", "PI")]);
        assert_eq!(facts.visit.as_ref().map(|visit| visit.reveal().as_str()), Some("V9"));
        let orders: Vec<_> = facts.orders.iter().map(|order| order.reveal().as_str()).collect();
        assert_eq!(orders, ["P1", "F1", "F2"]);
        assert!(!format!("{facts:?}").contains("Jane"));
    }

    #[test]
    fn searched_are_the_same_facts_and_fewer() {
        let text = "MSH|^~\\&|LAB^x|NORTH|HUB|WEST|20260301||ORU^R01^ORU_R01|M\\T\\1|P|2.5.1|||AL|NE\r\
PID|1||77^^^NORTH^MR~99^^^^PI||Doe^Jane\rPV1|1|I|||||||||||||||||V9^^^X\rORC|RE|P1^A|F1\rOBR|1|P1|F2\r";
        for text in [text, "nothing", "MSH|^~\\&\rPID|1|7||8\r"] {
            let message = Message::parse(text).0;
            let (all, some) = (Facts::of(&message), Facts::searched(&message));
            let bare = |id: &PatientId| PatientId { id: id.id.clone(), ..PatientId::default() };
            let expect = Facts {
                message_type: all.message_type.clone(),
                trigger_event: all.trigger_event.clone(),
                control_id: all.control_id.clone(),
                sending_application: all.sending_application.clone(),
                sending_facility: all.sending_facility.clone(),
                patient_ids: all.patient_ids.iter().map(bare).collect(),
                visit: all.visit.clone(),
                orders: all.orders.clone(),
                ..Facts::default()
            };
            assert_eq!(some, expect);
        }
    }

    #[test]
    fn of_little() {
        assert_eq!(Facts::of(&Message::parse("nothing").0), Facts::default());
        let facts = Facts::of(&Message::parse("MSH|^~\\&\rPID|1|7||8\r").0);
        assert_eq!(facts.patient_ids.iter().map(|id| id.id.reveal().as_str()).collect::<Vec<_>>(), ["7", "8"]);
    }
}
