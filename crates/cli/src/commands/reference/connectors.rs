//! The page of the connectors, from what each says of itself.

use super::{code, fence, table};
use interface::catalogue::{Setting, SettingKind, Side, Spec};

const INTRODUCTION: &str = "\
# Connectors

A connector brings bytes in (`receive NAME ADDRESS …`) or takes them out (`send … { NAME ADDRESS … }`). Settings stand on
the same line as `name value`, or in the block. Every connector keeps these promises: nothing looks like success to a
sender before the message is on disk; limits of size and time hold while reading; a connector never retries by itself,
because the interface's `retry` and `replies` decide; what it reports never holds the content of a message.

";

/// The page.
pub(super) fn page() -> String {
    let mut out = String::from(INTRODUCTION);
    let all: Vec<&'static Spec> = connectors::catalogue().iter().map(|connector| connector.spec()).collect();
    let mark = |side: &Option<Side>| if side.is_some() { "yes" } else { "" }.to_owned();
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|spec| {
            let link = format!("[`{0}`](#{0})", spec.name);
            vec![link, spec.title.to_owned(), mark(&spec.source), mark(&spec.destination)]
        })
        .collect();
    out.push_str(&table(&["connector", "what it is", "receive", "send"], &rows));
    for spec in all {
        out.push_str(&format!("## {}\n\n{}.\n\n{}\n\n", spec.name, spec.title, spec.description));
        if let Some(side) = &spec.source {
            out.push_str(&describe(&format!("Receive with {}", spec.name), side));
        }
        if let Some(side) = &spec.destination {
            out.push_str(&describe(&format!("Send with {}", spec.name), side));
        }
        let connector = connectors::catalogue().iter().find(|connector| connector.spec().name == spec.name);
        if let Some(side) = connector.and_then(|connector| connector.lookup_side()) {
            out.push_str(&describe(&format!("Look up with {}", spec.name), side));
        }
    }
    out
}

fn describe(title: &str, side: &Side) -> String {
    let mut out = format!("### {title}\n\nAddress: {}\n\n{}", side.address.description, fence("sinew", side.example));
    let row = |setting: &Setting| {
        let default = if setting.default.is_empty() { "none".to_owned() } else { code(setting.default) };
        vec![code(setting.name), values(setting.kind), default, setting.description.to_owned()]
    };
    let rows: Vec<Vec<String>> = side.options.iter().map(row).collect();
    out.push_str(&table(&["setting", "value", "default", "meaning"], &rows));
    out
}

fn values(kind: SettingKind) -> String {
    match kind {
        SettingKind::Duration => "duration".to_owned(),
        SettingKind::Size => "size".to_owned(),
        SettingKind::Count(from, to) => format!("{from} to {to}"),
        SettingKind::Word(words) => words.iter().map(|word| code(word)).collect::<Vec<_>>().join(" or "),
        SettingKind::Text => "text".to_owned(),
        SettingKind::Flag => "`yes` or `no`".to_owned(),
        SettingKind::Path => "file or folder".to_owned(),
        SettingKind::List => "list".to_owned(),
    }
}
