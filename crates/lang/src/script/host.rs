//! An HL7 v2 message as a script sees it, and what stands around it: tables, the log, the moment, chance.

use super::{Grants, paths};
use crate::{
    codes as own,
    item::Atom,
    path::atom,
    program::write::{self, Written as Content},
    run::{Fault, Run, Site},
    table::Tables,
};
use ::script::{Held, Host, Refusal, Segment, Written, codes};
use hl7v2::{
    Message, Path, Place, Value,
    path::{Index, Member},
};
use message::{Phi, limits};
use std::sync::Arc;

/// Segments that a script may hold at once.
const HANDLES_MAX: usize = 100_000;
/// Lines of the log of one message.
const LOG_LINES_MAX: usize = 100;
/// Characters of one line of the log, and of all lines.
const LOG_LINE_MAX: usize = 4096;
const LOG_MAX: usize = 16 * 1024;
/// Bytes that one run may write into its message.
const WRITTEN_MAX: usize = limits::FRAME_BYTES_MAX;
/// Bytes of a message that cost one unit of fuel to move, as for the lines of a program.
const MOVED_BYTES_PER_FUEL: usize = 8192;

/// Which of the segments of its id; `None` once it was removed.
#[derive(Clone, Copy, Debug)]
struct Handle {
    id: [u8; 3],
    occurrence: Option<u16>,
}

/// See the module.
pub(crate) struct MessageHost {
    message: Option<Message>,
    run: Run,
    tables: Arc<Tables>,
    grants: Grants,
    handles: Vec<Handle>,
    logged: usize,
    written: usize,
    drawn: u64,
}

/// Around a value there is no message and nothing granted.
pub(crate) fn value_host(run: Run, tables: Arc<Tables>) -> MessageHost {
    MessageHost::new(None, run, tables, Grants::default())
}

impl MessageHost {
    pub(crate) fn new(message: Option<Message>, run: Run, tables: Arc<Tables>, grants: Grants) -> MessageHost {
        let logged = run.log.iter().map(|line| line.reveal().len()).sum();
        MessageHost { message, run, tables, grants, handles: Vec::new(), logged, written: 0, drawn: 0 }
    }

    pub(crate) fn into_parts(self) -> (Option<Message>, Run) {
        (self.message, self.run)
    }

    fn message(&self) -> Result<&Message, Refusal> {
        self.message.as_ref().ok_or_else(|| Refusal::new(codes::E1446, "there is no message here, only `value`", ""))
    }

    fn message_mut(&mut self) -> Result<&mut Message, Refusal> {
        self.message.as_mut().ok_or_else(|| Refusal::new(codes::E1446, "there is no message here, only `value`", ""))
    }

    pub(super) fn burn(&mut self, amount: u64) -> Result<(), Refusal> {
        if self.run.burn(amount) {
            return Ok(());
        }
        Err(Refusal::new(own::E2404, "this message needs more steps than one message may use", ""))
    }

    /// An edit moves the bytes behind it.
    fn burn_edit(&mut self) -> Result<(), Refusal> {
        let size = self.message()?.write().len();
        self.burn(1 + (size / MOVED_BYTES_PER_FUEL) as u64)
    }

    fn place(&self, of: u32) -> Result<([u8; 3], u16), Refusal> {
        let handle = self.handles.get(of as usize);
        let found = handle.and_then(|handle| Some((handle.id, handle.occurrence?)));
        found.ok_or_else(|| Refusal::new(codes::E1446, "this segment was removed", ""))
    }

    /// The path that is meant: of the message, or of a place in a segment.
    fn path(&self, of: Segment, text: &str) -> Result<Path, Refusal> {
        match of {
            None => Ok((*paths::of_message(text)?).clone()),
            Some(of) => {
                let (id, occurrence) = self.place(of)?;
                Ok(paths::inside(id, occurrence, &*paths::of_segment(id, text)?))
            }
        }
    }

    fn readable(&self, of: Segment, text: &str) -> Result<Path, Refusal> {
        let path = self.path(of, text)?;
        if path.is_target_only() {
            return Err(Refusal::new(codes::E1446, "`[+]` makes a new one, so it can only be written to", text));
        }
        Ok(path)
    }

    fn hold(&mut self, id: [u8; 3], occurrence: u16) -> Result<u32, Refusal> {
        if self.handles.len() >= HANDLES_MAX {
            let what = format!("a script holds at most {HANDLES_MAX} segments");
            return Err(Refusal::new(codes::E1447, what, ""));
        }
        self.handles.push(Handle { id, occurrence: Some(occurrence) });
        Ok(u32::try_from(self.handles.len() - 1).unwrap_or(u32::MAX))
    }

    /// Removes segments, and tells those who hold one.
    fn remove_segments(&mut self, path: &Path, text: &str) -> Result<(), Refusal> {
        let message = self.message_mut()?;
        message.delete(path).map_err(|error| edit_refused(&error, text))?;
        let removed = match path.occurrence {
            Index::At(number) => Some(number),
            _ => None,
        };
        for handle in self.handles.iter_mut().filter(|handle| handle.id == path.segment) {
            handle.occurrence = match (handle.occurrence, removed) {
                (Some(at), Some(gone)) if at > gone => Some(at - 1),
                (Some(at), Some(gone)) if at < gone => Some(at),
                _ => None,
            };
        }
        Ok(())
    }
}

