//! Finds functions, types, modules and impl blocks by their braces.

use std::ops::Range;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `fn`
    Function,
    /// `struct`, `enum`, `union`, `trait`, `type`
    Type,
    /// `mod`
    Module,
    /// `impl`; the name is that of the type.
    Impl,
}

/// One item with its place.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its name, with the type in front for functions of an `impl`: `Log::open`.
    pub(crate) name: String,
    /// From its keyword to its closing brace or semicolon.
    pub(crate) span: Range<usize>,
    /// It has a body in braces.
    pub(crate) has_body: bool,
    /// It, or something around it, is under `#[cfg(test)]` or `#[test]`.
    pub(crate) is_test: bool,
    /// It stands in `impl Trait for Type`, so its name was chosen by the trait.
    pub(crate) is_of_trait: bool,
}

/// What surrounds a position.
#[derive(Default)]
struct Block {
    opener: u8,
    item: Option<usize>,
    is_test: bool,
    owner: Option<String>,
    is_trait_impl: bool,
}

/// The items of a masked text, in order of their first byte.
pub(super) fn find(code: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut stack: Vec<Block> = Vec::new();
    let mut header_start = 0;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => {
                let is_test = stack.last().is_some_and(|around| around.is_test);
                stack.push(Block { opener: byte, is_test, ..Block::default() });
            }
            b')' | b']' => {
                stack.pop_if(|block| block.opener != b'{');
            }
            b'{' => {
                let block = open(&code[header_start..at], header_start, stack.last(), &mut items);
                stack.push(block);
                header_start = at + 1;
            }
            b'}' => {
                close(&mut stack, &mut items, at);
                header_start = at + 1;
            }
            b';' if stack.last().is_none_or(|around| around.opener == b'{') => {
                if let Some(item) = open(&code[header_start..at], header_start, stack.last(), &mut items).item {
                    items[item].span.end = at + 1;
                    items[item].has_body = false;
                }
                header_start = at + 1;
            }
            _ => {}
        }
    }
    items
}

/// Ends the innermost braces; brackets left open inside them (not valid Rust) are dropped.
fn close(stack: &mut Vec<Block>, items: &mut [Item], at: usize) {
    while let Some(block) = stack.pop() {
        if let Some(item) = block.item {
            items[item].span.end = at + 1;
        }
        if block.opener == b'{' {
            return;
        }
    }
}

/// Reads what stands before a `{` or `;` and adds the item it starts, if it starts one.
fn open(header: &str, offset: usize, around: Option<&Block>, items: &mut Vec<Item>) -> Block {
    let is_test = around.is_some_and(|block| block.is_test) || is_test_attribute(header);
    let mut block = Block { opener: b'{', is_test, ..Block::default() };
    let Some((kind, keyword_at, rest)) = keyword(header) else { return block };
    let Some((name, is_trait_impl)) = name_of(kind, rest) else { return block };
    let owner = around.and_then(|block| block.owner.as_deref());
    block.item = Some(items.len());
    items.push(Item {
        kind,
        name: owner.map_or(name.clone(), |owner| format!("{owner}::{name}")),
        span: offset + keyword_at..offset + header.len(),
        has_body: true,
        is_test,
        is_of_trait: around.is_some_and(|block| block.is_trait_impl),
    });
    block.owner = (kind == Kind::Impl).then_some(name);
    block.is_trait_impl = is_trait_impl;
    block
}

fn is_test_attribute(header: &str) -> bool {
    let marks = ["cfg(test", "cfg(all(test", "cfg(any(test", "#[test]", "::test]", "::test(", "#[bench]"];
    header.contains("#[") && marks.iter().any(|mark| header.contains(mark))
}

/// The item keyword that a header starts with, after attributes, visibility and qualifiers.
fn keyword(header: &str) -> Option<(Kind, usize, &str)> {
    let mut rest = header.trim_start();
    loop {
        rest = match rest.as_bytes().first()? {
            b'#' => skip_group(rest.trim_start_matches(['#', '!']))?,
            b'(' => skip_group(rest)?,
            b'"' => rest[1..].split_once('"')?.1,
            _ => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                match &rest[..end] {
                    "pub" | "default" | "const" | "async" | "unsafe" | "extern" | "auto" => &rest[end..],
                    word => return Some((kind_of(word)?, header.len() - rest.len(), &rest[end..])),
                }
            }
        }
        .trim_start();
    }
}

fn kind_of(word: &str) -> Option<Kind> {
    match word {
        "fn" => Some(Kind::Function),
        "struct" | "enum" | "union" | "trait" | "type" => Some(Kind::Type),
        "mod" => Some(Kind::Module),
        "impl" => Some(Kind::Impl),
        _ => None,
    }
}

/// The text after the bracket group that `text` starts with.
fn skip_group(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' if depth <= 1 => return text.get(at + 1..),
            b')' | b']' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The name, and whether it is an `impl Trait for Type`. `None` for `fn(u8)` types and the like.
fn name_of(kind: Kind, rest: &str) -> Option<(String, bool)> {
    if kind != Kind::Impl {
        return Some((first_word(rest.trim_start())?, false));
    }
    let after_for = rest.split_once(" for ").map(|(_, after)| after);
    let of = after_for.unwrap_or_else(|| skip_generics(rest));
    Some((first_word(of.trim_start_matches(|c: char| !c.is_ascii_alphabetic()))?, after_for.is_some()))
}

fn first_word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_string())
}

fn skip_generics(text: &str) -> &str {
    let text = text.trim_start();
    if !text.starts_with('<') {
        return text;
    }
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' if depth <= 1 => return &text[at + 1..],
            b'>' => depth -= 1,
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |code: &str, expect: &[&str]| {
            assert_eq!(find(code).iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), expect, "{code}");
        };
        check("pub(crate) async fn a<T>(x: [u8; 4]) -> T { if b { c() } }", &["a"]);
        check("impl<T: Into<U>> Log<T> { const fn open() {} }", &["Log", "Log::open"]);
        check("impl fmt::Debug for Phi<T> { fn fmt() {} }", &["Phi", "Phi::fmt"]);
        check("struct A; type B = fn(u8); mod c; enum D { E { f: u8 }, G }", &["A", "B", "c", "D"]);
        check("trait T { fn a(&self); fn b(&self) {} }", &["T", "a", "b"]);
        check("let f = match x { A => { fn inner() {} } };", &["inner"]);
        check("#[doc(hidden)] pub unsafe extern \"~\" fn a() {}", &["a"]);
        check("} ) ] fn a(", &[]);
    }

    #[test]
    fn marks() {
        let items = find("impl A for B { fn x() {} } #[cfg(test)] mod tests { fn t() {} } fn y() {}");
        let of = |name: &str| items.iter().find(|item| item.name == name).expect(name);
        assert!(of("B::x").is_of_trait && !of("B::x").is_test);
        assert!(of("t").is_test && !of("y").is_test);
    }
}
