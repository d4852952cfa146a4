//! What a line may refer to: code tables, names bound by `each`, shared maps, the dictionary.

use crate::{
    codes,
    dictionary::{Dictionary, Segments},
    form::{Form, Forms},
    list::ValueList,
    lookup::Lookups,
    map::{Asked, Library},
    path::{Inside, ReadPath, SHORTHANDS},
    profile::Profiles,
    script::{Scripts, unknown_tables},
    suggest,
    syntax::Cursor,
    table::{Table, Tables},
};
use ::script::Program;
use fhir::definitions::Member;
use hl7v2::{
    Path,
    path::Index,
    structure::{NodeId, Structure},
};
use message::{Diagnostic, limits};
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

/// Everything that a line may refer to. Made once a file; [`crate::Condition`], [`crate::Value`] and the rest read it.
pub struct Scope<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) dictionary: &'a dyn Dictionary,
    pub(crate) library: Option<&'a Library>,
    pub(crate) profiles: Option<&'a Profiles>,
    pub(crate) scripts: Option<&'a Scripts>,
    pub(crate) lookups: Option<&'a Lookups>,
    pub(crate) names: Vec<Binding>,
    /// Nesting of `each` at this line: the slot of the next name.
    pub(crate) depth: usize,
    /// The structure whose groups lines may name.
    pub(crate) structure: Option<&'static Structure>,
    /// Paths are those of elements of FHIR, not of a v2 message.
    pub(crate) reads_fhir: bool,
    /// Paths are those of this form: neither HL7 v2 nor FHIR.
    pub(crate) form: Option<&'a Form>,
    /// Descriptions of formats that heads of maps may name.
    pub(crate) forms: Option<&'a Forms>,
    /// What names of places lead to, from the root.
    pub(crate) ways: Vec<Arc<[Arc<str>]>>,
    /// Steps that the line itself reads, behind the value: they need to know what is written.
    pub(crate) own_steps: Cell<&'static [&'static str]>,
    /// What lines asked for by name so far.
    pub(crate) asked: RefCell<Asked>,
}

/// Words of conditions and values, which no name may hide.
const RESERVED: [&str; 7] = ["null", "empty", "not", "any", "all", "count", "valid"];

/// A name bound by `each … as`.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) name: Arc<str>,
    pub(crate) bound: Bound,
    /// Which turn of the run it is bound to, counted from the outermost `each`.
    pub(crate) slot: usize,
    pub(crate) is_used: Cell<bool>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// A segment: `obx-5`.
    Segment([u8; 3]),
    /// A repetition of a field: `id.5`.
    Repetition([u8; 3], u16),
    /// A group of the structure: segments inside it are those of its turn.
    Group(NodeId),
    /// A value of this data type, in a shared map: `cx.4`.
    Datatype(&'static str),
    /// A value or resource of FHIR: `id.value`.
    Element(Member),
    /// A place of a message in another format, by the number of its way: `r.mrn`.
    Place(usize),
}

