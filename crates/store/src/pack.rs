//! Compression: one zstd frame a message, with a dictionary of HL7 v2 phrases that ships in the crate.
//!
//! Promises: a packed message names its dictionary, so that older dictionaries stay readable beside newer ones;
//! unpacking is bounded by the length that the record states. Never decides what is packed together.

use crate::Error;
use std::{cell::RefCell, sync::LazyLock};
use zstd::{
    bulk::{Compressor, Decompressor},
    dict::{DecoderDictionary, EncoderDictionary},
};

/// The dictionaries by number, from 1; a number once given keeps its bytes for ever.
const DICTIONARY_1: &[u8] = include_bytes!("../dictionary/1.zdict");
/// Level -3 costs two thirds of level 1 (2.1 against 3.1 µs for a 1.1 KB ADT with its output) and keeps 623 bytes where
/// that kept 502: the largest single step on the way to an acknowledgment.
const LEVEL: i32 = -3;
/// Codec number of bytes that are not compressed.
const PLAIN: u16 = 0xffff;
/// The dictionary of new messages.
const NEWEST: u16 = 1;
/// Messages above this get a window over the whole of them, so that a large output still finds its raw bytes.
const WIDE_WINDOW_FROM_BYTES: usize = 256 * 1024;
/// Window of such messages, as a power of two.
const WIDE_WINDOW_LOG: u32 = 24;

static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_1, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// A packed message.
pub(crate) struct Packed {
    /// Which dictionary, or [`PLAIN`].
    pub(crate) codec: u16,
    pub(crate) bytes: Vec<u8>,
}

fn refused(error: &std::io::Error) -> Error {
    Error::unavailable("compressing a message", error)
}

/// Packs bytes; those that do not shrink are kept as they are.
pub(crate) fn pack(plain: &[u8]) -> Result<Packed, Error> {
    let packed = if plain.len() >= WIDE_WINDOW_FROM_BYTES { pack_wide(plain) } else { pack_narrow(plain) };
    let bytes = packed.map_err(|error| refused(&error))?;
    if bytes.len() < plain.len() {
        return Ok(Packed { codec: NEWEST, bytes });
    }
    Ok(Packed { codec: PLAIN, bytes: plain.to_vec() })
}

fn pack_narrow(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(compressor) => compressor,
            None => {
                let mut made = Compressor::with_prepared_dictionary(&ENCODER)?;
                made.include_contentsize(false)?;
                made.include_dictid(false)?;
                slot.insert(made)
            }
        };
        compressor.compress(plain)
    })
}

fn pack_wide(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut compressor = Compressor::with_dictionary(LEVEL, DICTIONARY_1)?;
    compressor.include_contentsize(false)?;
    compressor.include_dictid(false)?;
    compressor.window_log(WIDE_WINDOW_LOG)?;
    compressor.long_distance_matching(true)?;
    compressor.compress(plain)
}

/// Unpacks into exactly `length` bytes; `None` when the bytes are not that.
pub(crate) fn unpack(codec: u16, packed: &[u8], length: usize) -> Option<Vec<u8>> {
    let plain = match codec {
        PLAIN => packed.to_vec(),
        1 => DECOMPRESSOR.with_borrow_mut(|slot| {
            let decompressor = match slot {
                Some(decompressor) => decompressor,
                None => slot.insert(Decompressor::with_prepared_dictionary(&DECODER).ok()?),
            };
            decompressor.decompress(packed, length).ok()
        })?,
        _ => return None,
    };
    (plain.len() == length).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(plain: &[u8]) -> usize {
        let packed = pack(plain).unwrap();
        assert_eq!(unpack(packed.codec, &packed.bytes, plain.len()).as_deref(), Some(plain));
        packed.bytes.len()
    }

    #[test]
    fn round_trips() {
        check(b"");
        check(b"x");
        check(b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5.1\r");
        let noise: Vec<u8> = (0..5000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert!(check(&noise) <= noise.len());
    }

    #[test]
    fn an_output_like_its_raw_bytes_is_nearly_free() {
        let mut state = 1u64;
        let mut noise = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        let raw: Vec<u8> = (0..1_500_000).map(|_| noise()).collect();
        let once = check(&raw);
        let twice = check(&[raw.clone(), raw].concat());
        assert!(twice < once + once / 20, "{once} {twice}");
    }

    #[test]
    fn wrong_lengths_and_codecs_are_refused() {
        let packed = pack(&[7; 300]).unwrap();
        assert_eq!(unpack(packed.codec, &packed.bytes, 299), None);
        assert_eq!(unpack(packed.codec, &packed.bytes, 301), None);
        assert_eq!(unpack(9, &packed.bytes, 300), None);
    }
}
