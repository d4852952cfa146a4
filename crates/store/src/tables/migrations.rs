//! The schema of the tables, as the list of steps that made it. A step once released is never changed.

/// Step n takes the schema from version n to n + 1.
pub(super) const STEPS: &[&str] = &[
    "CREATE TABLE audit (
        number INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL, object TEXT NOT NULL,
        reason TEXT NOT NULL, before BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
     CREATE INDEX audit_object ON audit (object, number);
     CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are final'); END;
     CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are final'); END;
     CREATE TABLE configurations (
        number INTEGER PRIMARY KEY, interface TEXT NOT NULL, version INTEGER NOT NULL, text TEXT NOT NULL,
        at INTEGER NOT NULL, who TEXT NOT NULL) STRICT;
     CREATE INDEX configurations_interface ON configurations (interface, number);
     CREATE TABLE switches (
        name TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL)
        STRICT, WITHOUT ROWID;",
    "CREATE TABLE quality (
        interface TEXT NOT NULL, span INTEGER NOT NULL, start INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL)
        STRICT;
     CREATE UNIQUE INDEX quality_key ON quality (interface, span, start, kind);
     CREATE INDEX quality_span ON quality (span, start);",
    "CREATE TABLE accounts (
        kind TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, until INTEGER, revision INTEGER NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;
     CREATE INDEX accounts_owner ON accounts (kind, owner);
     CREATE INDEX accounts_until ON accounts (until);",
    "CREATE TABLE audit_anchor (is_one INTEGER PRIMARY KEY CHECK (is_one = 1), bytes BLOB NOT NULL) STRICT;",
];
