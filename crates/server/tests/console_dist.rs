//! `console/dist` is what `console/src` makes: its `SOURCE_HASH` is that of the source, and of the files beside it.

#![allow(clippy::unwrap_used, reason = "a test")]

use ring::digest::{Context, SHA256, digest};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn console() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Files below a folder, as paths from `root`.
fn files(root: &Path, folder: &Path, out: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, out);
        } else {
            out.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// As `console/build.mjs` does it: a line a file with its path and SHA-256, and the SHA-256 of the lines.
fn hash(root: &Path, mut names: Vec<String>) -> String {
    names.sort();
    let mut all = Context::new(&SHA256);
    for name in names {
        let one = digest(&SHA256, &fs::read(root.join(&name)).unwrap());
        all.update(format!("{name} {}\n", hexadecimal(one.as_ref())).as_bytes());
    }
    hexadecimal(all.finish().as_ref())
}

#[test]
fn console_dist_is_made_of_console_src() {
    let (root, dist) = (console(), console().join("dist"));
    let said = fs::read_to_string(dist.join("SOURCE_HASH")).unwrap();
    let of = |word: &str| said.lines().find_map(|line| line.strip_prefix(word)).map(str::trim).unwrap_or_default();
    let mut source: Vec<String> = ["build.mjs", "package-lock.json", "package.json"].map(str::to_owned).to_vec();
    files(&root, &root.join("src"), &mut source);
    assert_eq!(hash(&root, source), of("source "), "console/src was changed: run `cargo xtask console`");
    let mut made = Vec::new();
    files(&dist, &dist, &mut made);
    made.retain(|name| name != "SOURCE_HASH");
    assert_eq!(hash(&dist, made), of("dist "), "console/dist was changed by hand: run `cargo xtask console`");
}
