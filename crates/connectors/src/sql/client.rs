//! What the connector asks of a database, whichever it is, and what can go wrong.

use super::{
    cell::{Cell, Rows},
    config::{Kind, Login},
    mysql, postgres, sqlite,
};
use crate::codes;
use interface::contract::Boxed;
use message::{Code, Outcome, Reason, Scope};
use std::time::Duration;
use tokio::time::timeout;

/// One statement with its values.
pub(crate) struct Work<'a> {
    pub(crate) text: &'a str,
    pub(crate) values: Vec<Cell>,
}

/// A connection.
///
/// A call that is dropped or that failed with [`Trouble::Away`], [`Trouble::Ended`] or [`Trouble::Doubt`] leaves a connection that must not be
/// used again; what it had begun is rolled back by the database.
pub(crate) trait Client: Send + Sync {
    /// The first `rows_max` rows of a query, or fewer when they come to more than `bytes_max` (at least one).
    fn read<'a>(&'a mut self, work: Work<'a>, rows_max: usize, bytes_max: usize) -> Boxed<'a, Result<Rows, Failure>>;
    /// Runs statements in order, all or none where `is_whole`; gives how many rows were changed.
    fn write<'a>(&'a mut self, works: Vec<Work<'a>>, is_whole: bool) -> Boxed<'a, Result<u64, Failure>>;
    /// Whether it is known to be gone.
    fn is_closed(&self) -> bool;
}

/// What went wrong, in the terms of this connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No connection, or it ended before anything could take effect.
    Away,
    /// The server said that it ends the connection, before anything could take effect.
    Ended,
    /// The user, the password or the database is not known there.
    NotLetIn,
    /// The database cannot now: a deadlock, a lock, no space, shutting down.
    Busy,
    /// The statement itself: its syntax, a table or column that does not exist, a missing right.
    Misstated,
    /// These values: too long, no date, a key that is there already.
    Refused,
    /// It may have taken effect.
    Doubt,
}

/// What went wrong, without anything of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) trouble: Trouble,
    /// What the database calls it: a SQLSTATE, a number, names of the schema.
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(trouble: Trouble, detail: impl Into<String>) -> Failure {
        Failure { trouble, detail: detail.into() }
    }

    /// The connection is of no more use.
    pub(crate) fn is_end(&self) -> bool {
        match self.trouble {
            Trouble::Away | Trouble::Ended | Trouble::NotLetIn | Trouble::Doubt => true,
            Trouble::Busy | Trouble::Misstated | Trouble::Refused => false,
        }
    }

    fn code(&self) -> Code {
        match self.trouble {
            Trouble::Away | Trouble::Ended | Trouble::NotLetIn => codes::E6620,
            Trouble::Busy => codes::E6623,
            Trouble::Misstated => codes::E6621,
            Trouble::Refused => codes::E6622,
            Trouble::Doubt => codes::E6624,
        }
    }

    /// For people.
    pub(crate) fn reason(&self, address: &str) -> Reason {
        let what = match self.trouble {
            Trouble::Away => "cannot be reached",
            Trouble::Ended => "ended the connection",
            Trouble::NotLetIn => "does not let us in",
            Trouble::Busy => "cannot do it now",
            Trouble::Misstated => "does not understand or permit the statement",
            Trouble::Refused => "refused the values",
            Trouble::Doubt => "may have done it",
        };
        Reason::new(self.code(), format!("{address} {what}: {}", self.detail))
    }

    /// What it means for a delivery.
    pub(crate) fn outcome(&self, address: &str) -> Outcome {
        let reason = self.reason(address);
        match self.trouble {
            // A wrong statement fails for every message alike: they wait until it is mended, and none is parked for it.
            Trouble::Away | Trouble::Ended | Trouble::NotLetIn | Trouble::Misstated => {
                Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
            }
            // A deadlock is between these rows and others; the next message may fare better.
            Trouble::Busy => Outcome::Transient { scope: Scope::Message, reason, retry_after: None },
            Trouble::Refused => Outcome::Permanent { reason, reply: None },
            Trouble::Doubt => Outcome::Ambiguous { reason },
        }
    }
}

/// Connects, within the limit of the settings.
pub(crate) async fn connect(login: &Login) -> Result<Box<dyn Client>, Failure> {
    let limit = login.connect_time_max;
    let connecting = async {
        match login.kind {
            Kind::PostgreSql => postgres::connect(login).await,
            Kind::MySql => mysql::connect(login).await,
            Kind::Sqlite => sqlite::connect(login).await,
        }
    };
    within(limit, connecting).await
}

/// Ends with [`Trouble::Away`] when it takes longer: what was begun is not committed.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match timeout(limit, work).await {
        Ok(result) => result,
        Err(_) => Err(Failure::new(Trouble::Away, format!("no answer within {} s", limit.as_secs_f32()))),
    }
}

/// The same for a commit, of which nobody knows then.
pub(crate) async fn commit<T>(limit: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    within(limit, work).await.map_err(|failure| match failure.trouble {
        Trouble::Away | Trouble::Ended | Trouble::Doubt => Failure { trouble: Trouble::Doubt, ..failure },
        Trouble::NotLetIn | Trouble::Busy | Trouble::Misstated | Trouble::Refused => failure,
    })
}

/// What a SQLSTATE means (ISO/IEC 9075-2 §24.1; the classes 53, 55, 57, 58 and XX are PostgreSQL's).
pub(crate) fn of_state(state: &str) -> Trouble {
    // An operator, a crash, a start, or idleness ends the connection.
    if matches!(state, "57P01" | "57P02" | "57P03" | "57P05") {
        return Trouble::Ended;
    }
    match state.get(..2).unwrap_or_default() {
        "08" => Trouble::Away,
        "28" | "3D" => Trouble::NotLetIn,
        "40" | "53" | "55" | "57" | "58" | "XX" => Trouble::Busy,
        // A read-only transaction: usually a standby, until it is the primary again.
        "25" => Trouble::Busy,
        "42" | "2D" | "0A" | "07" | "3F" | "26" | "34" => Trouble::Misstated,
        _ => Trouble::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states() {
        let check = |state: &str, expect: Trouble| assert_eq!(of_state(state), expect, "{state}");
        check("08006", Trouble::Away);
        check("28P01", Trouble::NotLetIn);
        check("3D000", Trouble::NotLetIn);
        check("40001", Trouble::Busy);
        check("40P01", Trouble::Busy);
        check("53100", Trouble::Busy);
        check("55P03", Trouble::Busy);
        check("57014", Trouble::Busy);
        check("57P01", Trouble::Ended);
        check("57P03", Trouble::Ended);
        check("25006", Trouble::Busy);
        check("42P01", Trouble::Misstated);
        check("42501", Trouble::Misstated);
        check("22001", Trouble::Refused);
        check("22007", Trouble::Refused);
        check("23505", Trouble::Refused);
        check("P0001", Trouble::Refused);
        check("", Trouble::Refused);
    }

    #[test]
    fn outcomes() {
        let outcome = |trouble| Failure::new(trouble, "x").outcome("db");
        for trouble in [Trouble::Away, Trouble::Ended, Trouble::NotLetIn, Trouble::Misstated] {
            assert!(matches!(outcome(trouble), Outcome::Transient { scope: Scope::Destination, .. }), "{trouble:?}");
        }
        assert!(matches!(outcome(Trouble::Busy), Outcome::Transient { scope: Scope::Message, .. }));
        assert!(matches!(outcome(Trouble::Refused), Outcome::Permanent { .. }));
        assert!(matches!(outcome(Trouble::Doubt), Outcome::Ambiguous { .. }));
    }
}
