//! Steps that make identifiers. Nothing is random: the same message and program give the same identifiers, so that a
//! replay and a second run after a crash send what was sent before.

use super::{Example, Flow, Group, Kind, Parameter, Step, Trouble, whole};
use crate::{
    item::{Atom, Item},
    run::{Run, Site},
};
use ring::digest;
use std::sync::Arc;

const DEFAULT: Step = Step {
    name: "",
    group: Group::Identity,
    syntax: "",
    parameters: &[],
    takes: Flow::Any,
    gives: Flow::Text,
    can_fail: false,
    can_begin: true,
    description: "",
    examples: &[],
    build: |_| Err(String::new()),
};

const TOO_MANY: Trouble = Trouble::OutOfRange("more names are counted than one message may use");

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "uuid",
        syntax: "uuid",
        description: "A UUID (version 8). At the start of a value: new for each message, place and turn. After a value: \
                      always the same for the same value.",
        examples: &[Example { value: "\"urn:12345\" | uuid", gives: &["5ef78bd3-abf2-8e26-a933-a1d1a121385a"] }],
        build: |arguments| {
            let key = place(&arguments.site);
            whole(move |item, context| {
                let digest = fingerprint(&item, &key, context.run)?;
                let mut bytes: [u8; 16] = digest[..16].try_into().unwrap_or_default();
                // Version 8 and variant 10 (RFC 9562 §5.8): the remaining bits are ours.
                bytes[6] = bytes[6] & 0x0f | 0x80;
                bytes[8] = bytes[8] & 0x3f | 0x80;
                Ok(Item::One(Atom::text(dashed(bytes))))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "id",
        syntax: "id",
        description: "16 letters and digits, short enough for MSH-10. At the start of a value: new for each message, \
                      place and turn. After a value: always the same for the same value.",
        examples: &[Example { value: "\"urn:12345\" | id", gives: &["BVVRQMXBY9F2DT9K"] }],
        build: |arguments| {
            let key = place(&arguments.site);
            whole(move |item, context| {
                let digest = fingerprint(&item, &key, context.run)?;
                Ok(Item::One(Atom::text(letters(&digest))))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "sequence",
        syntax: "sequence [NAME]",
        parameters: &[Parameter::optional("NAME", Kind::SomeText)],
        gives: Flow::Number,
        description: "1, 2, 3 … within the message: a count for each NAME, or for each place where it stands.",
        examples: &[Example { value: "(sequence a), (sequence a), (sequence b)", gives: &["1", "2", "1"] }],
        build: |arguments| {
            let name = arguments.text(0).unwrap_or_else(|| place(&arguments.site));
            whole(move |_, context| {
                let number = context.run.next_number(&name).ok_or(TOO_MANY)?;
                Ok(Item::One(Atom::text(number.to_string())))
            })
        },
        ..DEFAULT
    },
];

/// A place in the program as the name of a count.
fn place(site: &Site) -> Arc<str> {
    Arc::from(format!("@{}:{}", site.file, site.start))
}

/// SHA-256 of the value, or of message, place and turn when there is none.
fn fingerprint(item: &Item<'_>, key: &Arc<str>, run: &mut Run) -> Result<[u8; 32], Trouble> {
    let mut context = digest::Context::new(&digest::SHA256);
    if item.is_empty() {
        let turn = run.next_number(key).ok_or(TOO_MANY)?;
        context.update(b"turn");
        context.update(&run.seed.to_be_bytes());
        context.update(&turn.to_be_bytes());
        context.update(key.as_bytes());
    } else {
        for atom in item.atoms() {
            context.update(&(atom.as_str().len() as u64).to_be_bytes());
            context.update(atom.as_str().as_bytes());
        }
    }
    Ok(context.finish().as_ref().try_into().unwrap_or_default())
}

fn dashed(bytes: [u8; 16]) -> String {
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// 80 bits in the alphabet of Crockford's base 32: no letters that are taken for digits.
fn letters(digest: &[u8; 32]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = digest[..10].iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    (0..16).rev().map(|place| ALPHABET[(bits >> (place * 5) & 31) as usize] as char).collect()
}
