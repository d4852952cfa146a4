//! Contents of other formats than HL7 v2 that hold several messages: rows, the items of an array, lines.
//!
//! Promises: each message is stored, processed and answered for itself, in order; the first that has to come later makes
//! all behind it come later (R3); no positive answer for the frame before all of its messages are stored (R1).
//! Never: changes what stands in a message.

use crate::{codes, flow::Flow, intake};
use bytes::Bytes;
use formats::{Kind, Messages, limits::MESSAGES_MAX};
use interface::{
    contract::{Frame, Reply, Verdict},
    definition::{Definition, Identity},
};
use lang::Matter;
use message::{Diagnostic, Origin, Reason};
use ring::digest;
use std::{
    fmt::Write,
    sync::{Arc, atomic::Ordering},
};

/// A message of a content, and what is wrong with it there.
pub(crate) type Cut = (Bytes, Vec<Diagnostic>);

/// The messages of a content.
pub(crate) fn cut(definition: &Definition, bytes: &Bytes) -> Vec<Cut> {
    let receive = &definition.receive;
    let found = formats::cut(receive.format, bytes, &receive.form.layout, receive.messages);
    found.into_iter().map(|cut| (cut.bytes, cut.found)).collect()
}

/// The content is to be cut into messages, and there is none in it: an export of a quiet night.
pub(crate) fn is_empty(definition: &Definition, matter: &Matter) -> bool {
    let Some(document) = matter.document() else { return false };
    match definition.receive.messages {
        Messages::Whole => false,
        Messages::Rows => document.root().kind() == Kind::Rows && !document.root().has_children(),
        Messages::Items => document.root().kind() == Kind::Array && !document.root().has_children(),
        Messages::Lines => document.source().trim().is_empty(),
    }
}

/// Takes the messages of a frame to their answers.
pub(crate) async fn accept(flow: &Flow, frame: Frame, origin: Origin, cut: Vec<Cut>) -> Reply {
    // Before the first is stored: what would be left behind is not to be told as taken (R5).
    if let Some(reason) = too_many(cut.len()) {
        flow.tally.refused.fetch_add(1, Ordering::Relaxed);
        flow.report_trouble(reason.clone());
        return Reply::refused(reason, None);
    }
    let whole = digest(&frame.bytes);
    let mut last = None;
    for (number, (bytes, found)) in cut.into_iter().enumerate() {
        let around: Arc<[Diagnostic]> = frame.found.iter().cloned().chain(found).collect();
        let single = Frame { bytes, found: around, ..frame.clone() };
        let part = format!("{whole}-{}", number + 1);
        let reply = intake::take_part(flow, single, origin.clone(), &part).await.answered().await;
        match reply.verdict() {
            Verdict::Accepted(_) => {}
            // What is behind it comes again with it; what is in front of it is known then, or is new.
            Verdict::Later(_) | Verdict::Refused(_) => return reply,
        }
        last = Some(reply);
    }
    last.unwrap_or_else(|| Reply::refused(Reason::new(codes::E5001, "there is no message in the content"), None))
}

fn too_many(messages: usize) -> Option<Reason> {
    let text = format!("more than {MESSAGES_MAX} messages in one content; split it");
    (messages > MESSAGES_MAX).then(|| Reason::new(codes::E5036, text))
}

/// What a message is known by when it comes again; empty where each is new. `part` is what the content that it was cut from
/// makes of it.
pub(crate) fn identity(definition: &Definition, matter: &Matter, part: &str) -> String {
    match &definition.receive.identity {
        Identity::None => String::new(),
        Identity::By(locus) => locus.first(matter),
        Identity::Content if part.is_empty() => digest(&matter.to_bytes()),
        Identity::Content => part.to_owned(),
    }
}

fn digest(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().take(DIGEST_BYTES).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Bytes of a digest that are kept.
const DIGEST_BYTES: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_with_too_many_rows_is_refused_whole() {
        let layout = Arc::new(formats::Layout::csv());
        let rows = |count: usize| Bytes::from("1\n".repeat(count + usize::from(layout.has_header)));
        let cut = |count| formats::cut(message::Format::Delimited, &rows(count), &layout, Messages::Rows).len();
        assert_eq!(too_many(cut(3)), None);
        assert_eq!(too_many(cut(MESSAGES_MAX + 5)).map(|reason| reason.code.to_string()).as_deref(), Some("E5036"));
        assert_eq!(too_many(MESSAGES_MAX), None);
    }
}
