//! The runtime of commands that wait for sockets.

use crate::outcome::{Exit, Failure, Result};
use std::future::Future;

/// Runs a future on a runtime of its own.
pub fn block_on<F: Future>(future: F) -> Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("the runtime did not start: {error}")))?;
    Ok(runtime.block_on(future))
}
