//! What a value is while it runs: texts in three states, one or several.
//!
//! Promises: borrows from the message or the program wherever a step did not change the text, so that a plain path or
//! literal costs no allocation.

use std::borrow::Cow;

/// One value in the three states of HL7 v2 (v2.9 §2.5.3.2): not there, there to be deleted, or a text.
#[derive(Clone, PartialEq, Eq)]
pub enum Atom<'v> {
    /// Nothing: absent or empty, "no change" to a receiver.
    Empty,
    /// The two quotes `""`: "delete what you have".
    Null,
    /// A decoded text, never empty.
    Text(Cow<'v, str>),
}

impl<'v> Atom<'v> {
    /// A text, or `Empty` for no characters.
    #[must_use]
    pub fn text(text: impl Into<Cow<'v, str>>) -> Atom<'v> {
        let text = text.into();
        if text.is_empty() { Atom::Empty } else { Atom::Text(text) }
    }
    /// The text; `""` for the other two states.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Atom::Text(text) => text,
            Atom::Empty | Atom::Null => "",
        }
    }
    /// Nothing there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Atom::Empty)
    }
    /// The same value without a borrow.
    #[must_use]
    pub fn into_owned(self) -> Atom<'static> {
        match self {
            Atom::Empty => Atom::Empty,
            Atom::Null => Atom::Null,
            Atom::Text(text) => Atom::Text(Cow::Owned(text.into_owned())),
        }
    }
}

/// Values are patient data (R10): only the state is printed.
impl std::fmt::Debug for Atom<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Atom::Empty => "Empty",
            Atom::Null => "Null",
            Atom::Text(_) => "Text([patient data])",
        })
    }
}

/// What a value evaluates to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'v> {
    /// Exactly one.
    One(Atom<'v>),
    /// A list, in order, empty places kept.
    Many(Vec<Atom<'v>>),
}

impl<'v> Item<'v> {
    /// Nothing.
    pub const EMPTY: Item<'static> = Item::One(Atom::Empty);

    /// The atoms in order.
    #[must_use]
    pub fn atoms(&self) -> &[Atom<'v>] {
        match self {
            Item::One(atom) => std::slice::from_ref(atom),
            Item::Many(atoms) => atoms,
        }
    }
    /// The atoms in order, as a list that can be changed.
    #[must_use]
    pub fn into_atoms(self) -> Vec<Atom<'v>> {
        match self {
            Item::One(atom) => vec![atom],
            Item::Many(atoms) => atoms,
        }
    }
    /// The one value that a single-valued place takes: the first of a list.
    #[must_use]
    pub fn into_first(self) -> Atom<'v> {
        match self {
            Item::One(atom) => atom,
            Item::Many(atoms) => atoms.into_iter().next().unwrap_or(Atom::Empty),
        }
    }
    /// No atom holds a text or null.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.atoms().iter().all(Atom::is_empty)
    }
    /// The same values without a borrow.
    #[must_use]
    pub fn into_owned(self) -> Item<'static> {
        match self {
            Item::One(atom) => Item::One(atom.into_owned()),
            Item::Many(atoms) => Item::Many(atoms.into_iter().map(Atom::into_owned).collect()),
        }
    }
}
