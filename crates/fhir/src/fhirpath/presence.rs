//! What a rule comes to by the mere presence of elements: most rules ask for no more (`code.empty() or system.exists()`),
//! and a look at a few bits answers them.
//!
//! Promises: where this says that a rule holds, running it gives true or an error, and neither breaks it; whatever is not
//! certain is left to a run.

use super::Program;
use super::functions::Function;
use super::item::Item;
use super::parse::Parsed;
use super::syntax::{Expr, ExprId, Operator};
use crate::{Kind, Name, Node};

/// Which children of an element are there, as the bits that its user gives them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Present {
    /// A bit that is not set: there is nothing.
    pub(crate) perhaps: u64,
    /// A bit that is set: there is a value.
    pub(crate) surely: u64,
}

/// The part of a rule that presence decides.
#[derive(Clone, Debug)]
pub(crate) struct Presence(Part);

#[derive(Clone, Debug)]
enum Part {
    /// Nothing where no bit is set; something where one is, if that is all that is asked.
    Empty {
        bits: u64,
        is_whole: bool,
    },
    /// The text of a child has another text in it.
    Contains {
        name: Name,
        text: Box<str>,
    },
    Not(Box<Part>),
    Both(Operator, Box<[Part; 2]>),
    Unknown,
}

impl Program {
    /// What presence decides of it, on an element whose children have these bits.
    pub(crate) fn presence(&self, bit: &dyn Fn(&str) -> Option<u64>) -> Presence {
        let Parsed { exprs, root, .. } = &*self.parsed;
        Presence(Reader { exprs, bit }.truth(*root))
    }
}

struct Reader<'e> {
    exprs: &'e [Expr],
    bit: &'e dyn Fn(&str) -> Option<u64>,
}

impl Reader<'_> {
    fn truth(&self, at: ExprId) -> Part {
        match &self.exprs[at as usize] {
            Expr::Binary {
                operator: operator @ (Operator::And | Operator::Or | Operator::Xor | Operator::Implies),
                left,
                right,
            } => Part::Both(*operator, Box::new([self.truth(*left), self.truth(*right)])),
            Expr::Call { base: Some(base), function, arguments } => self.call(*base, *function, arguments),
            _ => Part::Unknown,
        }
    }

    fn call(&self, base: ExprId, function: Function, arguments: &[ExprId]) -> Part {
        let empty = |is_asked: bool| match self.emptiness(base) {
            Some((bits, is_whole)) => Part::Empty { bits, is_whole: is_whole && is_asked },
            None => Part::Unknown,
        };
        match (function, arguments) {
            (Function::Empty, []) => empty(true),
            (Function::Exists, []) => Part::Not(Box::new(empty(true))),
            (Function::Exists, _) | (Function::HasValue, []) => Part::Not(Box::new(empty(false))),
            (Function::All, _) => empty(false),
            (Function::Not, []) => Part::Not(Box::new(self.truth(base))),
            (Function::Contains, [argument]) => self.contains(base, *argument).unwrap_or(Part::Unknown),
            _ => Part::Unknown,
        }
    }

    fn contains(&self, base: ExprId, argument: ExprId) -> Option<Part> {
        let Expr::Path { base: None, head: None, steps } = &self.exprs[base as usize] else { return None };
        let Expr::Literal(Item::Text(text)) = &self.exprs[argument as usize] else { return None };
        let [step] = &steps[..] else { return None };
        let is_plain = step.choices.is_empty() && !text.is_empty();
        step.name.filter(|_| is_plain).map(|name| Part::Contains { name, text: (**text).into() })
    }

    /// The children without which an expression gives nothing, and whether one of them is all that it needs to give
    /// something.
    fn emptiness(&self, at: ExprId) -> Option<(u64, bool)> {
        let below = |base: ExprId| self.emptiness(base).map(|(bits, _)| (bits, false));
        match &self.exprs[at as usize] {
            Expr::Path { base: Some(base), .. } | Expr::At { base, .. } => below(*base),
            Expr::Path { base: None, head: None, steps } => {
                let first = steps.first()?;
                (self.bit)(&first.text).map(|bits| (bits, steps.len() == 1))
            }
            Expr::OfType { of: Some(of), .. } | Expr::As { of, .. } => below(*of),
            Expr::Binary { operator: Operator::Union, left, right } => {
                let ((left, is_left), (right, is_right)) = (self.emptiness(*left)?, self.emptiness(*right)?);
                Some((left | right, is_left && is_right))
            }
            Expr::Call { base: Some(base), function, .. } if keeps_nothing(*function) => below(*base),
            _ => None,
        }
    }
}

/// Functions that give nothing on nothing.
fn keeps_nothing(function: Function) -> bool {
    matches!(
        function,
        Function::Where
            | Function::Select
            | Function::First
            | Function::Last
            | Function::Tail
            | Function::Skip
            | Function::Take
            | Function::Single
            | Function::Distinct
            | Function::Intersect
            | Function::Exclude
            | Function::Extension
            | Function::Resolve
    )
}

