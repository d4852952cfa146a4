//! The receiving side: publishers hand their messages to the engine, so there is nothing to read here but the phase.

use super::config;
use crate::tcp::listen;
use interface::contract::{Boxed, Intake, Phase, Source};
use message::Reason;
use std::sync::Arc;
use tokio::sync::watch;

/// A source that publishers reach through the engine's exchange.
pub(crate) struct Topic {
    topic: config::Topic,
}

impl Topic {
    pub(crate) fn new(topic: config::Topic) -> Topic {
        Topic { topic }
    }
}

impl Source for Topic {
    fn address(&self) -> String {
        format!("topic {}", self.topic.name)
    }

    fn run(
        self: Box<Self>,
        _intake: Arc<dyn Intake>,
        mut phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            listen::draining(&mut phase).await;
            Ok(())
        })
    }
}
