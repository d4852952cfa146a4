//! Slices: which one an element belongs to, and how many of each there are.

use super::check::{Against, Found, children, fits, is_type, type_of};
use super::compile::{By, Rest, Rule};
use crate::validate::Issue;
use crate::validate::walk::Walk;
use crate::{Node, codes};

impl<'t> Walk<'_, 't> {
    pub(super) fn check_slices(&mut self, rule: &Rule, above: Found<'t>, all: &[Found<'t>], against: Against<'_, 't>) {
        let mut counts = vec![0_u32; rule.slices.len()];
        let (mut last, mut has_rest) = (0, false);
        let rest = rule.slicing.as_ref().map_or(Rest::Open, |slicing| slicing.rest);
        let is_ordered = rule.slicing.as_ref().is_some_and(|slicing| slicing.is_ordered);
        for found in all {
            let slice = rule.slices.iter().position(|(_, slice)| self.is_of(rule, slice, *found, against));
            let Some(slice) = slice else {
                has_rest = true;
                if rest == Rest::Closed {
                    let text =
                        format!("{} here is one of the slices that the profile names, and this is none.", rule.name);
                    self.tell_of(found.node, against, Issue::error(codes::E1277, text));
                }
                continue;
            };
            counts[slice] += 1;
            if rest == Rest::OpenAtEnd && has_rest {
                self.tell_of(
                    found.node,
                    against,
                    Issue::error(codes::E1277, "What the profile does not name stands behind its slices."),
                );
            }
            if is_ordered && slice < last {
                self.tell_of(
                    found.node,
                    against,
                    Issue::error(codes::E1277, "The slices stand in the order of the profile."),
                );
            }
            last = last.max(slice);
            let inner = &rule.slices[slice].1;
            self.check_rule(inner, *found, against);
            if !inner.slices.is_empty() {
                self.check_slices(inner, above, &[*found], against);
            }
        }
        for ((name, slice), count) in rule.slices.iter().zip(counts) {
            if count < slice.min {
                let text = format!(
                    "The slice {name} of {} must stand {} times at least, and stands {count} times.",
                    rule.name, slice.min
                );
                self.tell_of(above.node, against, Issue::error(codes::E1277, text));
            }
            if let Some(max) = slice.max.filter(|max| count > *max) {
                let text = format!(
                    "The slice {name} of {} may stand {max} times at most, and stands {count} times.",
                    rule.name
                );
                self.tell_of(above.node, against, Issue::error(codes::E1277, text));
            }
        }
    }

    /// An element belongs to a slice.
    fn is_of(&mut self, rule: &Rule, slice: &Rule, found: Found<'t>, against: Against<'_, 't>) -> bool {
        if matches!(&*rule.name, "extension" | "modifierExtension") {
            let wanted = extension_url(slice, against);
            return wanted.is_none_or(|wanted| found.node.get("url").and_then(Node::text) == Some(wanted));
        }
        let discriminators = rule.slicing.as_ref().map(|slicing| slicing.discriminators.as_slice()).unwrap_or_default();
        if discriminators.is_empty() {
            if !slice.types.is_empty() {
                return slice.types.iter().any(|rule| is_type(rule, type_of(found)));
            }
            return self.would(|walk| walk.check_rule(slice, found, against));
        }
        discriminators.iter().all(|(by, path)| self.is_told_apart(*by, path, slice, found, against))
    }

    fn is_told_apart(&mut self, by: By, path: &str, slice: &Rule, found: Found<'t>, against: Against<'_, 't>) -> bool {
        let values = self.follow(found, path, against);
        let target = Target::find(slice, path, against);
        match (by, target) {
            (By::Exists, Target::Rule(rule)) => (rule.max == Some(0)) == values.is_empty(),
            (By::Exists, Target::Value(_)) => !values.is_empty(),
            (By::Exists, Target::Nothing) => true,
            (By::Type, Target::Rule(rule)) => {
                values.iter().any(|value| rule.types.iter().any(|rule| is_type(rule, type_of(*value))))
            }
            (By::Profile, Target::Rule(rule)) => {
                let urls: Vec<&str> = rule
                    .types
                    .iter()
                    .flat_map(|rule| rule.profiles.iter().chain(&rule.targets))
                    .map(|url| &**url)
                    .collect();
                values.iter().any(|value| self.follows(*value, &urls, against))
            }
            (By::Value, Target::Rule(rule)) => {
                values.iter().any(|value| self.would(|walk| walk.check_rule(rule, *value, against)))
            }
            (By::Value, Target::Value(wanted)) => values.iter().any(|value| fits(wanted, value.node)),
            (By::Type | By::Profile, Target::Value(_)) => false,
            (By::Type | By::Profile | By::Value, Target::Nothing) => false,
        }
    }

    fn follows(&mut self, found: Found<'t>, urls: &[&str], against: Against<'_, 't>) -> bool {
        urls.iter().any(|url| {
            if let Some(ty) = crate::definitions::Type::of_url(url) {
                return type_of(found).is_some_and(|own| own.is_a(ty));
            }
            let Some(profile) = self.validator.profiles.get(url) else { return false };
            type_of(found).is_some_and(|own| own.is_a(profile.ty))
                && self.would(|walk| walk.against(found, &profile, against.scope, against.depth + 1))
        })
    }

    /// The elements that the path of a discriminator leads to.
    fn follow(&self, found: Found<'t>, path: &str, against: Against<'_, 't>) -> Vec<Found<'t>> {
        let mut at = vec![found];
        for step in steps(path) {
            at = match step {
                Step::This => at,
                Step::Child(name) => at.into_iter().flat_map(|found| children(found, name)).collect(),
                Step::OfType(name) => {
                    at.into_iter().filter(|found| type_of(*found).is_some_and(|ty| ty.name() == name)).collect()
                }
                Step::Extension(url) => {
                    let all = at.into_iter().flat_map(|found| children(found, "extension"));
                    all.filter(|found| found.node.get("url").and_then(Node::text) == Some(url)).collect()
                }
                Step::Resolve => at.into_iter().filter_map(|found| self.resolved(found, against)).collect(),
            };
        }
        at
    }

    fn resolved(&self, found: Found<'t>, against: Against<'_, 't>) -> Option<Found<'t>> {
        let reference = found.node.get("reference").unwrap_or(found.node).text()?;
        let node = self.resolve(reference, against.scope)?;
        let ty = node.resource_type().and_then(crate::definitions::Type::named)?;
        Some(Found { node, member: ty.root().member() })
    }
}

/// One step of the path of a discriminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'p> {
    This,
    Child(&'p str),
    OfType(&'p str),
    Extension(&'p str),
    Resolve,
}

/// The steps of a path; points in quotes are none.
fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    let mut is_quoted = false;
    let parts = path.split(move |letter: char| {
        is_quoted ^= letter == '\'';
        letter == '.' && !is_quoted
    });
    parts.map(|part| {
        let argument = |name: &str| part.strip_prefix(name)?.strip_suffix(')').map(|inner| inner.trim_matches('\''));
        match part {
            "$this" => Step::This,
            "resolve()" => Step::Resolve,
            _ => match (argument("ofType("), argument("extension(")) {
                (Some(name), _) => Step::OfType(name),
                (None, Some(url)) => Step::Extension(url),
                (None, None) => Step::Child(part.trim_end_matches("[x]")),
            },
        }
    })
}

/// What a slice says at the path of a discriminator.
enum Target<'r> {
    Rule(&'r Rule),
    /// A part of a fixed value or pattern above.
    Value(Node<'r>),
    Nothing,
}

impl<'r> Target<'r> {
    fn find(slice: &'r Rule, path: &str, against: Against<'r, '_>) -> Target<'r> {
        let definition = &against.profile.tree;
        let mut at = Target::Rule(slice);
        for step in steps(path) {
            at = match (step, at) {
                (Step::This | Step::OfType(_) | Step::Resolve, at) => at,
                (Step::Child(name), Target::Rule(rule)) => match inner(rule, name) {
                    Some(child) => Target::Rule(child),
                    None => below(rule.fixed.or(rule.pattern).map(|id| definition.node(id)), name),
                },
                (Step::Extension(url), Target::Rule(rule)) => {
                    let extensions = rule.children.iter().find(|child| &*child.name == "extension");
                    let slices = extensions.map(|child| child.slices.as_slice()).unwrap_or_default();
                    let slice = slices.iter().find(|(_, slice)| extension_url(slice, against) == Some(url));
                    slice.map_or(Target::Nothing, |(_, slice)| Target::Rule(slice))
                }
                (Step::Child(name), Target::Value(node)) => below(Some(node), name),
                (Step::Extension(_), Target::Value(_)) | (_, Target::Nothing) => Target::Nothing,
            };
        }
        at
    }
}

/// What a rule says of a child; where it says it of slices only (`coding:loinc.code`), what the first of them says.
fn inner<'r>(rule: &'r Rule, name: &str) -> Option<&'r Rule> {
    let child = |rule: &'r Rule| rule.children.iter().find(|child| *child.name == *name);
    child(rule).or_else(|| rule.slices.iter().find_map(|(_, slice)| child(slice)))
}

fn below<'r>(node: Option<Node<'r>>, name: &str) -> Target<'r> {
    let found = node.and_then(|node| node.items().next()).and_then(|first| first.get(name));
    found.map_or(Target::Nothing, Target::Value)
}

