//! The messages of files one after the other, in bounded memory, for commands that look at much traffic.
//!
//! Promises: no more than a block of a file and one message are in memory; every message of a file comes, in order.
//! Files in UTF-16 and UTF-32 are read whole, because they are one message.

use crate::outcome::{Failure, Result};
use bytes::{Bytes, BytesMut};
use hl7v2::Batch;
use std::{io::Read, path::Path};

/// How much is read at once.
const BLOCK_BYTES: usize = 4 * 1024 * 1024;
/// What has no message header for as long as this is given on as it is.
const MESSAGE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Gives each message of a file, or of standard input for `-`.
pub fn each(path: &Path, mut take: impl FnMut(Bytes)) -> Result<()> {
    let failed = |error: std::io::Error| Failure::unreachable(format!("{}: {error}", path.display()));
    let mut source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(failed)?)
    };
    let mut held = BytesMut::new();
    loop {
        let before = held.len();
        held.resize(before + BLOCK_BYTES, 0);
        let read = fill(&mut *source, &mut held[before..]).map_err(failed)?;
        held.truncate(before + read);
        if read == 0 {
            break;
        }
        if is_wide(&held) {
            if held.len() < MESSAGE_BYTES_MAX {
                continue;
            }
        } else if let Some(at) = last_header(&held) {
            let whole = held.split_to(at).freeze();
            Batch::split(whole).0.messages().for_each(&mut take);
            continue;
        }
        if held.len() >= MESSAGE_BYTES_MAX {
            Batch::split(held.split().freeze()).0.messages().for_each(&mut take);
        }
    }
    Batch::split(held.freeze()).0.messages().for_each(&mut take);
    Ok(())
}

/// Reads until the block is full or the source ends.
fn fill(source: &mut dyn Read, block: &mut [u8]) -> std::io::Result<usize> {
    let mut at = 0;
    while at < block.len() {
        match source.read(&mut block[at..]) {
            Ok(0) => break,
            Ok(count) => at += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(at)
}

/// It begins with the mark of UTF-16 or UTF-32, or has a zero in its first letters.
fn is_wide(bytes: &[u8]) -> bool {
    bytes.iter().take(4).any(|byte| matches!(byte, 0 | 0xFE | 0xFF))
}

/// The start of the last message, if it is not the first thing there is: what stands before is whole.
fn last_header(bytes: &[u8]) -> Option<usize> {
    let mut end = bytes.len();
    while let Some(at) = bytes[..end].windows(3).rposition(|letters| letters == b"MSH") {
        if at > 0 && matches!(bytes[at - 1], b'\r' | b'\n' | 0x0B) {
            return Some(at);
        }
        end = at;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &[u8]) -> Vec<Vec<u8>> {
        let folder = std::env::temp_dir().join(format!("sinew-traffic-{}-{}", std::process::id(), text.len()));
        std::fs::write(&folder, text).unwrap();
        let mut found = Vec::new();
        each(&folder, |bytes| found.push(bytes.to_vec())).unwrap();
        std::fs::remove_file(&folder).unwrap();
        found
    }

    #[test]
    fn blocks_do_not_cut_messages() {
        let one =
            |number: usize| format!("MSH|^~\\&|A|{number}\rPID|1||{}\r", "x".repeat(number * 17 % 5000)).into_bytes();
        let all: Vec<Vec<u8>> = (0..4000).map(one).collect();
        let text = all.concat();
        assert!(text.len() > 2 * BLOCK_BYTES);
        assert_eq!(messages(&text), all);
    }

    #[test]
    fn a_message_larger_than_a_block_and_none_at_all() {
        let long = [b"MSH|^~\\&|A\rOBX|1|".as_slice(), &vec![b'x'; 2 * BLOCK_BYTES], b"\r"].concat();
        let two = [long.clone(), b"MSH|^~\\&|B\r".to_vec()].concat();
        assert_eq!(messages(&two), [long, b"MSH|^~\\&|B\r".to_vec()]);
        assert_eq!(messages(b""), Vec::<Vec<u8>>::new());
    }
}
