//! Tests as most lines make them: one place of what a name stands for, compared with texts of the program.
//!
//! Owns the short way to the answer: the place is found without going through repetitions, kept at hand for the next test
//! of it, and short texts are compared as numbers. Promises: where it answers, the long way gives the same answer; it
//! uses no fuel, never fails and never allocates. It does not answer where a field has several repetitions, and where a
//! long text or one with escapes has to be compared.

use super::{Check, Comparison, Node, Operand, Quantifier, Right, Test};
use crate::{
    path::ReadPath,
    view::{Held, View, packed},
};
use hl7v2::{
    Only,
    path::{Index, Member},
};

/// A test that may have a short answer.
#[derive(Debug)]
pub(super) struct Quick {
    of: Of,
    member: Member,
    /// The member as a number.
    key: u64,
    check: Look,
}

/// What the member is of.
#[derive(Debug)]
enum Of {
    /// What a name stands for.
    Name(usize),
    /// Segments of the message.
    Segments([u8; 3]),
}

/// What a value has to be, for a look at its bytes.
#[derive(Debug)]
enum Look {
    Exists,
    Null,
    /// Equal to one of these texts, of which those that are short are numbers.
    Words {
        short: Box<[u64]>,
    },
}

impl Quick {
    /// The short way of a test; `None` where there is none.
    pub(super) fn of(quantifier: Quantifier, is_negated: bool, operand: &Operand, check: &Check) -> Option<Quick> {
        let (of, member) = match operand {
            Operand::Read(ReadPath::Bound { slot, member }) => (Of::Name(*slot), member),
            Operand::Read(ReadPath::Message(path))
                if path.groups.is_empty() && matches!(path.occurrence, Index::Unsaid | Index::All) =>
            {
                (Of::Segments(path.segment), &path.member)
            }
            Operand::Read(_) | Operand::Value(_) | Operand::Literal(_) => return None,
        };
        match quantifier {
            Quantifier::Unsaid => {}
            Quantifier::Any if !is_negated => {}
            // Where nothing is there, these are no opposites.
            Quantifier::Any | Quantifier::All => return None,
        }
        let check = match check {
            Check::Exists => Look::Exists,
            Check::Null => Look::Null,
            Check::In(list) => Look::words(list.iter().map(|text| &**text)),
            Check::Compare(Comparison::Equal, Right::Literal(right)) if right.is_text() => {
                Look::words([&*right.text].into_iter())
            }
            Check::Compare(..)
            | Check::InTable(_)
            | Check::InList(_)
            | Check::Matches(_)
            | Check::Starts(_)
            | Check::Ends(_)
            | Check::Contains(_) => return None,
        };
        Some(Quick { of, member: member.clone(), key: key_of(member)?, check })
    }

    /// One of the values passes; `None` where only the long way knows.
    #[inline]
    fn passes(&self, view: &View<'_>) -> Option<bool> {
        self.accepts(match self.of {
            Of::Name(slot) => view.held(slot, &self.member, self.key),
            Of::Segments(id) => view.held_by_segments(id, &self.member),
        })
    }

    #[inline]
    fn accepts(&self, held: Held) -> Option<bool> {
        match (&self.check, held) {
            (_, Held::Several) => None,
            (_, Held::Nothing) => Some(false),
            (Look::Exists, Held::Null | Held::Word(_) | Held::Text) => Some(true),
            (Look::Null, held) => Some(held == Held::Null),
            (Look::Words { .. }, Held::Null) => Some(false),
            (Look::Words { short }, Held::Word(word)) => Some(short.contains(&word)),
            (Look::Words { .. }, Held::Text) => None,
        }
    }
}

/// A place of what a name stands for, which tests ask about.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) slot: usize,
    member: Member,
    key: u64,
}

impl Asked {
    /// What it holds.
    #[inline]
    pub(crate) fn held(&self, view: &View<'_>) -> Held {
        view.held(self.slot, &self.member, self.key)
    }

    pub(crate) fn is(&self, other: &Asked) -> bool {
        (self.slot, self.key) == (other.slot, other.key)
    }
}

impl Look {
    fn words<'t>(texts: impl Iterator<Item = &'t str>) -> Look {
        Look::Words { short: texts.filter_map(packed).collect() }
    }
}

