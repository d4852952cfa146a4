//! What scripts may call, in words: the reference, the completion and the check of the prelude read this one list.

/// A line of the API.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// How it is written: `msg.get(path)`.
    pub syntax: &'static str,
    /// What it does.
    pub description: &'static str,
    /// A line of a script.
    pub example: &'static str,
}

const fn entry(syntax: &'static str, description: &'static str, example: &'static str) -> Entry {
    Entry { syntax, description, example }
}

/// All of it.
pub const API: &[Entry] = &[
    entry(
        "msg.get(path)",
        "The first value at a path, as a text: `\"\"` where nothing is, `null` where HL7 says `\"\"` (delete what you have). The shorthands `event`, `type`, `facility`, `application`, `version`, `patient` and `visit` are paths too.",
        "const name = msg.get(\"PID-5.1\");",
    ),
    entry("msg.all(path)", "Every value at a path, as a list.", "const results = msg.all(\"OBX[*]-5\");"),
    entry(
        "msg.has(path)",
        "Whether something is there, `null` included.",
        "if (!msg.has(\"PID-3\")) msg.park(\"no identifier\");",
    ),
    entry(
        "msg.set(path, value)",
        "Writes a text or number; `\"\"` empties the place, `null` writes `\"\"`, a list writes one repetition for each. `[+]` makes a new repetition or segment.",
        "msg.set(\"PV1-3.1\", msg.get(\"PV1-3.1\").toUpperCase());",
    ),
    entry("msg.remove(path)", "Removes a field, or every segment of an id.", "msg.remove(\"NTE\");"),
    entry(
        "msg.segments(id)",
        "The segments of an id in order; all without one.",
        "const notes = msg.segments(\"NTE\").length;",
    ),
    entry(
        "msg.each(id, act)",
        "Calls a function with each segment of an id. Segments that it inserts or removes are no matter.",
        "msg.each(\"OBX\", obx => { if (obx.get(\"11\") === \"X\") obx.remove(); });",
    ),
    entry("msg.append(id)", "A new segment at the end; gives it.", "msg.append(\"ZPD\").set(\"1\", \"checked\");"),
    entry("msg.raw", "The message as it came, as one text.", "const size = msg.raw.length;"),
    entry(
        "msg.drop(reason)",
        "Ends the script: the message goes nowhere and counts as filtered. In a `send` block: it does not go there.",
        "if (msg.get(\"PV1-3.1\") === \"TEST\") msg.drop(\"a test ward\");",
    ),
    entry(
        "msg.park(reason)",
        "Ends the script: the message waits for a person. The reason is shown where it stands in the script as a plain text.",
        "if (msg.all(\"OBX[*]-5\").length > 500) msg.park(\"too many results\");",
    ),
    entry(
        "segment.id, segment.number",
        "The three letters of a segment, and which of its id it is, from 1.",
        "log(msg.segments(\"OBX\")[0].number);",
    ),
    entry(
        "segment.get(path), .all(path), .has(path), .set(path, value), .remove(path)",
        "As those of `msg`, within the segment: `\"5.1\"`, or `5` for a whole field. `remove()` without a path removes the segment.",
        "msg.each(\"OBX\", obx => obx.set(\"8\", obx.get(8).trim()));",
    ),
    entry(
        "segment.insertAfter(id), segment.insertBefore(id)",
        "A new segment beside it; gives the new one.",
        "msg.segments(\"PID\")[0].insertAfter(\"NTE\").set(3, \"moved\");",
    ),
    entry(
        "table(name).get(code)",
        "The `to` of a code in a code table, or of its default row; `undefined` where it has neither. `get(code, column)` gives another column.",
        "const unit = table(\"units\").get(msg.get(\"PV1-3.1\"));",
    ),
    entry(
        "table(name).has(code)",
        "Whether the code itself has a row.",
        "if (!table(\"units\").has(\"4WEST\")) msg.park(\"unknown unit\");",
    ),
    entry(
        "log(text)",
        "Keeps a line with the message, encrypted as the message is; `sinew script` and `sinew explain --reveal` show it. It never goes to the log of the server.",
        "log(\"ward\", msg.get(\"PV1-3.1\"));",
    ),
    entry(
        "value",
        "In `| script NAME`: what flows in, a text, or a list after `[*]`. What the script returns flows out.",
        "return value.trim();",
    ),
    entry(
        "Date.now(), new Date()",
        "The moment at which the message came, with `allow clock`; the same when it is replayed. Dates are of UTC.",
        "msg.set(\"EVN-2\", new Date().toISOString());",
    ),
    entry(
        "Math.random()",
        "A number from 0 to 1, with `allow random`; the same when the message is replayed.",
        "msg.set(\"ZPD-9\", Math.floor(Math.random() * 100));",
    ),
];
