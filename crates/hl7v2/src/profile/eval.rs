//! Evaluates assertions over a message.
//!
//! Promises: an assertion that cannot be applied here is [`Verdict::Unknown`], which breaks nothing; the work is bounded
//! by the size of the assertion and of the message.

use super::expression::{Expression, Many, PathTest, Test, ValueTest, Verdict};
use super::model::Format;
use super::program;
use super::tree::{Rank, Tree, What};
use super::value;

impl From<bool> for Verdict {
    fn from(holds: bool) -> Verdict {
        if holds { Verdict::Holds } else { Verdict::Fails }
    }
}

impl Verdict {
    fn not(self) -> Verdict {
        match self {
            Verdict::Holds => Verdict::Fails,
            Verdict::Fails => Verdict::Holds,
            Verdict::Unknown => Verdict::Unknown,
        }
    }
}

impl Many {
    /// `good` of `all` are enough.
    fn takes(self, good: u32, all: u32) -> bool {
        match self {
            Many::All => good == all,
            Many::AtLeastOne => good > 0,
            Many::Between(min, max) => (min..=max).contains(&good),
        }
    }
}

impl Tree<'_, '_> {
    /// Evaluates an assertion in the context of a node.
    pub(super) fn verdict(&self, at: u32, expression: &Expression) -> Verdict {
        match expression {
            Expression::Presence(path) => {
                let mut is_there = false;
                if self.visit(at, &path.0, &mut |_| is_there = true) { is_there.into() } else { Verdict::Unknown }
            }
            Expression::Value(test) => self.value_test(at, test),
            Expression::Paths(test) => self.path_test(at, test),
            Expression::Elements(test) => self.element_test(at, test),
            Expression::Inside { path, assertion, many, absent } => {
                let Some(found) = self.query(at, &path.0) else { return Verdict::Unknown };
                if found.is_empty() {
                    return *absent;
                }
                let verdicts: Vec<Verdict> = found.iter().map(|node| self.verdict(*node, assertion)).collect();
                if verdicts.contains(&Verdict::Unknown) {
                    return Verdict::Unknown;
                }
                let good = verdicts.iter().filter(|verdict| **verdict == Verdict::Holds).count();
                many.takes(good as u32, verdicts.len() as u32).into()
            }
            Expression::SetId(path) => match self.only(at, &path.0) {
                Some(node) if self.is_leaf(node) => {
                    let text = self.text(node);
                    // The number as such: 01 is not 1.
                    let mut digits = [0; 10];
                    (*text == *written(u32::from(self.nodes[at as usize].instance), &mut digits)).into()
                }
                Some(_) | None => Verdict::Unknown,
            },
            Expression::SequenceId { parent, element } => self.sequence(at, &parent.0, &element.0),
            Expression::ValueSet { path, binding, absent } => match self.query(at, &path.0).as_deref() {
                Some([]) => *absent,
                Some([node]) => self.is_bound(*node, binding),
                _ => Verdict::Unknown,
            },
            Expression::IsNull(path) => match self.query(at, &path.0) {
                Some(found) if found.is_empty() => Verdict::Fails,
                Some(found) => found.iter().all(|node| self.is_null(*node)).into(),
                None => Verdict::Unknown,
            },
            Expression::Not(inner) => self.verdict(at, inner).not(),
            Expression::And(list) => self.all(at, list),
            Expression::Or(list) => self.any(at, list.iter().map(|one| (one, false))),
            Expression::Xor(first, second) => match (self.verdict(at, first), self.verdict(at, second)) {
                (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
                (first, second) => (first != second).into(),
            },
            Expression::Imply(first, second) => self.any(at, [(&**first, true), (&**second, false)].into_iter()),
            Expression::Program(run) => program::run(run, self, at),
            Expression::Unreadable => Verdict::Unknown,
        }
    }

    fn all(&self, at: u32, list: &[Expression]) -> Verdict {
        for one in list {
            match self.verdict(at, one) {
                Verdict::Holds => {}
                other => return other,
            }
        }
        Verdict::Holds
    }

    /// Any of them; those with a mark are negated.
    fn any<'e>(&self, at: u32, list: impl Iterator<Item = (&'e Expression, bool)>) -> Verdict {
        for (one, is_negated) in list {
            let verdict = self.verdict(at, one);
            match if is_negated { verdict.not() } else { verdict } {
                Verdict::Fails => {}
                other => return other,
            }
        }
        Verdict::Fails
    }

    fn value_test(&self, at: u32, test: &ValueTest) -> Verdict {
        let (mut all, mut good, mut is_known, mut is_number) = (0, 0, true, true);
        let is_reachable = self.visit(at, &test.path.0, &mut |node| {
            all += 1;
            if !self.is_leaf(node) {
                is_known = false;
                return;
            }
            // Among numbers, what is no number is wrong however many have to be right.
            is_number &= !matches!(test.test, Test::OneOfNumbers(_)) || value::fits(Format::Number, &self.text(node));
            match self.takes(node, &test.test) {
                Some(true) => good += 1,
                Some(false) => {}
                None => is_known = false,
            }
        });
        match (is_reachable && is_known, all) {
            (false, _) => Verdict::Unknown,
            (true, 0) => test.absent,
            (true, _) if !is_number => Verdict::Fails,
            (true, all) => test.many.takes(good, all).into(),
        }
    }

    /// The value of a node passes a test; `None` when it cannot be compared.
    fn takes(&self, node: u32, test: &Test) -> Option<bool> {
        let text = self.text(node);
        Some(match test {
            Test::Text { text: wanted, ignores_case: false } => *text == **wanted,
            Test::Text { text: wanted, ignores_case: true } => text.to_lowercase() == wanted.to_lowercase(),
            Test::Pattern(pattern) => pattern.is_match(&text),
            Test::OneOf { list, ignores_case: false } => list.iter().any(|one| **one == *text),
            Test::OneOf { list, ignores_case: true } => {
                let text = text.to_lowercase();
                list.iter().any(|one| one.to_lowercase() == text)
            }
            Test::OneOfNumbers(list) => text.parse().is_ok_and(|number: f64| list.contains(&number)),
            Test::Compare { operator, text: wanted, is_number, manner } => {
                let format = if *is_number { Format::Number } else { self.format(node) };
                return operator.takes(format, *manner, &text, wanted);
            }
            Test::Code(system) => program::is_code(*system, &text),
        })
    }

    fn format(&self, node: u32) -> Format {
        match self.nodes[node as usize].what {
            What::Value(datatype) => self.datatype(datatype).map_or(Format::Text, |rules| rules.format),
            What::Group(_) | What::Segment(_) => Format::Text,
        }
    }

    fn path_test(&self, at: u32, test: &PathTest) -> Verdict {
        let (Some(first), Some(second)) = (self.query(at, &test.first.0), self.query(at, &test.second.0)) else {
            return Verdict::Unknown;
        };
        if first.iter().chain(&second).any(|node| !self.is_leaf(*node)) {
            return Verdict::Unknown;
        }
        match (first.len(), second.len()) {
            (0, 0) => return test.absent,
            (0, 1) | (1, 0) => return Verdict::Fails,
            _ => {}
        }
        let good = first.iter().filter(|left| {
            let pairs = second.iter().filter(|right| self.pair(**left, **right, test) == Some(true)).count();
            test.second_many.takes(pairs as u32, second.len() as u32)
        });
        test.first_many.takes(good.count() as u32, first.len() as u32).into()
    }

    fn pair(&self, left: u32, right: u32, test: &PathTest) -> Option<bool> {
        // A text beside a number or a time is read as one.
        let format = match (self.format(left), self.format(right)) {
            (first, second) if first == second => first,
            (Format::Text | Format::SequenceId, other) | (other, Format::Text | Format::SequenceId) => other,
            _ => Format::Text,
        };
        let (first, second) = (self.text(left), self.text(right));
        let takes = |format: Format| test.operator.takes(format, test.manner, &first, &second);
        // Values without the form of their type are still the same or not.
        takes(format).or_else(|| takes(Format::Text))
    }

    fn element_test(&self, at: u32, test: &PathTest) -> Verdict {
        let (Some(first), Some(second)) = (self.query(at, &test.first.0), self.query(at, &test.second.0)) else {
            return Verdict::Unknown;
        };
        if first.is_empty() && second.is_empty() {
            return test.absent;
        }
        self.same_parts(&first, &second, test).into()
    }

    /// Parts with the same position and instance compare; one side alone counts where the test is strict.
    fn same_parts(&self, first: &[u32], second: &[u32], test: &PathTest) -> bool {
        let key = |node: u32, is_top: bool| {
            let node = &self.nodes[node as usize];
            (if is_top { 0 } else { node.position }, node.instance)
        };
        let is_top = |node: u32| self.nodes[node as usize].rank <= Rank::Field;
        let partner = |node: u32, among: &[u32]| {
            among.iter().copied().find(|other| key(*other, is_top(*other)) == key(node, is_top(node)))
        };
        let is_paired = |node: u32, among: &[u32]| !test.is_strict || partner(node, among).is_some();
        first.iter().all(|left| match partner(*left, second) {
            None => !test.is_strict,
            Some(right) if self.is_leaf(*left) && self.is_leaf(right) => self.pair(*left, right, test) == Some(true),
            Some(right) => {
                let parts = |node: u32| self.children(node).collect::<Vec<u32>>();
                self.same_parts(&parts(*left), &parts(right), test)
            }
        }) && second.iter().all(|right| is_paired(*right, first))
    }

    /// Numbers that start with 1 in each parent, or run on through all of them.
    fn sequence(&self, at: u32, parent: &[super::expression::Step], element: &[super::expression::Step]) -> Verdict {
        let Some(parents) = self.query(at, parent) else { return Verdict::Unknown };
        let (mut anew, mut through, mut total) = (true, true, 0_u64);
        for parent in parents {
            let Some(found) = self.query(parent, element) else { return Verdict::Unknown };
            for (index, node) in found.iter().enumerate() {
                total += 1;
                let number = self.text(*node).parse::<u64>().ok();
                anew &= number == Some(index as u64 + 1);
                through &= number == Some(total);
            }
        }
        (anew || through).into()
    }
}

/// A number in decimal digits.
pub(super) fn written(number: u32, digits: &mut [u8; 10]) -> &str {
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    std::str::from_utf8(&digits[at..]).unwrap_or("")
}
