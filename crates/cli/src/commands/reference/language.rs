//! The page of the language: words of interfaces, of conditions, values and maps, and the steps of a pipe.

use super::{code, fence, table};
use interface::{
    keywords::{self, Within},
    replies::PRESETS,
};
use lang::{
    keyword::{self, Place},
    steps::{self, Group, Step},
};

const INTRODUCTION: &str = "\
# Language

A line is a word, its values, then settings as `name value`. `{ }` holds what belongs to a line; `when` starts a
condition; `#` starts a comment. Files end in `.flow` (interfaces, tests, shared blocks) or `.map` (maps).
`sinew check` reads all of it and says what is wrong, `sinew fmt` lays it out, `sinew test` runs the tests.

| kind of value | written as |
| --- | --- |
| text | `\"4 West\"`, or without quotes where it is one word: `NORTH` |
| long text | `\"\"\"…\"\"\"`, over several lines |
| path | `PID-5.1`, `PID-3[2].4`, `OBX[*]-5`, `PID-3[.5=MR].1` |
| duration | `500ms`, `20s`, `5m`, `2h`, `7d` |
| size | `64KiB`, `16MiB` |
| list | `[A01, A04, A08]` |
| reference | `secret:NAME`, `env:NAME`, `table:NAME` |

";

/// The page.
pub(super) fn page() -> String {
    let mut out = String::from(INTRODUCTION);
    for within in [Within::File, Within::Interface, Within::Receive, Within::Send, Within::Test] {
        out.push_str(&format!("## Words {}\n\n", within.describe().replace('`', "")));
        let words = || keywords::KEYWORDS.iter().filter(move |keyword| keyword.within == within);
        for keyword in words().filter(|keyword| !keyword.is_later) {
            out.push_str(&word(keyword.word, keyword.syntax, keyword.description, keyword.example));
        }
        let later: Vec<Vec<String>> = words()
            .filter(|keyword| keyword.is_later)
            .map(|keyword| vec![code(keyword.syntax), keyword.description.to_owned()])
            .collect();
        if !later.is_empty() {
            out.push_str("Known, and refused until a later release:\n\n");
            out.push_str(&table(&["word", "until then"], &later));
        }
    }
    out.push_str(&replies());
    for (place, title) in PLACES {
        let words: Vec<_> = keyword::KEYWORDS.iter().filter(|keyword| keyword.place == *place).collect();
        if words.is_empty() {
            continue;
        }
        out.push_str(&format!("## {title}\n\n"));
        for keyword in words {
            out.push_str(&word(keyword.word, keyword.syntax, keyword.description, keyword.example));
        }
    }
    out.push_str(&pipe());
    out
}

/// The chapters of the words of conditions, values and maps.
const PLACES: &[(Place, &str)] = &[
    (Place::File, "Words at the top of a map file"),
    (Place::Interface, "More words in interface"),
    (Place::Edit, "Lines that change a message"),
    (Place::Map, "Lines of a map"),
    (Place::Fhir, "Words of a map to FHIR"),
    (Place::Profile, "Lines of a profile"),
    (Place::Condition, "Conditions"),
    (Place::Comparison, "Comparisons"),
    (Place::Value, "Values"),
    (Place::Setting, "Settings"),
];

fn word(word: &str, syntax: &str, description: &str, example: &str) -> String {
    let mut out = format!("### {word}\n\n{}{description}\n\n", fence("text", syntax));
    if !example.is_empty() && example != syntax {
        out.push_str("For example:\n\n");
        out.push_str(&fence("sinew", example));
    }
    out
}

fn replies() -> String {
    let rows: Vec<Vec<String>> =
        PRESETS.iter().map(|preset| vec![code(preset.name), preset.description.to_owned()]).collect();
    format!(
        "## Presets of replies\n\n`replies preset NAME` in a `send` block takes one of these.\n\n{}",
        table(&["name", "what it does"], &rows)
    )
}

/// Chapters of the steps.
const GROUPS: &[(Group, &str)] = &[
    (Group::Text, "Text"),
    (Group::Dates, "Dates and times"),
    (Group::Numbers, "Numbers and units"),
    (Group::Codes, "Codes, defaults, requirements"),
    (Group::Structure, "Lists"),
    (Group::Identity, "New identifiers"),
    (Group::Scripts, "Scripts"),
];

fn pipe() -> String {
    let mut out = String::from(
        "## Steps\n\nA value flows through steps: `PID-5.1 | trim | upper`. An empty value and the null `\"\"` pass through every \
         step that does not say otherwise. A step that can fail takes `else error|warn|keep|empty` at its end; without it, a \
         failure parks the message.\n\n",
    );
    for (group, title) in GROUPS {
        out.push_str(&format!("### Steps: {title}\n\n"));
        steps::catalogue().filter(|step| step.group == *group).for_each(|step| out.push_str(&describe(step)));
    }
    out
}

fn describe(step: &Step) -> String {
    let mut facts = vec![format!("takes {}, gives {}", step.takes.as_str(), step.gives.as_str())];
    if step.can_begin {
        facts.push("may begin a value".to_owned());
    }
    if step.can_fail {
        facts.push("can fail".to_owned());
    }
    let mut out =
        format!("#### {}\n\n{}{} ({}.)\n\n", step.name, fence("text", step.syntax), step.description, facts.join("; "));
    let gives = |texts: &[&str]| match texts {
        [] => "nothing".to_owned(),
        texts => {
            texts.iter().map(|text| code(if text.is_empty() { "\"\"" } else { text })).collect::<Vec<_>>().join(", ")
        }
    };
    let rows: Vec<Vec<String>> =
        step.examples.iter().map(|example| vec![code(example.value), gives(example.gives)]).collect();
    out.push_str(&table(&["value", "gives"], &rows));
    out
}
