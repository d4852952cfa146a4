//! The JSON twin: the same file for machines that write and read structure instead of text.
//!
//! ```json
//! {"schema": "sinew.syntax/1",
//!  "statements": [
//!    {"comments": ["# above"], "word": "send", "values": [{"kind": "word", "value": "lab"}], "comment": "# behind",
//!     "block": [{"word": "map", "values": [{"kind": "word", "value": "maps/lab.map"}]}],
//!     "comments_at_end": [], "comment_at_end": "# behind the closing brace"}],
//!  "comments_at_end": []}
//! ```
//!
//! Values: bare ones of kind `word`, `path`, `number`, `quantity`, `reference` or `range` as written; `text` and
//! `block-text` with the value that they stand for; `list` with its items, each a row of values; `group`, what stands
//! in parentheses; `symbol`, one of `, | = != < <= > >=`. Numbers stay texts: `00048812` keeps its zeros.
//!
//! Promises: there and back keeps every significant token and every comment. Line ends inside a statement are not kept;
//! comments that stood there move above it.

mod read;
mod schema;
mod write;

pub use read::from_json;
pub use schema::schema;
pub use write::to_json;

use super::TokenKind;

/// Says what the JSON is, and in which version of its shape.
pub const SCHEMA: &str = "sinew.syntax/1";

/// Names of the bare shapes in JSON.
const BARE: &[(TokenKind, &str)] = &[
    (TokenKind::Word, "word"),
    (TokenKind::Path, "path"),
    (TokenKind::Number, "number"),
    (TokenKind::Quantity, "quantity"),
    (TokenKind::Reference, "reference"),
    (TokenKind::Range, "range"),
];

/// What a value of kind `symbol` may be.
const SYMBOLS: &[&str] = &[",", "|", "=", "!=", "<", "<=", ">", ">="];
