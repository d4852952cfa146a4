//! The words of the language, for completion, hover and the reference: one explicit table a floor.
//!
//! This table holds what conditions, values, editing lines and maps are made of; floor 3 has another, of the same type,
//! for interfaces. Steps have their own table, [`crate::steps::catalogue`].

/// A word of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// The word.
    pub word: &'static str,
    /// Where it may stand.
    pub place: Place,
    /// How it is written, with what follows it.
    pub syntax: &'static str,
    /// What it means, in a sentence or two.
    pub description: &'static str,
    /// An example that checks without findings in its place.
    pub example: &'static str,
}

/// Where a word may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// At the start of a line at the top of a file.
    File,
    /// At the start of a line of an interface.
    Interface,
    /// At the start of a line that changes a message, in interfaces and maps.
    Edit,
    /// At the start of a line of a map.
    Map,
    /// At the start of a line of a map to FHIR, or in the head of a resource there.
    Fhir,
    /// At the start of a line of a profile.
    Profile,
    /// In a condition, before the path.
    Condition,
    /// In a condition, between the two sides.
    Comparison,
    /// In a value.
    Value,
    /// At the start of a line of a block of settings.
    Setting,
}

const fn word(
    place: Place,
    word: &'static str,
    syntax: &'static str,
    description: &'static str,
    example: &'static str,
) -> Keyword {
    Keyword { word, place, syntax, description, example }
}

