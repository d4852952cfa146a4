//! The page of the error codes: a line each, with a link to its page.

use super::table;
use crate::commands::explain;

/// The ranges, by the first digit.
const RANGES: &[(char, &str)] = &[
    ('1', "The content of a message"),
    ('2', "The language"),
    ('3', "Interfaces and the workspace"),
    ('4', "The store"),
    ('5', "The engine"),
    ('6', "Connectors"),
    ('7', "Commands and the control socket"),
];

/// The page.
pub(super) fn page() -> String {
    let mut out = String::from(
        "# Error codes\n\n`sinew explain CODE` prints the page of a code, without a network and without an engine.\n\n",
    );
    for (digit, title) in RANGES {
        let mut codes: Vec<_> = explain::catalogue().filter(|code| code.id.chars().nth(1) == Some(*digit)).collect();
        codes.sort_by_key(|code| code.id);
        let rows: Vec<Vec<String>> =
            codes.iter().map(|code| vec![format!("[{0}](../errors/{0}.md)", code.id), code.title.to_owned()]).collect();
        out.push_str(&format!("## E{digit}xxx: {title}\n\n"));
        out.push_str(&table(&["code", "what is wrong"], &rows));
    }
    out
}