fn held(atom: Atom<'_>) -> Held {
    match atom {
        Atom::Empty => Held::Empty,
        Atom::Null => Held::Null,
        Atom::Text(text) => Held::Text(text.into_owned()),
    }
}

fn atom_of(held: &Held) -> Atom<'_> {
    match held {
        Held::Empty => Atom::Empty,
        Held::Null => Atom::Null,
        Held::Text(text) => Atom::text(text.as_str()),
    }
}

/// What the message refused, without the path, which may be made of content.
#[cold]
fn edit_refused(error: &hl7v2::Error, about: &str) -> Refusal {
    let why = match error {
        hl7v2::Error::Refused { text, .. }
        | hl7v2::Error::Unsupported { text, .. }
        | hl7v2::Error::InvalidPath { text, .. } => text,
    };
    Refusal::new(own::E2405, format!("this place cannot be written: {why}"), about)
}

#[cold]
fn fault_refused(fault: &Fault, path: &Path, about: &str) -> Refusal {
    let what = fault.text.replace(&path.to_string(), "this place");
    Refusal::new(fault.code, what, about)
}

impl Host for MessageHost {
    fn get(&mut self, of: Segment, text: &str) -> Result<Held, Refusal> {
        self.burn(1)?;
        if let Some(of) = of {
            let (id, occurrence) = self.place(of)?;
            let member = paths::of_segment(id, text)?;
            let segment = self.message()?.segments_named(id).nth(usize::from(occurrence.max(1)) - 1);
            let element = segment.and_then(|segment| segment.get(&member));
            return Ok(element.map_or(Held::Empty, |element| held(atom(element))));
        }
        let path = paths::of_message(text)?;
        if path.is_target_only() || path.is_segment() {
            let what = "this names no value: write a field, such as `PID-5.1`, and no `[+]`";
            return Err(Refusal::new(codes::E1446, what, text));
        }
        Ok(self.message()?.first(&path).map_or(Held::Empty, |element| held(atom(element))))
    }

    fn all(&mut self, of: Segment, text: &str) -> Result<Vec<Held>, Refusal> {
        let mut path = self.readable(of, text)?;
        if path.is_segment() {
            return Err(Refusal::new(codes::E1446, "this is a whole segment; use `segments`", text));
        }
        if path.occurrence == Index::Unsaid {
            path.occurrence = Index::All;
        }
        if let Some((_, index @ Index::Unsaid)) = &mut path.member.field {
            *index = Index::All;
        }
        let values: Vec<Held> = self.message()?.every(&path).map(|element| held(atom(element))).collect();
        self.burn(1 + values.len() as u64)?;
        Ok(values)
    }

