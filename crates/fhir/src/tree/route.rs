//! A place of a resource that is named once and filled in many: `name[0].given[+]`.

use super::{Key, Kind, Name, NodeId, Place, Tree, Value};
use crate::{Error, codes};

/// Names of one route.
const ROUTE_STEPS_MAX: usize = 64;

/// Steps from an object down to an element. Objects and arrays on the way are made when they are not there.
///
/// `a` is a property; `a[2]` the third item of an array property, or a new one if there are two; `a[+]` a new item;
/// `a[-]` the last item, or a new one if there is none.
///
/// ```
/// use fhir::{Route, Tree, Value};
/// let family = Route::parse("name[0].family")?;
/// let given = Route::parse("name[0].given[+]")?;
/// let mut patient = Tree::new();
/// let root = patient.root().id();
/// patient.put_at(root, &family, Value::Text("Doe"))?;
/// patient.put_at(root, &given, Value::Text("Jane"))?;
/// patient.put_at(root, &given, Value::Text("Ann"))?;
/// assert_eq!(patient.write(), br#"{"name":[{"family":"Doe","given":["Jane","Ann"]}]}"#);
/// # Ok::<(), fhir::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    key: StepKey,
    slot: Slot,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum StepKey {
    Known(Name),
    Other(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Property,
    Item(usize),
    New,
    Last,
}

impl Route {
    /// Reads the text of a route.
    ///
    /// # Errors
    /// E1205 it is none.
    pub fn parse(text: &str) -> Result<Route, Error> {
        let refuse = |why: &'static str| Error::refused(codes::E1205, text, why);
        let steps = text
            .split('.')
            .map(|part| {
                let (name, slot) = match part.split_once('[') {
                    None => (part, Slot::Property),
                    Some((name, rest)) => {
                        let inside = rest.strip_suffix(']').ok_or_else(|| refuse("a closing bracket is missing"))?;
                        (name, Slot::parse(inside).ok_or_else(|| refuse("in brackets stands a number, + or -"))?)
                    }
                };
                let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                if name.is_empty() || !name.bytes().all(is_name) {
                    return Err(refuse("names are of letters and digits, with dots between them"));
                }
                let key = Name::known(name).map_or_else(|| StepKey::Other(name.into()), StepKey::Known);
                Ok(Step { key, slot })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if steps.len() > ROUTE_STEPS_MAX {
            return Err(refuse("a route has at most 64 names"));
        }
        Ok(Route { steps })
    }
}

impl Slot {
    fn parse(text: &str) -> Option<Slot> {
        match text {
            "+" => Some(Slot::New),
            "-" => Some(Slot::Last),
            _ if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok().map(Slot::Item),
            _ => None,
        }
    }
}

impl Step {
    fn key(&self) -> Key<'_> {
        match &self.key {
            StepKey::Known(name) => Key::Name(*name),
            StepKey::Other(text) => Key::Text(text),
        }
    }
}

impl Tree {
    /// Puts a value at the end of a route. A property or item that is there is replaced.
    ///
    /// # Errors
    /// E1204 something on the way is no object or array, or an array has fewer items; E1201 the tree is full. What was
    /// made on the way stays.
    pub fn put_at(&mut self, from: NodeId, route: &Route, value: Value<'_>) -> Result<NodeId, Error> {
        let Some((last, before)) = route.steps.split_last() else { return Ok(from) };
        let object = self.walk(from, before)?;
        match last.slot {
            Slot::Property => self.set(object, last.key(), value),
            Slot::New => self.append(object, last.key(), value),
            Slot::Item(_) | Slot::Last => {
                let array = self.array(object, last.key())?;
                let count = self.node(array).len();
                let index = if let Slot::Item(index) = last.slot { index } else { count.saturating_sub(1) };
                match self.node(array).at(index).map(|item| item.id()) {
                    Some(item) => self.replace(item, value).map(|()| item),
                    None => self.put(Place::Before(array, index), value),
                }
            }
        }
    }

    /// The object at the end of a route, which is made if there is none.
    ///
    /// # Errors
    /// As [`put_at`](Tree::put_at).
    pub fn reach(&mut self, from: NodeId, route: &Route) -> Result<NodeId, Error> {
        self.walk(from, &route.steps)
    }

    fn walk(&mut self, from: NodeId, steps: &[Step]) -> Result<NodeId, Error> {
        let mut at = from;
        for step in steps {
            at = match step.slot {
                Slot::Property => self.object(at, step.key())?,
                Slot::Item(index) => self.slot(at, step.key(), index)?,
                Slot::New => self.append(at, step.key(), Value::Object)?,
                Slot::Last => {
                    let array = self.array(at, step.key())?;
                    match self.node(array).children().last() {
                        Some(item) if item.kind() == Kind::Object => item.id(),
                        Some(item) => return Err(Error::refused(codes::E1204, item.path(), "the item is no object")),
                        None => self.put(Place::Last(array), Value::Object)?,
                    }
                }
            };
        }
        Ok(at)
    }
}