/// The url that extensions of a slice have.
fn extension_url<'r>(slice: &'r Rule, against: Against<'r, '_>) -> Option<&'r str> {
    let of_type = slice.types.iter().flat_map(|rule| &rule.profiles).map(|url| &**url).next();
    let url = slice.children.iter().find(|child| &*child.name == "url");
    of_type.or_else(|| against.profile.tree.node(url?.fixed?).text())
}

#[cfg(test)]
mod tests {
    use super::super::check::is_equal;
    use super::*;

    #[test]
    fn paths_of_discriminators() {
        let check = |path: &str, expect: &[Step<'_>]| assert_eq!(steps(path).collect::<Vec<_>>(), expect, "{path}");
        check("$this", &[Step::This]);
        check("code.coding.code", &[Step::Child("code"), Step::Child("coding"), Step::Child("code")]);
        check("value[x].ofType(Quantity).unit", &[Step::Child("value"), Step::OfType("Quantity"), Step::Child("unit")]);
        check("extension('http://a.b/c.d').value", &[Step::Extension("http://a.b/c.d"), Step::Child("value")]);
        check("item.resolve().code", &[Step::Child("item"), Step::Resolve, Step::Child("code")]);
    }

    #[test]
    fn values_and_patterns() {
        let tree = crate::Tree::read(
            br#"{"p":{"coding":[{"code":"a"}]},"q":{"text":"t","coding":[{"code":"b"},{"code":"a","display":"A"}]},"r":{"coding":[{"code":"a"}]}}"#,
        )
        .expect("JSON");
        let at = |name: &str| tree.root().get(name).expect("a value");
        assert!(fits(at("p"), at("q")) && !fits(at("q"), at("p")));
        assert!(is_equal(at("p"), at("r")) && !is_equal(at("p"), at("q")));
    }
}