/// The words of this floor.
pub const KEYWORDS: &[Keyword] = &[
    word(
        Place::File,
        "map",
        "map NAME from hl7v2 [VERSION] [TYPE] to hl7v2 [VERSION] [TYPE] | fhir r4 RESOURCE { … } or map NAME from fhir r4 \
         Bundle to hl7v2 [VERSION] STRUCTURE [when COND] { … }",
        "A map: lines that make one message from another, or a FHIR resource, most often a Bundle. `map segment OBX as obx \
         { … }` and `map datatype CX [NAME] as cx { … }` are parts that maps to v2 share with `use`; `map datatype CX \
         [NAME] to Identifier as cx { … }` those of maps to FHIR; `map datatype Identifier to CX as id { … }` and `map \
         resource Patient to PID as patient { … }` those of maps from FHIR.",
        "map tidy from hl7v2 to hl7v2 { PID-5.1 = PID-5.1 | upper }",
    ),
    word(
        Place::Edit,
        "set",
        "set PATH = VALUE [when COND]",
        "Writes VALUE at PATH. Without an index the first segment and repetition are meant; `[*]` means all, `[+]` a new \
         one. An empty VALUE empties the place. A missing Z segment is made at the end; any other has to be there.",
        "set MSH-5 = PHARMACY when event = A01",
    ),
    word(
        Place::Edit,
        "remove",
        "remove PATH|SEGMENT [when COND]",
        "Takes away what PATH names: all segments of that id, a numbered or filtered repetition, or the content of a \
         field or component.",
        "remove PID-19",
    ),
    word(
        Place::Edit,
        "insert",
        "insert SEGMENT after|before SEGMENT [when COND] { FIELD = VALUE … }",
        "Inserts a new segment behind the last (in front of the first) of another and sets its fields. Without that other \
         segment nothing is inserted, and the message gets a note.",
        "insert ZPD after PID { ZPD-1 = 1 }",
    ),
    word(
        Place::Edit,
        "translate",
        "translate PATH with TABLE [missing error|keep|null|default CODE] [when COND]",
        "Replaces every code at PATH by that of the code table. Unless the table has a row `*`, `missing` says what \
         happens to other codes; `error` if it is not said.",
        "translate PV1-3.1 with units missing keep",
    ),
    word(
        Place::Map,
        "each",
        "each PATH as NAME [when COND] { … }",
        "Runs its lines once for each segment (`OBX as obx`, fields `obx-5`) or repetition (`PID-3 as id`, components \
         `id.1`). Targets over the same, without an index, mean the one of this turn.",
        "each PID-3 as id when id.5 = MR { PID-3.4 = id.4 | upper }",
    ),
    word(
        Place::Map,
        "when",
        "when COND { … }",
        "Runs its lines when the condition is true.",
        "when PV1-2 = E { PV1-3.1 = ED }",
    ),
    word(
        Place::Map,
        "start",
        "start copy|empty",
        "What the result is before the first line: a copy of the source, or its MSH segment alone. `copy` if it is not \
         said.",
        "start empty",
    ),
    word(
        Place::Map,
        "copy",
        "copy SEGMENT … [when COND]",
        "In a map with `start empty`: copies all segments of these ids, in the order of the source.",
        "copy PID PV1",
    ),
    word(
        Place::Map,
        "ignore",
        "ignore PATH, PATH … reason TEXT",
        "Says that PATH is left out on purpose, for the report of what a map covers.",
        "ignore PID-19 reason \"policy DP-7\"",
    ),
    word(
        Place::Map,
        "use",
        "use NAME with NAME",
        "Puts the lines of a shared map here, for the segment or repetition that a name stands for.",
        "each OBX as obx { use tidy-result with obx }",
    ),
    word(
        Place::Fhir,
        "update",
        "RESOURCE [as NAME] update by ELEMENT [when COND] { … }",
        "Makes a resource that is the same one whenever the element is the same: a conditional update, `PUT \
         Type?identifier=system|value`. Two of one identity in a bundle are one.",
        "Patient as patient update by identifier { identifier.value = PID-3[1].1 }",
    ),
    word(
        Place::Fhir,
        "create",
        "RESOURCE [as NAME] [create] [when COND] { … }",
        "Makes a resource with an id of its own, the same whenever the message is sent again. What a resource without \
         other words does.",
        "Patient as patient create { active = true }",
    ),
    word(
        Place::Fhir,
        "create-if-none",
        "RESOURCE [as NAME] create-if-none by ELEMENT [when COND] { … }",
        "Makes a resource unless the receiver has one with this element: `POST` with `ifNoneExist`.",
        "Organization create-if-none by identifier { identifier.value = MSH-4.1 }",
    ),
    word(
        Place::Fhir,
        "by",
        "update by ELEMENT | create-if-none by ELEMENT",
        "The element that says which resource it is, most often `identifier`.",
        "Patient update by identifier { identifier.value = PID-3[1].1 }",
    ),
    word(
        Place::Fhir,
        "else",
        "else ELEMENT = VALUE …",
        "Writes the element only where the lines before it gave it no value.",
        "Patient { birthDate = PID-7\nelse birthDate = PID-29 }",
    ),
    word(
        Place::Fhir,
        "zone",
        "zone NAME",
        "The time zone of times that come without an offset. Without this line the offset of MSH-7 counts, then UTC.",
        "zone Europe/Berlin",
    ),
    word(
        Place::Profile,
        "require",
        "require PATH|SEGMENT|GROUP [when COND] [severity error|warning|note] [because TEXT] [code NAME]",
        "There has to be a value; of a field in every segment of its kind that comes, of a component in every repetition \
         (and at least one). A segment or group has to come, inside a group in each of its instances. `because` is added to \
         the sentence that the sender's people get, `code` names the line; without it the code is made from the line. Every \
         line about a place takes these four words.",
        "require PID-3[.5=MR].1 because \"patients are found by it\"",
    ),
    word(
        Place::Profile,
        "expect",
        "expect PATH|SEGMENT|GROUP …",
        "As `require`, and a warning: the message is valid without it.",
        "expect PID-13",
    ),
    word(
        Place::Profile,
        "forbid",
        "forbid PATH|SEGMENT|GROUP …",
        "Nothing may be there.",
        "forbid PID-19 because \"policy DP-7\"",
    ),
    word(
        Place::Profile,
        "optional",
        "optional PATH|SEGMENT|GROUP …",
        "It may be there or not, although the standard, or the profile that this one extends, asks for it.",
        "optional EVN",
    ),
    word(
        Place::Profile,
        "usage",
        "usage PATH required|expected|optional|forbidden when COND [else …] …",
        "What holds depends on a condition. Where a segment comes several times, a condition about its own fields is asked of \
         each: `usage OBX-6 required when OBX-2 = NM`.",
        "usage PV1-45 required when event = A03 else optional",
    ),
    word(
        Place::Profile,
        "cardinality",
        "cardinality SEGMENT|GROUP|FIELD LOW..HIGH|LOW..* …",
        "How often it may come: segments and groups in the message or in each instance of the group in front, repetitions \
         that have a value in each segment. A segment that the structure does not have is brought in by it.",
        "cardinality NK1 0..3",
    ),
    word(
        Place::Profile,
        "length",
        "length PATH LOW..HIGH …",
        "Shortest and longest, in characters. What is empty, or null, has no length.",
        "length PID-5.1 1..50",
    ),
    word(
        Place::Profile,
        "bind",
        "bind PATH to table 0001|table:NAME|[A, B] [, …] [except [C]] …",
        "Values are codes of a table of HL7, of a code table of the site, or of a list. Of a coded element the first component \
         is meant. It goes over the standard's own table.",
        "bind PV1-2 to [I, O, E]",
    ),
    word(
        Place::Profile,
        "constrain",
        "constrain PATH COMPARISON …",
        "Every value at the place passes: = != < <= > >= in matches starts ends contains, with a text on the right.",
        "constrain PV1-19.1 matches \"^V[0-9]+$\"",
    ),
    word(
        Place::Profile,
        "rule",
        "rule TEXT [each SEGMENT] [when COND] [severity …] [because TEXT] { COND … }",
        "Conditions over several places, one a line; the text is what the sender's people read. With `each`, it is asked of \
         every segment of the kind by itself.",
        "rule \"a discharge has a date\" when event = A03 { PV1-45 exists }",
    ),
    word(
        Place::Profile,
        "document",
        "document FIELD|SEGMENT TEXT [TYPE] [table 0001]",
        "What a field of a Z-segment is, or what a field means here. Validation checks its values by the type and table; \
         `sinew show` and `sinew dict` show it.",
        "document ZPD-1 \"Debug token\" ST",
    ),
    word(
        Place::Profile,
        "example",
        "example FILE [invalid because TEXT]",
        "A message that is valid, or not, beside the profile; `sinew check` looks whether it is so.",
        "",
    ),
    word(
        Place::Profile,
        "standard",
        "standard lenient|strict|off",
        "How strictly the standard's own rules count besides the lines: `lenient` if nothing is said.",
        "standard strict",
    ),
    word(
        Place::Profile,
        "description",
        "description TEXT",
        "A text for people.",
        "description \"What the hub takes from the registration systems.\"",
    ),
    word(
        Place::Condition,
        "any",
        "any PATH COMPARISON",
        "At least one of the values passes. Differs from saying nothing for `!=` and `not in` only: `any PID-3.5 != MR` \
         is true when one differs.",
        "any OBX-11 != F",
    ),
    word(
        Place::Condition,
        "all",
        "all PATH COMPARISON",
        "Every value passes, empty ones too; true when there is none.",
        "all OBX-11 = F",
    ),
    word(
        Place::Condition,
        "count",
        "count PATH = NUMBER",
        "Compares how many segments, repetitions or values there are.",
        "count OBX > 3",
    ),
    word(
        Place::Condition,
        "at",
        "at \"HOURS\" zone ZONE",
        "The message was accepted in these hours of the week: days, times of day, or both. In a replay it is the time at \
         which the message first came. Without a zone the hours are those of UTC.",
        "at \"Mon-Fri 07:00-19:00\" zone Europe/Berlin",
    ),
    word(
        Place::Condition,
        "valid",
        "valid under strict|lenient|PROFILE",
        "The message, as it is at this line, has no error by the standard or by a profile. In interfaces only.",
        "valid under lenient",
    ),
    word(Place::Condition, "not", "not COND", "The opposite. Binds more than `and`.", "not PV1-2 = I"),
    word(Place::Condition, "and", "COND and COND", "Both are true. Binds more than `or`.", "event = A01 and PV1-2 = I"),
    word(Place::Condition, "or", "COND or COND", "At least one is true.", "PV1-2 = I or PV1-2 = E"),
    word(
        Place::Comparison,
        "in",
        "PATH in [A, B] | PATH in table:NAME | PATH in list:NAME",
        "The value is in the list, in the `from` column of a code table, or in a list of values: a file of the workspace, \
         `lists/NAME.txt` with one value on each line or `lists/NAME.csv` with a column `value`.",
        "event in [A01, A04, A08]",
    ),
    word(
        Place::Comparison,
        "matches",
        "PATH matches \"REGEX\"",
        "The value fits a regular expression. It fits anywhere in the value unless `^` and `$` hold it. Linear time: no \
         look-ahead, no back-reference.",
        "PID-3.1 matches \"^4[0-9]{7}$\"",
    ),
    word(Place::Comparison, "starts", "PATH starts [with] TEXT", "The value starts with TEXT.", "PV1-3.1 starts ICU"),
    word(
        Place::Comparison,
        "ends",
        "PATH ends [with] TEXT",
        "The value ends with TEXT.",
        "PID-13.4 ends \"@example.org\"",
    ),
    word(
        Place::Comparison,
        "contains",
        "PATH contains TEXT",
        "TEXT is somewhere in the value.",
        "NTE-3 contains urgent",
    ),
    word(
        Place::Comparison,
        "exists",
        "PATH exists",
        "Something is there: a value or the `\"\"` of v2. Also for segments.",
        "PID-19 exists",
    ),
    word(Place::Comparison, "empty", "PATH empty", "Nothing is there: neither a value nor `\"\"`.", "PID-19 empty"),
    word(
        Place::Comparison,
        "is",
        "PATH is [not] null | PATH is [not] empty",
        "`null` is the `\"\"` of v2: the sender wants the value deleted.",
        "PID-19 is null",
    ),
    word(Place::Value, "null", "null", "The `\"\"` of v2: the receiver shall delete what it has.", "PID-19 = null"),
    word(Place::Value, "empty", "empty", "Nothing: the receiver shall keep what it has.", "PID-19 = empty"),
    word(
        Place::Value,
        "else",
        "VALUE else VALUE",
        "The first of the two that is not empty. Stands before the steps.",
        "PID-13.1 else PID-14.1 | trim",
    ),
    word(Place::Value, "event", "event", "The trigger event, MSH-9.2.", "event"),
    word(Place::Value, "type", "type", "The message type, MSH-9.1.", "type"),
    word(Place::Value, "facility", "facility", "The sending facility, MSH-4.1.", "facility"),
    word(Place::Value, "application", "application", "The sending application, MSH-3.1.", "application"),
    word(Place::Value, "version", "version", "The version of HL7, MSH-12.1.", "version"),
    word(Place::Value, "patient", "patient", "The patient's first identifier, PID-3.1.", "patient"),
    word(Place::Value, "visit", "visit", "The visit number, PV1-19.1.", "visit"),
    word(
        Place::Value,
        "now",
        "now",
        "The time at which the message was accepted, the same in a replay. In UTC; `| zone` changes that.",
        "now | zone Europe/Berlin",
    ),
];
