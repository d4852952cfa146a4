//! Which message of one or several profiles a message is meant to be.
//!
//! In this order: how much of MSH-9 agrees; an id of MSH-21 that the profile gives the message; how many statements about
//! MSH-21 hold, and how few ids they take; how few segments are missing or misplaced; clearly fewer errors; the order of
//! the profiles.
//!
//! Promises: the same message gives the same answer; a message that agrees in nothing of MSH-9 gets none.

use super::Options;
use super::check::{check, misplaced};
use super::expression::{Path, Verdict};
use super::model::{Constraint, Message, Model};
use super::tree::{Tree, What};
use ::message::Severity;
use std::cmp::Reverse;

/// What the parts of MSH-9 weigh.
const TYPE: usize = 4;
const EVENT: usize = 3;
const STRUCTURE: usize = 2;

/// An id is a whole word of a name, or several: `PH_SS-Ack` of `ADT-A04-PH_SS-Ack`.
fn is_word(name: &str, id: &str) -> bool {
    const LETTERS_MIN: usize = 3;
    if id.len() < LETTERS_MIN {
        return false;
    }
    let ends = |letter: Option<char>| !letter.is_some_and(char::is_alphanumeric);
    name.as_bytes().windows(id.len()).enumerate().any(|(at, found)| {
        found.eq_ignore_ascii_case(id.as_bytes())
            && ends(name.get(..at).and_then(|before| before.chars().next_back()))
            && ends(name.get(at + id.len()..).and_then(|behind| behind.chars().next()))
    })
}

/// What MSH says.
struct Header {
    parts: [String; 3],
    ids: Vec<String>,
}

impl Header {
    fn read(message: &crate::Message) -> Option<Header> {
        let header = message.header()?;
        let kind = header.field(9)?;
        let part = |number| kind.component(number).map(|part| part.text().into_owned()).unwrap_or_default();
        let ids = header.field(21).into_iter().flat_map(|field| field.parts().collect::<Vec<_>>()).flat_map(|entity| {
            [1, 3].into_iter().filter_map(move |number| entity.component(number).map(|part| part.text().into_owned()))
        });
        Some(Header { parts: [part(1), part(2), part(3)], ids: ids.filter(|id| !id.is_empty()).collect() })
    }

    /// How much of MSH-9 agrees: the type weighs more than the trigger event, and that more than the structure.
    fn kind(&self, message: &Message) -> usize {
        let own = [(&message.kind, TYPE), (&message.event, EVENT), (&message.structure_id, STRUCTURE)];
        let agree =
            own.iter().zip(&self.parts).filter(|((own, _), found)| !found.is_empty() && ***own == *found.as_str());
        agree.map(|((_, weight), _)| weight).sum()
    }

    /// 2 for an id of MSH-21 that is the message's own, 1 for one that is a word of its names.
    fn identity(&self, message: &Message) -> usize {
        let names = [&message.id, &message.identifier, &message.name];
        let score = |id: &String| {
            if names.iter().any(|name| name.eq_ignore_ascii_case(id)) {
                2
            } else {
                usize::from(names.iter().any(|name| is_word(name, id)))
            }
        };
        self.ids.iter().map(score).max().unwrap_or(0)
    }
}

/// The message of some profiles that a message is meant to be: the number of the profile, and the place in it.
pub(super) fn choose(models: &[&Model], message: &crate::Message) -> Option<(usize, usize)> {
    let header = Header::read(message)?;
    let all =
        models.iter().enumerate().flat_map(|(number, model)| (0..model.messages.len()).map(move |at| (number, at)));
    let own = |(number, at): (usize, usize)| &models[number].messages[at];
    let best = best_of(all.collect(), |at| header.kind(own(at)));
    // A trigger event alone is no message: ACK^R01 is not ORU^R01. Unless MSH-21 names it.
    let kind = header.kind(own(*best.first()?));
    let best = best_of(best, |at| header.identity(own(at)));
    if kind <= EVENT && header.identity(own(*best.first()?)) == 0 {
        return None;
    }
    if best.len() == 1 {
        return best.first().copied();
    }
    let candidates = Candidates { models, message };
    let best = best_of(best, |at| candidates.claims(at));
    if let [only] = best[..] {
        return Some(only);
    }
    let best = best_of(best, |at| Reverse(candidates.misplaced(at)));
    let first = *best.first()?;
    if best.len() == 1 {
        return Some(first);
    }
    // One that fits far better wins over the first; a single mistake of the sender must not decide.
    let fewest = candidates.errors(first);
    if fewest < CLEARLY_FEWER {
        return Some(first);
    }
    let others = best.iter().skip(1).map(|at| (candidates.errors(*at), *at)).min();
    let better = others.filter(|(count, _)| count + CLEARLY_FEWER <= fewest);
    Some(better.map_or(first, |(_, at)| at))
}

