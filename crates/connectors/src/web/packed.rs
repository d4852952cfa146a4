//! Answers that a server packed although we ask for what is not packed (RFC 9110 §8.4 and §12.5.3).
//!
//! Promises: gzip is unpacked up to the limit of an answer and not a byte further, so that a small answer cannot become a large
//! one; another coding, or several, is left as it came, and whoever wants to read it finds that it cannot.

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use std::io::Read as _;

/// What an answer holds, or nothing where it is damaged or larger than `bytes_max`; the headers say how it is now.
pub(super) fn unpacked(headers: &mut HeaderMap, body: Bytes, bytes_max: usize) -> Option<Bytes> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let is_gzip = codings.next().is_some_and(|coding| {
        let coding = coding.as_bytes();
        coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip")
    });
    // Answers without a body have nothing to unpack, whatever their head says.
    if !is_gzip || codings.next().is_some() || body.is_empty() {
        return Some(body);
    }
    let mut whole = Vec::new();
    MultiGzDecoder::new(&*body).take(bytes_max as u64 + 1).read_to_end(&mut whole).ok()?;
    if whole.len() > bytes_max {
        return None;
    }
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    Some(whole.into())
}
