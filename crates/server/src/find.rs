//! Finding messages: a search as typed becomes questions to the index, and their answers become rows.
//!
//! Promises: every condition of a search holds for every row, because replay acts on what is found.

use crate::{
    host::State,
    problem::Problem,
    query::{self, Search},
};
use message::{Clock, MessageId, MessageState, Phi, Reason, Timestamp, clock};
use serde::Serialize;
use std::collections::BTreeMap;
use store::{Hit, Query, Stored};

/// One message in a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) id: MessageId,
    pub(crate) received: Timestamp,
    pub(crate) interface: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) control_id: String,
    pub(crate) state: MessageState,
    pub(crate) destinations: Vec<String>,
    #[serde(skip)]
    pub(crate) facility: String,
}

/// Ids of neighbours differ by at least this much in the log (docs/spec/store-format.md): a question for "older than one
/// more" would leave the message itself out.
const ID_STEP: u64 = 8;

/// Tells whether messages of an interface and a facility may be seen.
type Sees<'s> = Option<&'s dyn Fn(&str, &str) -> bool>;

type Found = BTreeMap<MessageId, Row>;

/// The messages that a query finds and that `sees` lets through, by interface and facility, newest first.
pub(crate) fn find(state: &State, text: &str, limit: usize, sees: Sees<'_>) -> Result<Vec<Row>, Problem> {
    let search = query::parse(text, clock::System.now())?;
    let mut conditions = conditions(&search);
    if !search.ids.is_empty() {
        conditions.push(Condition { queries: Vec::new(), ids: search.ids.clone() });
    }
    // What several conditions have in common can lie deeper than the first rows of each.
    let limit_each = if conditions.len() > 1 || sees.is_some() { Query::LIMIT_MAX } else { limit };
    let mut common: Option<Found> = None;
    for condition in &conditions {
        let rows = look(state, &search, condition, limit_each)?;
        common = Some(match common {
            None => rows,
            Some(before) => before.into_iter().filter(|(id, _)| rows.contains_key(id)).collect(),
        });
    }
    let is_seen = |row: &Row| sees.is_none_or(|sees| sees(&row.interface, &row.facility));
    Ok(common.unwrap_or_default().into_values().rev().filter(is_seen).take(limit).collect())
}

/// Counts over all that a query finds; `None` where it is several questions, whose counts do not add up.
pub(crate) fn facets(state: &State, text: &str) -> Result<Option<store::Facets>, Problem> {
    let search = query::parse(text, clock::System.now())?;
    let conditions = conditions(&search);
    match conditions.as_slice() {
        [Condition { queries, ids }] if ids.is_empty() && search.ids.is_empty() && queries.len() == 1 => {
            queries.first().map(|query| Ok(state.engine.store().facets(query)?)).transpose()
        }
        _ => Ok(None),
    }
}

/// One condition: messages that any of these questions finds, and those with these ids.
struct Condition {
    queries: Vec<Query>,
    ids: Vec<u64>,
}

/// What has to hold together. A word without a name is asked for as each kind of identifier, a number also as a message.
fn conditions(search: &Search) -> Vec<Condition> {
    let base = base(search);
    let field = |(name, value): &(String, String)| Condition {
        queries: vec![Query { extra: Some((name.as_str().into(), Phi::new(value.clone()))), ..base.clone() }],
        ids: Vec::new(),
    };
    let word = |word: &String| {
        let private = || Some(Phi::new(word.clone()));
        Condition {
            queries: vec![
                Query { patient: private(), ..base.clone() },
                Query { visit: private(), ..base.clone() },
                Query { order: private(), ..base.clone() },
                Query { control_id: Some(word.clone()), ..base.clone() },
            ],
            ids: word.parse().into_iter().collect(),
        }
    };
    let mut conditions: Vec<Condition> = search.fields.iter().map(field).chain(search.words.iter().map(word)).collect();
    if conditions.is_empty() && search.ids.is_empty() {
        conditions.push(Condition { queries: vec![base], ids: Vec::new() });
    }
    conditions
}

/// What every question asks for.
fn base(search: &Search) -> Query {
    let private = |value: &Option<String>| value.clone().map(Phi::new);
    Query {
        interface: search.interface.as_deref().map(Into::into),
        patient: private(&search.patient),
        visit: private(&search.visit),
        order: private(&search.order),
        control_id: search.control_id.clone(),
        message_type: search.message_type.clone(),
        event: search.event.clone(),
        application: search.application.clone(),
        facility: search.facility.clone(),
        states: search.states.clone(),
        destination: search.destination.as_deref().map(Into::into),
        since: search.since,
        until: search.until,
        ..Query::default()
    }
}

fn look(state: &State, search: &Search, condition: &Condition, limit: usize) -> Result<Found, Problem> {
    let store = state.engine.store();
    let mut found = Found::new();
    for query in &condition.queries {
        for hit in store.search(&Query { limit, ..query.clone() })?.hits {
            found.entry(hit.id).or_insert_with(|| row(state, &hit));
        }
    }
    for id in &condition.ids {
        if let Some(hit) = hit(state, &base(search), MessageId(*id))? {
            found.insert(hit.id, row(state, &hit));
        }
    }
    Ok(found)
}

/// The message with this id, if it is one and the query finds it.
fn hit(state: &State, query: &Query, id: MessageId) -> Result<Option<Hit>, Problem> {
    let before = Some(MessageId(id.0.saturating_add(ID_STEP)));
    let query = Query { before, limit: ID_STEP as usize, ..query.clone() };
    Ok(state.engine.store().search(&query)?.hits.into_iter().find(|hit| hit.id == id))
}

fn row(state: &State, hit: &Hit) -> Row {
    let facts = state.engine.store().read(hit.id).map(|stored| stored.accept.facts).unwrap_or_default();
    Row {
        id: hit.id,
        received: hit.at,
        interface: hit.interface.to_string(),
        kind: format!("{}^{}", hit.message_type, hit.event),
        control_id: facts.control_id,
        state: hit.state,
        destinations: hit.destinations.iter().map(ToString::to_string).collect(),
        facility: facts.facility,
    }
}

/// Reads the message that a person names. A number that is no message is told from a message that is damaged: only the
/// second is in the index.
pub(crate) fn read(state: &State, id: MessageId) -> Result<Stored, Problem> {
    state.engine.store().read(id).map_err(|error| match (&error, hit(state, &Query::default(), id)) {
        (store::Error::Corrupt { .. } | store::Error::NotFound { .. }, Ok(None)) => {
            Reason::new(engine::codes::E5201, format!("there is no message {id}")).into()
        }
        _ => error.into(),
    })
}

/// Interface and facility of a message: where a right has to reach.
pub(crate) fn place_of(state: &State, id: MessageId) -> Result<(String, String), Problem> {
    let stored = read(state, id)?;
    Ok((stored.accept.envelope.interface.to_string(), stored.accept.facts.facility))
}
