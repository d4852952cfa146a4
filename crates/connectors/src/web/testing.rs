//! A web server as the partner of the conformance suite.

use testkit::{
    partner::{Cut, Wire},
    sample,
};

/// The body of the first request, and how many bytes it took.
pub(crate) fn cut(buffer: &[u8]) -> Cut {
    let head_end = buffer.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&buffer[..head_end]).to_ascii_lowercase();
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    let body = buffer.get(head_end..head_end + length)?;
    Some((head_end + length, body.to_vec()))
}

/// An answer.
pub(crate) fn respond(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A web server that answers with acknowledgments.
pub(crate) const WIRE: Wire = Wire {
    cut,
    answer: |content| respond("200 OK", "", &sample::acknowledgment("AA", &sample::control_id(content))),
    foreign: None,
    endless: (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"11\r\nand so on and so \r\n"),
    is_repeatable: true,
};
