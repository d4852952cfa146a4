//! AVX2 kernels. The `unsafe` here is of two kinds: calling a function compiled for AVX2, which [`Wide`] proves the
//! machine has, and unaligned 32-byte loads, each inside the buffer by the check next to it.
#![allow(unsafe_code)]

use super::scalar;
use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_setzero_si256,
};
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};

/// Bytes in one vector.
const WIDTH: usize = 32;

/// Proof that this machine has the instructions that the kernels are compiled for.
#[derive(Clone, Copy)]
pub(super) struct Wide(());

/// What [`Wide::detect`] found: 0 not asked yet, 1 no, 2 yes. One relaxed load a call; the answer never changes.
static DETECTED: AtomicU8 = AtomicU8::new(0);

impl Wide {
    /// Asks the processor, once.
    #[inline]
    pub(super) fn detect() -> Option<Wide> {
        match DETECTED.load(Ordering::Relaxed) {
            2 => Some(Wide(())),
            1 => None,
            _ => Wide::ask(),
        }
    }

    #[cold]
    fn ask() -> Option<Wide> {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("lzcnt");
        DETECTED.store(if has_all { 2 } else { 1 }, Ordering::Relaxed);
        has_all.then_some(Wide(()))
    }

    /// See [`super::piece_before`]; `start <= end <= buffer.len()`.
    #[inline]
    pub(super) fn piece(
        self,
        buffer: &[u8],
        start: usize,
        end: usize,
        delimiter: u8,
        number: usize,
        stops: [u8; 2],
    ) -> Option<Range<usize>> {
        if buffer.len() < WIDTH {
            return scalar::piece(buffer, start, end, delimiter, number, stops);
        }
        // SAFETY: `self` exists only where `detect` found the features.
        unsafe { piece(buffer, start, end, delimiter, number, stops) }
    }

    /// See [`super::start_of`]; `start <= end <= buffer.len()`.
    #[inline]
    pub(super) fn start_of(
        self,
        buffer: &[u8],
        start: usize,
        end: usize,
        delimiter: u8,
        number: usize,
    ) -> Option<usize> {
        if number == 0 {
            return Some(start);
        }
        if buffer.len() < WIDTH {
            return scalar::start_of(buffer, start, end, delimiter, number);
        }
        // SAFETY: `self` exists only where `detect` found the features.
        unsafe { start_of(buffer, start, end, delimiter, number) }
    }

    /// See [`super::line_ends`]; `from <= buffer.len()`.
    #[inline]
    pub(super) fn line_ends(self, buffer: &[u8], from: usize, mark: u8, each: impl FnMut(usize, usize)) -> bool {
        if buffer.len() - from < WIDTH {
            return scalar::line_ends(buffer, from, mark, 0, each);
        }
        // SAFETY: `self` exists only where `detect` found the features.
        unsafe { line_ends(buffer, from, mark, each) }
    }

    /// See [`super::index`].
    pub(super) fn index(self, buffer: &[u8], delimiters: [u8; 5], positions: &mut Vec<u32>) {
        // SAFETY: `self` exists only where `detect` found the features.
        unsafe { index(buffer, delimiters, positions) }
    }
}

/// Loads 32 bytes at `at`. The caller has checked `at + WIDTH <= buffer.len()`; the assertion repeats it.
#[target_feature(enable = "avx2")]
#[inline]
fn load(buffer: &[u8], at: usize) -> __m256i {
    assert!(at <= buffer.len() && buffer.len() - at >= WIDTH);
    // SAFETY: the assertion keeps all 32 bytes inside the slice; the load has no alignment demand.
    unsafe { _mm256_loadu_si256(buffer.as_ptr().add(at).cast()) }
}

/// One bit a byte from `at` on for which `test` answers 0xFF; bits past the buffer's end are 0. `buffer.len() >= WIDTH`.
#[target_feature(enable = "avx2")]
#[inline]
fn bits_at(buffer: &[u8], at: usize, test: impl Fn(__m256i) -> __m256i) -> u32 {
    if buffer.len() - at >= WIDTH {
        _mm256_movemask_epi8(test(load(buffer, at))) as u32
    } else {
        // The last 32 bytes of the buffer, shifted down: no byte past the end is read, no copy is made.
        let base = buffer.len() - WIDTH;
        let mask = _mm256_movemask_epi8(test(load(buffer, base))) as u32;
        mask >> (at - base)
    }
}

/// Bits of the bytes before `remain`.
#[inline]
fn within(mask: u32, remain: usize) -> u32 {
    if remain < WIDTH { mask & ((1 << remain) - 1) } else { mask }
}

/// Position of the byte behind the last set bit, counted from `at`.
#[inline]
fn behind_last(mask: u32, at: usize) -> usize {
    at + WIDTH - mask.leading_zeros() as usize
}

