//! What a search finds, message by message from the newest down, however deep it lies.
//!
//! Owns the meeting of several conditions. Promises: each message once, in falling order, and only what every condition
//! finds; the index is asked a page at a time.

use super::{Condition, ID_STEP, base, conditions, hit};
use crate::{host::State, problem::Problem, query::Search};
use message::MessageId;
use std::collections::VecDeque;
use store::{Hit, Query};

/// See the module.
pub(crate) struct Walk {
    conditions: Vec<Any>,
    /// Only messages up to this one come next.
    at_most: u64,
}

impl Walk {
    /// A page that neither costs the index much nor is asked for often.
    pub(crate) const PAGE: usize = 512;

    /// What a search finds below a message; the index is asked for `page` hits at a time where there is one condition.
    pub(crate) fn of(state: &State, search: &Search, before: Option<MessageId>, page: usize) -> Result<Walk, Problem> {
        let conditions = conditions(search);
        let page = if conditions.len() > 1 { Walk::PAGE } else { page };
        let conditions = conditions.into_iter().map(|one| Any::of(state, search, one, page));
        let at_most = before.map_or(u64::MAX, |before| before.0.saturating_sub(1));
        Ok(Walk { conditions: conditions.collect::<Result<_, _>>()?, at_most })
    }

    /// The next older message.
    pub(crate) fn next(&mut self, state: &State) -> Result<Option<Hit>, Problem> {
        // Whoever is behind sets the place that the others have to come down to, until all stand on the same message.
        let mut meeting: Option<Hit> = None;
        let mut agreed = 0;
        while agreed < self.conditions.len() {
            agreed = 0;
            for condition in &mut self.conditions {
                let Some(newest) = condition.newest(state, self.at_most)? else { return Ok(None) };
                if newest.id.0 < self.at_most {
                    self.at_most = newest.id.0;
                    agreed = 0;
                }
                agreed += 1;
                meeting = Some(newest);
            }
        }
        self.at_most = self.at_most.saturating_sub(1);
        Ok(meeting)
    }
}

/// Messages that any of several questions finds.
struct Any {
    questions: Vec<Pages>,
}

impl Any {
    fn of(state: &State, search: &Search, condition: Condition, page: usize) -> Result<Any, Problem> {
        let mut questions: Vec<Pages> = condition.queries.into_iter().map(|query| Pages::of(query, page)).collect();
        let named = condition.ids.into_iter().map(|id| hit(state, &base(search), MessageId(id)));
        let mut named: Vec<Hit> = named.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        named.sort_by_key(|hit| std::cmp::Reverse(hit.id));
        questions.push(Pages { query: None, page: named.into() });
        Ok(Any { questions })
    }

    fn newest(&mut self, state: &State, at_most: u64) -> Result<Option<Hit>, Problem> {
        let mut newest: Option<Hit> = None;
        for question in &mut self.questions {
            let found = question.newest(state, at_most)?;
            newest = newest.into_iter().chain(found.cloned()).max_by_key(|hit| hit.id);
        }
        Ok(newest)
    }
}

/// The answers to one question.
struct Pages {
    /// `None` when there are no further pages.
    query: Option<Query>,
    page: VecDeque<Hit>,
}

impl Pages {
    fn of(query: Query, page: usize) -> Pages {
        Pages { query: Some(Query { limit: page, ..query }), page: VecDeque::new() }
    }

    fn newest(&mut self, state: &State, at_most: u64) -> Result<Option<&Hit>, Problem> {
        while self.page.front().is_some_and(|hit| hit.id.0 > at_most) {
            self.page.pop_front();
        }
        if self.page.is_empty()
            && let Some(query) = &mut self.query
        {
            // "Older than" leaves the message itself out.
            query.before = at_most.checked_add(ID_STEP).map(MessageId);
            let found = state.engine.store().search(query)?;
            self.page = found.hits.into_iter().filter(|hit| hit.id.0 <= at_most).collect();
            if found.next.is_none() {
                self.query = None;
            }
        }
        Ok(self.page.front())
    }
}
