//! Any text is read without a panic, and broken texts give findings.

use super::{flow, load};
use proptest::prelude::*;

const WORDS: &[&str] = &[
    "interface", "test", "block", "use", "shared/lab-index", "demo", "\"T\"", "{", "}", "\n", "[", "]", ",", "|", "=", "(",
    ")", "owner", "contact", "critical", "receive", "mllp", "2575", "file", "out", "interface", "http", "ack",
    "after-stored", "order", "by", "source", "PID-3.1", "PID-3[.5=MR].1", "limit", "size", "64MiB", "duplicates", "window",
    "7d", "off", "index", "keep", "drop", "when", "event", "in", "A01", "set", "remove", "insert", "after", "translate",
    "with", "units", "missing", "error", "map", "maps/pharmacy.map", "send", "archive", "retry", "from", "2s", "to", "5m",
    "give-up", "never", "then", "park", "replies", "preset", "AE", "207", "lanes", "16", "priority", "stat", "alert",
    "silent", "backlog", "over", "500", "page", "during", "given", "samples/a01.hl7", "expect", "sent", "queued",
    "nothing", "matches", "filtered", "rejected", "parked", "acknowledged", "AA", "refuses-connections", "is-slow", "at",
    "env:PORT", "secret:x", "\"\"\"MSH|^~\\\\&|\"\"\"", "é", "\"", "#", "validate", "route", "99999999999999999999",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn words_in_any_order(words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60)) {
        let text = words.join(" ");
        let _ = load(&text);
        let _ = load(&flow(&text, ""));
        let _ = load(&flow("", &format!("test \"t\" {{ {text} }}")));
    }

    #[test]
    fn any_characters(text in "\\PC{0,200}") {
        let _ = load(&text);
        let _ = load(&flow(&text, &text));
    }
}
