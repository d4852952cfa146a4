//! `ValueSetBindingsContext`: bindings that stand apart from the profile, and elements that are one certain code.

use super::{By, Level, Reader};
use crate::profile::expression::Path;
use crate::profile::model::{Binding, Location, SingleCode, Strength};
use xml::Node;
use xml::{attribute, child, children, named};

impl Reader {
    pub(super) fn read_bindings(&mut self, root: Node<'_, '_>) {
        for (section, is_single) in [("ValueSetBindings", false), ("SingleCodeBindings", true)] {
            let Some(section) = child(root, section) else { continue };
            for (level, name) in Level::ALL {
                for context in child(section, name).into_iter().flat_map(children) {
                    let Some(by) = By::read(context) else { continue };
                    self.read_binding_context(context, level, &by, is_single);
                }
            }
        }
    }

    fn read_binding_context(&mut self, context: Node<'_, '_>, level: Level, by: &By<'_>, is_single: bool) {
        let (mut bindings, mut singles) = (Vec::new(), Vec::new());
        for node in children(context) {
            if is_single {
                singles.extend(self.read_single(node, by.text()));
            } else {
                bindings.extend(self.read_binding(node, by.text()));
            }
        }
        for owner in self.statements_of(level, by) {
            owner.bindings.extend(bindings.iter().cloned());
            owner.single_codes.extend(singles.iter().cloned());
        }
    }

    pub(super) fn read_binding(&mut self, node: Node<'_, '_>, owner: &str) -> Option<Binding> {
        let Some(target) = attribute(node, "Target").and_then(Path::read) else {
            self.problem(format!("{owner}: a binding whose target is no path"));
            return None;
        };
        let sets = child(node, "Bindings").into_iter().flat_map(children);
        let sets = sets.filter_map(|set| attribute(set, "BindingIdentifier")).map(|id| self.set_ref(id)).collect();
        let strength = Strength::read(attribute(node, "BindingStrength"));
        Some(Binding { target, sets, locations: locations(node), strength })
    }

    fn read_single(&mut self, node: Node<'_, '_>, owner: &str) -> Option<SingleCode> {
        let target = attribute(node, "Target").and_then(Path::read);
        let (Some(target), Some(code), Some(system)) = (target, attribute(node, "Code"), attribute(node, "CodeSystem"))
        else {
            self.problem(format!("{owner}: a binding to one code lacks its target, its code or its code system"));
            return None;
        };
        Some(SingleCode { target, code: code.into(), system: system.into(), locations: locations(node) })
    }
}

fn locations(node: Node<'_, '_>) -> Vec<Location> {
    let list = child(node, "BindingLocations")
        .into_iter()
        .flat_map(|list| named(list, "SimpleBindingLocation").chain(named(list, "ComplexBindingLocation")));
    let path = |node: Node<'_, '_>, name: &str| attribute(node, name).and_then(Path::read);
    list.filter_map(|at| Some(Location { code: path(at, "CodeLocation")?, system: path(at, "CodeSystemLocation") }))
        .collect()
}
