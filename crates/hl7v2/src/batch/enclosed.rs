//! The batches of a file, each with its messages and what its header and trailer say.

use super::{Batch, Piece, PieceKind};
use crate::{Message, Path};
use bytes::Bytes;
use std::ops::Range;

/// A batch: messages between BHS and BTS, or those that stand outside any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosed {
    /// The BHS line; `None` where there is none.
    pub header: Option<Bytes>,
    /// Its messages, by their place among all messages of the file.
    pub messages: Range<usize>,
    /// BTS is there.
    pub has_trailer: bool,
    /// BTS-1, where it is a number.
    pub stated: Option<usize>,
}

impl Enclosed {
    /// BHS and BTS are there, and BTS-1 is empty or right.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.header.is_some() && self.has_trailer && self.stated.is_none_or(|stated| stated == self.messages.len())
    }

    /// BHS-11, which a batch of acknowledgments names in BHS-12.
    #[must_use]
    pub fn control_id(&self) -> String {
        let header = self.header.clone().map(|line| Message::parse(line).0);
        header.map_or_else(String::new, |line| line.text(&Path::field(b"BHS", 11)).into_owned())
    }
}

impl Batch {
    /// There is a header or trailer of a batch or file, or more than one message.
    #[must_use]
    pub fn is_batch(&self) -> bool {
        let is_envelope = |piece: &Piece| match piece.kind {
            PieceKind::FileHeader | PieceKind::BatchHeader | PieceKind::BatchTrailer | PieceKind::FileTrailer => true,
            PieceKind::Message | PieceKind::Framing | PieceKind::Mark | PieceKind::Blank | PieceKind::Stray => false,
        };
        self.pieces.iter().any(is_envelope) || self.messages().nth(1).is_some()
    }

    /// The FHS line.
    #[must_use]
    pub fn file_header(&self) -> Option<Bytes> {
        self.pieces.iter().find(|piece| piece.kind == PieceKind::FileHeader).map(|piece| self.bytes_of(piece))
    }

    /// The batches in order; messages outside any make one without a header. Empty ones that nothing encloses are left
    /// out.
    #[must_use]
    pub fn batches(&self) -> Vec<Enclosed> {
        let mut out = Vec::new();
        let mut messages = 0;
        let mut open = Enclosed { header: None, messages: 0..0, has_trailer: false, stated: None };
        let close = |out: &mut Vec<Enclosed>, open: Enclosed| {
            if open.header.is_some() || open.has_trailer || !open.messages.is_empty() {
                out.push(open);
            }
        };
        let fresh = |at: usize, header| Enclosed { header, messages: at..at, has_trailer: false, stated: None };
        for piece in &self.pieces {
            match piece.kind {
                PieceKind::Message => {
                    messages += 1;
                    open.messages.end = messages;
                }
                PieceKind::BatchHeader => {
                    let next = fresh(messages, Some(self.bytes_of(piece)));
                    close(&mut out, std::mem::replace(&mut open, next));
                }
                PieceKind::BatchTrailer => {
                    open.has_trailer = true;
                    open.stated = self.stated(piece).and_then(|stated| stated.parse().ok());
                    close(&mut out, std::mem::replace(&mut open, fresh(messages, None)));
                }
                PieceKind::FileHeader
                | PieceKind::FileTrailer
                | PieceKind::Framing
                | PieceKind::Mark
                | PieceKind::Blank
                | PieceKind::Stray => {}
            }
        }
        close(&mut out, open);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_with_their_counts() {
        let check = |text: &str, expect: &str| {
            let batch = Batch::split(text.replace('/', "\r")).0;
            let shown: Vec<String> = batch
                .batches()
                .iter()
                .map(|found| {
                    let stated = found.stated.map_or_else(|| "-".to_owned(), |stated| stated.to_string());
                    format!("{}{:?}:{stated}:{}", found.control_id(), found.messages, found.is_whole())
                })
                .collect();
            assert_eq!(shown.join(" "), expect, "{text}");
        };
        check("", "");
        check("MSH|a/", "0..1:-:false");
        check("MSH|a/MSH|b/", "0..2:-:false");
        check("BHS|^~\\&|||||||||B7/MSH|a/MSH|b/BTS|2/", "B70..2:2:true");
        check("BHS|^~\\&/MSH|a/BTS|/", "0..1:-:true");
        check("BHS|^~\\&/MSH|a/BTS|2/", "0..1:2:false");
        check("BHS|^~\\&/MSH|a/", "0..1:-:false");
        check("BHS|^~\\&/BTS|0/", "0..0:0:true");
        check("FHS|^~\\&/BHS|^~\\&/MSH|a/BTS|1/BHS|^~\\&/MSH|b/BTS|1/FTS|2/", "0..1:1:true 1..2:1:true");
        check("MSH|a/BHS|^~\\&/MSH|b/BHS|^~\\&/MSH|c/BTS|1/", "0..1:-:false 1..2:-:false 2..3:1:true");
    }

    #[test]
    fn what_a_batch_is() {
        let check = |text: &str, expect: bool| {
            assert_eq!(Batch::split(text.replace('/', "\r")).0.is_batch(), expect, "{text}");
        };
        check("MSH|a/PID|1/", false);
        check("# note/MSH|a/", false);
        check("MSH|a/MSH|b/", true);
        check("BHS|^~\\&/MSH|a/BTS|1/", true);
        check("MSH|a/BTS|1/", true);
    }
}
