//! Records as the checkers see them: what stands unsealed in them, and nothing else.

use super::{
    accepted,
    baseline::Baseline,
    changed,
    record::{HEADER_BYTES, Header, Kind},
};
use crate::{
    Disposition, Entry, Quarantined,
    check::{Line, OpenLine, PlannedLine},
};
use message::{MessageId, Reason, Timestamp};

/// The line of a valid record.
pub(crate) fn line<'a>(header: &Header, record: &'a [u8]) -> Line<'a> {
    let body = &record[HEADER_BYTES..];
    let read = match header.kind {
        Kind::Accept => accepted(header, body),
        Kind::Change => changed::decode(body, &[])
            .map(|change| Line::Changed(Entry { lsn: header.lsn, at: Timestamp(header.time), change })),
        Kind::Baseline => Baseline::decode(body)
            .map(|baseline| Line::Baseline { cut: MessageId(baseline.cut), counts: baseline.counts }),
        Kind::Opened | Kind::Closed => Some(Line::Mark),
    };
    read.unwrap_or(Line::Damaged(Quarantined { lsn: header.lsn, length: header.span() }))
}

fn accepted<'a>(header: &Header, body: &'a [u8]) -> Option<Line<'a>> {
    let (_, open, _) = accepted::split(body)?;
    let disposition = match open.disposition {
        1 => Disposition::Filtered { rule: String::new() },
        2 => Disposition::Parked { reason: Reason::read("", "") },
        _ => Disposition::Routed,
    };
    let planned = |planned: &accepted::OpenPlanned<'a>| PlannedLine {
        destination: planned.destination,
        order_key: planned.order_key,
    };
    Some(Line::Accepted(OpenLine {
        id: MessageId(header.lsn),
        at: Timestamp(header.time),
        interface: open.interface,
        disposition,
        deliveries: open.deliveries.iter().map(planned).collect(),
    }))
}