impl Presence {
    /// True or false where that is certain.
    pub(crate) fn truth(&self, node: Node<'_>, present: Present) -> Option<bool> {
        self.0.truth(node, present)
    }
}

impl Part {
    fn truth(&self, node: Node<'_>, present: Present) -> Option<bool> {
        match self {
            Part::Empty { bits, .. } if present.perhaps & bits == 0 => Some(true),
            Part::Empty { bits, is_whole } => (*is_whole && present.surely & bits != 0).then_some(false),
            Part::Contains { name, text } => {
                let found = node.get(*name).filter(|found| found.kind() == Kind::Text)?;
                let text = text.as_bytes();
                let has = |found: &str| found.as_bytes().windows(text.len()).any(|part| part == text);
                if node.get(name.twin()).is_some() { None } else { found.text().map(has) }
            }
            Part::Not(inner) => inner.truth(node, present).map(|truth| !truth),
            Part::Both(operator, sides) => {
                let [left, right] = &**sides;
                let left = left.truth(node, present);
                match (operator, left) {
                    (Operator::And, Some(false)) => Some(false),
                    (Operator::Or, Some(true)) | (Operator::Implies, Some(false)) => Some(true),
                    _ => both(*operator, left, right.truth(node, present)),
                }
            }
            Part::Unknown => None,
        }
    }
}

/// The tables of FHIRPath (N1 §6.5), where nothing is known of what is not certain.
fn both(operator: Operator, left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (operator, left, right) {
        (Operator::And, Some(left), Some(right)) => Some(left && right),
        (Operator::And, _, Some(false)) => Some(false),
        (Operator::Or, Some(left), Some(right)) => Some(left || right),
        (Operator::Or | Operator::Implies, _, Some(true)) => Some(true),
        (Operator::Implies, Some(left), Some(right)) => Some(!left || right),
        (Operator::Xor, Some(left), Some(right)) => Some(left != right),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tree, fhirpath::Environment};

    const NAMES: [&str; 3] = ["name", "telecom", "gender"];

    fn presence_of(program: &Program) -> Presence {
        program.presence(&|name| NAMES.iter().position(|known| *known == name).map(|at| 1 << at))
    }

    #[test]
    fn what_is_certain_is_what_a_run_gives() {
        let rules = [
            "name.empty() or telecom.exists()",
            "name.exists() and telecom.exists()",
            "name.exists() xor gender.exists()",
            "name.exists() implies gender.exists()",
            "(name | telecom).exists().not()",
            "name.given.empty() or gender.empty()",
            "name.where(use = 'old').given[0].exists() or telecom.empty()",
            "telecom.all(system.exists()) and gender.empty()",
            "gender.contains('al').not() or name.empty()",
            "gender = 'male' or name.exists()",
            "name.exists(use = 'old') and gender.exists()",
            "gender.hasValue().not() or telecom.hasValue()",
        ];
        let name = [None, Some(r#""name":[{"given":["A"]}]"#), Some(r#""name":[{"use":"old"}]"#)];
        let telecom = [None, Some(r#""telecom":[{"value":"1"}]"#)];
        let gender = [None, Some(r#""gender":"male""#), Some(r#""gender":"other""#)];
        let (mut certain, mut open) = (0, 0);
        for rule in rules {
            let program = Program::parse(rule).unwrap();
            let presence = presence_of(&program);
            for (name, telecom, gender) in name
                .iter()
                .flat_map(|name| telecom.iter().flat_map(move |telecom| gender.map(|gender| (*name, *telecom, gender))))
            {
                let parts = [name, telecom, gender];
                let bits = (0..).zip(parts).filter(|(_, part)| part.is_some()).fold(0, |bits, (at, _)| bits | 1 << at);
                let inside: Vec<&str> = parts.into_iter().flatten().collect();
                let tree = Tree::read(format!("{{{}}}", inside.join(",")).as_bytes()).unwrap();
                let present = Present { perhaps: bits, surely: bits };
                match presence.truth(tree.root(), present) {
                    Some(truth) => {
                        certain += 1;
                        let run = program.test(&Environment::new(tree.root())).unwrap();
                        assert_eq!(run, Some(truth), "{rule} on {inside:?}");
                    }
                    None => open += 1,
                }
            }
        }
        assert!(certain > 150 && open > 20, "{certain} {open}");
    }

    #[test]
    fn what_may_be_there_is_not_taken_for_there() {
        let program = Program::parse("name.exists()").unwrap();
        let tree = Tree::read(br#"{"name":[]}"#).unwrap();
        let truth = |perhaps, surely| presence_of(&program).truth(tree.root(), Present { perhaps, surely });
        assert_eq!((truth(0, 0), truth(1, 0), truth(1, 1)), (Some(false), None, Some(true)));
    }
}
