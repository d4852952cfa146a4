//! A message in the making: names, values and lists, which [`Draft::write`] puts into a format.
//!
//! Promises: names stand in the order in which they were first used; what holds nothing is left out.

use std::sync::Arc;

/// A place of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceId(u32);

/// The whole.
pub const ROOT: PlaceId = PlaceId(0);

/// What a simple value is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simple {
    /// Characters.
    Text,
    /// A number as it is written; what is none is characters.
    Number,
    /// `true` or `false`; what is neither is characters.
    Truth,
    /// `null` where the format has it.
    Null,
}

#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `""` of the whole and of items.
    pub(crate) name: Arc<str>,
    pub(crate) value: Option<(Simple, String)>,
    pub(crate) children: Vec<u32>,
    /// Its children are items of a list.
    pub(crate) is_list: bool,
    parent: u32,
    is_gone: bool,
}

/// See the module.
#[derive(Clone)]
pub struct Draft {
    pub(crate) places: Vec<Place>,
    /// Where each place was written from, if anyone asks.
    bytes: usize,
}

/// Without content.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft({} places)", self.places.len())
    }
}

impl Default for Draft {
    fn default() -> Draft {
        Draft::new()
    }
}

impl Draft {
    /// Nothing so far.
    #[must_use]
    pub fn new() -> Draft {
        let root =
            Place { name: "".into(), value: None, children: Vec::new(), is_list: false, parent: 0, is_gone: false };
        Draft { places: vec![root], bytes: 0 }
    }

    /// Places and bytes of values so far, for limits.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.places.len(), self.bytes)
    }

    pub(crate) fn place(&self, at: PlaceId) -> &Place {
        &self.places[at.0 as usize]
    }

    fn push(&mut self, parent: PlaceId, name: &Arc<str>) -> PlaceId {
        let id = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(Place {
            name: name.clone(),
            value: None,
            children: Vec::new(),
            is_list: false,
            parent: parent.0,
            is_gone: false,
        });
        self.places[parent.0 as usize].children.push(id);
        PlaceId(id)
    }

    pub(crate) fn children(&self, at: PlaceId) -> impl Iterator<Item = PlaceId> + '_ {
        let places = &self.places;
        places[at.0 as usize].children.iter().filter(|id| !places[**id as usize].is_gone).map(|id| PlaceId(*id))
    }

    /// The part of that name, if it is there.
    #[must_use]
    pub fn find(&self, at: PlaceId, name: &str) -> Option<PlaceId> {
        self.children(at).find(|child| *self.place(*child).name == *name)
    }

    /// The part of that name, made where it is not there.
    pub fn child(&mut self, at: PlaceId, name: &Arc<str>) -> PlaceId {
        self.find(at, name).unwrap_or_else(|| self.push(at, name))
    }

    /// Another part of that name, beside those that are there.
    pub fn another(&mut self, at: PlaceId, name: &Arc<str>) -> PlaceId {
        self.push(at, name)
    }

    /// Part `number` of that name, from 1, with those in front of it made where they are not there.
    pub fn numbered(&mut self, at: PlaceId, name: &Arc<str>, number: usize) -> PlaceId {
        let count = self.children(at).filter(|child| *self.place(*child).name == **name).count();
        for _ in count..number {
            self.push(at, name);
        }
        let found = self.children(at).filter(|child| *self.place(*child).name == **name).nth(number.saturating_sub(1));
        found.unwrap_or(at)
    }

    /// The part holds a list.
    pub fn make_list(&mut self, at: PlaceId) {
        self.places[at.0 as usize].is_list = true;
    }

    /// Its children are items of a list.
    #[must_use]
    pub fn is_list(&self, at: PlaceId) -> bool {
        self.place(at).is_list
    }

    /// Item `number` of a list, from 1, with those in front of it made where they are not there; 0: a new one.
    pub fn item(&mut self, at: PlaceId, number: usize) -> PlaceId {
        self.make_list(at);
        let nameless: Arc<str> = "".into();
        let count = self.children(at).count();
        if number == 0 {
            return self.push(at, &nameless);
        }
        for _ in count..number {
            self.push(at, &nameless);
        }
        self.children(at).nth(number - 1).unwrap_or(at)
    }

    /// Gives a part its value.
    pub fn set(&mut self, at: PlaceId, kind: Simple, text: impl Into<String>) {
        let text = text.into();
        self.bytes += text.len();
        self.places[at.0 as usize].value = Some((kind, text));
    }

    /// The part has a value, or parts that have one.
    #[must_use]
    pub fn is_filled(&self, at: PlaceId) -> bool {
        let place = self.place(at);
        place.value.is_some() || self.children(at).any(|child| self.is_filled(child))
    }

    /// Takes a part out, and those around it that hold nothing else.
    pub fn remove(&mut self, at: PlaceId) {
        let mut at = at;
        while at != ROOT {
            self.places[at.0 as usize].is_gone = true;
            let parent = PlaceId(self.place(at).parent);
            if self.is_filled(parent) || self.children(parent).next().is_some() {
                return;
            }
            at = parent;
        }
    }

    /// Where a part is, as a path: `patient.name[2].family`.
    #[must_use]
    pub fn path(&self, at: PlaceId) -> String {
        if at == ROOT {
            return "root".to_owned();
        }
        let parent = PlaceId(self.place(at).parent);
        let above = if parent == ROOT { String::new() } else { self.path(parent) };
        if self.place(parent).is_list {
            let number = self.children(parent).take_while(|child| *child != at).count() + 1;
            let above = if above.is_empty() { "root".to_owned() } else { above };
            return format!("{above}[{number}]");
        }
        let name = &self.place(at).name;
        let same: Vec<PlaceId> = self.children(parent).filter(|child| self.place(*child).name == *name).collect();
        let index = match same.iter().position(|child| *child == at) {
            Some(number) if same.len() > 1 => format!("[{}]", number + 1),
            _ => String::new(),
        };
        let dot = if above.is_empty() { "" } else { "." };
        format!("{above}{dot}{}{index}", crate::path::quoted(name))
    }

    /// Takes over a part of a document, with all that is inside.
    pub fn copy(&mut self, at: PlaceId, node: crate::Node<'_>) {
        use crate::Kind;
        match node.kind() {
            Kind::Object | Kind::Row | Kind::Segment => {
                for child in node.children() {
                    let part = self.child(at, &Arc::from(child.name()));
                    self.copy(part, child);
                }
            }
            Kind::Array | Kind::Rows => {
                self.make_list(at);
                for child in node.children() {
                    let item = self.item(at, 0);
                    self.copy(item, child);
                }
            }
            Kind::Number => self.set(at, Simple::Number, node.text()),
            Kind::Truth => self.set(at, Simple::Truth, node.text()),
            Kind::Null => self.set(at, Simple::Null, ""),
            Kind::Text | Kind::Attribute | Kind::Cell => self.set(at, Simple::Text, node.text()),
            Kind::Element | Kind::Part | Kind::Envelope => {
                if !node.text().is_empty() || !node.has_children() {
                    self.set(at, Simple::Text, node.text());
                }
                for child in node.children() {
                    let name = if child.kind() == Kind::Attribute {
                        format!("@{}", child.name()).into()
                    } else {
                        Arc::from(child.name())
                    };
                    let part = self.another(at, &name);
                    self.copy(part, child);
                }
            }
        }
    }
}
