//! The embedded file: numbers and strings at offsets. The layout is `docs/spec/fhir-definitions-format.md`.

use std::ops::Range;
use std::sync::LazyLock;

/// The whole file.
pub(super) static FILE: &[u8] = include_bytes!("definitions.bin");

/// In a u16 that names a row: there is none.
pub(super) const NONE: u16 = u16::MAX;

/// The sections, in the order of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Strings,
    Sources,
    Types,
    Elements,
    References,
    Lists,
    Constraints,
    Members,
    ValueSets,
    Includes,
    Listed,
    CodeSystems,
    Codes,
    Profiles,
    SearchParameters,
}

const SECTIONS: usize = 15;
const MAGIC: &[u8; 8] = b"SINEWFD1";
/// Bytes of one row of each section.
const ROW_BYTES: [usize; SECTIONS] = [1, 12, 16, 36, 8, 2, 16, 4, 16, 12, 4, 20, 8, 24, 16];

struct Layout {
    offset: [usize; SECTIONS],
    count: [usize; SECTIONS],
}

/// Read when the crate is compiled: a file with another magic or with sections past its end does not build.
const LAYOUT: Layout = {
    let mut layout = Layout { offset: [0; SECTIONS], count: [0; SECTIONS] };
    let mut at = 0;
    while at < MAGIC.len() {
        assert!(FILE[at] == MAGIC[at], "not a file of definitions of this layout");
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
    assert!(layout.count[Section::Members as usize].is_power_of_two(), "a table of members has a power of two places");
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
#[inline]
pub(super) fn count(section: Section) -> usize {
    LAYOUT.count[section as usize]
}

/// Where a row of a section begins.
#[inline]
pub(super) fn row(section: Section, index: usize) -> usize {
    LAYOUT.offset[section as usize] + index * ROW_BYTES[section as usize]
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

/// A row number of a u16, where there is one.
#[inline]
pub(super) fn row_at(at: usize) -> Option<u16> {
    Some(u16_at(at)).filter(|row| *row != NONE)
}

/// Digits in front of a string that is longer than a byte can say.
const LONG_DIGITS: usize = 7;

/// Where the string that the row at `at` refers to stands among the strings.
#[inline]
fn bounds(at: usize) -> Range<usize> {
    let reference = u32_at(at);
    let (start, length) = ((reference >> 8) as usize, (reference & 0xFF) as usize);
    if length < 0xFF {
        return start..start + length;
    }
    let digits = LAYOUT.offset[Section::Strings as usize] + start;
    let digits = FILE.get(digits..digits + LONG_DIGITS).unwrap_or_default();
    let length = digits.iter().fold(0, |sum, digit| sum * 10 + usize::from(digit & 0x0F));
    start + LONG_DIGITS..start + LONG_DIGITS + length
}

/// The string that the row at `at` refers to: 24 bits of offset, 8 bits of length.
#[inline]
pub(super) fn text(at: usize) -> &'static str {
    STRINGS.get(bounds(at)).unwrap_or_default()
}

/// The bytes of that string, without the check that they are text.
#[inline]
pub(super) fn bytes(at: usize) -> &'static [u8] {
    let bounds = bounds(at);
    let start = LAYOUT.offset[Section::Strings as usize];
    FILE.get(start + bounds.start..start + bounds.end).unwrap_or_default()
}

/// The row in a range whose first string is `wanted`; the range is sorted by it.
#[inline]
pub(super) fn find(section: Section, range: Range<usize>, wanted: &str) -> Option<usize> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        match bytes(row(section, middle)).cmp(wanted.as_bytes()) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// The row of a whole section whose first string is `wanted`.
#[inline]
pub(super) fn find_row(section: Section, wanted: &str) -> Option<u16> {
    find(section, 0..count(section), wanted).and_then(|row| u16::try_from(row).ok())
}

/// All rows of a section.
pub(super) fn all(section: Section) -> impl Iterator<Item = u16> + Clone {
    0..u16::try_from(count(section)).unwrap_or(NONE)
}
