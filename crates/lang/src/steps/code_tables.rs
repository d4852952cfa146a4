//! Steps on codes: tables, defaults, requirements.

use super::{Example, Flow, Group, Kind, Operation, Parameter, Step, Trouble, each, whole};
use crate::{
    item::{Atom, Item},
    lookup::{ON_FAILURE, OnFailure, Wanted},
    table::Row,
};
use formats::Path;
use std::{borrow::Cow, fmt::Write, sync::Arc};

const DEFAULT: Step = Step {
    name: "",
    group: Group::Codes,
    syntax: "",
    parameters: &[],
    takes: Flow::Any,
    gives: Flow::Text,
    can_fail: true,
    can_begin: false,
    description: "",
    examples: &[],
    build: |_| Err(String::new()),
};

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "code",
        syntax: "code TABLE [backwards] [else error|warn|keep|empty]",
        parameters: &[
            Parameter::needed("TABLE", Kind::Table),
            Parameter::optional("backwards", Kind::Word(&["backwards"])),
        ],
        description: "The `to` of the row whose `from` is the value; else that of the row `*`; else what `else` says \
                      (error). `backwards` gives the `from` of the first row whose `to` is the value.",
        examples: &[
            Example { value: "4WEST | code units", gives: &["4W"] },
            Example { value: "ROOF | code units else keep", gives: &["ROOF"] },
            Example { value: "anything | code sexes", gives: &["U"] },
            Example { value: "4W | code units backwards", gives: &["4WEST"] },
        ],
        build: |arguments| {
            let Some(table) = arguments.table(0) else { return Err(String::new()) };
            if arguments.word(1).is_some() {
                return each(move |text, _| match table.back(&text) {
                    Some(row) => Ok(Cow::Owned(row.code().to_owned())),
                    None => Err(Trouble::NotInTable(table.name().clone())),
                });
            }
            Ok(Operation::Code(table))
        },
        ..DEFAULT
    },
    Step {
        name: "lookup",
        syntax: "lookup TABLE|LOOKUP [column NAME] [failed park|later|keep|empty] [else error|warn|keep|empty]",
        parameters: &[
            Parameter::needed("TABLE", Kind::Lookup),
            Parameter::keyed("column", "NAME", Kind::SomeText),
            Parameter::keyed("failed", "WORD", Kind::Word(ON_FAILURE)),
        ],
        description: "As `code`, for any column of the table. With the name of a `lookup` line of the interface, the value is \
                      looked up outside: NAME is a column or a path of the answer (`ward`, `name[1].family`), `else` says what \
                      happens when nothing is found, and `failed` what happens when nobody answers: both have to be said.",
        examples: &[
            Example { value: "4WEST | lookup units column floor", gives: &["4"] },
            Example { value: "4WEST | lookup units", gives: &["4W"] },
            Example { value: "ROOF | lookup units column floor else empty", gives: &[] },
        ],
        build: |arguments| {
            if let Some(lookup) = arguments.lookup(0) {
                let failed = arguments.word(2).and_then(OnFailure::named);
                return outside(lookup, arguments.text(1).as_deref(), failed.unwrap_or(OnFailure::Park));
            }
            let Some(table) = arguments.table(0) else { return Err(String::new()) };
            if arguments.word(2).is_some() {
                return Err("a table is always there: `failed` belongs to a lookup outside".to_owned());
            }
            let name = arguments.text(1).unwrap_or_else(|| Arc::from("to"));
            let Some(column) = table.column(&name) else {
                let known = table.columns().iter().map(|column| &**column).collect::<Vec<_>>().join(", ");
                return Err(format!("table `{}` has no column `{name}`; it has {known}", table.name()));
            };
            each(move |text, _| match table.row(&text) {
                Some(row) => Ok(Cow::Owned(row.cell(column).to_owned())),
                None => Err(Trouble::NotInTable(table.name().clone())),
            })
        },
        ..DEFAULT
    },
    Step {
        name: "display",
        syntax: "display TABLE [else error|warn|keep|empty]",
        parameters: &[Parameter::needed("TABLE", Kind::Table)],
        description: "The `to_name` of the row whose `from` is the value.",
        examples: &[Example { value: "4WEST | display units", gives: &["Ward 4 West"] }],
        build: |arguments| {
            let Some(table) = arguments.table(0) else { return Err(String::new()) };
            each(move |text, _| match table.row(&text).map(Row::to_name) {
                Some(name) => Ok(Cow::Owned(name.to_owned())),
                None => Err(Trouble::NotInTable(table.name().clone())),
            })
        },
        ..DEFAULT
    },
    Step {
        name: "urn",
        syntax: "urn NAME",
        parameters: &[Parameter::needed("NAME", Kind::SomeText)],
        can_fail: false,
        description: "A URI made of a text: `urn:NAME:` and the text, with signs encoded that a URI does not have. A text \
                      that is a URI already stays.",
        examples: &[
            Example { value: "\"GOOD HEALTH\" | urn x-hl7v2", gives: &["urn:x-hl7v2:GOOD%20HEALTH"] },
            Example { value: "\"http://example.org/ids\" | urn x-hl7v2", gives: &["http://example.org/ids"] },
        ],
        build: |arguments| {
            let name = arguments.text(0).unwrap_or_default();
            each(move |text, _| Ok(if is_uri(&text) { text } else { Cow::Owned(urn(&name, text.trim())) }))
        },
        ..DEFAULT
    },
    Step {
        name: "from-urn",
        syntax: "from-urn NAME",
        parameters: &[Parameter::needed("NAME", Kind::SomeText)],
        can_fail: false,
        description: "The text that `urn NAME` made a URI of. Another text stays.",
        examples: &[
            Example { value: "\"urn:x-hl7v2:GOOD%20HEALTH\" | from-urn x-hl7v2", gives: &["GOOD HEALTH"] },
            Example { value: "\"http://example.org/ids\" | from-urn x-hl7v2", gives: &["http://example.org/ids"] },
        ],
        build: |arguments| {
            let name = arguments.text(0).unwrap_or_default();
            each(move |text, _| {
                let plain = text.strip_prefix("urn:").and_then(|rest| rest.strip_prefix(&*name)?.strip_prefix(':'));
                Ok(match plain.map(decoded) {
                    Some(plain) => Cow::Owned(plain),
                    None => text,
                })
            })
        },
        ..DEFAULT
    },
    Step {
        name: "default",
        syntax: "default TEXT",
        parameters: &[Parameter::needed("TEXT", Kind::Text)],
        can_fail: false,
        gives: Flow::Any,
        description: "TEXT when nothing is there. The `\"\"` of v2 is something: it stays.",
        examples: &[
            Example { value: "empty | default U", gives: &["U"] },
            Example { value: "F | default U", gives: &["F"] },
        ],
        build: |arguments| {
            let text = arguments.text(0).unwrap_or_default();
            whole(move |item, _| Ok(if item.is_empty() { Item::One(Atom::text(text.to_string())) } else { item }))
        },
        ..DEFAULT
    },
    Step {
        name: "required",
        syntax: "required [else error|warn|keep|empty]",
        gives: Flow::Any,
        description: "Stops the message when nothing is there, or only the `\"\"` of v2. With `else warn` it is noted.",
        examples: &[Example { value: "F | required", gives: &["F"] }],
        build: |_| {
            whole(|item, _| {
                let is_there = item.atoms().iter().any(|atom| matches!(atom, Atom::Text(_)));
                if is_there { Ok(item) } else { Err(Trouble::Missing) }
            })
        },
        ..DEFAULT
    },
];

