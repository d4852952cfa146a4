//! Extensions: whether they are known, stand where they may, and hold what they may.

use super::Issue;
use super::walk::Walk;
use crate::definitions::{self, Element, Member, Type};
use crate::names::names;
use crate::{Node, codes};

impl<'t> Walk<'_, 't> {
    /// `node` is the extension, `member` the element that it is (`extension` or `modifierExtension`), `holder` what it
    /// stands in.
    pub(super) fn extension(&mut self, node: Node<'t>, member: Member, holder: Member) {
        let Some((at, url)) = node.get(names().url).and_then(|at| Some((at, at.text()?))) else { return };
        let is_nested = holder.ty().is_some_and(|ty| ty.name() == "Extension");
        let is_modifier = member.element().name() == "modifierExtension";
        if !url.contains(':') {
            // Inside of another extension a short name is usual.
            if !is_nested {
                self.tell(at, Issue::error(codes::E1274, "The url of an extension is absolute."));
            }
            return;
        }
        if let Some(profile) = self.validator.profiles.extension(url) {
            return self.extension_profile(node, &profile);
        }
        let Some(known) = definitions::Profile::of_url(url) else {
            let issue = if is_modifier {
                Issue::warning(
                    codes::E1280,
                    "An unknown modifierExtension: who does not know it must not use the element.",
                )
            } else {
                Issue::note(codes::E1273, "The extension is not known here; it is allowed.")
            };
            return self.tell(at, issue);
        };
        if known.is_modifier() && !is_modifier {
            self.tell(
                at,
                Issue::error(
                    codes::E1274,
                    "This extension changes what its element means: it stands in modifierExtension.",
                ),
            );
        }
        if !is_nested && !known.contexts().any(|context| fits(context, holder)) {
            let contexts: Vec<&str> = known.contexts().collect();
            let issue = Issue::error(codes::E1274, "The extension does not stand here.");
            self.tell(at, issue.hint(format!("it stands in: {}", contexts.join(", "))));
        }
        let value = node.children().find(|child| child.key().is_some_and(|key| key.starts_with("value")));
        let ty = value.and_then(|value| Type::named("Extension")?.property(value.key()?)).and_then(Member::ty);
        match (value, ty, known.is_complex()) {
            (Some(value), _, true) => {
                self.tell(value, Issue::error(codes::E1274, "This extension holds other extensions, and no value."));
            }
            (Some(value), Some(ty), false) if !known.value_types().any(|allowed| allowed == ty) => {
                let types: Vec<&str> = known.value_types().map(Type::name).collect();
                let issue = Issue::error(codes::E1274, "The value of this extension is of another type.");
                self.tell(value, issue.hint(format!("it is of: {}", types.join(", "))));
            }
            (None, _, false) => {
                self.tell(node, Issue::error(codes::E1274, "This extension has a value."));
            }
            (Some(_), _, false) | (None, _, true) => {}
        }
        if known.is_complex()
            && let Some(profile) = self.validator.profiles.get(url)
        {
            self.extension_profile(node, &profile);
        }
    }
}

/// An extension with this context may stand in an element.
fn fits(context: &str, holder: Member) -> bool {
    // Contexts that are not paths (extensions, FHIRPath, profiles) are not judged.
    if context.contains([':', '(', '/', '#']) || context.is_empty() {
        return true;
    }
    let element = holder.element();
    let ty = if element.is_root() { Some(element.owner()) } else { holder.ty() };
    let is_type = Type::named(context).is_some_and(|wanted| match ty {
        Some(ty) => ty.is_a(wanted),
        None => wanted.name() == "Element" || wanted.name() == "BackboneElement",
    });
    is_type || is_path(context, element)
}

/// A path such as `Patient.contact` or `Observation.value[x]` is that of an element.
fn is_path(context: &str, element: Element) -> bool {
    context == element.to_string()
        || definitions::element(context).is_some_and(|found| {
            found.element() == element
                || found.element().content() == Some(element)
                || element.content() == Some(found.element())
        })
}
