//! Where a message would go, and why: the pipeline of the engine over one message, told line by line, without an engine.
//!
//! Promises: the plan is the one that the engine would make of these bytes at this time.
//! Never: stores, sends, or masks.

use crate::{
    acknowledge, intake,
    pipeline::{
        End, Plan,
        watch::{Looked, Stage, Watch},
    },
};
use bytes::Bytes;
use interface::definition::Definition;
use message::{Reason, Timestamp};

/// The way of one message through one interface.
#[derive(Debug)]
pub struct Way {
    /// What becomes of it.
    pub plan: Plan,
    /// Every line that was looked at, in the order of the work.
    pub looked: Vec<Looked>,
    /// What the message became, line by line.
    pub stages: Vec<Stage>,
    /// What the sender is answered once the message is stored, where it is answered then.
    pub acknowledgment: Option<Bytes>,
}

/// Takes a message through the pipeline as if it came in `now`.
///
/// # Errors
/// Why the interface would refuse the frame: too large, no HL7 v2.
pub fn trace(definition: &Definition, bytes: &Bytes, now: Timestamp) -> Result<Way, Reason> {
    let (matter, found) = intake::read(definition, bytes);
    intake::check_message(definition, bytes.len(), &matter)?;
    let mut watch = Watch::default();
    let plan = intake::plan_watched(definition, (&matter, &found), bytes, now, (None, Some(&mut watch)));
    let message = intake::v2_of(&matter);
    let acknowledgment = match &plan.end {
        End::Rejected { .. } => acknowledge::reject(message, definition, now, &plan.issues),
        End::Routed | End::Filtered(_) | End::Unrouted | End::Parked(_) => {
            acknowledge::accept(message, definition.receive.acknowledge, now).filter(|_| matter.v2().is_some())
        }
    };
    Ok(Way { plan, looked: watch.looked, stages: watch.stages, acknowledgment })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::definition;
    use hl7v2::Message;

    const LINES: &str = "keep when event in [A01, A04]\nroute first {\n case PV1-2 = E to emergency\n \
        case PV1-2 = I and PV1-3.1 starts 4 to ward\n case PV1-2 = I to rest\n default nothing reason \"x\"\n}\n\
        send emergency {\n fake a\n}\nsend ward {\n fake b\n}\nsend rest {\n fake c\n}\nsend lab {\n when event = A04\n fake d\n}";

    fn told(message: &str) -> (Vec<String>, Plan) {
        let way = trace(&definition(LINES), &Bytes::copy_from_slice(message.as_bytes()), Timestamp(0)).unwrap();
        let tell = |looked: &Looked| {
            let parts: Vec<String> =
                looked.parts.iter().map(|part| format!("{}={}", part.text, part.holds == Ok(true))).collect();
            format!("{:?} {:?} [{}]", looked.kind, looked.verdict, parts.join(", "))
        };
        (way.looked.iter().map(tell).collect(), way.plan)
    }

    #[test]
    fn every_line_says_what_it_said() {
        let (looked, plan) = told("MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rPID|1||7\rPV1|1|I|4W\r");
        assert_eq!(
            looked,
            [
                "Keep GoesOn [event in [A01, A04]=true]",
                "Case(0) No [PV1-2 = E=false]",
                "Case(0) Leads([\"ward\"]) [PV1-2 = I=true, PV1-3.1 starts 4=true]",
                "Case(0) NotAsked []",
                "Default(0) No []",
                "Send NotChosen []",
                "Send Sent []",
                "Send NotChosen []",
                "Send NotMeant [event = A04=false]",
            ]
        );
        assert_eq!(plan.deliveries.len(), 1);
    }

    #[test]
    fn a_message_that_ends_early_is_told_as_far_as_it_came() {
        let (looked, plan) = told("MSH|^~\\&|A|B|C|D|1||ADT^A08|1|P|2.5\rPV1|1|I|4W\r");
        assert_eq!(looked, ["Keep Ends [event in [A01, A04]=false]"]);
        assert!(plan.deliveries.is_empty());
        let (looked, _) = told("MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rPV1|1|O|4W\r");
        assert!(looked.contains(&"Default(0) Leads([]) []".to_owned()), "{looked:?}");
    }

    #[test]
    fn what_the_message_becomes_is_told_line_by_line() {
        let lines = "set MSH-5 = HUB\nset PV1-3.1 = PV1-3.1 | lower\nsend a {\n set MSH-6 = A\n fake a\n}\nsend b {\n when PV1-2 = E\n set MSH-6 = B\n fake b\n}";
        let bytes = Bytes::from_static(b"MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\rPV1|1|I|4W\r");
        let definition = definition(lines);
        let way = trace(&definition, &bytes, Timestamp(0)).unwrap();
        let told: Vec<_> = way
            .stages
            .iter()
            .map(|stage| {
                let (message, _) = Message::parse(stage.bytes.clone());
                let of = |path: &str| message.text(&path.parse().unwrap()).into_owned();
                (stage.destination.as_deref().map(str::to_owned), of("MSH-5"), of("MSH-6"), of("PV1-3.1"))
            })
            .collect();
        let row = |to: Option<&str>, five: &str, six: &str, ward: &str| {
            (to.map(str::to_owned), five.to_owned(), six.to_owned(), ward.to_owned())
        };
        let expected = [row(None, "HUB", "D", "4W"), row(None, "HUB", "D", "4w"), row(Some("a"), "HUB", "A", "4w")];
        assert_eq!(told, expected, "nothing is told of a destination that does not get it");
        let first = way.stages[0].place.line;
        assert_eq!(way.stages[1].place.line, first + 1);
        assert_eq!(way.plan.deliveries[0].output.as_ref(), Some(&way.stages[2].bytes), "the last is what goes out");
        let answer = way.acknowledgment.unwrap();
        assert_eq!(hl7v2::ack::Reply::read(answer).code, Some(message::AckCode::AA));
        assert!(!format!("{:?}", way.stages).contains("4W"));
    }

    #[test]
    fn watching_changes_nothing() {
        let definition = definition(LINES);
        for (class, event) in [("I", "A01"), ("E", "A04"), ("O", "A01"), ("I", "A08")] {
            let text = format!("MSH|^~\\&|A|B|C|D|1||ADT^{event}|1|P|2.5\rPV1|1|{class}|4W\r");
            let (matter, found) = intake::read(&definition, &text.clone().into());
            let plain = intake::plan(&definition, (&matter, &found), text.as_bytes(), Timestamp(0), None);
            let watched = trace(&definition, &Bytes::from(text), Timestamp(0)).unwrap().plan;
            assert_eq!((plain.end, plain.deliveries), (watched.end, watched.deliveries));
        }
    }

    #[test]
    fn what_the_interface_refuses() {
        let refused = trace(&definition(LINES), &Bytes::from_static(b"hello"), Timestamp(0)).unwrap_err();
        assert_eq!(refused.code, crate::codes::E5001.id);
    }
}
