//! What a map from FHIR reads: the resources of a bundle, and where references in them lead.

use fhir::{Kind, Node, bundle};

/// A bundle, or one resource as if it stood in one.
pub(crate) struct Source<'t> {
    /// The outermost resource.
    pub(crate) root: Node<'t>,
    resources: Vec<Node<'t>>,
    index: Option<bundle::Index<'t>>,
}

impl<'t> Source<'t> {
    /// Reads a bundle; any other resource is the only one of itself.
    pub(crate) fn of(root: Node<'t>) -> Source<'t> {
        if root.resource_type() == Some("Bundle") {
            return Source { root, resources: bundle::resources(root).collect(), index: Some(bundle::Index::of(root)) };
        }
        Source { root, resources: vec![root], index: None }
    }

    /// The resources of a type, in order of the bundle.
    pub(crate) fn of_type(&self, kind: &str) -> impl Iterator<Item = Node<'t>> {
        self.resources.iter().copied().filter(move |resource| resource.resource_type() == Some(kind))
    }

    /// The resource that a Reference leads to: another entry, or one that is contained (R4 references §2.3.0).
    pub(crate) fn follow(&self, reference: Node<'t>) -> Option<Node<'t>> {
        let text = reference.get("reference")?.text()?;
        let above = || std::iter::successors(Some(reference), |node| node.parent());
        if let Some(id) = text.strip_prefix('#') {
            // Contained resources stand in the outermost one that is no bundle.
            let holder = above().filter(|node| node.resource_type().is_some_and(|kind| kind != "Bundle")).last()?;
            let mut contained = holder.get("contained").into_iter().flat_map(Node::children);
            return contained.find(|one| one.get("id").and_then(Node::text) == Some(id));
        }
        let entry = above().find(|node| node.kind() == Kind::Object && node.get("resource").is_some());
        let from = entry.and_then(|entry| entry.get("fullUrl")).and_then(Node::text);
        self.index.as_ref()?.find(text, from)
    }
}

/// Says how many resources there are, never what they hold.
impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({} resources)", self.resources.len())
    }
}
