//! The receiving side: the engine routes, so there is nothing to read here but the phase.

use crate::tcp::listen;
use interface::contract::{Boxed, Intake, Phase, Source};
use message::Reason;
use std::sync::Arc;
use tokio::sync::watch;

/// A source that other interfaces reach through the engine's exchange.
pub(crate) struct Link;

impl Source for Link {
    fn address(&self) -> String {
        "interface".to_owned()
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
