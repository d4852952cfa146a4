//! Steps on lists.

use super::{Example, Flow, Group, Kind, Parameter, Step, whole};
use crate::{
    decimal::Decimal,
    item::{Atom, Item},
};
use std::{cmp::Ordering, collections::BTreeSet};

const DEFAULT: Step = Step {
    name: "",
    group: Group::Structure,
    syntax: "",
    parameters: &[],
    takes: Flow::Any,
    gives: Flow::Any,
    can_fail: false,
    can_begin: false,
    description: "",
    examples: &[],
    build: |_| Err(String::new()),
};

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "first",
        syntax: "first",
        description: "The first of a list.",
        examples: &[Example { value: "A, B, C | first", gives: &["A"] }],
        build: |_| whole(|item, _| Ok(Item::One(item.into_first()))),
        ..DEFAULT
    },
    Step {
        name: "last",
        syntax: "last",
        description: "The last of a list.",
        examples: &[Example { value: "A, B, C | last", gives: &["C"] }],
        build: |_| whole(|item, _| Ok(Item::One(item.into_atoms().pop().unwrap_or(Atom::Empty)))),
        ..DEFAULT
    },
    Step {
        name: "nth",
        syntax: "nth NUMBER",
        parameters: &[Parameter::needed("NUMBER", Kind::Count(1, 1_000_000))],
        description: "Number NUMBER of a list, the first is 1; nothing when the list is shorter.",
        examples: &[
            Example { value: r#""ICU/12/B" | split "/" | nth 2"#, gives: &["12"] },
            Example { value: "A | nth 2", gives: &[] },
        ],
        build: |arguments| {
            let index = arguments.count(0).unwrap_or(1) as usize - 1;
            whole(move |item, _| Ok(Item::One(item.into_atoms().into_iter().nth(index).unwrap_or(Atom::Empty))))
        },
        ..DEFAULT
    },
    Step {
        name: "skip-empty",
        syntax: "skip-empty",
        description: "Leaves empty parts and the `\"\"` of v2 out of a list.",
        examples: &[Example { value: r#""A", "", "C" | skip-empty"#, gives: &["A", "C"] }],
        build: |_| {
            whole(|item, _| {
                let mut atoms = item.into_atoms();
                atoms.retain(|atom| matches!(atom, Atom::Text(_)));
                Ok(Item::Many(atoms))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "distinct",
        syntax: "distinct",
        description: "Leaves out what was in the list before.",
        examples: &[Example { value: "A, B, A | distinct", gives: &["A", "B"] }],
        build: |_| {
            whole(|item, context| {
                let atoms = item.into_atoms();
                context.burn(atoms.len())?;
                let mut met: BTreeSet<String> = BTreeSet::new();
                let mut kept = Vec::with_capacity(atoms.len());
                for atom in atoms {
                    if matches!(atom, Atom::Null) || met.insert(atom.as_str().to_owned()) {
                        kept.push(atom);
                    }
                }
                Ok(Item::Many(kept))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "sort",
        syntax: "sort",
        description: "In order: as numbers when all are numbers, else letter by letter.",
        examples: &[
            Example { value: "10, 9, 2.5 | sort", gives: &["2.5", "9", "10"] },
            Example { value: "b, 10, a | sort", gives: &["10", "a", "b"] },
        ],
        build: |_| {
            whole(|item, context| {
                let mut atoms = item.into_atoms();
                context.burn(atoms.len())?;
                let numbers: Option<Vec<Decimal>> = atoms.iter().map(|atom| Decimal::parse(atom.as_str())).collect();
                match numbers {
                    Some(numbers) => {
                        let mut pairs: Vec<(Decimal, Atom<'_>)> = numbers.into_iter().zip(atoms).collect();
                        pairs.sort_by(|left, right| left.0.compare(right.0));
                        atoms = pairs.into_iter().map(|(_, atom)| atom).collect();
                    }
                    None => atoms.sort_by(|left, right| -> Ordering { left.as_str().cmp(right.as_str()) }),
                }
                Ok(Item::Many(atoms))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "count",
        syntax: "count",
        gives: Flow::Number,
        description: "How many parts of a list are not empty.",
        examples: &[
            Example { value: r#""A", "", "C" | count"#, gives: &["2"] },
            Example { value: "empty | count", gives: &["0"] },
        ],
        build: |_| {
            whole(|item, _| {
                let count = item.atoms().iter().filter(|atom| !atom.is_empty()).count();
                Ok(Item::One(Atom::text(count.to_string())))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "flatten",
        syntax: "flatten",
        description: "Makes one list of lists in a list. Lists from a v2 message are flat already and stay as they are.",
        examples: &[Example { value: "A, (B, C) | flatten", gives: &["A", "B", "C"] }],
        build: |_| whole(|item, _| Ok(item)),
        ..DEFAULT
    },
];
