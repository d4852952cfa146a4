//! The sending side: a delivery becomes a frame of the other interface.

use super::config::Target;
use crate::codes;
use interface::{
    catalogue::{Context, Exchange},
    contract::{Boxed, Destination, Frame, Outgoing, Reply, Verdict},
};
use message::{Clock, Outcome, Reason, Scope, limits};
use std::sync::Arc;

/// A lane into another interface.
pub(crate) struct Lane {
    target: Target,
    exchange: Arc<dyn Exchange>,
    clock: Arc<dyn Clock>,
}

impl Lane {
    pub(crate) fn new(target: Target, context: &Context) -> Lane {
        Lane { target, exchange: context.exchange.clone(), clock: context.clock.clone() }
    }

    async fn deliver(&self, outgoing: &Outgoing) -> Outcome {
        let target = &self.target.interface;
        let hops = outgoing.hops.saturating_add(1);
        if hops > limits::INTERFACE_HOPS_MAX {
            let text = format!("{} interfaces crossed before `{target}`: they form a circle", outgoing.hops);
            return Outcome::Permanent { reason: Reason::new(codes::E6402, text), reply: None };
        }
        let Some(intake) = self.exchange.intake(target) else {
            return transient(Reason::new(codes::E6401, format!("the interface `{target}` is not running")));
        };
        let frame = Frame {
            bytes: outgoing.bytes.clone(),
            peer: outgoing.interface.clone(),
            received: self.clock.now(),
            format: outgoing.format,
            from: Some((outgoing.delivery.message, hops)),
            found: Arc::default(),
        };
        // Beside this delivery, because what the other interface has begun to store should come to its end even if the
        // delivery is cancelled; duplicate detection recognises the second attempt (R4).
        match tokio::spawn(async move { intake.accept(frame).await }).await {
            Ok(reply) => outcome(&reply),
            Err(_) => {
                let text = format!("the interface `{target}` failed while it took the message");
                Outcome::Ambiguous { reason: Reason::new(codes::E6009, text) }
            }
        }
    }
}

fn outcome(reply: &Reply) -> Outcome {
    let acknowledgment = reply.acknowledgments_in_a_row();
    match reply.verdict() {
        Verdict::Accepted(_) => Outcome::Delivered { reply: acknowledgment },
        Verdict::Later(reason) => transient(reason.clone()),
        Verdict::Refused(reason) => Outcome::Permanent { reason: reason.clone(), reply: acknowledgment },
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }
}