#[target_feature(enable = "avx2,popcnt,bmi1,lzcnt")]
fn start_of(buffer: &[u8], start: usize, end: usize, delimiter: u8, number: usize) -> Option<usize> {
    let needle = _mm256_set1_epi8(delimiter as i8);
    let mut left = number;
    let mut at = start;
    while at < end {
        let mut mask = within(bits_at(buffer, at, |block| _mm256_cmpeq_epi8(block, needle)), end - at);
        let found = mask.count_ones() as usize;
        if found >= left {
            for _ in 1..left {
                mask &= mask - 1;
            }
            return Some(at + mask.trailing_zeros() as usize + 1);
        }
        left -= found;
        at += WIDTH;
    }
    None
}

#[target_feature(enable = "avx2,popcnt,bmi1,lzcnt")]
fn piece(
    buffer: &[u8],
    start: usize,
    end: usize,
    delimiter: u8,
    number: usize,
    stops: [u8; 2],
) -> Option<Range<usize>> {
    let needle = _mm256_set1_epi8(delimiter as i8);
    let halts = stops.map(|stop| _mm256_set1_epi8(stop as i8));
    let mut left = number;
    let mut begin = start;
    let mut at = start;
    while at < end {
        let both = |block| {
            let stop = _mm256_or_si256(_mm256_cmpeq_epi8(block, halts[0]), _mm256_cmpeq_epi8(block, halts[1]));
            _mm256_or_si256(stop, _mm256_cmpeq_epi8(block, needle))
        };
        let mut any = within(bits_at(buffer, at, both), end - at);
        if any == 0 {
            at += WIDTH;
            continue;
        }
        let separators = within(bits_at(buffer, at, |block| _mm256_cmpeq_epi8(block, needle)), end - at);
        while any != 0 {
            let bit = any.trailing_zeros();
            let is_separator = separators >> bit & 1 == 1;
            if left == 0 {
                return Some(begin..at + bit as usize);
            }
            if !is_separator {
                return None;
            }
            left -= 1;
            begin = at + bit as usize + 1;
            any &= any - 1;
        }
        at += WIDTH;
    }
    (left == 0).then_some(begin..end)
}

#[target_feature(enable = "avx2,popcnt,bmi1,lzcnt")]
fn line_ends(buffer: &[u8], from: usize, mark: u8, mut each: impl FnMut(usize, usize)) -> bool {
    let (cr, lf) = (_mm256_set1_epi8(b'\r' as i8), _mm256_set1_epi8(b'\n' as i8));
    let marker = _mm256_set1_epi8(mark as i8);
    let mut seen = _mm256_setzero_si256();
    let mut marked = 0;
    let mut at = from;
    let mut block_at = |block: __m256i, at: usize, fresh: u32| {
        let ends = _mm256_or_si256(_mm256_cmpeq_epi8(block, cr), _mm256_cmpeq_epi8(block, lf));
        let mut ends = _mm256_movemask_epi8(ends) as u32 & fresh;
        let marks = _mm256_movemask_epi8(_mm256_cmpeq_epi8(block, marker)) as u32 & fresh;
        while ends != 0 {
            let bit = ends.trailing_zeros();
            let before = marks & ((1u32 << bit) - 1);
            let last = if before == 0 { marked } else { behind_last(before, at) };
            each(at + bit as usize, last);
            ends &= ends - 1;
        }
        if marks != 0 {
            marked = behind_last(marks, at);
        }
    };
    while buffer.len() - at >= 4 * WIDTH {
        let blocks = [load(buffer, at), load(buffer, at + 32), load(buffer, at + 64), load(buffer, at + 96)];
        let hit = |block| {
            let ends = _mm256_or_si256(_mm256_cmpeq_epi8(block, cr), _mm256_cmpeq_epi8(block, lf));
            _mm256_or_si256(ends, _mm256_cmpeq_epi8(block, marker))
        };
        let hits = blocks.map(hit);
        let any = _mm256_or_si256(_mm256_or_si256(hits[0], hits[1]), _mm256_or_si256(hits[2], hits[3]));
        let high = _mm256_or_si256(_mm256_or_si256(blocks[0], blocks[1]), _mm256_or_si256(blocks[2], blocks[3]));
        seen = _mm256_or_si256(seen, high);
        if _mm256_movemask_epi8(any) != 0 {
            for (number, block) in blocks.into_iter().enumerate() {
                block_at(block, at + number * WIDTH, u32::MAX);
            }
        }
        at += 4 * WIDTH;
    }
    while buffer.len() - at >= WIDTH {
        let block = load(buffer, at);
        seen = _mm256_or_si256(seen, block);
        block_at(block, at, u32::MAX);
        at += WIDTH;
    }
    if at < buffer.len() {
        // The last 32 bytes again, without the bits that were seen before.
        let base = buffer.len() - WIDTH;
        let block = load(buffer, base);
        seen = _mm256_or_si256(seen, block);
        block_at(block, base, u32::MAX << (at - base));
    }
    _mm256_movemask_epi8(seen) == 0
}

#[target_feature(enable = "avx2,popcnt,bmi1,lzcnt")]
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
