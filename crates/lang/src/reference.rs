//! The rules of this floor's part of the language, as chapters of the reference. The words and steps themselves are
//! listed from [`crate::keyword::KEYWORDS`] and [`crate::steps::catalogue`].

/// Every chapter, in Markdown with its heading, in the order of the reference.
pub const CHAPTERS: [&str; 7] = [PATHS, CONDITIONS, VALUES, MAPS, FHIR, OTHER, TABLES];

/// How places in a message are written.
pub const PATHS: &str = "## Paths

`PID-5.1` is segment PID, field 5, component 1; `.4.1` goes on to a subcomponent. Numbers start at 1.

| written | means |
|---|---|
| `PID-3` | as a value the first repetition, as a target the whole field, in a condition any repetition |
| `PID-3[2].1` | the second repetition |
| `PID-3[*].1` | all repetitions: a list |
| `PID-3[.5=MR].1` | the repetitions whose component 5 is MR |
| `PID-3[+].1` | a new repetition; a target only |
| `OBX[3]-5`, `OBX[*]-5`, `OBX[+]-5` | the same for segments |
| `id.5`, `obx-5` | members of names that `each … as` binds |

A value has three states: nothing, `\"\"` (the receiver shall delete), or a text. MSH-1 and MSH-2 cannot be written.

";

/// What conditions mean.
pub const CONDITIONS: &str = "## Conditions

A condition is `PATH = VALUE` or another comparison: `=` `!=` `<` `<=` `>` `>=` and the words below. The right side is a
path, `now`, or a text, which needs quotes only if it has blanks or signs in it.

- Two numbers are compared as numbers. Two dates, one of them exact to the day at least, are compared as dates, as far
  as both are exact: `PID-7 = 1999` is true of `19991231`. Anything else is compared as text. A text is neither less nor
  greater than a number or a date.
- A path that can name several values passes when any of them does. `!=`, `not in` and `not matches` are opposites: they
  pass when none does. `any` and `all` in front of the path say it explicitly.
- `or` binds least, then `and`, then `not`. Parentheses group.
- Steps may follow the path: `PID-7 | age < 18`.

";

/// What values mean.
pub const VALUES: &str = "## Values and steps

A value is a path, a word, a text between quotes, or a list of them with commas; then steps, each after a `|`. `a else b`
is the first that is not empty. A text takes paths between braces: `\"{PID-5.2} {PID-5.1}\"`; `{{` is a brace itself. A path
without steps is copied with its parts. With steps that work on one text each (`upper`, `trim`) every part is worked on and
the structure stays, if the target is of the same level; otherwise it is text. Steps pass over nothing and over `\"\"`, unless they say
otherwise. A step that cannot work on a value stops the message, unless `else` says what else to do: `warn` (keep the
value and a note), `keep`, `empty`.

";

/// What maps mean.
pub const MAPS: &str = "## Maps

```
map NAME from hl7v2 [VERSION] [TYPE] to hl7v2 [VERSION] [TYPE] {
  target.path = VALUE [| step …] [when COND]
}
```

Values are read from the source, which does not change. Targets are written in the result, which starts as a copy of the
source, or with `start empty` as its MSH segment alone. Inside `each OBX as obx`, a target `OBX-8` without an index means
the segment of this turn: the same one in a copy, the next one in a result that started empty; so with repetitions inside
`each PID-3 as id`. `[+]` makes one new segment or repetition a turn, however many lines write it. Removing inside an
`each` happens at the end of the map. Two lines of one block that write one target without a condition are an error.

";

/// What maps to FHIR mean.
pub const FHIR: &str = "## Maps to FHIR

```
map NAME from hl7v2 [VERSION] [STRUCTURE] to fhir r4 Bundle|RESOURCE {
  TYPE [as NAME] [update by ELEMENT | create | create-if-none by ELEMENT] [when COND] {
    element.path = VALUE [| step …] [| code TABLE] [| use MAP] [as NAME] [when COND] [{ … }]
    element { … }
    use MAP with SEGMENT|NAME|PATH [when COND]
  }
  each GROUP|SEGMENT|PATH as NAME [when COND] { … }
}
map segment PID [NAME] to Patient as pid { … }
map datatype CX [NAME] to Identifier as cx { … }
```

Left stand elements of R4: `name.family`, `telecom[phone].value` (the item of this block that is called phone), `value[Quantity]`
or `valueQuantity`, `extension(patient-religion).valueCodeableConcept`. The types of both sides decide what is written: a text
is read as the primitive, a field with parts goes through the shared map for the two types, a code through a table gives system
and display, the name of a resource a reference. A field that repeats fills an element that repeats. The first line that has a
value for a single element wins. Inside `each GROUP` a segment is that of the turn.

";

/// Other formats: descriptions, paths, maps.
pub const OTHER: &str = "## Other formats

```
format NAME delimited|fixed|json|xml|x12 { … }            # in shared/formats
map NAME from FORMAT to hl7v2 VERSION STRUCTURE { SEGMENT { FIELD = VALUE } }
map NAME from hl7v2|fhir r4 Bundle|FORMAT to FORMAT { PATH = VALUE   PATH { … }   each PATH as NAME { … } }
```

FORMAT is `json`, `xml`, `csv`, `tsv`, `x12` or the name of a description. Its lines: `separator`, `quote`, `header`, `line-end`,
`encoding`, `column NAME [\"HEADER\"] [FIRST..LAST] [right] [fill TEXT]`, `place PATH [text|number|boolean]`,
`namespace PREFIX|default TEXT`, `indent`.

| path | means |
|---|---|
| `patient.name[1].family` | JSON: of the first item; an array has no name of its own |
| `names[use=official].family`, `names[2..]`, `names[*].use` | those that say so; from the second on; all, as a list |
| `root.id`, `root[*].id`, `root[\"Patient No\"]` | from the whole; every item of the outermost array; a name that is no word |
| `Doc.item.@code`, `hl7:Doc.item` | XML: an attribute; a prefix that the description declares |
| `row.mrn`, `row.3`, `mrn` | rows: a column by name, by number; without `row.` where the description has the column |
| `NM1[.01=IL].03`, `CLM.05.1` | X12: an element, a component |
| `items[+].code` | a new item; a target of a map only, shared by the lines of one turn |

A single word on the side of a value is a text where the description says which places there are and it is none of them; without
a description it is refused: write `\"word\"` or `root.word`. `null` in JSON is nothing. Numbers and `true` without quotes, and what
`number` gives, are so in JSON that is made.

";

/// How code tables are written.
pub const TABLES: &str = "## Code tables

A CSV file with a header: `from,from_name,to,to_system,to_name`, in any order; `from` and `to` are needed, further columns
are kept for `lookup TABLE column NAME`. A row with `*` in `from` is the answer for every other code. A cell with a comma, a
quote or a line end stands between quotes, a quote inside it is written twice. Codes are compared letter by letter.
";