/// The step over a lookup outside.
pub(crate) fn outside(lookup: Arc<str>, column: Option<&str>, failed: OnFailure) -> Result<Operation, String> {
    let Some(column) = column else {
        return Err(format!("`{lookup}` needs `column`: which part of the answer is meant"));
    };
    let column = Path::parse(column).map_err(|wrong| format!("`{column}` is no column or path: {}", wrong.text))?;
    let wanted = Wanted { lookup, column, failed };
    each(move |text, context| Ok(wanted.find(&text, context)?.map_or(text, Cow::Owned)))
}

/// A scheme, a colon, and no blank.
fn is_uri(text: &str) -> bool {
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = text.bytes().take_while(is_sign).count();
    // Most have no sign beyond ASCII, and then nothing else in them is a blank.
    let is_graphic = || text.bytes().fold(true, |all, byte| all & byte.is_ascii_graphic());
    length > 1
        && text.as_bytes().get(length) == Some(&b':')
        && (is_graphic() || !text.contains(|letter: char| letter.is_whitespace()))
}

/// `%20` as the sign that it stands for; what cannot be read stays.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[2..];
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn urn(name: &str, text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'/');
    if text.bytes().all(is_plain) {
        return ["urn:", name, ":", text].concat();
    }
    let mut out = ["urn:", name, ":"].concat();
    for byte in text.bytes() {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
