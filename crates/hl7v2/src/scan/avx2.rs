//! AVX2 kernels. The `unsafe` here is of two kinds: calling a function compiled for AVX2, which [`Wide`] proves the
//! machine has, and unaligned 32-byte loads, each inside the buffer by the check next to it.
#![allow(unsafe_code)]

use super::scalar;
use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_setzero_si256,
};
use std::ops::Range;

/// Bytes in one vector.
const WIDTH: usize = 32;

/// Proof that this machine has the instructions that the kernels are compiled for.
#[derive(Clone, Copy)]
pub(super) struct Wide(());

impl Wide {
    /// Asks the processor; the standard library remembers the answer, so asking again is one load.
    #[inline]
    pub(super) fn detect() -> Option<Wide> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") && is_x86_feature_detected!("bmi1"))
            .then_some(Wide(()))
    }

    /// See [`super::piece`]; `start <= end <= buffer.len()`.
    #[inline]
    pub(super) fn piece(
        self,
        buffer: &[u8],
        start: usize,
        end: usize,
        byte: u8,
        number: usize,
    ) -> Option<Range<usize>> {
        if buffer.len() < WIDTH {
            return scalar::piece(buffer, start, end, byte, number);
        }
        // SAFETY: `self` exists only where `detect` found the features.
        unsafe { piece(buffer, start, end, byte, number) }
    }

    /// See [`super::line_ends`]; `from <= buffer.len()`.
    #[inline]
    pub(super) fn line_ends(self, buffer: &[u8], from: usize, each: impl FnMut(usize)) -> bool {
        // SAFETY: `self` exists only where `detect` found the features.
        unsafe { line_ends(buffer, from, each) }
    }

    /// See [`super::index`].
    pub(super) fn index(self, buffer: &[u8], delimiters: [u8; 5], positions: &mut Vec<u32>) {
        // SAFETY: `self` exists only where `detect` found the features.
        unsafe { index(buffer, delimiters, positions) }
    }
}

/// Loads 32 bytes at `at`. The caller has checked `at + WIDTH <= buffer.len()`; the debug assertion repeats it.
#[target_feature(enable = "avx2")]
#[inline]
fn load(buffer: &[u8], at: usize) -> __m256i {
    assert!(at <= buffer.len() && buffer.len() - at >= WIDTH);
    // SAFETY: the assertion keeps all 32 bytes inside the slice; the load has no alignment demand.
    unsafe { _mm256_loadu_si256(buffer.as_ptr().add(at).cast()) }
}

/// One bit a byte from `at` on that equals the needle; bits past the buffer's end are 0. `buffer.len() >= WIDTH`.
#[target_feature(enable = "avx2")]
#[inline]
fn matches_at(buffer: &[u8], at: usize, needle: __m256i) -> u32 {
    if buffer.len() - at >= WIDTH {
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(load(buffer, at), needle)) as u32
    } else {
        // The last 32 bytes of the buffer, shifted down: no byte past the end is read, no copy is made.
        let base = buffer.len() - WIDTH;
        let mask = _mm256_movemask_epi8(_mm256_cmpeq_epi8(load(buffer, base), needle)) as u32;
        mask >> (at - base)
    }
}

#[target_feature(enable = "avx2,popcnt,bmi1")]
fn piece(buffer: &[u8], start: usize, end: usize, delimiter: u8, number: usize) -> Option<Range<usize>> {
    let needle = _mm256_set1_epi8(delimiter as i8);
    let mut left = number;
    let mut begin = start;
    let mut at = start;
    while at < end {
        let mut mask = matches_at(buffer, at, needle);
        let remain = end - at;
        if remain < WIDTH {
            mask &= (1u32 << remain) - 1;
        }
        if left > 0 {
            let found = mask.count_ones() as usize;
            if found < left {
                left -= found;
                at += WIDTH;
                continue;
            }
            for _ in 1..left {
                mask &= mask - 1;
            }
            begin = at + mask.trailing_zeros() as usize + 1;
            mask &= mask - 1;
            left = 0;
        }
        if mask != 0 {
            return Some(begin..at + mask.trailing_zeros() as usize);
        }
        at += WIDTH;
    }
    (left == 0).then_some(begin..end)
}

#[target_feature(enable = "avx2,popcnt,bmi1")]
fn line_ends(buffer: &[u8], from: usize, mut each: impl FnMut(usize)) -> bool {
    let cr = _mm256_set1_epi8(b'\r' as i8);
    let lf = _mm256_set1_epi8(b'\n' as i8);
    let mut seen = _mm256_setzero_si256();
    let mut at = from;
    while buffer.len() - at >= 4 * WIDTH {
        let blocks = [load(buffer, at), load(buffer, at + 32), load(buffer, at + 64), load(buffer, at + 96)];
        let hits = blocks.map(|block| _mm256_or_si256(_mm256_cmpeq_epi8(block, cr), _mm256_cmpeq_epi8(block, lf)));
        seen = _mm256_or_si256(
            seen,
            _mm256_or_si256(_mm256_or_si256(blocks[0], blocks[1]), _mm256_or_si256(blocks[2], blocks[3])),
        );
        let any = _mm256_or_si256(_mm256_or_si256(hits[0], hits[1]), _mm256_or_si256(hits[2], hits[3]));
        if _mm256_movemask_epi8(any) != 0 {
            for (number, hit) in hits.into_iter().enumerate() {
                let mut mask = _mm256_movemask_epi8(hit) as u32;
                while mask != 0 {
                    each(at + number * WIDTH + mask.trailing_zeros() as usize);
                    mask &= mask - 1;
                }
            }
        }
        at += 4 * WIDTH;
    }
    while buffer.len() - at >= WIDTH {
        let block = load(buffer, at);
        seen = _mm256_or_si256(seen, block);
        let hit = _mm256_or_si256(_mm256_cmpeq_epi8(block, cr), _mm256_cmpeq_epi8(block, lf));
        let mut mask = _mm256_movemask_epi8(hit) as u32;
        while mask != 0 {
            each(at + mask.trailing_zeros() as usize);
            mask &= mask - 1;
        }
        at += WIDTH;
    }
    let tail = scalar::line_ends(buffer, at, each);
    _mm256_movemask_epi8(seen) == 0 && tail
}

#[target_feature(enable = "avx2,popcnt,bmi1")]
fn index(buffer: &[u8], delimiters: [u8; 5], positions: &mut Vec<u32>) {
    let needles = delimiters.map(|byte| _mm256_set1_epi8(byte as i8));
    let mut at = 0;
    while buffer.len() - at >= WIDTH {
        let block = load(buffer, at);
        let mut hit = _mm256_cmpeq_epi8(block, needles[0]);
        for needle in &needles[1..] {
            hit = _mm256_or_si256(hit, _mm256_cmpeq_epi8(block, *needle));
        }
        let mut mask = _mm256_movemask_epi8(hit) as u32;
        while mask != 0 {
            positions.push(at as u32 + mask.trailing_zeros());
            mask &= mask - 1;
        }
        at += WIDTH;
    }
    scalar::index(buffer, at, delimiters, positions);
}
