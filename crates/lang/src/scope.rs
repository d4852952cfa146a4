//! What a line may refer to: code tables, names bound by `each`, shared maps, the dictionary.

use crate::{
    codes,
    dictionary::{Dictionary, Segments},
    map::Library,
    profile::Profiles,
    suggest,
    table::{Table, Tables},
};
use message::{Diagnostic, limits};
use std::{cell::Cell, sync::Arc};

/// Everything that a line may refer to. Made once a file; [`crate::Condition`], [`crate::Value`] and the rest read it.
pub struct Scope<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) dictionary: &'a dyn Dictionary,
    pub(crate) library: Option<&'a Library>,
    pub(crate) profiles: Option<&'a Profiles>,
    pub(crate) names: Vec<Binding>,
    /// Nesting of `each` at this line: the slot of the next name.
    pub(crate) depth: usize,
}

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
}

impl<'a> Scope<'a> {
    /// The code tables, and the built-in dictionary of segments.
    #[must_use]
    pub fn new(tables: &'a Tables) -> Scope<'a> {
        Scope { tables, dictionary: &Segments, library: None, profiles: None, names: Vec::new(), depth: 0 }
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

    /// The innermost binding of a name; marks it as used.
    pub(crate) fn bound(&self, name: &str) -> Option<&Binding> {
        let binding = self.names.iter().rev().find(|binding| *binding.name == *name)?;
        binding.is_used.set(true);
        Some(binding)
    }

    /// The table of that name, also written `table:NAME`.
    pub(crate) fn table(&self, name: &str) -> Result<Arc<Table>, Box<Diagnostic>> {
        let name = name.strip_prefix("table:").unwrap_or(name);
        self.tables.get(name).cloned().ok_or_else(|| {
            let mut finding = Diagnostic::error(codes::E2209, format!("there is no code table `{name}`"));
            finding.hint = suggest::did_you_mean(name, self.tables.names())
                .or_else(|| Some(format!("add the file tables/{name}.csv with a line `from,to`")));
            Box::new(finding)
        })
    }

    /// Another level of `each` is within the limit.
    pub(crate) fn can_nest(&self) -> bool {
        self.depth < limits::SYNTAX_DEPTH_MAX
    }
}
