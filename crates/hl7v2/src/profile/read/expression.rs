//! The assertion language: an XML element a node of the expression.

use super::{Reader, bound, is_true};
use crate::profile::expression::{
    DEPTH_MAX, Expression, Manner, Many, Operator, Path, PathTest, Test, ValueTest, Verdict,
};
use crate::profile::model::{Binding, Location, Strength};
use crate::profile::program::{self, CodeSystem};
use regex::{Regex, RegexBuilder};
use xml::Node;
use xml::{attribute, children};

/// Largest compiled form of one regular expression.
const REGEX_BYTES_MAX: usize = 1024 * 1024;

/// A pattern that has to take the whole value, as these profiles mean it.
pub(super) fn anchored(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(REGEX_BYTES_MAX).build().ok()
}

impl Reader {
    /// Reads one assertion of the statement `id`. What cannot be read is said, and never holds nor fails.
    pub(super) fn expression(&mut self, node: Node<'_, '_>, id: &str, description: &str, depth: usize) -> Expression {
        if depth > DEPTH_MAX {
            self.problem(format!("{id}: the assertion is nested too deep; it is not checked"));
            return Expression::Unreadable;
        }
        let name = node.tag_name().name();
        let parts: Vec<Node<'_, '_>> = match name {
            "NOT" | "AND" | "OR" | "XOR" | "IMPLY" | "FORALL" | "EXIST" | "SubContext" => children(node).collect(),
            _ => Vec::new(),
        };
        let mut parts: Vec<Expression> =
            parts.into_iter().map(|part| self.expression(part, id, description, depth + 1)).collect();
        let read = match (name, parts.len()) {
            ("AND" | "FORALL", 1..) => Some(Expression::And(parts)),
            ("OR" | "EXIST", 1..) => Some(Expression::Or(parts)),
            ("NOT", 1) => parts.pop().map(|inner| Expression::Not(Box::new(inner))),
            ("XOR" | "IMPLY", 2) => {
                let second = parts.pop().map(Box::new);
                parts.pop().map(Box::new).zip(second).map(|(first, second)| match name {
                    "XOR" => Expression::Xor(first, second),
                    _ => Expression::Imply(first, second),
                })
            }
            ("SubContext", 1) => parts.pop().and_then(|inner| sub_context(node, inner)),
            ("Plugin", _) => Some(self.program(node, id, description)),
            ("ValueSet", _) => self.value_set_test(node),
            _ => leaf(name, node),
        };
        read.unwrap_or_else(|| {
            self.problem(format!("{id}: the assertion \"{name}\" cannot be read; it is not checked"));
            Expression::Unreadable
        })
    }

    fn program(&mut self, node: Node<'_, '_>, id: &str, description: &str) -> Expression {
        let class = attribute(node, "QualifiedClassName").unwrap_or_default();
        match program::resolve(class, description) {
            Some(run) => Expression::Program(run),
            None => {
                self.problem(format!("{id}: the guide checks this with a program of its own; it is not checked here"));
                self.model.unanswered += 1;
                Expression::Unreadable
            }
        }
    }

    fn value_set_test(&mut self, node: Node<'_, '_>) -> Option<Expression> {
        let path = path(node, "Path")?;
        let numbers = attribute(node, "BindingLocation").unwrap_or("1").split(|letter: char| !letter.is_ascii_digit());
        let numbers: Vec<u16> =
            numbers.filter_map(|part| part.parse().ok()).filter(|at| (1..1_000).contains(at)).collect();
        let location = |at: &u16| Location { code: Path::child(*at, 1), system: Some(Path::child(at + 2, 1)) };
        let sets = self.set_refs(attribute(node, "ValueSetID")?);
        let binding = Binding {
            target: Path::default(),
            sets,
            locations: numbers.iter().map(location).collect(),
            strength: Strength::read(attribute(node, "BindingStrength")),
        };
        Some(Expression::ValueSet { path, binding, absent: absent(node) })
    }
}

fn path(node: Node<'_, '_>, name: &str) -> Option<Path> {
    attribute(node, name).and_then(Path::read)
}

