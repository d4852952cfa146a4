//! References: their form, where they lead, and whether an element may lead there.

use super::Issue;
use super::primitive::is_id;
use super::walk::{Scope, Walk};
use crate::definitions::{Member, Type, TypeReference};
use crate::names::names;
use crate::{Node, codes};

/// What a reference says on its face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literal<'t> {
    /// `#id`; empty for `#`, the resource around it.
    Contained(&'t str),
    /// `Patient/1`, with or without a server before it.
    Restful(Type),
    /// `urn:uuid:…`.
    Urn,
    /// Any other URL.
    Other,
    /// None of these.
    Wrong,
}

impl<'t> Literal<'t> {
    pub(super) fn of(text: &'t str) -> Literal<'t> {
        if let Some(id) = text.strip_prefix('#') {
            return Literal::Contained(id);
        }
        if text.starts_with("urn:") {
            return Literal::Urn;
        }
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let mut parts = path.rsplit('/');
        let (mut id, mut name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if name == "_history" {
            (id, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        }
        let ty = Type::named(name).filter(|ty| ty.is_resource());
        let has_server =
            text.split_once(':').is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphabetic()));
        // What is before the type is a server, or nothing.
        let is_bare = || parts.clone().next().is_none();
        match ty {
            Some(ty) if is_id(id) && (has_server || is_bare()) => Literal::Restful(ty),
            _ if has_server => Literal::Other,
            // A conditional reference of a transaction: `Patient?identifier=…`.
            _ if text.contains('?') && Type::named(path).is_some_and(Type::is_resource) => {
                Type::named(path).map_or(Literal::Wrong, Literal::Restful)
            }
            _ => Literal::Wrong,
        }
    }
}

impl<'t> Walk<'_, 't> {
    pub(super) fn reference(&mut self, node: Node<'t>, member: Member, scope: Scope<'t>) {
        let said = node.get(names().kind);
        let said_type = said.and_then(Node::text).and_then(|name| Type::named(name).or_else(|| Type::of_url(name)));
        let found = node.get(names().reference).and_then(|found| Some((found, found.text()?)));
        let target = match found {
            Some((found, text)) => self.target(found, text, scope),
            None => None,
        };
        if let (Some(said), Some(said_type), Some(target)) = (said, said_type, target)
            && said_type != target
        {
            self.tell(said, Issue::error(codes::E1271, "The type of the reference is not that of what it leads to."));
        }
        let Some(reference) = member.reference() else { return };
        if let Some(target) = target.or(said_type).filter(|target| !reference.allows(*target)) {
            let at = found.map_or(node, |found| found.0);
            self.tell(at, not_allowed(reference, target));
        }
    }

    /// The type of the resource that a reference leads to, as far as it can be known.
    fn target(&mut self, node: Node<'t>, text: &'t str, scope: Scope<'t>) -> Option<Type> {
        let literal = Literal::of(text);
        if literal == Literal::Wrong {
            let issue = Issue::error(
                codes::E1270,
                "A reference is Type/id, a URL, a URN, or # and the id of a contained resource.",
            );
            self.tell(node, issue.hint("what is only a business identifier stands in Reference.identifier"));
            return None;
        }
        let resolved = self.resolve(text, scope);
        match (literal, resolved) {
            (Literal::Contained(_), None) => {
                self.tell(node, Issue::error(codes::E1272, "The resource contains no resource with this id."));
            }
            (Literal::Urn, None) if !self.bundles.is_empty() => {
                self.tell(node, Issue::error(codes::E1272, "The bundle has no entry with this fullUrl."));
            }
            (Literal::Contained(_) | Literal::Urn | Literal::Restful(_) | Literal::Other | Literal::Wrong, _) => {}
        }
        let by_name = match literal {
            Literal::Restful(ty) => Some(ty),
            Literal::Contained(_) | Literal::Urn | Literal::Other | Literal::Wrong => None,
        };
        resolved.and_then(Node::resource_type).and_then(Type::named).or(by_name)
    }

    /// The resource that a reference leads to: contained, or an entry of the bundle.
    pub(super) fn resolve(&self, text: &str, scope: Scope<'t>) -> Option<Node<'t>> {
        if let Some(id) = text.strip_prefix('#') {
            if id.is_empty() {
                return Some(scope.container);
            }
            let contained = scope.container.get(names().contained).into_iter().flat_map(Node::items);
            let is_it = |resource: &Node<'t>| resource.get(names().id).and_then(Node::text) == Some(id);
            return contained.into_iter().find(is_it);
        }
        self.bundles.last().and_then(|bundle| bundle.find(text, scope.full_url))
    }
}

fn not_allowed(reference: TypeReference, target: Type) -> Issue {
    let allowed: Vec<&str> = reference.targets().map(Type::name).collect();
    Issue::error(
        codes::E1271,
        format!("The reference leads to a {}, and the element does not take that.", target.name()),
    )
    .hint(format!("it takes: {}", allowed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        let check = |text: &str, expect: Literal<'_>| assert_eq!(Literal::of(text), expect, "{text}");
        let patient = Literal::Restful(Type::named("Patient").expect("R4 has it"));
        check("#a", Literal::Contained("a"));
        check("#", Literal::Contained(""));
        check("Patient/1", patient);
        check("Patient/1/_history/2", patient);
        check("http://example.org/fhir/Patient/1", patient);
        check("https://example.org/Patient/1/_history/7", patient);
        check("Patient?identifier=http://x|1", patient);
        check("urn:uuid:1", Literal::Urn);
        check("http://example.org/x", Literal::Other);
        for wrong in
            ["Patient", "1", "", "patient/1", "Patient/", "Patient/a b", "x/Patient/1", "/Patient/1", "Patient/1/name"]
        {
            check(wrong, Literal::Wrong);
        }
    }
}
