//! Partners in this process that do the least there is: they take what comes and say yes.

use crate::stage::Must;
use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A partner on a port of loopback that treats each connection so.
pub(super) async fn serve<F: Future<Output = Option<()>> + Send + 'static>(treat: fn(TcpStream) -> F) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.must("a port");
    let port = listener.local_addr().must("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(treat(stream));
        }
    });
    port
}

/// The next frame of MLLP.
pub(super) async fn frame(stream: &mut TcpStream, buffer: &mut BytesMut) -> Option<BytesMut> {
    loop {
        if let Some(end) = buffer.windows(2).position(|pair| pair == b"\x1c\r") {
            return Some(buffer.split_to(end + 2));
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

pub(super) async fn mllp(mut stream: TcpStream) -> Option<()> {
    let mut buffer = BytesMut::new();
    loop {
        let message = frame(&mut stream, &mut buffer).await?;
        let id = message[..].split(|byte| *byte == b'|').nth(9)?;
        let id = String::from_utf8_lossy(id);
        let answer = format!("\x0bMSH|^~\\&|P|P|HUB|NORTH|20260301120000||ACK|{id}-A|P|2.5.1\rMSA|AA|{id}\r\x1c\r");
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

/// The head of a request or an answer, and its body.
pub(super) async fn whole(stream: &mut TcpStream, buffer: &mut BytesMut) -> Option<String> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break buffer.split_to(end + 4);
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let length = length.unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let _ = buffer.split_to(length);
    Some(head)
}

pub(super) async fn http(mut stream: TcpStream) -> Option<()> {
    let mut buffer = BytesMut::new();
    loop {
        whole(&mut stream, &mut buffer).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.ok()?;
    }
}

/// A SOAP service that takes without a word (202).
pub(super) async fn soap(mut stream: TcpStream) -> Option<()> {
    let mut buffer = BytesMut::new();
    loop {
        whole(&mut stream, &mut buffer).await?;
        stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await.ok()?;
    }
}

/// Messages between 0x02 and 0x03, each answered by one byte.
pub(super) async fn blocks(mut stream: TcpStream) -> Option<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        let ends = piece[..count].iter().filter(|byte| **byte == 3).count();
        stream.write_all(&vec![6; ends]).await.ok()?;
    }
}

/// Reads and says nothing.
pub(super) async fn drain(mut stream: TcpStream) -> Option<()> {
    let mut piece = vec![0; 64 * 1024];
    while stream.read(&mut piece).await.ok().filter(|count| *count > 0).is_some() {}
    None
}
