//! Databases: PostgreSQL, MySQL and MariaDB, SQLite.
//!
//! Owns: asking for new rows, rows as JSON, marking what was read, statements with values of a message, what an error of a
//! database means.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`. A row is marked only after its message is on disk;
//! a transaction whose commit was not begun has not happened.
//! Never: puts anything of a message into the text of a statement; tells a sentence of a database, which may quote values.

mod cell;
mod client;
mod config;
mod destination;
mod lookup;
mod mysql;
mod postgres;
mod source;
mod sqlite;
mod statement;
mod values;

#[cfg(test)]
mod tests;

use crate::{
    settings::{join, setting},
    tls,
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Lookup, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Sql;

impl Connector for Sql {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source {
            config::Reading::read(settings, None).map(|_| ())
        } else {
            config::Writing::read(settings, None).map(|_| ())
        }
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::Reading::read(settings, Some(context));
        let context = context.clone();
        Box::pin(async move { Ok(Box::new(source::Table::new(config?, &context)) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::Writing::read(settings, Some(context))?)))
    }

    fn lookup_side(&self) -> Option<&'static Side> {
        Some(&LOOKUP)
    }

    fn check_lookup(&self, settings: &Settings) -> Result<(), Reason> {
        config::Asking::read(settings, None).map(drop)
    }

    fn lookup(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Lookup>, Reason> {
        Ok(Box::new(lookup::Question::new(config::Asking::read(settings, Some(context))?)))
    }
}

static SPEC: Spec = Spec {
    name: "sql",
    title: "Rows of a database",
    description: "\
Reads new rows of a PostgreSQL, MySQL, MariaDB or SQLite database, and writes messages into one. Values are always bound as \
parameters; nothing of a message becomes part of a statement.

**As a source** it asks `query` at a fixed pace and gives each row as a message, in the order of the query. There are two \
ways of knowing what is new, and one of them must be chosen. With `watermark`, the values of one or several columns in the \
last row are remembered in the store, and `query` compares with them: `WHERE id > :id ORDER BY id`. With `mark`, a statement \
marks each row after it was accepted: `UPDATE outbox SET sent = now() WHERE id = :id`, where `:id` is a column of the row. \
A crash between accepting and remembering gives one row a second time.

A row becomes a JSON object with its columns as properties; with `message`, one column is the whole message, as it is. NULL \
is `null`; whole and floating numbers are numbers; **decimals are texts with exactly the digits of the database**; dates \
and times are ISO 8601 texts, with `Z` where the type has a zone; binary is Base64; JSON columns and arrays stay JSON; \
everything else that has a text is a text. Types that have none are refused: cast them to text in the query.

**As a destination** it runs one or several statements in one transaction for each message: INSERT, UPDATE, an upsert \
(`ON CONFLICT`, `ON DUPLICATE KEY`), a CALL. A place `:{PID-5.1}` takes a value of HL7 v2, `:{patient.mrn}` one of JSON or \
FHIR, `:name` what `parameters` says (or the property `name`). `:_message`, `:_delivery`, `:_interface` and `:_accepted` are \
about the message itself; `:_delivery` is the same for every attempt, so that an upsert by it makes a repeated delivery \
harmless. `as date` and `as timestamp` turn dates of HL7 v2 into ISO 8601. What is absent, empty or `\"\"` is NULL. With \
`each`, the statements run once for each segment or item.

What an error means is read from its SQLSTATE: values that do not fit and keys that exist park the message; deadlocks, locks, \
a full disk, a server that shuts down or is read-only mean again later; a statement that the database does not understand \
lets everything wait, and parks nothing; a connection that breaks before COMMIT is sent has done nothing; one that breaks \
behind it is *ambiguous*. Sessions of MySQL are strict, so that nothing is cut off to fit.",
    source: Some(Side {
        address: Address { kind: AddressKind::Remote, description: ADDRESS },
        options: &SOURCE_TABLE,
        example: "receive sql postgres://db.example.org/lis {\n    user sinew\n    password \"an example\"\n    \
                  query \"SELECT id, hl7 FROM outbox WHERE id > :id ORDER BY id LIMIT 500\"\n    \
                  watermark id\n    start 0\n    message hl7\n    format hl7v2\n  }",
    }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Remote, description: ADDRESS },
        options: &DESTINATION_TABLE,
        example: "send registry {\n  sql mysql://db.example.org/registry {\n    user sinew\n    password \"an example\"\n    \
                  statement \"INSERT INTO visits (delivery, mrn, born) VALUES (:_delivery, :{PID-3.1}, :{PID-7 as date}) ON DUPLICATE KEY UPDATE mrn = mrn\"\n  }\n}",
    }),
};

