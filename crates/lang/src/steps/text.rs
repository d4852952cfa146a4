//! Steps on letters and signs.

use super::{Example, Flow, Group, Kind, Parameter, Step, Trouble, VALUE_BYTES_MAX, each, whole};
use crate::item::{Atom, Item};
use ring::{digest, hmac};
use std::{borrow::Cow, fmt::Write};

const DEFAULT: Step = Step {
    name: "",
    group: Group::Text,
    syntax: "",
    parameters: &[],
    takes: Flow::Text,
    gives: Flow::Text,
    can_fail: false,
    can_begin: false,
    description: "",
    examples: &[],
    build: |_| Err(String::new()),
};

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "trim",
        syntax: "trim",
        gives: Flow::Any,
        description: "Takes blanks, tabs and line ends away from both ends.",
        examples: &[Example { value: r#""  Ann " | trim"#, gives: &["Ann"] }],
        build: |_| {
            each(|text, _| {
                Ok(match text {
                    Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                    Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
                })
            })
        },
        ..DEFAULT
    },
    Step {
        name: "base64",
        syntax: "base64",
        description: "The text as Base64 of its UTF-8 bytes, which FHIR wants for attachments.",
        examples: &[
            Example { value: "\"Ann\" | base64", gives: &["QW5u"] },
            Example { value: "A | base64", gives: &["QQ=="] },
        ],
        build: |_| each(|text, _| Ok(Cow::Owned(base64(text.as_bytes())))),
        ..DEFAULT
    },
    Step {
        name: "from-base64",
        syntax: "from-base64 [else error|warn|keep|empty]",
        can_fail: true,
        description: "The text of which the value is Base64. What is no Base64, or no text in UTF-8, is what `else` says \
                      (error).",
        examples: &[
            Example { value: "QW5u | from-base64", gives: &["Ann"] },
            Example { value: "QQ | from-base64 else empty", gives: &[] },
        ],
        build: |_| {
            each(|text, _| {
                let bytes = from_base64(&text).and_then(|bytes| String::from_utf8(bytes).ok());
                bytes.map(Cow::Owned).ok_or(Trouble::Unreadable("Base64 of a text"))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "upper",
        syntax: "upper",
        description: "Makes every letter a capital.",
        examples: &[Example { value: r#""Müller" | upper"#, gives: &["MÜLLER"] }],
        build: |_| each(|text, _| Ok(Cow::Owned(text.to_uppercase()))),
        ..DEFAULT
    },
    Step {
        name: "lower",
        syntax: "lower",
        description: "Makes every letter small.",
        examples: &[Example { value: r#""Müller" | lower"#, gives: &["müller"] }],
        build: |_| each(|text, _| Ok(Cow::Owned(text.to_lowercase()))),
        ..DEFAULT
    },
    Step {
        name: "title-case",
        syntax: "title-case",
        description: "Capital at the start of each word, small letters after it. A word also starts after `-` and `'`.",
        examples: &[Example { value: r#""O'NEIL-SMITH, anna" | title-case"#, gives: &["O'Neil-Smith, Anna"] }],
        build: |_| each(|text, _| Ok(Cow::Owned(title_case(&text)))),
        ..DEFAULT
    },
    Step {
        name: "pad",
        syntax: "pad WIDTH [SIGN] [left|right]",
        parameters: &[
            Parameter::needed("WIDTH", Kind::Count(1, 4096)),
            Parameter::optional("SIGN", Kind::SomeText),
            Parameter::optional("left|right", Kind::Word(&["left", "right"])),
        ],
        description: "Fills a short text up to WIDTH with SIGN (a blank), on the left unless it says `right`. A longer \
                      text stays as it is.",
        examples: &[
            Example { value: r#"48812 | pad 8 "0""#, gives: &["00048812"] },
            Example { value: r#"ab | pad 4 . right"#, gives: &["ab.."] },
        ],
        build: |arguments| {
            let width = arguments.count(0).unwrap_or(1) as usize;
            let sign = arguments.text(1).and_then(|text| text.chars().next()).unwrap_or(' ');
            let is_right = arguments.word(2) == Some("right");
            if arguments.text(1).is_some_and(|text| text.chars().count() != 1) {
                return Err("SIGN is a single character".to_owned());
            }
            each(move |text, _| {
                let missing = width.saturating_sub(text.chars().count());
                let fill = std::iter::repeat_n(sign, missing);
                Ok(match (missing, is_right) {
                    (0, _) => text,
                    (_, true) => Cow::Owned(text.chars().chain(fill).collect()),
                    (_, false) => Cow::Owned(fill.chain(text.chars()).collect()),
                })
            })
        },
        ..DEFAULT
    },
    Step {
        name: "strip-zeros",
        syntax: "strip-zeros",
        description: "Takes the zeros at the start away. A text of zeros alone becomes `0`.",
        examples: &[
            Example { value: "00048812 | strip-zeros", gives: &["48812"] },
            Example { value: "000 | strip-zeros", gives: &["0"] },
        ],
        build: |_| {
            each(|text, _| {
                let bare = text.trim_start_matches('0');
                Ok(if bare.is_empty() { Cow::Borrowed("0") } else { Cow::Owned(bare.to_owned()) })
            })
        },
        ..DEFAULT
    },
    Step {
        name: "replace",
        syntax: "replace OLD NEW",
        parameters: &[Parameter::needed("OLD", Kind::SomeText), Parameter::needed("NEW", Kind::Text)],
        description: "Puts NEW wherever OLD stands. Both are plain texts.",
        examples: &[
            Example { value: r#""555-0142" | replace "-" """#, gives: &["5550142"] },
            Example { value: r#""a/b/c" | replace "/" ", ""#, gives: &["a, b, c"] },
        ],
        build: |arguments| {
            let (old, new) = (arguments.text(0).unwrap_or_default(), arguments.text(1).unwrap_or_default());
            each(move |text, context| {
                let count = text.matches(&*old).count();
                if count == 0 {
                    return Ok(text);
                }
                let length = text.len().saturating_add(count.saturating_mul(new.len()));
                if length > VALUE_BYTES_MAX {
                    return Err(Trouble::OutOfRange("the text would become too long"));
                }
                context.burn(length / 64)?;
                Ok(Cow::Owned(text.replace(&*old, &new)))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "split",
        syntax: "split SEPARATOR",
        parameters: &[Parameter::needed("SEPARATOR", Kind::SomeText)],
        description: "Cuts a text into a list at each SEPARATOR.",
        examples: &[Example { value: r#""ICU/12/B" | split "/""#, gives: &["ICU", "12", "B"] }],
        build: |arguments| {
            let separator = arguments.text(0).unwrap_or_default();
            whole(move |item, context| {
                let mut list = Vec::new();
                for atom in item.into_atoms() {
                    let Atom::Text(text) = atom else { continue };
                    for piece in text.split(&*separator) {
                        context.burn(1)?;
                        list.push(Atom::text(piece.to_owned()));
                    }
                }
                Ok(Item::Many(list))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "join",
        syntax: "join [SEPARATOR]",
        parameters: &[Parameter::optional("SEPARATOR", Kind::Text)],
        description: "Makes one text of a list, with SEPARATOR between the parts. Empty parts count; put `skip-empty` \
                      before it to leave them out.",
        examples: &[
            Example { value: r#""Ann", "Mary" | join " ""#, gives: &["Ann Mary"] },
            Example { value: r#""A", "", "C" | join -"#, gives: &["A--C"] },
            Example { value: r#""A", "", "C" | skip-empty | join -"#, gives: &["A-C"] },
        ],
        build: |arguments| {
            let separator = arguments.text(0).unwrap_or_default();
            whole(move |item, _| {
                let atoms = item.into_atoms();
                if atoms.iter().all(Atom::is_empty) {
                    return Ok(Item::EMPTY);
                }
                let length: usize = atoms.iter().map(|atom| atom.as_str().len() + separator.len()).sum();
                if length > VALUE_BYTES_MAX {
                    return Err(Trouble::OutOfRange("the text would become too long"));
                }
                let mut out = String::with_capacity(length);
                for (index, atom) in atoms.iter().enumerate() {
                    if index > 0 {
                        out.push_str(&separator);
                    }
                    out.push_str(atom.as_str());
                }
                Ok(Item::One(Atom::text(out)))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "substring",
        syntax: "substring FROM [COUNT]",
        parameters: &[
            Parameter::needed("FROM", Kind::Count(1, 1_000_000)),
            Parameter::optional("COUNT", Kind::Count(1, 1_000_000)),
        ],
        description: "The characters from number FROM on (the first is 1), all of them or COUNT.",
        examples: &[
            Example { value: "ABCDEF | substring 3", gives: &["CDEF"] },
            Example { value: "ABCDEF | substring 2 3", gives: &["BCD"] },
            Example { value: "AB | substring 5", gives: &[] },
        ],
        build: |arguments| {
            let from = arguments.count(0).unwrap_or(1) as usize;
            let count = arguments.count(1).map_or(usize::MAX, |count| count as usize);
            each(move |text, _| Ok(Cow::Owned(text.chars().skip(from - 1).take(count).collect())))
        },
        ..DEFAULT
    },
    Step {
        name: "left",
        syntax: "left COUNT",
        parameters: &[Parameter::needed("COUNT", Kind::Count(1, 1_000_000))],
        description: "The first COUNT characters.",
        examples: &[Example { value: "ABCDEF | left 2", gives: &["AB"] }],
        build: |arguments| {
            let count = arguments.count(0).unwrap_or(1) as usize;
            each(move |text, _| Ok(Cow::Owned(text.chars().take(count).collect())))
        },
        ..DEFAULT
    },
    Step {
        name: "right",
        syntax: "right COUNT",
        parameters: &[Parameter::needed("COUNT", Kind::Count(1, 1_000_000))],
        description: "The last COUNT characters.",
        examples: &[Example { value: "ABCDEF | right 2", gives: &["EF"] }],
        build: |arguments| {
            let count = arguments.count(0).unwrap_or(1) as usize;
            each(move |text, _| {
                let skipped = text.chars().count().saturating_sub(count);
                Ok(Cow::Owned(text.chars().skip(skipped).collect()))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "mask",
        syntax: "mask [KEEP]",
        parameters: &[Parameter::optional("KEEP", Kind::Count(0, 64))],
        description: "Puts `*` for every character but the last KEEP (none).",
        examples: &[
            Example { value: r#""123-45-6789" | mask 4"#, gives: &["*******6789"] },
            Example { value: "ABC | mask", gives: &["***"] },
        ],
        build: |arguments| {
            let keep = arguments.count(0).unwrap_or(0) as usize;
            each(move |text, _| {
                let hidden = text.chars().count().saturating_sub(keep);
                let stars = std::iter::repeat_n('*', hidden);
                Ok(Cow::Owned(stars.chain(text.chars().skip(hidden)).collect()))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "hash",
        syntax: "hash [KEY]",
        parameters: &[Parameter::optional("KEY", Kind::SomeText)],
        description: "64 hexadecimal digits that stand for the text: SHA-256, or HMAC-SHA-256 with KEY. Without a key \
                      short numbers can be found by trying them all, so it does not hide a record number.",
        examples: &[Example {
            value: "abc | hash",
            gives: &["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
        }],
        build: |arguments| {
            let key = arguments.text(0).map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()));
            each(move |text, _| {
                Ok(Cow::Owned(match &key {
                    Some(key) => hex(hmac::sign(key, text.as_bytes()).as_ref()),
                    None => hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref()),
                }))
            })
        },
        ..DEFAULT
    },
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn title_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_start = true;
    for letter in text.chars() {
        if is_start {
            out.extend(letter.to_uppercase());
        } else {
            out.extend(letter.to_lowercase());
        }
        is_start = !letter.is_alphanumeric();
    }
    out
}

/// The bytes of which `text` is Base64; blanks and ends of lines do not count.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if !letters.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Vec::with_capacity(letters.len() / 4 * 3);
    let last = letters.len() / 4;
    for (at, chunk) in letters.chunks(4).enumerate() {
        let padding = chunk.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 || (padding > 0 && at + 1 < last) {
            return None;
        }
        let mut bits = 0u32;
        for byte in &chunk[..4 - padding] {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        bits <<= 6 * padding;
        out.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
    }
    Some(out)
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
            out.push(if at > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{base64, from_base64};

    #[test]
    fn base64_there_and_back() {
        for text in ["", "A", "An", "Ann", "Anna", "\u{0}\u{ff}~"] {
            assert_eq!(from_base64(&base64(text.as_bytes())).as_deref(), Some(text.as_bytes()), "{text:?}");
        }
        assert_eq!(from_base64("QW\r\n5u").as_deref(), Some(&b"Ann"[..]));
        for wrong in ["QQ", "Q===", "QQ==QQ==", "Q?==", "QQ=A"] {
            assert_eq!(from_base64(wrong), None, "{wrong}");
        }
    }
}
