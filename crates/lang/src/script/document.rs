//! A message of another format than HL7 v2 as a script sees it: JSON, XML, rows of columns, X12, by the paths of its lines.

use super::host::MessageHost;
use ::script::{Held, Host, Refusal, Segment, Written, codes};
use formats::{Document, Node, Path, edit};
use message::limits;

/// Bytes of a document that cost one unit of fuel: it is read again after each change.
const READ_BYTES_PER_FUEL: usize = 256;
/// Bytes that one run may write into its message.
const WRITTEN_MAX: usize = limits::FRAME_BYTES_MAX;

/// See the module. What is not about the message is as around HL7 v2.
pub(super) struct DocumentHost {
    document: Document,
    around: MessageHost,
    written: usize,
}

impl DocumentHost {
    pub(super) fn new(document: Document, around: MessageHost) -> DocumentHost {
        DocumentHost { document, around, written: 0 }
    }

    pub(super) fn into_parts(self) -> (Document, MessageHost) {
        (self.document, self.around)
    }

    fn path(&self, text: &str) -> Result<Path, Refusal> {
        let mut path = Path::parse(text).map_err(|_| {
            Refusal::new(codes::E1446, "this is no path; one is written like `patient.mrn` or `row.mrn`", text)
        })?;
        path.resolve_prefixes(&self.document.layout().namespaces);
        Ok(path)
    }

    fn change(&mut self, changed: Result<Document, edit::Refused>, about: &str) -> Result<(), Refusal> {
        let changed = changed.map_err(|refused| Refusal::new(refused.code, "this place cannot be written", about))?;
        self.around.burn(1 + (changed.write().len() / READ_BYTES_PER_FUEL) as u64)?;
        self.document = changed;
        Ok(())
    }
}

/// Segments are of HL7 v2.
#[cold]
fn no_segments<T>() -> Result<T, Refusal> {
    Err(Refusal::new(codes::E1446, "this message has no segments; name its places by paths", ""))
}

fn held(node: Node<'_>) -> Held {
    Held::text(node.text().to_owned())
}

impl Host for DocumentHost {
    fn get(&mut self, of: Segment, text: &str) -> Result<Held, Refusal> {
        if of.is_some() {
            return no_segments();
        }
        self.around.burn(1)?;
        let path = self.path(text)?;
        Ok(self.document.first(&path).map_or(Held::Empty, held))
    }

    fn all(&mut self, of: Segment, text: &str) -> Result<Vec<Held>, Refusal> {
        if of.is_some() {
            return no_segments();
        }
        let path = self.path(text)?;
        let values: Vec<Held> = path.all(self.document.root()).into_iter().map(held).collect();
        self.around.burn(1 + values.len() as u64)?;
        Ok(values)
    }

    fn set(&mut self, of: Segment, text: &str, value: &Written) -> Result<(), Refusal> {
        if of.is_some() {
            return no_segments();
        }
        let Written::One(value) = value else {
            return Err(Refusal::new(codes::E1446, "one place takes one value; write each item for itself", text));
        };
        self.written = self.written.saturating_add(value.as_str().len());
        if self.written > WRITTEN_MAX {
            return Err(Refusal::new(codes::E1447, "a script wrote more into its message than it may", ""));
        }
        let path = self.path(text)?;
        let before = self.document.first(&path);
        let is_number = before.is_some_and(|node| node.kind() == formats::Kind::Number);
        let changed = match value {
            Held::Text(text) if is_number && formats::is_number(text) => edit::Value::Number(text),
            Held::Text(text) => edit::Value::Text(text),
            Held::Empty | Held::Null if before.is_some() => edit::Value::Nothing,
            Held::Empty | Held::Null => return Ok(()),
        };
        let changed = self.document.set(&path, changed);
        self.change(changed, text)
    }

    fn remove(&mut self, of: Segment, text: &str) -> Result<(), Refusal> {
        if of.is_some() {
            return no_segments();
        }
        let path = self.path(text)?;
        let changed = self.document.remove(&path);
        self.change(changed, text)
    }

    fn segments(&mut self, _: &str) -> Result<Vec<u32>, Refusal> {
        no_segments()
    }

    fn insert(&mut self, _: &str, _: Segment, _: bool) -> Result<u32, Refusal> {
        no_segments()
    }

    fn name(&mut self, _: u32) -> Result<(String, u32), Refusal> {
        no_segments()
    }

    fn raw(&mut self) -> Result<String, Refusal> {
        self.around.burn(1 + (self.document.source().len() / 64) as u64)?;
        Ok(self.document.source().to_owned())
    }

    fn table(&mut self, name: &str) -> Result<(), Refusal> {
        self.around.table(name)
    }

    fn row(&mut self, table: &str, code: &str, column: &str) -> Result<Option<String>, Refusal> {
        self.around.row(table, code, column)
    }

    fn log(&mut self, line: &str) -> Result<(), Refusal> {
        self.around.log(line)
    }

    fn now(&self) -> Option<f64> {
        self.around.now()
    }

    fn random(&mut self) -> Option<f64> {
        self.around.random()
    }
}
