//! The table that finds an element by its parent and its name, in one look: as a path names it (`value`) and as JSON
//! names it (`valueQuantity`).

use super::rows::{NONE, Section, narrow};
use super::structures::Known;

/// How an entry names its element; a type of a choice is the number of the type and this.
const PLAIN: u8 = 255;
const CHOICE: u8 = 254;

/// The hash of a name below a parent (FNV-1a). The reader has the same.
pub(super) fn hash(parent: u16, parts: &[&str]) -> u32 {
    let start = 0x811c_9dc5_u32 ^ u32::from(parent).wrapping_mul(0x9e37_79b1);
    let bytes = parts.iter().flat_map(|part| part.bytes());
    bytes.fold(start, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

pub(super) fn table(known: &[Known]) -> Result<Section, String> {
    let mut entries = Vec::new();
    for (row, element) in known.iter().enumerate() {
        let row = narrow(row)?;
        if element.parent == row {
            continue;
        }
        let mut add = |parts: &[&str], kind: u8| entries.push((hash(element.parent, parts), row, kind));
        if !element.is_choice {
            add(&[&element.name], PLAIN);
            continue;
        }
        add(&[&element.name], CHOICE);
        for (number, name) in element.types.iter().enumerate() {
            let (first, rest) = name.split_at(1);
            add(&[&element.name, &first.to_ascii_uppercase(), rest], number as u8);
        }
    }
    // Three entries in four places at most, so that a look ends soon.
    let places = (entries.len() * 4 / 3).next_power_of_two();
    let mut table = vec![(NONE, 0_u8); places];
    for (hash, row, kind) in entries {
        let mut at = hash as usize & (places - 1);
        while table[at].0 != NONE {
            at = (at + 1) & (places - 1);
        }
        table[at] = (row, kind);
    }
    let mut out = Section::default();
    for (row, kind) in table {
        out.row(&[&row.to_le_bytes(), &[kind, 0]]);
    }
    Ok(out)
}