    fn set(&mut self, of: Segment, text: &str, value: &Written) -> Result<(), Refusal> {
        let mut path = self.path(of, text)?;
        if path.is_segment() {
            return Err(Refusal::new(codes::E1446, "a whole segment cannot be written; set its fields", text));
        }
        if matches!(&path.segment, b"MSH" | b"FHS" | b"BHS") && matches!(path.member.field, Some((1 | 2, _))) {
            return Err(Refusal::new(
                codes::E1446,
                "MSH-1 and MSH-2 declare the separators and cannot be changed",
                text,
            ));
        }
        self.burn_edit()?;
        let list: Vec<Atom<'_>> = match value {
            Written::One(one) => vec![atom_of(one)],
            Written::Many(many) => many.iter().map(atom_of).collect(),
        };
        self.written = list.iter().fold(self.written, |sum, atom| sum.saturating_add(atom.as_str().len()));
        if self.written > WRITTEN_MAX {
            return Err(Refusal::new(codes::E1447, "a script wrote more into its message than it may", ""));
        }
        let message = self.message_mut()?;
        let may_make = write::resolve_append(&mut path, message, &mut Vec::new(), 0);
        let content = match value {
            Written::One(one) => Content::of(crate::value::Content::Atom(atom_of(one))),
            Written::Many(_) => Content::List(list),
        };
        write::put(message, &path, &content, may_make, &Site::nowhere())
            .map_err(|fault| fault_refused(&fault, &path, text))
    }

    fn remove(&mut self, of: Segment, text: &str) -> Result<(), Refusal> {
        let path = match (of, text) {
            (Some(of), "") => {
                let (id, occurrence) = self.place(of)?;
                paths::inside(id, occurrence, &Member::default())
            }
            (of, text) => self.readable(of, text)?,
        };
        self.burn_edit()?;
        if !path.is_segment() {
            return self.message_mut()?.delete(&path).map(drop).map_err(|error| edit_refused(&error, text));
        }
        if &path.segment == b"MSH" {
            return Err(Refusal::new(codes::E1446, "a message keeps its MSH segment", text));
        }
        self.remove_segments(&path, text)
    }

    fn segments(&mut self, text: &str) -> Result<Vec<u32>, Refusal> {
        let wanted = if text.is_empty() { None } else { Some(paths::id(text)?) };
        let mut counts: Vec<([u8; 3], u16)> = Vec::new();
        let mut found = Vec::new();
        for element in self.message()?.segments() {
            let Ok(id) = <[u8; 3]>::try_from(element.id().as_bytes()) else { continue };
            if wanted.is_some_and(|wanted| wanted != id) {
                continue;
            }
            let at = counts.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
                counts.push((id, 0));
                counts.len() - 1
            });
            counts[at].1 = counts[at].1.saturating_add(1);
            found.push((id, counts[at].1));
        }
        self.burn(1 + found.len() as u64)?;
        found.into_iter().map(|(id, occurrence)| self.hold(id, occurrence)).collect()
    }

    fn insert(&mut self, text: &str, beside: Segment, is_after: bool) -> Result<u32, Refusal> {
        let id = paths::id(text)?;
        if &id == b"MSH" {
            return Err(Refusal::new(codes::E1446, "a message has one MSH segment", text));
        }
        self.burn_edit()?;
        let beside = beside.map(|of| self.place(of)).transpose()?;
        let anchor = beside.map(|(id, occurrence)| paths::inside(id, occurrence, &Member::default()));
        let message = self.message_mut()?;
        // Which of its id it will be: one more than stand in front of it.
        let mut before: u16 = 0;
        let mut anchors: u16 = 0;
        for element in message.segments() {
            let is_anchor = beside.is_some_and(|(anchor, occurrence)| {
                element.id().as_bytes() == anchor && {
                    anchors += 1;
                    anchors == occurrence
                }
            });
            if is_anchor && !is_after {
                break;
            }
            before = before.saturating_add(u16::from(element.id().as_bytes() == id));
            if is_anchor {
                break;
            }
        }
        let raw = format!("{text}{}", char::from(message.delimiters().field));
        let place = match &anchor {
            None => Place::End,
            Some(anchor) if is_after => Place::After(anchor),
            Some(anchor) => Place::Before(anchor),
        };
        message.insert_segment(place, Value::Raw(raw.as_bytes())).map_err(|error| edit_refused(&error, text))?;
        let number = before.saturating_add(1);
        for handle in self.handles.iter_mut().filter(|handle| handle.id == id) {
            handle.occurrence = handle.occurrence.map(|at| if at >= number { at.saturating_add(1) } else { at });
        }
        self.hold(id, number)
    }

    fn name(&mut self, of: u32) -> Result<(String, u32), Refusal> {
        let (id, occurrence) = self.place(of)?;
        Ok((String::from_utf8_lossy(&id).into_owned(), u32::from(occurrence)))
    }

    fn raw(&mut self) -> Result<String, Refusal> {
        let message = self.message()?;
        let bytes = message.write();
        let text = message.text_of(&bytes).into_owned();
        self.burn(1 + (text.len() / 64) as u64)?;
        Ok(text)
    }

    fn table(&mut self, name: &str) -> Result<(), Refusal> {
        let name = name.strip_prefix("table:").unwrap_or(name);
        let is_there = self.tables.get(name).is_some();
        is_there.then_some(()).ok_or_else(|| Refusal::new(codes::E1450, "there is no such code table", name))
    }

    fn row(&mut self, table: &str, code: &str, column: &str) -> Result<Option<String>, Refusal> {
        self.burn(1)?;
        self.table(table)?;
        let name = table.strip_prefix("table:").unwrap_or(table);
        let Some(table) = self.tables.get(name) else { return Ok(None) };
        if column.is_empty() {
            return Ok(table.find(code).map(|_| String::new()));
        }
        let Some(number) = table.column(column) else {
            return Err(Refusal::new(codes::E1450, "the code table has no such column", column));
        };
        Ok(table.row(code).map(|row| row.cell(number).to_owned()))
    }

    fn log(&mut self, line: &str) -> Result<(), Refusal> {
        if self.run.log.len() >= LOG_LINES_MAX || self.logged >= LOG_MAX {
            let what = format!("a script keeps at most {LOG_LINES_MAX} lines and {LOG_MAX} characters with a message");
            return Err(Refusal::new(codes::E1447, what, ""));
        }
        let room = LOG_LINE_MAX.min(LOG_MAX - self.logged);
        let end = line.char_indices().map(|(at, letter)| at + letter.len_utf8()).take_while(|end| *end <= room).last();
        let line = line.get(..end.unwrap_or(0)).unwrap_or("").to_owned();
        self.logged += line.len();
        self.run.log.push(Phi::new(line));
        Ok(())
    }

    fn now(&self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss)]
        let millis = self.run.now.0.div_euclid(1000) as f64;
        self.grants.clock.then_some(millis)
    }

    fn random(&mut self) -> Option<f64> {
        if !self.grants.random {
            return None;
        }
        self.drawn = self.drawn.wrapping_add(1);
        // SplitMix64: the n-th number of a message depends on the message and on n.
        let mut mixed = self.run.seed.wrapping_add(self.drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        #[allow(clippy::cast_precision_loss)]
        let number = (mixed >> 11) as f64 / (1u64 << 53) as f64;
        Some(number)
    }
}
