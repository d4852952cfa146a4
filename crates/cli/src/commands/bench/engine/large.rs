//! Large messages: results with an embedded document, one after the other, and four at once.

use super::{
    super::{
        figures::Figures,
        load::{self, Load},
        rig::Process,
    },
    drain, open,
};
use crate::outcome::{Failure, Result};
use std::{path::Path, time::Duration};

/// Bytes of a message.
pub(super) const BYTES: usize = 2 * 1024 * 1024;
/// Messages under way while memory is looked at.
const AT_ONCE: usize = 4;
/// Pause between looks at memory.
const LOOK_PAUSE: Duration = Duration::from_millis(5);
/// Different documents that are sent in turn.
const DOCUMENTS: u64 = 4;

/// An invented result whose document is noise in base64, as a compressed one is.
fn result(number: u64) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = format!(
        "MSH|^~\\&|LABSYS|NORTH|HUB|CENTRAL|20260301101500||ORU^R01^ORU_R01|X|P|2.5.1|||AL|NE\r\
         PID|1||{}^^^NORTH^MR||HOLLOWAY^IRIS^M^^^^L||19620604|F\r\
         OBR|1|A{number}|F{number}|11502-2^Laboratory report^LN|||20260301100000\r\
         OBX|1|ED|PDF^Report^L||LABSYS^application^pdf^Base64^",
        100_000 + number
    )
    .into_bytes();
    let end = "||||||F\r";
    let mut state = 0x9E37_79B9_7F4A_7C15 ^ number;
    while bytes.len() < BYTES - end.len() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.push(DIGITS[usize::try_from(state >> 58).unwrap_or(0)]);
    }
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

/// Each time on a new engine, whose memory is its own.
pub(super) async fn measure(parent: &Path, figures: &mut Figures, seconds: u32) -> Result<()> {
    let (folder, partner, mut engine) = open(parent, &[]).await?;
    let documents: Vec<u8> = (0..DOCUMENTS).flat_map(result).collect();
    let messages = folder.write("large.hl7", &documents)?;
    let time = Duration::from_secs(u64::from(seconds)) / 2;
    let address = engine.address.clone();
    let sent = load::send(&folder, &address, Load::of(&messages, 1, time)).await?;
    all_accepted(&sent)?;
    figures.add("large_message_p50_ms", sent.p50_ms);
    figures.add("large_message_p99_ms", sent.p99_ms);
    drain(&mut engine).await?;
    let mut resident: f64 = 0.0;
    let sent = tokio::select! {
        sent = load::send(&folder, &address, Load::of(&messages, AT_ONCE, time)) => sent?,
        never = watch_memory(&engine.process, &mut resident) => match never {},
    };
    all_accepted(&sent)?;
    figures.add("large_message_rss_mb", resident);
    drain(&mut engine).await?;
    engine.finish()?;
    partner.finish().map(drop)
}

fn all_accepted(sent: &load::Sent) -> Result<()> {
    match (sent.accepted, sent.not_accepted) {
        (1.., 0) => Ok(()),
        (accepted, not) => Err(Failure::unreachable(format!("{accepted} large messages accepted, {not} not"))),
    }
}

/// Keeps the largest resident memory; ends only when it is dropped.
async fn watch_memory(process: &Process, largest: &mut f64) -> std::convert::Infallible {
    loop {
        *largest = largest.max(process.resident_mb());
        tokio::time::sleep(LOOK_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_message_has_its_size_and_one_document() {
        let bytes = result(1);
        let (message, findings) = hl7v2::Message::parse(bytes.clone());
        assert_eq!((bytes.len(), findings.len()), (BYTES, 0));
        let path = hl7v2::Path::parse("OBX-5.5").unwrap();
        assert!(message.every(&path).map(|value| value.text().len()).sum::<usize>() > BYTES - 1024);
    }
}
