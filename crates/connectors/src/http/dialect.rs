//! Another protocol over HTTP: what its requests bring and how it answers.
//!
//! Promises: whoever speaks one is served like any other client: the same limits, credentials and draining.

use super::answer::Answer;
use bytes::Bytes;
use hyper::HeaderMap;
use interface::contract::Reply;
use message::Code;

/// What bodies and answers are, where they are not the messages themselves. No I/O.
pub(crate) trait Dialect: Send + Sync {
    /// Whether a body of this media type may be one of its requests.
    fn takes(&self, content_type: Option<&str>) -> bool;

    /// The message that a request brings.
    ///
    /// # Errors
    /// The answer that says no, and the code that is reported.
    fn open(&self, headers: &HeaderMap, body: &Bytes) -> Result<Opened, Box<(Answer, Code)>>;
}

/// A message out of a request.
pub(crate) struct Opened {
    /// The message.
    pub(crate) message: Bytes,
    /// What the client is told once the engine has judged it.
    pub(crate) answer: Box<dyn FnOnce(&Reply) -> Answer + Send>,
}
