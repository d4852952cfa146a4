//! Conditions that are always or never true: almost always a mistake.

use super::{Check, Comparison, Node, Operand, Quantifier, Right, Test};
use crate::{codes, path::ReadPath};
use message::Diagnostic;
use std::{ops::Range, sync::Arc};

/// Warns of parts that do not depend on the message, or that contradict one another.
pub(super) fn warn(node: &Node, file: &Arc<str>, span: Range<usize>, found: &mut Vec<Diagnostic>) {
    let mut report = |what: String, hint: &str| {
        found.push(Diagnostic::warning(codes::E2204, what).at(file, span.clone(), "").hint(hint));
    };
    visit(node, &mut report);
}

fn visit(node: &Node, report: &mut dyn FnMut(String, &str)) {
    match node {
        Node::And(nodes) => {
            if let Some((one, two)) = clash(nodes, false) {
                let what = format!("this is never true: one value cannot be `{one}` and `{two}`");
                report(what, "did you mean `or`, or `in […]`?");
            }
            nodes.iter().for_each(|node| visit(node, report));
        }
        Node::Or(nodes) => {
            if let Some((one, two)) = clash(nodes, true) {
                let what = format!("this is always true: a value is never both `{one}` and `{two}`");
                report(what, "did you mean `and`, or `not in […]`?");
            }
            nodes.iter().for_each(|node| visit(node, report));
        }
        Node::Not(node) => visit(node, report),
        Node::Test(test) => visit_test(test, report),
        Node::Count { operand: Operand::Literal(_), .. } => {
            report("this does not depend on the message".to_owned(), "name a path after `count`");
        }
        Node::Count { .. } | Node::Valid(_) | Node::At(_) => {}
    }
}

fn visit_test(test: &Test, report: &mut dyn FnMut(String, &str)) {
    match (&test.operand, &test.check) {
        (_, Check::In(list)) if list.is_empty() => {
            let what = if test.is_negated { "always" } else { "never" };
            report(format!("this is {what} true: the list is empty"), "put the values between the brackets");
        }
        (Operand::Literal(_), Check::Compare(_, Right::Read(_))) => {
            report("the text stands on the left side".to_owned(), "write the path first: `PV1-2 = I`");
        }
        (Operand::Literal(_), _) => {
            report("this does not depend on the message".to_owned(), "write a path on the left side");
        }
        (Operand::Read(left), Check::Compare(_, Right::Read(right))) if left == right => {
            report("both sides are the same path".to_owned(), "compare with another path or a value");
        }
        _ => {}
    }
}

/// Two tests of one path for equality with different texts: both `=` in `and`, both `!=` in `or`. Only paths that name
/// one value at most: fields of MSH but the repeating ones.
fn clash(nodes: &[Node], is_negated: bool) -> Option<(Arc<str>, Arc<str>)> {
    let tests: Vec<(&ReadPath, &Arc<str>)> = nodes
        .iter()
        .filter_map(|node| match node {
            Node::Test(Test {
                quantifier: Quantifier::Unsaid,
                operand: Operand::Read(path),
                is_negated: negated,
                check: Check::Compare(Comparison::Equal, Right::Literal(right)),
                ..
            }) if *negated == is_negated => Some((path, &right.text)),
            _ => None,
        })
        .collect();
    for (index, (path, text)) in tests.iter().enumerate() {
        let is_single = is_negated || names_one(path);
        let other = tests[..index].iter().find(|(earlier, value)| earlier == path && value != text);
        if let Some((_, value)) = other.filter(|_| is_single) {
            return Some(((*value).clone(), (*text).clone()));
        }
    }
    None
}

fn names_one(path: &ReadPath) -> bool {
    match path {
        ReadPath::Message(path) => {
            let field = path.member.field.as_ref().map_or(0, |(field, _)| *field);
            &path.segment == b"MSH" && !matches!(field, 0 | 18 | 21)
        }
        ReadPath::Bound { .. }
        | ReadPath::Within { .. }
        | ReadPath::Element(_)
        | ReadPath::Place(_)
        | ReadPath::Now => false,
    }
}