/// A member as a number of at most 56 bits; `None` for one that asks for a certain repetition.
fn key_of(member: &Member) -> Option<u64> {
    let field = match &member.field {
        None => 0,
        Some((number, Index::Unsaid | Index::All)) => u64::from(*number) << 1,
        Some((number, Index::At(1))) => u64::from(*number) << 1 | 1,
        Some((_, Index::At(_) | Index::Where(_) | Index::Append)) => return None,
    };
    let part = |part: Option<u16>| part.map_or(0, u64::from);
    let (component, subcomponent) = (part(member.component), part(member.subcomponent));
    (component < 1 << 16 && subcomponent < 1 << 16).then_some(field << 32 | component << 16 | subcomponent)
}

impl Node {
    /// Every place that a short way asks about, with the short texts that it compares with.
    pub(super) fn each_asked(&self, visit: &mut dyn FnMut(Asked, &[u64])) {
        match self {
            Node::Test(Test { quick: Some(quick @ Quick { of: Of::Name(slot), .. }), .. }) => {
                let words = match &quick.check {
                    Look::Words { short } => &short[..],
                    Look::Exists | Look::Null => &[],
                };
                visit(Asked { slot: *slot, member: quick.member.clone(), key: quick.key }, words);
            }
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|node| node.each_asked(visit)),
            Node::Not(node) => node.each_asked(visit),
            Node::Test(_) | Node::Count { .. } | Node::Valid(_) | Node::At(_) => {}
        }
    }

    /// The answer as far as it follows from what one place holds; `None` where it does not.
    pub(super) fn under(&self, place: &Asked, held: Held) -> Option<bool> {
        match self {
            Node::Test(Test { quick: Some(quick @ Quick { of: Of::Name(slot), .. }), is_negated, .. }) => {
                let is_asked = (*slot, quick.key) == (place.slot, place.key);
                quick.accepts(held).filter(|_| is_asked).map(|passes| passes != *is_negated)
            }
            Node::And(nodes) => Node::joined(nodes, place, held, false),
            Node::Or(nodes) => Node::joined(nodes, place, held, true),
            Node::Not(node) => node.under(place, held).map(|holds| !holds),
            Node::Test(_) | Node::Count { .. } | Node::Valid(_) | Node::At(_) => None,
        }
    }

    /// What one of the nodes decides, or all of them together.
    fn joined(nodes: &[Node], place: &Asked, held: Held, deciding: bool) -> Option<bool> {
        let mut is_known = true;
        for node in nodes {
            match node.under(place, held) {
                Some(answer) if answer == deciding => return Some(deciding),
                Some(_) => {}
                None => is_known = false,
            }
        }
        is_known.then_some(!deciding)
    }

    /// Every test of it has a short way: asking it can go wrong nowhere.
    pub(super) fn is_quick(&self) -> bool {
        match self {
            Node::Test(test) => test.quick.is_some(),
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().all(Node::is_quick),
            Node::Not(node) => node.is_quick(),
            Node::Count { .. } | Node::Valid(_) | Node::At(_) => false,
        }
    }

    /// The short answer, where every test that it takes has one.
    pub(super) fn answer(&self, view: &View<'_>) -> Option<bool> {
        match self {
            Node::Test(test) => {
                let passes = test.quick.as_ref()?.passes(view)?;
                Some(passes != test.is_negated)
            }
            Node::And(nodes) => {
                for node in nodes {
                    if !node.answer(view)? {
                        return Some(false);
                    }
                }
                Some(true)
            }
            Node::Or(nodes) => {
                for node in nodes {
                    if node.answer(view)? {
                        return Some(true);
                    }
                }
                Some(false)
            }
            Node::Not(node) => node.answer(view).map(|holds| !holds),
            Node::Count { operand, comparison, number: Some(number), .. } => {
                let count = match operand {
                    Operand::Read(ReadPath::Bound { slot, member }) => match view.only(*slot, member) {
                        Only::Nothing => 0,
                        Only::One(_) => 1,
                        Only::Several => return None,
                    },
                    Operand::Read(_) | Operand::Value(_) | Operand::Literal(_) => return None,
                };
                Some(comparison.accepts(u64::cmp(&count, number)))
            }
            Node::Count { .. } | Node::Valid(_) | Node::At(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Condition, Run, Scope, Tables, scope::Bound, syntax, view::Turn};
    use hl7v2::Message;
    use message::Timestamp;
    use proptest::prelude::*;

    /// Tests of a segment, `s`, and of a repetition, `r`.
    const TESTS: [&str; 28] = [
        "PID-2 exists",
        "PID-3 empty or PID-4 = A",
        "PID-3.2 in [A, BB]",
        "PID exists and PV1 empty",
        "PID-3[1].2.2 != A",
        "PID-4 is null",
        "any PID-3 not in [A]",
        "s-2 exists",
        "s-2 empty",
        "s-3 = A",
        "s-3 != A",
        "any s-3 != A",
        "s-3 in [A, BB, LONGER-THAN-EIGHT]",
        "s-3 not in [A, BB]",
        "s-3.2 = BB",
        "s-3[1].2.2 in [A, \"\"]",
        "s-3.1 is null",
        "any s-3 not in [A]",
        "all s-3 = A",
        "count s-3 <= 1",
        "count s-3.2 > 0",
        "s-3 exists and not (s-2 = A or s-4.1 exists)",
        "s-3[2] = A",
        "s-3 = 5",
        "r.1 = A",
        "r.2 exists and r.2.2 != BB",
        "r.3 in [A, 18]",
        "s-1 empty or s-99 exists",
    ];

    fn condition(text: &str) -> Condition {
        let tables = Tables::default();
        let (tree, mut found) = syntax::parse("a.map", format!("when {text}"));
        let mut scope = Scope::new(&tables);
        let (names, _) = syntax::parse("b.map", "s r");
        let mut cursor = syntax::Cursor::new(&names, &names.statements[0]);
        scope.bind(&mut cursor, Bound::Segment(*b"PID")).unwrap();
        scope.bind(&mut cursor, Bound::Datatype("CX")).unwrap();
        let mut cursor = syntax::Cursor::new(&tree, &tree.statements[0]);
        cursor.take();
        let condition = Condition::parse(&mut cursor, &scope, &mut found);
        condition.unwrap_or_else(|| panic!("{text}: {found:?}"))
    }

    /// How many of the tests the short way answered.
    fn compare(conditions: &[Condition], body: &str) -> usize {
        compare_in(conditions, &format!("MSH|^~\\&|A\rPID|{body}\rPV1|1\rPID||A\r"));
        compare_in(conditions, &format!("MSH|^~\\&|A\rPID|{body}\r"))
    }

    fn compare_in(conditions: &[Condition], text: &str) -> usize {
        let (message, _) = Message::parse(text.to_owned());
        let Some(segment) = message.segments().nth(1) else { return 0 };
        let mut view = View::new(&message);
        view.look_through();
        view.push(Turn::new(segment));
        let repetition = segment.field(3).and_then(|field| field.repetition(1)).unwrap_or(segment);
        view.push(Turn::new(repetition));
        let mut answered = 0;
        // Twice: the second time the values are at hand.
        for condition in conditions.iter().chain(conditions) {
            let mut run = Run::new(Timestamp(0), 0);
            let long = condition.node.holds(&condition.site, &view, &mut run).unwrap();
            if let Some(short) = condition.node.answer(&view) {
                assert_eq!(short, long, "{:?} of {text:?}", condition.node);
                answered += 1;
            }
        }
        answered
    }

    #[test]
    fn most_tests_have_a_short_answer() {
        let conditions: Vec<Condition> = TESTS.iter().map(|text| condition(text)).collect();
        assert!(compare(&conditions, "|A|A|X") >= 2 * 15);
        assert!(compare(&conditions, "") >= 2 * 15);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn the_short_answer_is_that_of_the_long_way(body in "(\\||\\^|~|&|A|BB|18|\"\"|LONGER-THAN-EIGHT|\\\\T\\\\|\u{e9}){0,14}") {
            let conditions: Vec<Condition> = TESTS.iter().map(|text| condition(text)).collect();
            compare(&conditions, &body);
        }
    }
}