impl<'a> Scope<'a> {
    /// The code tables, and the built-in dictionary of segments.
    #[must_use]
    pub fn new(tables: &'a Tables) -> Scope<'a> {
        Scope {
            tables,
            dictionary: &Segments,
            library: None,
            profiles: None,
            scripts: None,
            lookups: None,
            names: Vec::new(),
            depth: 0,
            structure: None,
            reads_fhir: false,
            form: None,
            forms: None,
            ways: Vec::new(),
            own_steps: Cell::new(&[]),
            asked: RefCell::default(),
        }
    }
    /// Paths are those of messages of this form.
    #[must_use]
    pub fn reading(mut self, form: &'a Form) -> Scope<'a> {
        self.reads_fhir = form.format == message::Format::Fhir;
        self.form = form.has_places().then_some(form);
        self
    }

    /// With descriptions of formats for the heads of maps.
    #[must_use]
    pub fn with_forms(mut self, forms: &'a Forms) -> Scope<'a> {
        self.forms = Some(forms);
        self
    }

    /// Paths are those of HL7 v2.
    pub(crate) fn reads_v2(&self) -> bool {
        !self.reads_fhir && self.form.is_none()
    }

    /// The surroundings without names, for a map of its own.
    pub(crate) fn fresh(&self) -> Scope<'a> {
        let (own_steps, asked) = (Cell::new(&[][..]), RefCell::default());
        Scope { names: Vec::new(), depth: 0, ways: Vec::new(), own_steps, asked, ..*self }
    }

    /// With another dictionary.
    #[must_use]
    pub fn with_dictionary(mut self, dictionary: &'a dyn Dictionary) -> Scope<'a> {
        self.dictionary = dictionary;
        self
    }
    /// With shared maps for `use`.
    #[must_use]
    pub fn with_library(mut self, library: &'a Library) -> Scope<'a> {
        self.library = Some(library);
        self
    }

    /// With profiles for `valid under`.
    #[must_use]
    pub fn with_profiles(mut self, profiles: &'a Profiles) -> Scope<'a> {
        self.profiles = Some(profiles);
        self
    }

    /// With scripts for `| script`.
    #[must_use]
    pub fn with_scripts(mut self, scripts: &'a Scripts) -> Scope<'a> {
        self.scripts = Some(scripts);
        self
    }

    /// With lookups outside for `| lookup` and `enrich`.
    #[must_use]
    pub fn with_lookups(mut self, lookups: &'a Lookups) -> Scope<'a> {
        self.lookups = Some(lookups);
        self
    }

    /// The lookup outside of that name.
    pub(crate) fn lookup(&self, name: &str) -> Option<&Arc<str>> {
        let found = self.lookups.and_then(|lookups| lookups.get(name));
        let mut asked = self.asked.borrow_mut();
        if found.is_some() {
            asked.keep_own()
        } else {
            asked.add_without(name)
        }
        found
    }

    /// The script of that name, with the tables that it may read.
    pub(crate) fn script(&self, name: &str) -> Result<(Arc<Program>, Arc<Tables>), Box<Diagnostic>> {
        self.asked.borrow_mut().keep_own();
        let none = Scripts::default();
        let program = self.scripts.unwrap_or(&none).find(name)?.clone();
        match unknown_tables(&program, self.tables).into_iter().next() {
            Some(finding) => Err(Box::new(finding)),
            None => Ok((program, Arc::new(self.tables.clone()))),
        }
    }

    /// The profile of that name, for `valid under`; `None` where none may stand.
    pub(crate) fn profiles(&self) -> Option<&'a Profiles> {
        self.asked.borrow_mut().keep_own();
        self.profiles
    }

    /// The innermost binding of a name; marks it as used.
    pub(crate) fn bound(&self, name: &str) -> Option<&Binding> {
        let binding = self.names.iter().rev().find(|binding| *binding.name == *name)?;
        binding.is_used.set(true);
        Some(binding)
    }

    /// The table of that name, also written `table:NAME`.
    pub(crate) fn table(&self, name: &str) -> Result<Arc<Table>, Box<Diagnostic>> {
        let name = name.strip_prefix("table:").unwrap_or(name);
        let mut asked = self.asked.borrow_mut();
        let found = self.tables.get(name).inspect(|table| asked.add_table(table)).cloned();
        found.ok_or_else(|| {
            asked.keep_own();
            let mut finding = Diagnostic::error(codes::E2209, format!("there is no code table `{name}`"));
            finding.hint = suggest::did_you_mean(name, self.tables.names())
                .or_else(|| Some(format!("add the file tables/{name}.csv with a line `from,to`")));
            Box::new(finding)
        })
    }

    /// The list of values that is written `list:NAME`.
    pub(crate) fn list(&self, name: &str) -> Result<Arc<ValueList>, Box<Diagnostic>> {
        let mut asked = self.asked.borrow_mut();
        let found = self.tables.list(name).inspect(|list| asked.add_list(list)).cloned();
        found.ok_or_else(|| {
            asked.keep_own();
            let mut finding = Diagnostic::error(codes::E2620, format!("there is no list `{name}`"));
            finding.hint = suggest::did_you_mean(name, self.tables.lists().map(|list| &**list.name())).or_else(|| {
                Some(match self.tables.get(name) {
                    Some(_) => format!("`{name}` is a code table: write `in table:{name}`"),
                    None => format!("add the file lists/{name}.txt with one value on each line"),
                })
            });
            Box::new(finding)
        })
    }

    /// The pipe before which the cursor stands begins a step that the line reads itself.
    pub(crate) fn ends_value(&self, cursor: &Cursor<'_>) -> bool {
        let mut ahead = cursor.clone();
        ahead.take();
        self.own_steps.get().iter().any(|word| ahead.is_at(word))
    }

    /// A path of the message as this line means it: inside an `each` over a group that has the segment, that of the turn.
    pub(crate) fn place(&self, path: Path) -> ReadPath {
        let around = self.names.iter().rev().find_map(|binding| match binding.bound {
            Bound::Group(node) if path.groups.is_empty() => {
                self.has_segment(node, path.segment).then_some((binding, None))
            }
            Bound::Group(node) => Some((binding, Some(self.inside(node, &path)?))),
            Bound::Segment(_) | Bound::Repetition(..) | Bound::Datatype(_) | Bound::Element(_) | Bound::Place(_) => {
                None
            }
        });
        match around {
            Some((binding, group)) => {
                binding.is_used.set(true);
                ReadPath::Within { slot: binding.slot, group, path }
            }
            None => ReadPath::Message(path),
        }
    }

    /// The groups that a path names, where the group around has them. A number says which only of the last.
    fn inside(&self, around: NodeId, path: &Path) -> Option<Inside> {
        let structure = self.structure?;
        let (last, above) = path.groups.split_last()?;
        let mut at = around;
        for name in path.groups.iter().map(|group| &group.name) {
            let named = (0u32..).zip(structure.nodes()).filter(|(_, node)| *node.name == **name);
            let mut below = named.map(|(number, _)| number).filter(|number| *number != at);
            at = below.find(|number| is_below(structure, *number, at))?;
        }
        let number = match last.occurrence {
            Index::At(number) => Some(number),
            Index::Unsaid | Index::All | Index::Append | Index::Where(_) => None,
        };
        let is_plain = above.iter().all(|group| matches!(group.occurrence, Index::Unsaid | Index::All));
        (is_plain && self.has_segment(at, path.segment)).then_some(Inside { node: at, number })
    }

    /// The group may hold segments of this id. Z segments stand anywhere.
    fn has_segment(&self, group: NodeId, id: [u8; 3]) -> bool {
        let Some(structure) = self.structure else { return false };
        id[0] == b'Z'
            || (0u32..).zip(structure.nodes()).any(|(number, node)| {
                node.kind == hl7v2::structure::Kind::Segment(id) && is_below(structure, number, group)
            })
    }

    /// Takes a name from a line, for what each turn of it stands for; gives the turn.
    pub(crate) fn bind(&mut self, cursor: &mut Cursor<'_>, bound: Bound) -> Result<usize, Box<Diagnostic>> {
        let name = cursor.peek_str().to_owned();
        cursor.take();
        self.check_name(&name)?;
        if !self.can_nest() {
            let what = format!("names are nested at most {} deep", limits::SYNTAX_DEPTH_MAX);
            return Err(Box::new(Diagnostic::error(codes::E2308, what)));
        }
        let slot = self.depth;
        self.names.push(Binding { name: Arc::from(name), bound, slot, is_used: Cell::new(false) });
        self.depth += 1;
        Ok(slot)
    }

    /// A word may be a name here: no name of a line around, and no word that means something else in conditions and values.
    pub(crate) fn check_name(&self, name: &str) -> Result<(), Box<Diagnostic>> {
        let is_word = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_word {
            let what = "a name is small letters and digits, such as `id` or `obx`";
            return Err(Box::new(Diagnostic::error(codes::E2310, what)));
        }
        if self.names.iter().any(|binding| *binding.name == *name) {
            let what = format!("the name `{name}` is taken by a line around this one");
            return Err(Box::new(Diagnostic::error(codes::E2305, what)));
        }
        let is_shorthand = self.reads_v2() && SHORTHANDS.iter().any(|(word, _)| *word == name);
        if is_shorthand || RESERVED.contains(&name) {
            let what = format!("`{name}` is a word of the language");
            return Err(Box::new(
                Diagnostic::error(codes::E2305, what).hint(format!("take another, such as `{name}1`")),
            ));
        }
        Ok(())
    }

    /// What a path names is a whole group or segment of an `each`: nothing that could be a value.
    pub(crate) fn names_whole(&self, path: &ReadPath) -> bool {
        let ReadPath::Bound { slot, member } = path else { return false };
        let binding = self.names.iter().rev().find(|binding| binding.slot == *slot);
        member.field.is_none()
            && member.component.is_none()
            && matches!(binding.map(|binding| binding.bound), Some(Bound::Group(_) | Bound::Segment(_)))
    }

    /// Gives the last name back; a warning when no line used it.
    pub(crate) fn unbind(&mut self) -> Option<Diagnostic> {
        self.depth -= 1;
        let binding = self.names.pop().filter(|binding| !binding.is_used.get())?;
        Some(Diagnostic::warning(codes::E2304, format!("the name `{}` is never used", binding.name)))
    }

    /// Another level of `each` is within the limit.
    pub(crate) fn can_nest(&self) -> bool {
        self.depth < limits::SYNTAX_DEPTH_MAX
    }
}

/// A node is a group, or stands in it.
pub(crate) fn is_below(structure: &Structure, node: NodeId, group: NodeId) -> bool {
    let mut at = node;
    while at != 0 && at != group {
        at = structure.node(at).parent;
    }
    at == group
}
