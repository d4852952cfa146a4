//! F24: a store that another version of Sinew wrote, older or newer, is refused with a clear word before anything of it is
//! touched, and the right version goes on with it.

use super::{
    rig::{Line, assert_stored, content, nobody_there, wait_to_listen},
    support::{Engine, Workspace, free_port},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Where the two copies of a file's first block stand, and how long one is (docs/spec/store-format.md §1).
const COPIES_AT: [usize; 2] = [0, 2048];
/// The version in it, and its checksum.
const VERSION_AT: usize = 8;
const CRC_AT: usize = 12;

/// Every file of a folder and those below it, with its bytes; sockets and the lock aside.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() && entry.file_name() != "LOCK" {
            found.insert(entry.path(), std::fs::read(entry.path()).expect("a file"));
        }
    }
    found
}

/// The file as another version would have written its first block.
fn rewritten(bytes: &[u8], version: u16, block: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for at in COPIES_AT {
        let copy = &mut bytes[at..at + block];
        copy[VERSION_AT..VERSION_AT + 2].copy_from_slice(&version.to_le_bytes());
        copy[CRC_AT..CRC_AT + 4].fill(0);
        let crc = crc32c::crc32c(copy);
        copy[CRC_AT..CRC_AT + 4].copy_from_slice(&crc.to_le_bytes());
    }
    bytes
}

/// The length of a block: the one that its checksum belongs to.
fn block_bytes(bytes: &[u8]) -> Option<usize> {
    let crc = u32::from_le_bytes(bytes.get(CRC_AT..CRC_AT + 4)?.try_into().ok()?);
    (64..512).find(|length| {
        bytes.get(..*length).is_some_and(|block| {
            let mut block = block.to_vec();
            block[CRC_AT..CRC_AT + 4].fill(0);
            crc32c::crc32c(&block) == crc
        })
    })
}

#[test]
fn a_store_of_another_version_is_refused_and_not_touched() {
    let workspace = Workspace::empty();
    let data = workspace.path().join("data");
    let address = format!("127.0.0.1:{}", free_port());
    workspace.interface("adt", &nobody_there(&address, "", free_port()));
    let mut engine = Engine::spawn(workspace.path(), "run");
    wait_to_listen(&mut engine, &address);
    let ids: Vec<String> = (0..20).map(|number| format!("V{number:03}")).collect();
    let mut line = Line::new(&address);
    ids.iter().for_each(|id| assert!(line.exchange(&content(id)).expect("an answer").contains("MSA|AA|")));
    assert_eq!(engine.signal("-TERM").0, 0);
    let before = files(&data);
    let versioned: Vec<&PathBuf> =
        before.iter().filter(|(_, bytes)| block_bytes(bytes).is_some()).map(|(path, _)| path).collect();
    let logs = versioned.iter().filter(|path| path.extension().is_some_and(|end| end == "log")).count();
    assert!(logs >= 1, "no file of the log has a version: {versioned:?}");
    for path in &versioned {
        let (bytes, block) = (&before[*path], block_bytes(&before[*path]).expect("a block"));
        for version in [0, 2] {
            let changed = rewritten(bytes, version, block);
            std::fs::write(path, &changed).expect("a file");
            let (code, talk) = Engine::spawn(workspace.path(), "run").end();
            assert!(code != 0 && talk.contains("E4009"), "{}: exit {code}: {talk}", path.display());
            assert!(talk.contains(&format!("format version {version}")), "{talk}");
            let mut expected = before.clone();
            expected.insert((*path).clone(), changed);
            let after = files(&data);
            let touched: Vec<_> =
                expected.iter().filter(|(path, bytes)| after.get(*path) != Some(bytes)).map(|(path, _)| path).collect();
            assert!(touched.is_empty() && after.len() == expected.len(), "touched: {touched:?} of {:?}", after.keys());
            std::fs::write(path, bytes).expect("a file");
        }
    }
    println!("other_version: {} files with a version, each refused when older and when newer", versioned.len());
    assert_stored(&data, &ids);
}
