//! The service: SOAP over the server of [`crate::http`], one message a request, answered after the engine has.

use super::{
    config::Answering,
    envelope::{self, Asked, Fault, Version},
};
use crate::{
    codes,
    http::{Answer, Dialect, Opened},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, StatusCode,
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use interface::contract::{Reply, Verdict};
use message::Code;
use std::sync::Arc;

/// The pause that a client is asked for when a message cannot be taken now, seconds.
const RETRY_AFTER_SECONDS: &str = "5";

const SENDER: Fault = ("Client", "Sender");
const RECEIVER: Fault = ("Server", "Receiver");
const UNKNOWN: Fault = ("MustUnderstand", "MustUnderstand");
const MISMATCH: Fault = ("VersionMismatch", "VersionMismatch");

/// What a service takes and says.
pub(crate) struct Service(pub(crate) Arc<Answering>);

impl Dialect for Service {
    fn takes(&self, content_type: Option<&str>) -> bool {
        let name = super::parts::name_of(content_type.unwrap_or("text/xml")).to_ascii_lowercase();
        matches!(name.as_str(), "text/xml" | "application/soap+xml" | "application/xml" | "multipart/related")
    }

    fn open(&self, headers: &HeaderMap, body: &Bytes) -> Result<Opened, Box<(Answer, Code)>> {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let refuse = |version, fault, id: Option<&str>| {
            let header = id.map(|id| envelope::related(id, None)).unwrap_or_default();
            no(version, &header, fault, "the request cannot be taken as it is")
        };
        match envelope::open(body, media_type, self.0.message.as_deref()) {
            Asked::Nothing => Err(Box::new((refuse(Version::One, SENDER, None), codes::E6840))),
            Asked::Empty { version, id } => Err(Box::new((refuse(version, SENDER, id.as_deref()), codes::E6840))),
            Asked::Foreign => Err(Box::new((refuse(Version::One, MISMATCH, None), codes::E6841))),
            Asked::Unknown { version, id } => Err(Box::new((refuse(version, UNKNOWN, id.as_deref()), codes::E6841))),
            Asked::Message { version, id, action, message } => {
                let answering = self.0.clone();
                let answer = move |reply: &Reply| judged(&answering, version, (id, action), reply);
                Ok(Opened { message, answer: Box::new(answer) })
            }
        }
    }
}

/// The answer to a message that the engine has judged.
fn judged(answering: &Answering, version: Version, (id, action): (Option<String>, String), reply: &Reply) -> Answer {
    let acknowledgment = reply.acknowledgments_in_a_row();
    let action = format!("{action}Response");
    let header = id.map(|id| envelope::related(&id, Some(&action))).unwrap_or_default();
    match reply.verdict() {
        Verdict::Later(reason) => {
            let text = format!("{}: the message cannot be taken now", reason.code);
            let mut answer = no(version, &header, RECEIVER, &text);
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
            answer
        }
        // The acknowledgment says no by itself, where the answer has a place for it.
        Verdict::Refused(reason) => match answering.response(acknowledgment.as_deref(), true) {
            Some(content) => respond(version, StatusCode::OK, envelope::wrap(version, &header, &content)),
            None => no(version, &header, SENDER, &format!("{}: the message is not taken", reason.code)),
        },
        Verdict::Accepted(_) => {
            let content = answering.response(acknowledgment.as_deref(), false).unwrap_or_default();
            respond(version, StatusCode::OK, envelope::wrap(version, &header, &content))
        }
    }
}

/// A fault. SOAP 1.1 §6.2: always 500; SOAP 1.2 part 2 §7.5.2: 400 where the sender is to blame.
fn no(version: Version, header: &str, fault: Fault, text: &str) -> Answer {
    let status = if version == Version::Two && fault == SENDER {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    respond(version, status, envelope::fault(version, header, fault, text))
}

fn respond(version: Version, status: StatusCode, content: String) -> Answer {
    let mut answer = Answer::new(Full::new(Bytes::from(content)));
    *answer.status_mut() = status;
    if let Ok(media_type) = HeaderValue::from_str(&version.media_type("")) {
        answer.headers_mut().insert(CONTENT_TYPE, media_type);
    }
    answer
}
