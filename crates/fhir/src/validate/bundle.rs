//! What R4 asks of the entries of a bundle besides its invariants: addresses, requests, and that both fit the resource.

use super::Issue;
use super::primitive::is_id;
use super::walk::Walk;
use crate::bundle::{BundleKind, base_of, entries};
use crate::definitions::Type;
use crate::names::names;
use crate::{Node, codes};

pub(super) use crate::bundle::Index;

impl<'t> Walk<'_, 't> {
    pub(super) fn bundle(&mut self, node: Node<'t>) {
        let Some(kind) = BundleKind::of(node) else { return };
        for entry in entries(node) {
            let resource = entry.get(names().resource);
            let full_url = entry.get(names().full_url);
            match (full_url, resource) {
                (Some(url), Some(resource)) => self.full_url(url, resource),
                // An entry of a request or an answer need not have an address (R4 bundle §2.36.4).
                (None, Some(_)) if !kind.is_request() && !kind.is_response() => {
                    let text = format!("An entry of a {} bundle says the fullUrl of its resource.", kind.as_str());
                    self.tell(entry, Issue::error(codes::E1276, text));
                }
                (None | Some(_), _) => {}
            }
            if let Some(request) = entry.get(names().request).filter(|_| kind.is_request()) {
                self.request(entry, request, resource);
            }
        }
    }

    /// An absolute address, which ends with the type and id of the resource where it is that of a server.
    fn full_url(&mut self, url: Node<'t>, resource: Node<'t>) {
        let Some(text) = url.text() else { return };
        let has_scheme = text.split_once(':').is_some_and(|(scheme, rest)| {
            !rest.is_empty() && !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        if !has_scheme {
            self.tell(
                url,
                Issue::error(codes::E1276, "A fullUrl is absolute: http://…/Type/id, urn:uuid:… or urn:oid:…"),
            );
            return;
        }
        let Some(base) = base_of(text) else { return };
        let (ty, id) = text[base.len()..].split_once('/').unwrap_or_default();
        if resource.resource_type().is_some_and(|found| found != ty) {
            self.tell(url, Issue::error(codes::E1276, "The fullUrl names another type than that of the resource."));
        }
        let own = resource.get(names().id).and_then(Node::text);
        if own.is_some_and(|own| own != id) {
            self.tell(url, Issue::error(codes::E1276, "The fullUrl names another id than that of the resource."));
        }
    }

    fn request(&mut self, entry: Node<'t>, request: Node<'t>, resource: Option<Node<'t>>) {
        let text = |name: &str| request.get(name).and_then(Node::text);
        let (Some(method), Some(url)) = (text("method"), text("url")) else { return };
        let has_body = matches!(method, "POST" | "PUT" | "PATCH");
        let at_url = request.get(names().url).unwrap_or(request);
        match (has_body, resource) {
            (true, None) => {
                self.tell(entry, Issue::error(codes::E1276, format!("A {method} has a resource.")));
            }
            (false, Some(_)) if matches!(method, "GET" | "HEAD" | "DELETE") => {
                self.tell(entry, Issue::error(codes::E1276, format!("A {method} has no resource.")));
            }
            (true | false, _) => {}
        }
        if request.get(names().if_none_exist).is_some() && method != "POST" {
            self.tell(request, Issue::error(codes::E1276, "ifNoneExist belongs to POST: a create on a condition."));
        }
        if method == "PATCH"
            && resource.is_some_and(|found| !matches!(found.resource_type(), Some("Binary" | "Parameters")))
        {
            self.tell(entry, Issue::error(codes::E1276, "The resource of a PATCH is a Binary or Parameters."));
        }
        let target = Target::of(url);
        let Some(ty) = target.ty else {
            if matches!(method, "PUT" | "PATCH" | "DELETE") {
                self.tell(
                    at_url,
                    Issue::error(codes::E1276, "The url begins with the type of a resource: Type/id or Type?search."),
                );
            }
            return;
        };
        self.request_target(at_url, method, &target, ty, resource);
    }

    /// The url of a request against its method and resource.
    fn request_target(
        &mut self,
        at: Node<'t>,
        method: &str,
        target: &Target<'_>,
        ty: Type,
        resource: Option<Node<'t>>,
    ) {
        let own = resource.and_then(Node::resource_type);
        if matches!(method, "PUT" | "PATCH" | "DELETE") && target.id.is_none() && !target.has_query {
            self.tell(at, Issue::error(codes::E1276, format!("A {method} says which one: Type/id or Type?search.")));
        }
        if method == "POST" && target.id.is_some_and(|id| !id.starts_with(['$', '_'])) {
            self.tell(at, Issue::error(codes::E1276, "A POST goes to the type: the server gives the id."));
        }
        let is_create = method == "POST" && target.id.is_none();
        if (method == "PUT" || is_create) && own.is_some_and(|own| own != ty.name()) {
            self.tell(at, Issue::error(codes::E1276, "The url names another type than that of the resource."));
        }
        if let Some(id) = target.id.filter(|_| method == "PUT") {
            let found = resource.and_then(|resource| resource.get(names().id)).and_then(Node::text);
            if !is_id(id) || found != Some(id) {
                self.tell(at, Issue::error(codes::E1276, "A PUT to an id has a resource with that id."));
            }
        }
    }
}

/// The parts of the url of a request.
struct Target<'u> {
    ty: Option<Type>,
    id: Option<&'u str>,
    has_query: bool,
}

impl<'u> Target<'u> {
    fn of(url: &'u str) -> Target<'u> {
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        // A server in front is tolerated. What stands in the query is no address: `Type?identifier=http://…/Other/1|2`.
        let path = base_of(path).map_or(path, |base| &path[base.len()..]);
        let mut parts = path.trim_start_matches('/').split('/');
        let ty = parts.next().and_then(Type::named).filter(|ty| ty.is_resource());
        let id = parts.next().filter(|id| !id.is_empty());
        Target { ty, id, has_query: query.is_some_and(|query| !query.is_empty()) }
    }
}
