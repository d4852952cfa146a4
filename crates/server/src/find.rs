//! Finding messages: a search as typed becomes questions to the index, and their answers become rows.
//!
//! Promises: every condition of a search holds for every row, because replay acts on what is found.

mod walk;

pub(crate) use walk::Walk;

use crate::{
    host::State,
    problem::Problem,
    query::{self, Search},
};
use message::{Clock, MessageId, MessageState, Phi, Reason, Timestamp, clock};
use serde::Serialize;
use store::{Facts, Hit, Query, Stored};

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
}

/// Ids of neighbours differ by at least this much in the log (docs/spec/store-format.md): a question for "older than one
/// more" would leave the message itself out.
const ID_STEP: u64 = 8;

/// Tells whether messages of an interface and a facility may be seen.
type Sees<'s> = Option<&'s dyn Fn(&str, &str) -> bool>;

/// The messages that a query finds and that `sees` lets through, by interface and facility, newest first. Of those that are
/// not let through, so many are passed over at most.
pub(crate) fn find(state: &State, text: &str, limit: usize, sees: Sees<'_>) -> Result<Vec<Row>, Problem> {
    let search = query::parse(text, clock::System.now())?;
    let page = if sees.is_some() { Query::LIMIT_MAX } else { limit };
    let (mut walk, mut rows) = (Walk::of(state, &search, None, page)?, Vec::new());
    for _ in 0..Query::LIMIT_MAX {
        if rows.len() >= limit {
            break;
        }
        let Some(hit) = walk.next(state)? else { break };
        if sees.is_none_or(|sees| sees(&hit.interface, &hit.facility)) {
            let facts = state.engine.store().read(hit.id).map(|stored| stored.accept.facts).unwrap_or_default();
            rows.push(Row::of(&hit, &facts));
        }
    }
    Ok(rows)
}

/// Counts over all that a query finds; `None` where it is several questions, whose counts do not add up.
pub(crate) fn facets(state: &State, text: &str) -> Result<Option<store::Facets>, Problem> {
    let search = query::parse(text, clock::System.now())?;
    let conditions = conditions(&search);
    match conditions.as_slice() {
        [Condition { queries, ids }] if ids.is_empty() && queries.len() == 1 => {
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
    if !search.ids.is_empty() {
        conditions.push(Condition { queries: Vec::new(), ids: search.ids.clone() });
    }
    if conditions.is_empty() {
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

/// The message with this id, if it is one and the query finds it.
fn hit(state: &State, query: &Query, id: MessageId) -> Result<Option<Hit>, Problem> {
    let before = Some(MessageId(id.0.saturating_add(ID_STEP)));
    let query = Query { before, limit: ID_STEP as usize, ..query.clone() };
    Ok(state.engine.store().search(&query)?.hits.into_iter().find(|hit| hit.id == id))
}

impl Row {
    pub(crate) fn of(hit: &Hit, facts: &Facts) -> Row {
        Row {
            id: hit.id,
            received: hit.at,
            interface: hit.interface.to_string(),
            kind: format!("{}^{}", hit.message_type, hit.event),
            control_id: facts.control_id.clone(),
            state: hit.state,
            destinations: hit.destinations.iter().map(ToString::to_string).collect(),
        }
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
