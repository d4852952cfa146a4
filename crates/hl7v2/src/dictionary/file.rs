//! The embedded file: numbers and strings at offsets. The layout is `docs/spec/dictionary-format.md`.

use super::Version;
use std::sync::LazyLock;

/// The whole file.
pub(super) static FILE: &[u8] = include_bytes!("dictionary.bin");

/// In a versioned row: the version does not have it.
pub(super) const ABSENT: u16 = u16::MAX;

/// The sections, in the order of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Strings,
    Sources,
    Segments,
    SegmentDefinitions,
    Types,
    TypeDefinitions,
    Lists,
    Parts,
    Structures,
    StructureDefinitions,
    Nodes,
    Tables,
    Codes,
    Events,
}

const SECTIONS: usize = 14;
const MAGIC: &[u8; 8] = b"SINEWDD1";
/// A versioned row: its name and a definition for each version.
const VERSIONED_BYTES: usize = 4 + 2 * Version::ALL.len();

/// Bytes of one row of each section.
const ROW_BYTES: [usize; SECTIONS] =
    [1, 12, VERSIONED_BYTES, 12, VERSIONED_BYTES, 12, 2, 20, VERSIONED_BYTES, 12, 12, 16, 12, 8 + VERSIONED_BYTES];

struct Layout {
    offset: [usize; SECTIONS],
    count: [usize; SECTIONS],
}

/// Read when the crate is compiled: a file with another magic or with sections past its end does not build.
const LAYOUT: Layout = {
    let mut layout = Layout { offset: [0; SECTIONS], count: [0; SECTIONS] };
    let mut at = 0;
    while at < MAGIC.len() {
        assert!(FILE[at] == MAGIC[at], "not a dictionary file of this layout");
        at += 1;
    }
    let mut section = 0;
    while section < SECTIONS {
        layout.offset[section] = fixed(at);
        layout.count[section] = fixed(at + 4);
        assert!(layout.offset[section] + layout.count[section] * ROW_BYTES[section] <= FILE.len(), "a cut file");
        at += 8;
        section += 1;
    }
    layout
};

const fn fixed(at: usize) -> usize {
    u32::from_le_bytes([FILE[at], FILE[at + 1], FILE[at + 2], FILE[at + 3]]) as usize
}

/// The strings, checked to be UTF-8 once.
static STRINGS: LazyLock<&'static str> = LazyLock::new(|| {
    let start = LAYOUT.offset[Section::Strings as usize];
    let bytes = FILE.get(start..start + count(Section::Strings)).unwrap_or_default();
    std::str::from_utf8(bytes).unwrap_or_default()
});

/// Rows of a section.
pub(super) fn count(section: Section) -> usize {
    LAYOUT.count[section as usize]
}

/// Where a row of a section begins.
#[inline]
pub(super) fn row(section: Section, index: usize) -> usize {
    LAYOUT.offset[section as usize] + index * ROW_BYTES[section as usize]
}

/// The beginnings of all rows of a section.
pub(super) fn rows(section: Section) -> impl Iterator<Item = usize> + Clone {
    (0..count(section)).map(move |index| row(section, index))
}

/// The number of the row at `at`.
pub(super) fn index(section: Section, at: usize) -> usize {
    (at - LAYOUT.offset[section as usize]) / ROW_BYTES[section as usize]
}

#[inline]
pub(super) fn u16_at(at: usize) -> u16 {
    FILE.get(at..at + 2).map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}

#[inline]
pub(super) fn u32_at(at: usize) -> u32 {
    FILE.get(at..at + 4).map_or(0, |bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

#[inline]
pub(super) fn u8_at(at: usize) -> u8 {
    FILE.get(at).copied().unwrap_or_default()
}

/// The string that the row at `at` refers to: 24 bits of offset, 8 bits of length.
#[inline]
pub(super) fn text(at: usize) -> &'static str {
    let reference = u32_at(at);
    let (start, length) = ((reference >> 8) as usize, (reference & 0xFF) as usize);
    STRINGS.get(start..start + length).unwrap_or_default()
}

/// The bytes of that string, without the check that they are text.
#[inline]
pub(super) fn bytes(at: usize) -> &'static [u8] {
    let reference = u32_at(at);
    let start = LAYOUT.offset[Section::Strings as usize] + (reference >> 8) as usize;
    FILE.get(start..start + (reference & 0xFF) as usize).unwrap_or_default()
}

/// The row whose name is `wanted`, in a section sorted by names.
#[inline]
pub(super) fn find(section: Section, wanted: &str) -> Option<usize> {
    let index = partition(section, 0..count(section), |at| bytes(at) < wanted.as_bytes());
    let at = row(section, index);
    (index < count(section) && bytes(at) == wanted.as_bytes()).then_some(at)
}

/// The row whose name is `first`, `_` and `second`.
pub(super) fn find_pair(section: Section, first: &str, second: &str) -> Option<usize> {
    let wanted = || first.bytes().chain(std::iter::once(b'_')).chain(second.bytes());
    let index = partition(section, 0..count(section), |at| bytes(at).iter().copied().lt(wanted()));
    let at = row(section, index);
    (index < count(section) && bytes(at).iter().copied().eq(wanted())).then_some(at)
}

/// The first row of a range for which `is_before` is false.
#[inline]
pub(super) fn partition(section: Section, range: std::ops::Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(row(section, middle)) { low = middle + 1 } else { high = middle }
    }
    low
}