fn leaf(name: &str, node: Node<'_, '_>) -> Option<Expression> {
    let value = |test: Test| {
        Some(Expression::Value(ValueTest { path: path(node, "Path")?, test, many: many(node), absent: absent(node) }))
    };
    let csv = || node.attribute("CSV").map(|text| text.split(',').map(str::trim));
    match name {
        "Presence" => path(node, "Path").map(Expression::Presence),
        "PlainText" => value(Test::Text {
            text: node.attribute("Text")?.into(),
            ignores_case: is_true(attribute(node, "IgnoreCase")),
        }),
        "Format" => value(Test::Pattern(anchored(node.attribute("Regex")?)?)),
        "StringList" => value(Test::OneOf {
            list: csv()?.map(Into::into).collect(),
            ignores_case: is_true(attribute(node, "IgnoreCase")),
        }),
        "NumberList" => value(Test::OneOfNumbers(csv()?.map(|text| text.parse().ok()).collect::<Option<_>>()?)),
        "SimpleValue" => value(Test::Compare {
            operator: operator(node)?,
            text: node.attribute("Value")?.into(),
            is_number: attribute(node, "Type") == Some("Number"),
            manner: manner(node),
        }),
        "StringFormat" => value(Test::Code(match attribute(node, "Format")? {
            "LOINC" => CodeSystem::Loinc,
            "SNOMED" => CodeSystem::Snomed,
            _ => return None,
        })),
        "PathValue" => {
            path_test(node, attribute(node, "Path1Mode"), attribute(node, "Path2Mode")).map(Expression::Paths)
        }
        "ComplexPathValue" => path_test(node, None, None).map(Expression::Elements),
        "SetID" => path(node, "Path").map(Expression::SetId),
        "IZSetID" => Some(Expression::SequenceId { parent: path(node, "Parent")?, element: path(node, "Element")? }),
        "isNULL" => path(node, "Path").map(Expression::IsNull),
        _ => None,
    }
}

fn path_test(node: Node<'_, '_>, first: Option<&str>, second: Option<&str>) -> Option<PathTest> {
    let mode = |text: Option<&str>| match text {
        None | Some("All") => Some(Many::All),
        Some("AtLeastOne") => Some(Many::AtLeastOne),
        Some(number) => number.parse().ok().map(|count| Many::Between(count, count)),
    };
    Some(PathTest {
        first: path(node, "Path1")?,
        second: path(node, "Path2")?,
        operator: operator(node)?,
        manner: manner(node),
        absent: absent(node),
        first_many: mode(first)?,
        second_many: mode(second)?,
        is_strict: attribute(node, "Strict").is_none_or(|text| is_true(Some(text))),
    })
}

fn sub_context(node: Node<'_, '_>, inner: Expression) -> Option<Expression> {
    let many = match (attribute(node, "MinOccurrence"), attribute(node, "AtLeastOnce")) {
        (Some(min), _) => Many::Between(min.parse().ok()?, bound(attribute(node, "MaxOccurrence"))),
        (None, text) if is_true(text) => Many::AtLeastOne,
        (None, _) => Many::All,
    };
    Some(Expression::Inside { path: path(node, "Path")?, assertion: Box::new(inner), many, absent: absent(node) })
}

fn many(node: Node<'_, '_>) -> Many {
    match attribute(node, "Min").and_then(|text| text.parse().ok()) {
        Some(min) => Many::Between(min, bound(attribute(node, "Max"))),
        None if is_true(attribute(node, "AtLeastOnce")) => Many::AtLeastOne,
        None => Many::All,
    }
}

fn absent(node: Node<'_, '_>) -> Verdict {
    match attribute(node, "NotPresentBehavior").map(str::to_ascii_uppercase).as_deref() {
        Some("FAIL") => Verdict::Fails,
        Some("INCONCLUSIVE") => Verdict::Unknown,
        _ => Verdict::Holds,
    }
}

fn manner(node: Node<'_, '_>) -> Manner {
    let is = |name: &str| is_true(attribute(node, name));
    Manner { is_exact: is("IdenticalEquality"), is_cut: is("Truncated") }
}

fn operator(node: Node<'_, '_>) -> Option<Operator> {
    match attribute(node, "Operator")? {
        "EQ" => Some(Operator::Equal),
        "NE" => Some(Operator::NotEqual),
        "GT" => Some(Operator::Greater),
        "LT" => Some(Operator::Less),
        "GE" => Some(Operator::GreaterOrEqual),
        "LE" => Some(Operator::LessOrEqual),
        _ => None,
    }
}
