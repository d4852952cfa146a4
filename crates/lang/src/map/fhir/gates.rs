//! Which lines of a block could do something, found before any of them is looked at.
//!
//! Promises: a line that is passed over would have done nothing. Never: decides that a line does something; what is due
//! still asks its own condition.

use super::plan::Action;
use crate::{
    condition::Asked,
    view::{Held, Need, View},
};
use hl7v2::Filled;
use std::ops::Deref;

/// Lines one after the other, with what each needs beside them: most lines of a map have nothing to do in most messages,
/// and are passed over without a look at the line itself.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    actions: Box<[Action]>,
    /// What lines need, of 64 lines each.
    gates: Box<[Gates]>,
    /// What one of the lines needs; `None` where one of them needs nothing.
    need: Option<Need>,
}

impl Lines {
    /// What one of the lines needs; `None` where one of them needs nothing.
    pub(super) fn need(&self) -> Option<Need> {
        self.need
    }
}

/// What 64 lines need, a bit for each. A line is due where its first and its second need are met, and where its condition
/// may hold by what one place has in it.
#[derive(Debug, Default)]
struct Gates {
    /// Lines without a first, and without a second need.
    free: [u64; 2],
    /// Needs, those of one name side by side, with the lines whose first and whose second need each is.
    needs: Vec<(Need, [u64; 2])>,
    choices: Box<[Choice]>,
}

/// A place that the conditions of several lines ask about, such as the type of a value, and the lines whose condition may
/// hold by what it has in it.
#[derive(Debug)]
struct Choice {
    place: Asked,
    /// Lines that ask about it.
    asking: u64,
    /// Where it is empty.
    of_nothing: u64,
    /// Where it holds the two quotes.
    of_null: u64,
    /// Where it holds one of these texts.
    of_words: Box<[(u64, u64)]>,
    /// Where it holds another short text.
    of_others: u64,
}

/// Lines that ask about a place, from which on one look at it is less work than asking each.
const ASKING_MIN: u32 = 2;

/// No text: as bytes it is no UTF-8.
const NO_WORD: u64 = u64::MAX;

impl Choice {
    fn all_of(actions: &[Action]) -> Box<[Choice]> {
        let mut places: Vec<(Asked, u64, Vec<u64>)> = Vec::new();
        for (number, action) in actions.iter().enumerate() {
            let Some(condition) = &action.when else { continue };
            condition.each_asked(&mut |asked, words| {
                // The condition of a line with turns of its own is about each turn.
                if action.kind.turn().is_some_and(|turn| asked.slot >= turn) {
                    return;
                }
                let known = places.iter().position(|(place, ..)| place.is(&asked)).unwrap_or_else(|| {
                    places.push((asked, 0, Vec::new()));
                    places.len() - 1
                });
                places[known].1 |= 1 << number;
                places[known].2.extend(words);
            });
        }
        let of = |(place, asking, mut words): (Asked, u64, Vec<u64>)| {
            words.sort_unstable();
            words.dedup();
            let lines = |held| {
                let may_hold = |(number, action): (usize, &Action)| {
                    let is_open = asking & 1 << number == 0
                        || action.when.as_ref().is_none_or(|condition| condition.may_hold(&place, held));
                    u64::from(is_open) << number
                };
                actions.iter().enumerate().map(may_hold).fold(0, |sum, line| sum | line)
            };
            Choice {
                asking,
                of_nothing: lines(Held::Nothing),
                of_null: lines(Held::Null),
                of_others: lines(Held::Word(NO_WORD)),
                of_words: words.iter().map(|word| (*word, lines(Held::Word(*word)))).collect(),
                place,
            }
        };
        places.into_iter().filter(|(_, asking, _)| asking.count_ones() >= ASKING_MIN).map(of).collect()
    }

    /// The lines whose condition may hold.
    #[inline]
    fn lines(&self, view: &View<'_>) -> u64 {
        match self.place.held(view) {
            Held::Nothing => self.of_nothing,
            Held::Null => self.of_null,
            Held::Word(word) => {
                let known = self.of_words.iter().find(|(known, _)| *known == word);
                known.map_or(self.of_others, |(_, lines)| *lines)
            }
            // Only the conditions themselves know.
            Held::Text | Held::Several => u64::MAX,
        }
    }
}

impl Gates {
    fn of(actions: &[Action]) -> Gates {
        let mut gates = Gates::default();
        for (number, action) in actions.iter().enumerate() {
            for (at, need) in action.needs().into_iter().enumerate() {
                let lines = match need {
                    None => &mut gates.free,
                    Some(need) => match gates.needs.iter().position(|(known, _)| *known == need) {
                        Some(known) => &mut gates.needs[known].1,
                        None => {
                            gates.needs.push((need, [0; 2]));
                            let last = gates.needs.len() - 1;
                            &mut gates.needs[last].1
                        }
                    },
                };
                lines[at] |= 1 << number;
            }
        }
        gates.needs.sort_by_key(|(need, _)| need.slot);
        gates.needs.shrink_to_fit();
        gates.choices = Choice::all_of(actions);
        gates
    }

    /// The lines that could do something.
    #[inline]
    fn due(&self, view: &View<'_>) -> u64 {
        let [mut first, mut second] = self.free;
        let (mut slot, mut known) = (u32::MAX, Filled::UNKNOWN);
        for (need, lines) in &self.needs {
            // What a name holds is looked up when the name changes.
            if need.slot != slot {
                (slot, known) = (need.slot, view.held_by(need.slot));
            }
            if known.meets(need.parts) {
                first |= lines[0];
                second |= lines[1];
            }
        }
        let mut due = first & second;
        for choice in &self.choices {
            if (due & choice.asking).count_ones() >= ASKING_MIN {
                due &= choice.lines(view);
            }
        }
        due
    }
}

impl From<Vec<Action>> for Lines {
    fn from(actions: Vec<Action>) -> Lines {
        let gates = actions.chunks(GATED).map(Gates::of).collect();
        let need = Need::of_all(actions.iter().map(|action| action.needs().into_iter().flatten().next()));
        Lines { actions: actions.into(), gates, need }
    }
}

impl Deref for Lines {
    type Target = [Action];

    fn deref(&self) -> &[Action] {
        &self.actions
    }
}

/// Lines whose needs are looked at together: the bits of a number.
const GATED: usize = 64;

/// How far the lines of a block have come. What their names stand for stays the same until the last is done.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// How many times 64 lines were looked at.
    looked: usize,
    /// The number of the first line of the last look.
    first: usize,
    /// The lines of that look that are still to come.
    lines: u64,
}

impl Due {
    /// The number of the next line that could do something.
    #[inline(always)]
    pub(crate) fn next(&mut self, lines: &Lines, view: &View<'_>) -> Option<usize> {
        if self.lines == 0 && !self.look(lines, view) {
            return None;
        }
        let line = self.lines.trailing_zeros() as usize;
        self.lines &= self.lines.wrapping_sub(1);
        Some(self.first.wrapping_add(line))
    }

    /// Looks for the next lines, as far as there are any.
    #[inline(never)]
    fn look(&mut self, lines: &Lines, view: &View<'_>) -> bool {
        while let Some(gates) = lines.gates.get(self.looked) {
            self.first = self.looked * GATED;
            self.looked += 1;
            self.lines = gates.due(view);
            if self.lines != 0 {
                return true;
            }
        }
        false
    }
}