/// A question of a line.
static LOOKUP: Side = Side {
    address: Address { kind: AddressKind::Remote, description: ADDRESS },
    options: &LOOKUP_TABLE,
    example: "lookup census sql sqlite:census.db query \"SELECT ward, bed FROM stays WHERE mrn = :key\"",
};

const LOOKUP_OPTIONS: &[Setting] = &[
    setting(
        "query",
        SettingKind::Text,
        "",
        "The SELECT that finds one row, with `:key` for the value that is looked up, as a text. No row: nothing is found; several \
         rows: the lookup fails.",
    ),
    setting("limit", SettingKind::Size, "1MiB", "Largest row."),
];

const ADDRESS: &str = "`postgres://host:port/database`, `mysql://host:port/database` (also `mariadb:`), or `sqlite:FILE`, a \
                       file of the workspace that exists.";

const LOGIN: &[Setting] = &[
    setting("user", SettingKind::Text, "", "Who we are at the database."),
    setting("password", SettingKind::Text, "", "Our password: `secret:NAME`."),
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait until the database has let us in."),
    setting("timeout", SettingKind::Duration, "30s", "How long to wait for each answer of the database."),
    tls::SWITCH,
];

const SOURCE_OPTIONS: &[Setting] = &[
    setting("query", SettingKind::Text, "", "The SELECT that finds what is new, with ORDER BY and a LIMIT."),
    setting(
        "watermark",
        SettingKind::List,
        "",
        "Columns of the query whose values in the last row are remembered; `query` uses each as `:column`.",
    ),
    setting("start", SettingKind::List, "", "What holds before the first row: a value for each column of `watermark`."),
    setting(
        "mark",
        SettingKind::Text,
        "",
        "A statement that marks a row which was accepted, with columns of the row as `:column`.",
    ),
    setting(
        "mark-refused",
        SettingKind::Text,
        "",
        "The same for a row that can never be accepted. Without it such a row stays unmarked, and is not given again until the engine starts anew.",
    ),
    setting("message", SettingKind::Text, "", "The column that holds the whole message, text or binary."),
    setting(
        "every",
        SettingKind::Duration,
        "5s",
        "How often to ask, when there was nothing more; with `at`, how soon again when it failed.",
    ),
    setting(
        "at",
        SettingKind::Text,
        "",
        "Ask at these times only, as [`schedule`](#schedule) has them: `\"0 6 * * Mon-Fri\"`. A time that passed while nobody ran \
         is made up for once.",
    ),
    setting("zone", SettingKind::Text, "UTC", "The time zone of `at`: `Europe/Berlin`."),
    setting("rows", SettingKind::Count(1, 100_000), "500", "Rows that are read at a time."),
    setting(
        "limit",
        SettingKind::Size,
        "64MiB",
        "Largest row, and how much is read at a time. A larger row is refused and reported.",
    ),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    setting("statement", SettingKind::List, "", "The statement, or several as a list, run in order."),
    setting(
        "parameters",
        SettingKind::List,
        "",
        "What a `:name` of the statements takes: `\"mrn = PID-3[.5=MR].1\"`, `\"born = PID-7 as date\"`.",
    ),
    setting(
        "each",
        SettingKind::Text,
        "",
        "Run the statements once for each of these: a segment (`OBX`) or an array of JSON (`orders`, `.`).",
    ),
    setting(
        "transaction",
        SettingKind::Flag,
        "yes",
        "All statements of a message or none. `no` is for procedures that commit by themselves.",
    ),
    setting(
        "must-change",
        SettingKind::Flag,
        "no",
        "Park a message whose statements changed no row, such as an UPDATE of a patient who is not there.",
    ),
];

static SOURCE_TABLE: [Setting; SOURCE_OPTIONS.len() + LOGIN.len() + tls::CLIENT.len()] =
    join(&[SOURCE_OPTIONS, LOGIN, tls::CLIENT]);
static DESTINATION_TABLE: [Setting; DESTINATION_OPTIONS.len() + LOGIN.len() + tls::CLIENT.len()] =
    join(&[DESTINATION_OPTIONS, LOGIN, tls::CLIENT]);
static LOOKUP_TABLE: [Setting; LOOKUP_OPTIONS.len() + LOGIN.len() + tls::CLIENT.len()] =
    join(&[LOOKUP_OPTIONS, LOGIN, tls::CLIENT]);
