//! Accounts: what the API keeps of users, sessions, keys, roles and one-time tokens.
//!
//! Owns the shape of a row; what its body says, the API knows. The body is sealed before it comes here.

use message::Timestamp;

/// One row: a user, a session, a key, a role, a token, a change that waits for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// What it is: `user`, `session` …
    pub kind: String,
    /// Its name among those of its kind.
    pub id: String,
    /// Whose it is; empty for nobody's.
    pub owner: String,
    /// When it is of no use any more.
    pub until: Option<Timestamp>,
    /// From 1, one more with each writing.
    pub revision: u64,
    /// What it says.
    pub body: Vec<u8>,
}

/// Rows of one answer.
pub const ACCOUNTS_MAX: usize = 10_000;