/// Messages of profiles that are asked about one message. What is asked first looks at its header only.
struct Candidates<'p, 'm> {
    models: &'p [&'p Model],
    message: &'m crate::Message,
}

impl<'p, 'm> Candidates<'p, 'm> {
    fn rules(&self, (number, at): (usize, usize)) -> (&'p Model, &'p Message) {
        (self.models[number], &self.models[number].messages[at])
    }

    /// See [`claims`].
    fn claims(&self, at: (usize, usize)) -> (isize, Reverse<usize>) {
        let (model, rules) = self.rules(at);
        let is_header = |segment: &crate::Element<'_>| segment.raw().starts_with(b"MSH");
        let has_one = self.message.segments().filter(is_header).count() == 1;
        let is_first = self.message.segments().next().is_some_and(|first| is_header(&first));
        let all_of_header = of_message(rules).all(|constraint| constraint.assertion.is_of_header());
        if is_first && has_one && all_of_header {
            claims(&Tree::header(model, rules, self.message))
        } else {
            claims(&Tree::build(model, rules, self.message))
        }
    }

    fn misplaced(&self, at: (usize, usize)) -> usize {
        let (model, rules) = self.rules(at);
        misplaced(&Tree::layout(model, rules, self.message))
    }

    fn errors(&self, at: (usize, usize)) -> usize {
        let (model, rules) = self.rules(at);
        check(&Tree::build(model, rules, self.message), &Options::default()).count(Severity::Error)
    }
}

/// So many errors less are no chance.
const CLEARLY_FEWER: usize = 3;

/// Those with the highest score, in their order.
fn best_of<C: Copy, S: Ord>(candidates: Vec<C>, score: impl Fn(C) -> S) -> Vec<C> {
    let scored: Vec<(C, S)> = candidates.into_iter().map(|at| (at, score(at))).collect();
    let Some(best) = scored.iter().map(|(_, score)| score).max() else { return Vec::new() };
    scored.iter().filter(|(_, score)| score == best).map(|(at, _)| *at).collect()
}

/// The path of MSH-21 from the message.
const PROFILE_IDS: [u16; 2] = [1, 21];

/// A statement is about a place, or about something inside.
fn is_about(constraint: &Constraint, steps: &[u16]) -> bool {
    let path = constraint.target.as_ref().or_else(|| constraint.assertion.first_path());
    let starts = |path: &Path| path.0.iter().map(|step| step.position).take(steps.len()).eq(steps.iter().copied());
    path.is_some_and(starts)
}

/// What the message itself says about MSH-21.
fn of_message(rules: &Message) -> impl Iterator<Item = &Constraint> {
    let own = rules.statements.first().map(|own| &own.constraints[..]).unwrap_or_default();
    own.iter().filter(|constraint| is_about(constraint, &PROFILE_IDS))
}

/// Statements about MSH-21 that hold, less those that do not; of equals, the one that takes fewer ids is meant.
fn claims(tree: &Tree<'_, '_>) -> (isize, Reverse<usize>) {
    let mut score = 0;
    let mut ids: Vec<&str> = Vec::new();
    let mut count = |at: u32, constraint: &Constraint| match tree.verdict(at, &constraint.assertion) {
        Verdict::Holds => score += 1,
        Verdict::Fails => score -= 2,
        Verdict::Unknown => {}
    };
    for constraint in of_message(tree.message) {
        constraint.assertion.texts(&mut |text| ids.push(text));
        count(0, constraint);
    }
    for at in tree.children(0) {
        if let What::Segment(segment) = tree.nodes[at as usize].what {
            let rules = &tree.model.segments[segment as usize];
            let own = if &*rules.name == "MSH" { &rules.statements.constraints[..] } else { &[] };
            for constraint in own.iter().filter(|constraint| is_about(constraint, &PROFILE_IDS[1..])) {
                constraint.assertion.texts(&mut |text| ids.push(text));
                count(at, constraint);
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    (score, Reverse(ids.len()))
}
