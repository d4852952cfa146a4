//! `ValueSetLibrary`: codes, and how firm the list of them is.

use super::Reader;
use crate::profile::model::{CodeUsage, Coded, Shape, ValueSet};
use crate::profile::read::expression::anchored;
use std::collections::{HashMap, HashSet};
use xml::Node;
use xml::{attribute, child, named, text_of};

impl Reader {
    pub(super) fn read_value_sets(&mut self, root: Node<'_, '_>) {
        for list in named(root, "NoValidation") {
            self.excluded.extend(named(list, "BindingIdentifier").map(text_of));
        }
        let first = self.model.sets.len() as u32;
        let mut repeated = 0;
        for set in named(root, "ValueSetDefinitions").flat_map(|list| named(list, "ValueSetDefinition")) {
            let mut set = self.read_value_set(set);
            let at = self.model.sets.len() as u32;
            // Of two with one name the later one counts, as in the tools that write these files. Two libraries are
            // taken together: which of them a message is meant for, nothing says.
            if let Some(before) = self.sets.insert(set.id.to_string(), at).filter(|before| *before < first) {
                set.absorb(&self.model.sets[before as usize]);
                repeated += 1;
            }
            self.model.sets.push(set);
        }
        if repeated > 0 {
            self.problem(format!("{repeated} value sets are in another library too; the codes of both count"));
        }
        // A library that the site keeps elsewhere is named without codes.
        for set in child(root, "ExternalValueSetDefinitions")
            .into_iter()
            .flat_map(|list| named(list, "ExternalValueSetDefinition"))
        {
            self.excluded.extend(attribute(set, "BindingIdentifier").map(str::to_owned));
        }
    }

    fn read_value_set(&mut self, node: Node<'_, '_>) -> ValueSet {
        let id = attribute(node, "BindingIdentifier").unwrap_or_default();
        let mut set = ValueSet {
            id: id.into(),
            name: attribute(node, "Name").unwrap_or_default().into(),
            is_open: attribute(node, "Extensibility") == Some("Open"),
            is_0396: id.contains("0396"),
            systems: HashSet::default(),
            codes: HashMap::default(),
            shapes: Vec::new(),
        };
        for element in named(node, "ValueElement") {
            let value = element.attribute("Value").unwrap_or_default();
            let usage = match attribute(element, "Usage") {
                Some("E") => CodeUsage::Excluded,
                Some("P") => CodeUsage::Permitted,
                _ => CodeUsage::Required,
            };
            set.systems.extend(element.attribute("CodeSystem").filter(|system| !system.is_empty()).map(Into::into));
            let coded = Coded { system: element.attribute("CodeSystem").unwrap_or_default().into(), usage };
            match self.shape(element, value, set.is_0396) {
                Some(shape) => set.shapes.push((shape, coded)),
                None => set.codes.entry(value.into()).or_default().push(coded),
            }
        }
        set
    }

    /// A code that stands for many: with a pattern, or written as `2 … 12`.
    fn shape(&mut self, element: Node<'_, '_>, value: &str, is_0396: bool) -> Option<Shape> {
        let pattern = match value {
            "HL7nnnn" if is_0396 => Some("HL7[0-9]{4}"),
            "99zzz" if is_0396 => Some("99[a-zA-Z0-9]{3}"),
            _ => attribute(element, "CodePattern"),
        };
        if let Some(pattern) = pattern {
            let compiled = anchored(pattern);
            if compiled.is_none() {
                self.problem("a code has a pattern that cannot be read; it is taken as it stands");
            }
            return compiled.map(Shape::Pattern);
        }
        let (low, high) = value.split_once(" … ").or_else(|| value.split_once(" ... "))?;
        Some(Shape::Between(low.trim().parse().ok()?, high.trim().parse().ok()?))
    }
}
