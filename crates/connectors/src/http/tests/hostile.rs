//! Requests that mean to be two, and bodies that mean to grow.

use super::{LONG, connect, open, post, read_answer, request};
use testkit::{sample, smuggling, source::Running};

/// How often an answer begins.
fn answers(bytes: &[u8]) -> usize {
    bytes.windows(9).filter(|part| *part == b"HTTP/1.1 " || *part == b"HTTP/1.0 ").count()
}

#[tokio::test]
async fn no_request_is_smuggled_behind_another() {
    for one in smuggling::corpus("POST /hl7", "test", &sample::adt("FRONT"), &post(&sample::adt("BEHIND"))) {
        let running = Running::start(open().await, []);
        let mut peer = connect(&running.address).await;
        peer.send(&one.bytes).await;
        let said = peer.read_to_close(LONG).await;
        let said = said.unwrap_or_else(|| panic!("{}: the connection stays open", one.what));
        assert!(answers(&said) <= 1, "{}: {}", one.what, String::from_utf8_lossy(&said));
        let contents = running.intake.contents();
        assert!(contents.iter().all(|content| *content == sample::adt("FRONT")), "{}", one.what);
        assert!(contents.len() <= 1, "{}", one.what);
        running.stop().await;
    }
}

#[tokio::test]
async fn what_is_packed_is_not_taken() {
    let running = Running::start(open().await, []);
    // 20 bytes of gzip that stand for more; they are not looked at.
    let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4c\x4c\x04\x00\x00\x00\x00\x00";
    for coding in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip"] {
        let mut peer = connect(&running.address).await;
        let headers = format!("Content-Type: application/hl7-v2\r\nContent-Encoding: {coding}\r\n");
        peer.send(&request("POST /hl7", &headers, packed)).await;
        let (status, head, body) = read_answer(&mut peer).await.unwrap();
        assert_eq!(status, 415, "{coding}");
        assert!(head.to_ascii_lowercase().contains("accept-encoding: identity"), "{head}");
        assert!(String::from_utf8(body).unwrap().contains("E6301"), "{coding}");
    }
    assert!(running.intake.contents().is_empty());
    let mut peer = connect(&running.address).await;
    peer.send(&request("POST /hl7", "Content-Encoding: Identity\r\n", &sample::adt("1"))).await;
    assert_eq!(read_answer(&mut peer).await.unwrap().0, 200);
    running.stop().await;
}
