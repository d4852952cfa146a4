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
use std::collections::HashSet;

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
    let (name, id) = (name.to_ascii_lowercase(), id.to_ascii_lowercase());
    let ends = |part: &str, letter: Option<char>| part.is_empty() || !letter.is_some_and(char::is_alphanumeric);
    name.match_indices(&id).any(|(at, _)| {
        let (before, behind) = (&name[..at], &name[at + id.len()..]);
        ends(before, before.chars().next_back()) && ends(behind, behind.chars().next())
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
    let candidates = Candidates::of(models, best, message);
    let best = best_of((0..candidates.places.len()).collect(), |at| candidates.ask(at, claims));
    if let [only] = best[..] {
        return candidates.places.get(only).copied();
    }
    let best = best_of(best, |at| Reverse(candidates.ask(at, misplaced)));
    let first = *best.first()?;
    if best.len() == 1 {
        return candidates.places.get(first).copied();
    }
    // One that fits far better wins over the first; a single mistake of the sender must not decide.
    let errors = |at| candidates.ask(at, |tree| check(tree, &Options::default()).count(Severity::Error));
    let fewest = errors(first);
    let others = best.iter().skip(1).map(|at| (errors(*at), *at)).min();
    let better = others.filter(|(count, _)| count + CLEARLY_FEWER <= fewest);
    candidates.places.get(better.map_or(first, |(_, at)| at)).copied()
}

/// Messages of profiles that are asked about one message, in their order.
struct Candidates<'p, 'm> {
    models: &'p [&'p Model],
    places: Vec<(usize, usize)>,
    message: &'m crate::Message,
    /// The message as each of them sees it: made once, where that takes little memory.
    trees: Vec<Tree<'m, 'p>>,
}

/// Segments of a message that is kept for all candidates at once.
const KEPT_SEGMENTS_MAX: usize = 2_000;

impl<'p, 'm> Candidates<'p, 'm> {
    fn of(models: &'p [&'p Model], places: Vec<(usize, usize)>, message: &'m crate::Message) -> Candidates<'p, 'm> {
        let mut out = Candidates { models, places, message, trees: Vec::new() };
        if message.segment_count() <= KEPT_SEGMENTS_MAX {
            out.trees = out.places.iter().map(|place| out.build(*place)).collect();
        }
        out
    }

    fn build(&self, (number, at): (usize, usize)) -> Tree<'m, 'p> {
        Tree::build(self.models[number], &self.models[number].messages[at], self.message)
    }

    fn ask<R>(&self, at: usize, question: impl Fn(&Tree<'m, 'p>) -> R) -> R {
        match self.trees.get(at) {
            Some(tree) => question(tree),
            None => question(&self.build(self.places[at])),
        }
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

/// Statements about MSH-21 that hold, less those that do not; of equals, the one that takes fewer ids is meant.
fn claims(tree: &Tree<'_, '_>) -> (isize, Reverse<usize>) {
    let mut score = 0;
    let mut ids = HashSet::new();
    let mut count = |at: u32, constraint: &Constraint| {
        constraint.assertion.texts(&mut |text| {
            ids.insert(text.to_owned());
        });
        match tree.verdict(at, &constraint.assertion) {
            Verdict::Holds => score += 1,
            Verdict::Fails => score -= 2,
            Verdict::Unknown => {}
        }
    };
    let is_about = |constraint: &Constraint, steps: &[u16]| {
        let path = constraint.target.as_ref().or_else(|| constraint.assertion.first_path());
        let starts = |path: &Path| path.0.iter().map(|step| step.position).take(steps.len()).eq(steps.iter().copied());
        path.is_some_and(starts)
    };
    let own = tree.message.statements.first().map(|own| &own.constraints[..]).unwrap_or_default();
    own.iter().filter(|one| is_about(one, &[1, 21])).for_each(|one| count(0, one));
    for at in tree.children(0) {
        if let What::Segment(segment) = tree.nodes[at as usize].what {
            let rules = &tree.model.segments[segment as usize];
            if &*rules.name == "MSH" {
                let own = &rules.statements.constraints;
                own.iter().filter(|one| is_about(one, &[21])).for_each(|one| count(at, one));
            }
        }
    }
    (score, Reverse(ids.len()))
}
