//! The destination suite with scripted intakes, lineage and hops.

use super::Link;
use crate::testing::{context, settings};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Context},
    contract::{Boxed, Destination},
};
use message::{MessageId, Outcome, Scope, limits};
use std::sync::Arc;
use testkit::{
    Answer, ScriptedIntake, Switchboard,
    destination::{self, Conduct, Partner, REPLY_TIME_MAX},
    sample,
    source::Running,
};

/// Lanes of one subject find their partners by name here.
#[derive(Default)]
struct Subject(Arc<Switchboard>);

struct Neighbour {
    name: String,
    intake: Arc<ScriptedIntake>,
}

impl Partner for Neighbour {
    fn address(&self) -> String {
        self.name.clone()
    }
    fn taken(&self) -> Vec<Bytes> {
        self.intake.contents()
    }
}

impl destination::Subject for Subject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        let answer = match conducts {
            [Conduct::Accept | Conduct::Absent] => Some(Answer::Accept),
            [Conduct::Slow, Conduct::Accept] => Some(Answer::AcceptAfter(REPLY_TIME_MAX / 2)),
            _ => None,
        };
        let is_absent = conducts == [Conduct::Absent];
        Box::pin(async move {
            let intake = Arc::new(ScriptedIntake::new([answer?]));
            let name = format!("neighbour-{:p}", Arc::as_ptr(&intake));
            if !is_absent {
                self.0.plug(&name, intake.clone());
            }
            Some(Box::new(Neighbour { name, intake }) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&partner.address(), &self.0)
    }
}

fn lane(target: &str, switchboard: &Arc<Switchboard>) -> Box<dyn Destination> {
    let context = Context { exchange: switchboard.clone(), ..context() };
    Link.destination(&settings(&Link, false, target, &[]), &context).unwrap()
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    destination::suite(&Subject::default()).await;
}

#[tokio::test]
async fn the_frame_tells_where_it_came_from() {
    let switchboard = Arc::new(Switchboard::default());
    let intake = Arc::new(ScriptedIntake::new([]));
    switchboard.plug("hub", intake.clone());
    let outgoing = sample::outgoing(42, sample::adt("1"));
    let outcome = lane("hub", &switchboard).send(&outgoing).await;
    assert_eq!(outcome, Outcome::Delivered { reply: Some(sample::acknowledgment("AA", "1")) });
    let frame = &intake.frames()[0];
    assert_eq!(frame.from, Some((MessageId(42), 1)));
    assert_eq!((&*frame.peer, &frame.bytes), ("adt-main", &outgoing.bytes));
}

#[tokio::test]
async fn answers_of_the_other_interface() {
    let switchboard = Arc::new(Switchboard::default());
    let answers = [Answer::Later { is_acknowledged: true }, Answer::Refuse { is_acknowledged: true }];
    switchboard.plug("hub", Arc::new(ScriptedIntake::new(answers)));
    let mut lane = lane("hub", &switchboard);
    let outgoing = sample::outgoing(1, sample::adt("1"));
    let later = lane.send(&outgoing).await;
    assert!(matches!(later, Outcome::Transient { scope: Scope::Destination, .. }), "{later:?}");
    let refused = lane.send(&outgoing).await;
    assert!(matches!(refused, Outcome::Permanent { reply: Some(_), .. }), "{refused:?}");
    switchboard.unplug("hub");
    let stopped = lane.send(&outgoing).await;
    assert_eq!(destination::reason_of(&stopped).unwrap().code, "E6401");
}

#[tokio::test]
async fn a_circle_ends() {
    let switchboard = Arc::new(Switchboard::default());
    let intake = Arc::new(ScriptedIntake::new([]));
    switchboard.plug("hub", intake.clone());
    let mut lane = lane("hub", &switchboard);
    let mut outgoing = sample::outgoing(1, sample::adt("1"));
    outgoing.hops = limits::INTERFACE_HOPS_MAX - 1;
    assert!(matches!(lane.send(&outgoing).await, Outcome::Delivered { .. }));
    outgoing.hops = limits::INTERFACE_HOPS_MAX;
    let outcome = lane.send(&outgoing).await;
    assert!(matches!(&outcome, Outcome::Permanent { reason, .. } if reason.code == "E6402"), "{outcome:?}");
    assert_eq!(intake.contents().len(), 1);
}

#[tokio::test]
async fn the_source_waits_until_draining() {
    let source = Link.source(&settings(&Link, true, "", &[]), &context()).await.unwrap();
    let running = Running::start(source, []);
    assert!(!running.address.is_empty());
    running.stop().await;
}
