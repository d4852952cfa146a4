//! The age file format, version 1, for X25519 recipients (c2sp.org/age): how a backup is encrypted.
//!
//! A public standard with several programs that read it, so that a backup can be opened in twenty years without Sinew:
//! `age --decrypt -i KEY FILE`. Owns keys as text, the header and the stream. Promises: what [`Writer`] wrote opens with
//! one of its recipients' identities, and a changed, missing, moved or added byte is told ([`Error::Damaged`]); a file
//! that was cut anywhere does not read as whole. Never: passphrases, armor, plugins.

mod bech32;
mod header;
mod keys;
mod sealed;

pub use keys::{Identity, Recipient};

use crate::seal;
use std::{
    fmt,
    io::{self, Read, Write},
};

/// Bytes of plain text that are sealed together.
const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of the nonce that the stream's key is derived with.
const NONCE_BYTES: usize = 16;

/// Why an age file cannot be written or read.
#[derive(Debug)]
pub enum Error {
    /// None of the identities is a recipient of the file.
    WrongKey,
    /// The bytes are not what was written.
    Damaged(&'static str),
    /// The text is no key.
    NoKey(&'static str),
    /// The system has no randomness.
    NoRandomness,
    /// Reading or writing failed.
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::WrongKey => f.write_str("it is encrypted to another key"),
            Error::Damaged(what) | Error::NoKey(what) => f.write_str(what),
            Error::NoRandomness => f.write_str("the system has no randomness"),
            Error::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {}

/// The nonces of a stream: a counter and whether it is the last chunk.
#[derive(Default)]
struct Counter(u64);

impl Counter {
    fn next(&mut self, is_last: bool) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.0.to_be_bytes());
        nonce[11] = u8::from(is_last);
        self.0 += 1;
        nonce
    }
}

/// Encrypts what is written into it. Nothing reads as whole before [`Writer::finish`].
pub struct Writer<W: Write> {
    to: W,
    key: sealed::Key,
    counter: Counter,
    chunk: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Writes the header for these recipients.
    ///
    /// # Errors
    /// `NoKey` without recipients, `NoRandomness`, `Io`.
    pub fn new(mut to: W, recipients: &[Recipient]) -> Result<Writer<W>, Error> {
        if recipients.is_empty() {
            return Err(Error::NoKey("there is no recipient"));
        }
        let file_key: [u8; header::FILE_KEY_BYTES] = seal::random().map_err(|_| Error::NoRandomness)?;
        let nonce: [u8; NONCE_BYTES] = seal::random().map_err(|_| Error::NoRandomness)?;
        to.write_all(&header::write(&file_key, recipients)?)?;
        to.write_all(&nonce)?;
        let key = sealed::Key::new(header::derive(&file_key, &nonce, b"payload"));
        let chunk = Vec::with_capacity(CHUNK_BYTES + sealed::TAG_BYTES);
        Ok(Writer { to, key, counter: Counter::default(), chunk })
    }

    /// Encrypts more.
    ///
    /// # Errors
    /// `Io`.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            if self.chunk.len() == CHUNK_BYTES {
                self.seal(false)?;
            }
            let count = bytes.len().min(CHUNK_BYTES - self.chunk.len());
            self.chunk.extend_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Writes the last chunk; gives back what was written to.
    ///
    /// # Errors
    /// `Io`.
    pub fn finish(mut self) -> Result<W, Error> {
        self.seal(true)?;
        Ok(self.to)
    }

    fn seal(&mut self, is_last: bool) -> Result<(), Error> {
        self.key.seal(self.counter.next(is_last), &mut self.chunk)?;
        self.to.write_all(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }
}

/// Decrypts: opens the file and hands its chunks to `visit`. What was visited counts only once this returns `Ok`.
///
/// # Errors
/// `WrongKey`, `Damaged`, `Io`, and those of `visit`.
pub fn read(
    from: &mut dyn Read,
    identities: &[Identity],
    visit: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Error> {
    let file_key = header::read(from, identities)?;
    let mut nonce = [0; NONCE_BYTES];
    if fill(from, &mut nonce)? < NONCE_BYTES {
        return Err(Error::Damaged("the file ends behind its header"));
    }
    let key = sealed::Key::new(header::derive(&file_key, &nonce, b"payload"));
    let mut counter = Counter::default();
    let (mut chunk, mut ahead) = (vec![0; CHUNK_BYTES + sealed::TAG_BYTES], vec![0; CHUNK_BYTES + sealed::TAG_BYTES]);
    let mut count = fill(from, &mut chunk)?;
    loop {
        let more = fill(from, &mut ahead)?;
        let is_last = more == 0;
        let plain = key.open(counter.next(is_last), &mut chunk[..count]);
        let plain = plain.ok_or(Error::Damaged("a chunk does not open"))?;
        if plain.is_empty() && counter.0 > 1 {
            return Err(Error::Damaged("the last chunk is empty"));
        }
        visit(plain)?;
        if is_last {
            return Ok(());
        }
        std::mem::swap(&mut chunk, &mut ahead);
        count = more;
    }
}

/// Reads until the buffer is full or the end.
fn fill(from: &mut dyn Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match from.read(&mut bytes[done..]) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests;
