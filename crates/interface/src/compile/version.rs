//! The version of a definition: a hash over everything that decides what it does.
//!
//! Promises: comments, blank lines and tests do not change it; a changed line, map, table or address does.

use super::{language::Home, line::Line, reader::Reader};
use crate::definition::Definition;
use lang::syntax::{Statement, Tree};
use std::fmt::Write;

/// FNV-1a with 64 bits: stable over releases and machines, which `std`'s hasher does not promise.
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) fn new() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }
    pub(crate) fn sum(&self) -> u64 {
        self.0
    }
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

impl Write for Hash {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}

/// The version of `definition`, which stands at `line`.
pub(super) fn of(reader: &Reader<'_>, home: &Home, definition: &Definition, line: Line<'_>) -> u64 {
    let mut hash = Hash::new();
    let mut words = Vec::new();
    statement(line.tree, line.statement, &mut hash, &mut words);
    for tree in reader.surroundings.blocks {
        if !words.iter().any(|word| is_use_of(word, tree)) {
            continue;
        }
        for block in &tree.statements {
            statement(tree, block, &mut hash, &mut words);
        }
    }
    for (file, text) in home.maps() {
        hash.add(file.as_bytes());
        let tree = lang::syntax::parse(file, text).0;
        for inner in &tree.statements {
            statement(&tree, inner, &mut hash, &mut words);
        }
    }
    profiles(home, &mut hash, &mut words);
    let mut has_script = false;
    for script in home.scripts().iter().filter(|script| words.iter().any(|word| **word == **script.name())) {
        has_script = true;
        hash.add(script.source().as_bytes());
    }
    // A script may name a table by any text.
    let is_named =
        |name: &str| has_script || words.iter().any(|word| word.strip_prefix("table:").unwrap_or(word) == name);
    for table in home.tables().iter().filter(|table| is_named(table.name())) {
        for column in 0..table.columns().len() {
            table.rows().for_each(|row| hash.add(row.cell(column).as_bytes()));
        }
    }
    for list in home.tables().lists().filter(|list| words.iter().any(|word| is_list(word, list.name()))) {
        list.sorted().iter().for_each(|value| hash.add(value.as_bytes()));
    }
    let forms = definition.destinations.iter().map(|destination| &destination.form);
    for form in std::iter::once(&definition.receive.form).chain(forms).filter(|form| form.layout.is_declared()) {
        let _infallible = write!(hash, "{form:?}");
    }
    let destinations = definition.destinations.iter().map(|destination| &destination.settings);
    let lookups = definition.lookups.iter().map(|lookup| &lookup.settings);
    for settings in std::iter::once(&definition.receive.settings).chain(destinations).chain(lookups) {
        let _infallible = write!(hash, "{settings:?}");
    }
    hash.0
}

/// The profiles that a word names, and those that they extend.
fn profiles(home: &Home, hash: &mut Hash, words: &mut Vec<String>) {
    let mut done: Vec<&str> = Vec::new();
    loop {
        let is_named = |name: &str, words: &[String]| words.iter().any(|word| word == name);
        let next = home.profiles().iter().find(|one| is_named(&one.name, words) && !done.contains(&&*one.name));
        let Some(next) = next else { break };
        done.push(&next.name);
        let (tree, index) = next.source();
        if let Some(found) = tree.statements.get(index) {
            statement(tree, found, hash, words);
        }
    }
    for (name, _, digest) in home.profiles().guides() {
        if words.iter().any(|word| word.split('#').next() == Some(&**name)) {
            hash.add(&digest.to_le_bytes());
        }
    }
}

fn is_list(word: &str, name: &str) -> bool {
    word.strip_prefix("list:") == Some(name)
}

fn is_use_of(word: &str, tree: &Tree) -> bool {
    word.rsplit('/').next().is_some_and(|name| tree.file.ends_with(&format!("/{name}.flow")))
}

/// Every significant token, with marks where statements and blocks begin and end.
fn statement(tree: &Tree, found: &Statement, hash: &mut Hash, words: &mut Vec<String>) {
    for token in found.header.iter().filter_map(|index| tree.tokens.get(*index as usize)) {
        let text = tree.slice(*token);
        hash.add(text.as_bytes());
        if token.kind.is_bare() {
            words.push(text.to_owned());
        }
    }
    hash.add(b"\n");
    if let Some(block) = &found.block {
        hash.add(b"{");
        for inner in &block.statements {
            statement(tree, inner, hash, words);
        }
        hash.add(b"}");
    }
}
