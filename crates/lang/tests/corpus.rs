//! Maps over the public messages of the corpus: an empty map changes no byte, a usual map never runs out of fuel.
//! Skips when the corpus is not beside the workspace.

use hl7v2::Message;
use lang::{MapFile, Run, Scope, Tables, codes, syntax};
use message::Timestamp;
use std::path::{Path, PathBuf};

/// Messages that are run, spread over all files; the whole corpus would take a debug build too long.
const MESSAGES_MAX: usize = 1_500;

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

fn compile(text: &str) -> MapFile {
    let (tree, found) = syntax::parse("m.map", text);
    assert!(found.is_empty());
    let (file, found) = MapFile::compile(&tree, &Scope::new(&Tables::default()));
    assert!(found.is_empty(), "{found:?}");
    file
}

#[test]
fn maps_over_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/v2");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    if paths.is_empty() {
        println!("skipped: no corpus beside the workspace");
        return;
    }
    paths.sort();
    let same = compile("map m from hl7v2 to hl7v2 { }");
    let usual = compile(
        "map m from hl7v2 to hl7v2 {\n each PID-3 as id when id.5 in [MR, PI] { PID-3.4 = id.4 | upper }\n\
         PID-5.1 = PID-5.1 | upper when PID exists\n PID-7 = PID-7 | date else keep when PID exists\n\
         each OBX as obx { OBX-5 = obx-5 | trim when obx-2 in [ST, TX] and count OBX < 5000 }\n remove PID-19\n\
         ZPD[+]-1 = sequence\n ZPD[+]-2 = patient else visit }",
    );
    let step = (paths.len() / MESSAGES_MAX).max(1);
    let mut run_count = 0;
    for path in paths.iter().step_by(step) {
        let Ok(bytes) = std::fs::read(path) else { continue };
        let (message, _) = Message::parse(bytes.clone());
        let mut run = Run::new(Timestamp(0), 1);
        match same.apply(&message, &mut run) {
            Ok(out) => assert_eq!(out.write(), message.write(), "{}", path.display()),
            Err(fault) => panic!("{}: {fault}", path.display()),
        }
        let mut run = Run::new(Timestamp(0), 1);
        if let Err(fault) = usual.apply(&message, &mut run) {
            assert_ne!(fault.code, codes::E2404, "{}", path.display());
        } else {
            run_count += 1;
        }
    }
    assert!(run_count > 0);
    println!("{run_count} messages mapped");
}
