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

/// Resolves when standard input ends, if that is wanted: how a measurement's processes end with the one that started
/// them, however that one ended.
pub async fn end_of_input(is_wanted: bool) {
    if !is_wanted {
        return std::future::pending().await;
    }
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    // A thread of its own: a blocking read on the runtime's pool would hold up the end of the process.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        drop(ended);
    });
    let _ = end.await;
}
