//! The entries, in the order in which they appear in the reference.

use super::{Keyword, Within};

const fn word(
    within: Within,
    word: &'static str,
    syntax: &'static str,
    description: &'static str,
    example: &'static str,
) -> Keyword {
    Keyword { word, within, syntax, description, example, has_block: false, is_later: false }
}

const fn block(
    within: Within,
    word: &'static str,
    syntax: &'static str,
    description: &'static str,
    example: &'static str,
) -> Keyword {
    Keyword { word, within, syntax, description, example, has_block: true, is_later: false }
}

const fn later(within: Within, word: &'static str, syntax: &'static str, description: &'static str) -> Keyword {
    Keyword { word, within, syntax, description, example: "", has_block: true, is_later: true }
}

use Within::{File, Interface, Receive, Route, Send, Test};

/// Every word.
pub const KEYWORDS: &[Keyword] = &[
    block(
        File,
        "interface",
        "interface NAME \"Title\" { … }",
        "One configured flow: a source, steps, destinations. The order of the lines is the order of the work.",
        "interface lab-oru \"Lab results\" {\n  owner \"Lab\"\n  receive mllp 2576\n  send archive { file out }\n}\n\
         test \"a result is kept\" {\n  given \"\"\"MSH|^~\\\\&|LAB|NORTH|HUB|NORTH|20260101120000||ORU^R01|7|P|2.5.1\"\"\"\n  \
         expect archive sent\n}",
    ),
    block(
        File,
        "test",
        "test \"a sentence about behaviour\" { … }",
        "A test of the interface in the same file or folder; `sinew test` runs it.",
        "test \"a message is kept\" {\n  given samples/a01.hl7\n  expect archive sent 1\n}",
    ),
    block(
        File,
        "block",
        "block NAME { … }",
        "Lines that several interfaces share, in `shared/NAME.flow`; `use shared/NAME` brings them in.",
        "block owner-lab {\n  owner \"Lab\" contact lab@example.org\n}",
    ),
    block(
        File,
        "profile",
        "profile NAME [\"Title\"] extends hl7v2 [VERSION|[…]] [TYPE|[…]] { … } | profile NAME extends PROFILE { … }",
        "What a valid message is at this site: the standard, and lines that say more about single places. In \
         `shared/profiles/NAME.flow`, in the folder `profiles` of an interface, or beside it in its file. TYPE is a message \
         type (`ADT`) or a structure (`ADT_A01`); a profile without version or type is for all of them.",
        "profile ward-feed extends hl7v2 2.5.1 ADT {\n  require PID-3.1\n  forbid PID-19\n}",
    ),
    word(
        Interface,
        "owner",
        "owner TEXT contact TEXT oncall TEXT",
        "Who answers for the interface, where to write, whom to call at night.",
        "owner \"Integration\" contact integration@example.org oncall 5-0142",
    ),
    word(
        Interface,
        "critical",
        "critical 1..3",
        "1 pages someone, 2 is for the same day, 3 waits for Monday.",
        "critical 1",
    ),
    word(
        Interface,
        "description",
        "description TEXT",
        "A text for the people who look after the interface.",
        "description \"\"\"Admissions of the north site.\"\"\"",
    ),
    block(
        Interface,
        "receive",
        "receive CONNECTOR ADDRESS { … }",
        "How messages come in. The settings of the connector, and the words below, stand on the line or in the block.",
        "receive mllp 127.0.0.1:2575 {\n  ack   after-stored\n  order by PID-3.1\n}",
    ),
    word(
        Interface,
        "index",
        "index NAME PATH",
        "One more field by which messages can be searched.",
        "index accession OBR-3.1",
    ),
    word(
        Interface,
        "keep",
        "keep when CONDITION",
        "Goes on only with messages for which the condition holds. The others end here as filtered, with this line as \
         the reason.",
        "keep when event in [A01, A04, A08]",
    ),
    word(
        Interface,
        "drop",
        "drop when CONDITION",
        "Leaves out messages for which the condition holds: they end here as filtered, with this line as the reason.",
        "drop when PV1-3.1 = \"TESTWARD\"",
    ),
    word(
        Interface,
        "set",
        "set PATH = VALUE | step …",
        "Changes one place of the message. Every other byte stays as it was.",
        "set PID-5.1 = PID-5.1 | upper",
    ),
    word(
        Interface,
        "remove",
        "remove PATH|SEGMENT",
        "Takes a segment, field, repetition or component out of the message.",
        "remove PID-19",
    ),
    block(
        Interface,
        "insert",
        "insert SEGMENT after SEGMENT { … }",
        "Puts a new segment into the message and fills it.",
        "insert ZPD after PID {\n  ZPD-1 = \"hub\"\n}",
    ),
    word(
        Interface,
        "translate",
        "translate PATH with TABLE missing error|keep|null|default CODE",
        "Replaces a code by what a table says. `missing` says what happens to a code that the table does not have.",
        "translate PV1-3.1 with units missing keep",
    ),
    word(
        Interface,
        "translate version",
        "translate version [VERSION] to VERSION [loss note|keep|park] [when CONDITION]",
        "Changes the whole message to what another version of HL7 v2 has: fields that moved, parts that a type lost, the \
         type in OBX-2, the structure in MSH-9.3, MSH-12. Without the first VERSION it goes from what MSH-12 says. `loss` \
         says what happens to content that has no place in the new version: `note`, if it is not said, removes it and \
         leaves a note with its place; `keep` leaves it where it was; `park` hands the message to a person.",
        "translate version 2.3 to 2.5.1 loss keep",
    ),
    word(Interface, "map", "map FILE", "Runs a map over the message.", "map maps/pharmacy.map"),
    block(
        Interface,
        "send",
        "send NAME { … }",
        "A destination. Every destination whose `when` holds gets the message; one does not wait for another.",
        "send pharmacy {\n  when PV1-2 = \"I\"\n  mllp rx01.example.org:6661\n}",
    ),
    block(
        Interface,
        "route",
        "route first|every { set NAME to NAME, NAME  case CONDITION to NAME, NAME  default NAME }",
        "Chooses among destinations, by the message as it is at this line. `first` takes the first case that holds, `every` \
         each one that holds; the default takes what is left. A destination that a route names gets what a route gives \
         it, and nothing else; its own `when` has to hold too. Several routes are worked one after the other, and a \
         destination gets a message once. A message that is left without a destination counts as filtered, with the \
         line that decided last as the reason.",
        "route first {\n  case event in [A01, A04] to archive\n  default archive\n}",
    ),
    word(
        Interface,
        "publish",
        "publish TOPIC [when CONDITION]",
        "Hands the message, as it is after the last step, to every interface that says `receive topic TOPIC`. Each \
         subscriber has a queue of its own here, so a slow or stopped one loses nothing and holds up nobody.",
        "publish lab-results when type = ADT",
    ),
    word(
        Interface,
        "alert",
        "alert silent DURATION|learned|never | down after DURATION | backlog [NAME] over N or-older-than DURATION | errors \
         over N | parked over N | slow over DURATION | acknowledgment over DURATION | skew over DURATION | quality \
         drift|drop | quality PATH completeness|form|codes|coverage below PERCENT | quality \
         duplicates|reused-ids|implausible|ahead|invalid over PERCENT | quality late over DURATION",
        "What to be told of, over what goes without saying: `down` (the source is not open, or a destination takes nothing, for a \
         minute), `silent learned` (no message for longer than is usual at this hour of the week), a queue older than 15 \
         minutes, 100 failures an hour, 50 parked messages, acknowledgments over 5 seconds, a sender's clock (`skew`) 5 minutes \
         off. A line about a thing takes the place of that. `quality` watches what the sender sends: against its own history (`drift`: anything worse than \
         before, `drop`: a place that is filled less), at a place (`codes` by the table of the standard, `coverage` by the \
         interface's own), or as a whole; `within 6h` says how far back is looked, `at-least 50` how many cases it takes. \
         `during \"Mon-Fri 06:00-20:00\"` limits the hours: days, times of day or both, in the time of the machine. `page` \
         wakes someone.",
        "alert silent 20m during \"Mon-Fri 06:00-20:00\"",
    ),
    word(
        Interface,
        "use",
        "use shared/NAME",
        "Brings in the lines of a shared block as if they stood here.",
        "use shared/lab-index",
    ),
    word(
        Interface,
        "validate",
        "validate strict|lenient|PROFILE [errors reject|park|keep] [warnings keep|park|reject]",
        "Checks the message as it is at this line. `reject` stores it, delivers it nowhere and answers AE (CE in enhanced \
         mode) with an ERR segment for each error; `park` stores it for a person, and the sender hears AA; `keep` goes on. \
         What was found is noted with the message. If nothing is said, errors are rejected and warnings kept.",
        "validate lenient errors park",
    ),
    later(Interface, "identify", "identify DOMAIN write PATH", "It will look the patient up in the patient index."),
    block(
        Interface,
        "lookup",
        "lookup NAME CONNECTOR ADDRESS { … }",
        "A read-only question that lines may ask outside: a database (`sql`), a web server (`http`) or a FHIR server \
         (`fhir`). `within` (5s) is how long a message waits for an answer; `fresh` (60s) how long an answer is used again, \
         `0s` for never; `remember` (10000) how many answers are kept. The rest are settings of the connector. It is asked \
         by `enrich` and by `| lookup NAME`, before the message is stored, so its sender waits too.",
        "lookup census http \"http://127.0.0.1:8080/patients/{key}\" within 2s",
    ),
    block(
        Interface,
        "enrich",
        "enrich LOOKUP by VALUE failed park|later|keep|empty else error|keep|empty { PATH = COLUMN … }",
        "Writes parts of what a lookup answers into the message; COLUMN is a column or a path of the answer. `failed` says \
         what happens when nobody answers (`park` for a person, `later`: the sender tries again, `keep` what stands there, \
         `empty`), `else` what happens when nothing is found; both have to be said.",
        "enrich census by PID-3.1 failed park else keep {\n  PV1-3.1 = ward\n  PV1-3.3 = bed\n}",
    ),
    word(
        Interface,
        "split",
        "split by SEGMENT|PATH",
        "Makes several messages of one, and each goes through the lines below for itself: `split by OBR` makes one for each order \
         of a result, `split by orders[*]` one for each item of a list. Each has what stands around it (MSH, PID, …) and a \
         control id of its own, with `-1`, `-2` behind it: the same ones whenever the message is run again. All of them are \
         stored together with the message that they come from, or none.",
        "split by OBR",
    ),
    word(
        Interface,
        "join",
        "join by PATH [when CONDITION] [until CONDITION] within DURATION at-most N [with [SEGMENT, …]]",
        "Collects messages with the same value at PATH, and goes on with one that is made of them: when the last one has come \
         (`until`), when there are `at-most` of them, or when the first one has waited for `within`. HL7 v2 becomes the first \
         message and the segments `with` of the others; JSON an array; rows below one header. Each is stored and acknowledged \
         as it comes, and waits parked (E5060). A message without the value goes on alone, and so does one for which `when` does not hold.",
        "join by OBR-2.1 until OBR-25 = F within 10m at-most 50 with [OBX, NTE]",
    ),
    word(
        Interface,
        "script",
        "script NAME [allow clock] [allow random] [time DURATION] [memory SIZE] [when COND]",
        "Runs `scripts/NAME.js` of the interface, or `shared/scripts/NAME.js`, over the message: JavaScript that reads and \
         changes it by paths, with code tables and a log, and without files, network, clock or chance, unless they are \
         allowed. `time` (50ms) is counted in steps, so that the same message ends the same on every machine; `memory` is \
         32MiB. A script that fails parks the message.",
        "script tidy when event = R01",
    ),
    word(
        Receive,
        "ack",
        "ack after-stored | after-validated | after-delivered [within DURATION] | none",
        "When the sender is told that the message is safe: never before it is on disk. With `after-delivered` the \
         application acknowledgment (AA) waits until every destination has the message: AE if one of them parked or \
         gave it up, AR (`ERR-3` 207) if that took longer than `within`, 20 s where nothing is said. A sender in enhanced \
         mode has its CA at once and hears AA or AE later on the same connection; it waits without limit where nothing \
         is said. With `after-validated` an interface needs a `validate` line that rejects.",
        "ack after-stored",
    ),
    word(
        Receive,
        "order",
        "order by PATH | by source | none",
        "What must stay in order. `by source`, the default, keeps everything strictly in order; `by PID-3.1` keeps the \
         messages of one patient in order and lets patients overtake one another.",
        "order by PID-3[.5=MR].1",
    ),
    word(Receive, "limit", "limit size SIZE", "The largest message that is taken.", "limit size 64MiB"),
    word(
        Receive,
        "duplicates",
        "duplicates window DURATION | off",
        "How long a message is recognised when it comes again: the sender gets the same answer, nobody gets it twice.",
        "duplicates window 7d",
    ),
    word(
        Receive,
        "batch",
        "batch counts check|ignore|refuse | batch acknowledgment all|errors|single|none",
        "`counts`: what happens to a batch whose counts (BTS-1, FTS-1), headers or trailers do not fit, so that it may have been cut \
         off: `check`, where nothing is said, takes its messages, marks each with E1021 or E1022 and shows the trouble; \
         `refuse` takes nothing of it; `ignore` says nothing. `acknowledgment`: how a batch is answered: `all`, where \
         nothing is said, with one batch that holds an acknowledgment for each message; `errors` with one that holds the \
         negative ones only, so that an empty one means that all were taken; `single` with an acknowledgment in a frame \
         of its own for each message; `none` not at all.",
        "batch acknowledgment errors",
    ),
    word(
        Receive,
        "continuation",
        "continuation join [within DURATION] | off",
        "Messages that come in several parts (DSC-1 and MSH-14, ADD) are joined; parts that come further apart than \
         `within`, 1 h where nothing is said, are not. `off` takes each part as a message of its own.",
        "continuation join within 10m",
    ),
    word(
        Receive,
        "sequence",
        "sequence numbers",
        "Messages are taken in the order of MSH-13 only, for each sender (MSH-3, MSH-4): one behind a gap is refused with \
         the missing number in MSA-4, one that was taken is answered again. 0 asks for the number that is expected, -1 \
         begins anew.",
        "sequence numbers",
    ),
    word(
        Receive,
        "when",
        "when CONDITION",
        "With `receive topic`: which messages of the topic are wanted. It is asked of the message as it is published.",
        "when PV1-2 = \"I\"",
    ),
    word(
        Receive,
        "format",
        "format hl7v2|fhir|json|xml|csv|tsv|x12|text|binary|NAME",
        "What the bytes are taken for: a format, or a description in `shared/formats`. If nothing is said: HL7 v2; from \
         `sql`, JSON; from `fhir`, FHIR. `text` and `binary` are carried as they are and not looked into.",
        "format hl7v2",
    ),
    word(
        Route,
        "set",
        "set NAME to NAME, NAME",
        "A name for several destinations, for the lines below in this route.",
        "set everywhere to archive",
    ),
    word(
        Route,
        "case",
        "case CONDITION to NAME, NAME | nothing [reason TEXT]",
        "Messages for which the condition holds go to these destinations. `nothing` ends a `route first` for them.",
        "case PV1-2 = \"I\" to archive",
    ),
    word(
        Route,
        "default",
        "default NAME, NAME | nothing [reason TEXT]",
        "Where messages go for which no case holds. It has to be there, as the last line; `nothing` with a reason where \
         they are to go nowhere.",
        "default archive",
    ),
    word(
        Receive,
        "messages",
        "messages rows|items|lines|whole",
        "Of other formats than HL7 v2: how a content becomes messages. `rows`, the default of CSV and its like: each row \
         is one, with the header in front. `items`: each item of a JSON array. `lines`: each line, of JSON lines and of \
         text. `whole`, the default of the others: all of it is one.",
        "format csv messages whole",
    ),
    word(
        Receive,
        "id",
        "id by PATH",
        "Of other formats than HL7 v2: what a message is known by when it comes again with the same bytes. If nothing is \
         said, a file that is read again after a crash is known by its content, and from other sources each message is new.",
        "format json id by order.number",
    ),
    word(
        Send,
        "when",
        "when CONDITION",
        "Which messages go here; every message when there is no such line.",
        "when PV1-2 = \"I\" and facility in [NORTH, SOUTH]",
    ),
    word(
        Send,
        "set",
        "set PATH = VALUE | step …",
        "Changes the message for this destination only.",
        "set MSH-6 = \"RX\"",
    ),
    word(Send, "remove", "remove PATH|SEGMENT", "Takes something out for this destination only.", "remove NK1"),
    block(
        Send,
        "enrich",
        "enrich LOOKUP by VALUE failed park|later|keep|empty else error|keep|empty { PATH = COLUMN … }",
        "Writes parts of what a lookup answers, for this destination only.",
        "enrich census by PID-3.1 failed park else keep { PV1-3.1 = ward }",
    ),
    block(
        Send,
        "insert",
        "insert SEGMENT after SEGMENT { … }",
        "Puts in a new segment for this destination only.",
        "insert ZPD after PID {\n  ZPD-1 = \"hub\"\n}",
    ),
    word(
        Send,
        "translate",
        "translate PATH with TABLE missing error|keep|null|default CODE",
        "Replaces a code by what a table says, for this destination only.",
        "translate PV1-3.1 with units missing keep",
    ),
    word(
        Send,
        "translate version",
        "translate version [VERSION] to VERSION [loss note|keep|park] [when CONDITION]",
        "Changes the message to another version of HL7 v2 for this destination only.",
        "translate version to 2.3.1 loss note",
    ),
    word(Send, "map", "map FILE", "Runs a map for this destination only.", "map maps/pharmacy.map"),
    word(
        Send,
        "retry",
        "retry from DURATION to DURATION give-up never | DURATION then park|hold|drop-with-audit",
        "The pause doubles from the first to the second. Without a line: from 1s to 60s, never giving up.",
        "retry from 2s to 5m give-up 12h then park",
    ),
    word(
        Send,
        "order",
        "order by PATH | by source | none",
        "What must stay in order here, when it differs from the interface.",
        "order by PID-3.1",
    ),
    block(
        Send,
        "replies",
        "replies standard | preset NAME | { AE park  AE 207 retry  timeout retry … }",
        "What the answers of the other side mean: done, retry, park or hold. `http 409` is the status of a server, where it is no \
         yes (300 to 599).",
        "replies { AE park  AR retry  AE 207 retry }",
    ),
    word(
        Send,
        "on",
        "on reply [format FORMAT] [when CONDITION] to INTERFACE",
        "Hands the answer of the other side to another interface as a message of its own (`receive interface` there), before the \
         delivery counts as done. The condition is asked of the answer: HL7 v2, or what `format` says. Circles are refused.",
        "on reply when MSA-1 = AE to refusals",
    ),
    word(
        Send,
        "lanes",
        "lanes 1..256",
        "Deliveries that may be under way at once, where the order leaves room. Without a line: 16.",
        "order by PID-3.1\nlanes 8",
    ),
    word(
        Send,
        "priority",
        "priority NAME when CONDITION",
        "Messages that go ahead of those under other keys of the order; within a key the order stays, and what stands in \
         front of an urgent message under its key goes ahead with it. One lane of eight, and one at least, is kept for them.",
        "order by PID-3.1\npriority stat when any OBR-27.6 = \"S\" or any OBR-5 = \"S\" or any TQ1-9.1 = \"S\"",
    ),
    later(Send, "fallback", "fallback NAME after DURATION", "Use `retry … give-up 10m then park`, and resend by hand."),
    word(
        Send,
        "script",
        "script NAME [allow clock] [allow random] [time DURATION] [memory SIZE] [when COND]",
        "Runs a script over the message for this destination only; `msg.drop` means that it does not go here.",
        "script tidy allow clock",
    ),
    word(
        Test,
        "given",
        "given FILE [set PATH = VALUE, …] [, FILE …]",
        "The messages that go in: files of the interface's folder, or a text in three quotes. Parts of a message are joined \
         as in the running interface.",
        "given samples/a01.hl7 set PV1-2 = \"I\"",
    ),
    word(
        Test,
        "with",
        "with NAME refuses-connections | replies AE|AR|CE|CR | is-slow DURATION, or with lookup NAME [VALUE] returns JSON | nothing | fails",
        "How a destination behaves in this test, or what a lookup answers: for one value, or for all that no other line names.",
        "with archive refuses-connections",
    ),
    word(Test, "at", "at TIME ZONE", "The time at which the test happens.", "at 2026-03-29T02:30 Europe/Berlin"),
    word(
        Test,
        "expect",
        "expect NAME CONDITION | NAME sent [N] | NAME queued N | NAME nothing | NAME parked | NAME matches FILE | \
         filtered [by keep|drop|route] | rejected with CODE | parked | acknowledged AA | noted CODE [at PLACE] | nothing",
        "What must be true at the end. `noted` asks for a note that a step left, such as E1150 for content that \
         `translate version` removed.",
        "expect archive PID-5.1 = \"Quist\"",
    ),
];
