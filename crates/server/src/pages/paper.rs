//! The specification and the runbook of an interface: written by itself from what the interface is, for those who are not at
//! a screen at night, a vendor, an auditor.
//!
//! Promises: everything stands in the files of the workspace or in the incidents of the engine; no content of a message. One
//! file of HTML, for a screen and for paper.

use super::{Frame, STYLE, page, policy_of_one_file, text};
use crate::{
    gate::{Call, aside, input::Nothing},
    problem::Problem,
};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use interface::{
    definition::{Definition, GiveUp, Order, Then},
    workspace::{Around, Files},
};
use lang::{
    drawing, outline,
    syntax::{self, Statement, Tree},
};
use serde_json::Value;
use std::{fmt::Write as _, sync::Arc};

/// The connector that leads into another interface.
const LINK: &str = "interface";
/// Rows of a code table that are printed.
const CODES_MAX: usize = 200;
/// Incidents that are told.
const INCIDENTS_MAX: usize = 10;

/// What a page is made of.
pub struct Subject<'a> {
    /// The interface.
    pub definition: &'a Definition,
    /// Every interface of the workspace, to know who feeds whom.
    pub all: &'a [Arc<Definition>],
    /// The files of the workspace.
    pub files: &'a Files,
    /// Its incidents that are over, as the API tells them, the newest first; `None`: no engine was asked.
    pub incidents: Option<&'a [Value]>,
}

/// The page as one file of HTML.
#[must_use]
pub fn html(subject: &Subject<'_>) -> String {
    let style = format!("<style>{STYLE}</style>");
    let frame = Frame {
        style: &style,
        head: "",
        link: &|to| to.starts_with('#').then(|| to.to_owned()),
        figure: &drawn(subject),
    };
    page(&markdown(subject), &frame)
}

/// A list of pages: file, title, what it is about.
#[must_use]
pub fn contents(workspace: &str, rows: &[(String, String, String)]) -> String {
    let mut out = format!("# Interfaces of {}\n\n| interface | | owner |\n|---|---|---|\n", cell(workspace));
    for (file, title, owner) in rows {
        let _ =
            writeln!(out, "| [{}]({file}) | {} | {} |", cell(title), code(file.trim_end_matches(".html")), cell(owner));
    }
    let style = format!("<style>{STYLE}</style>");
    page(&out, &Frame { style: &style, head: "", link: &|to| Some(to.to_owned()), figure: "" })
}

/// `GET /api/v1/interfaces/{name}/document`.
pub(crate) async fn document(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let name = call.path.first().cloned().unwrap_or_default();
        let definition = call.state.engine.flow(&name)?.version().definition.clone();
        let flows = call.state.engine.flows();
        let seen = flows.iter().filter(|flow| call.sees(&flow.name, None));
        let all: Vec<Arc<Definition>> = seen.map(|flow| flow.version().definition.clone()).collect();
        let incidents = incidents_of(&call.state.engine.alerts(500), &name);
        let files = call.state.host.files();
        let subject = Subject { definition: &definition, all: &all, files: &files, incidents: Some(&incidents) };
        let mut response = html(&subject).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if let Ok(policy) = HeaderValue::from_str(&policy_of_one_file()) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        Ok(response)
    })
    .await
}

/// The incidents that are over and had this interface, from what `/api/v1/alerts` answers.
#[must_use]
pub fn incidents_of(alerts: &Value, name: &str) -> Vec<Value> {
    let is_own = |row: &&Value| row["interfaces"].as_array().is_some_and(|of| of.iter().any(|one| one == name));
    alerts["past"].as_array().into_iter().flatten().filter(is_own).take(INCIDENTS_MAX).cloned().collect()
}

/// A text in a cell or a sentence: nothing in it is Markdown.
fn cell(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// A text as it is written in a file, in a cell.
fn code(value: &str) -> String {
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    if line.is_empty() {
        return String::new();
    }
    let fence = if line.contains('`') { "``" } else { "`" };
    format!("{fence}{line}{fence}")
}

fn urgency(critical: u8) -> &'static str {
    match critical {
        1 => "somebody is woken for it",
        2 => "it is looked at the same day",
        _ => "it can wait for the next working day",
    }
}

fn markdown(subject: &Subject<'_>) -> String {
    let of = subject.definition;
    let mut out = format!(
        "# {}\n\n{} · urgency {}: {} · version `{:016x}` · file {}\n\n",
        cell(&of.title),
        code(&of.name),
        of.critical,
        urgency(of.critical),
        of.version,
        code(&of.place.file)
    );
    let _ = writeln!(out, "{}\n", cell(&of.description));
    partners(subject, &mut out);
    let folder = of.place.file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_own_folder = of.place.file.ends_with("/interface.flow");
    let (paths, _) = subject.files.list(folder);
    let own: Vec<&String> = paths.iter().filter(|path| is_own_folder || **path == *of.place.file).collect();
    let read = |ending: &str| {
        let fits = own.iter().filter(move |path| path.ends_with(ending));
        fits.filter_map(|path| Some((path.as_str(), subject.files.text(path).ok()?))).collect::<Vec<_>>()
    };
    let flows = read(".flow");
    lines(of, &flows, &mut out);
    maps(subject, &read(".map"), &mut out);
    tables(&read(".csv"), &mut out);
    let samples: Vec<&&String> = own.iter().filter(|path| path.contains("/samples/")).collect();
    if !samples.is_empty() {
        let _ = writeln!(out, "## Samples\n");
        for path in samples {
            let _ = writeln!(out, "- {}", code(path));
        }
        out.push('\n');
    }
    tests(&flows, &mut out);
    runbook(subject, &mut out);
    out
}

fn order(order: &Order) -> String {
    match order {
        Order::Source => "strictly one after the other".to_owned(),
        Order::By(locus) => format!("by {locus}"),
        Order::None => "none".to_owned(),
    }
}

fn partners(subject: &Subject<'_>, out: &mut String) {
    let of = subject.definition;
    let _ = writeln!(
        out,
        "## Partners\n\n| | system | by | address | order | when it does not answer |\n|---|---|---|---|---|---|"
    );
    let _ = writeln!(
        out,
        "| receives | {} | {} | {} | {} | senders keep their messages |",
        cell(&feeders(subject)),
        of.receive.connector,
        code(&of.receive.settings.address),
        cell(&order(&of.receive.order))
    );
    for to in of.destinations.iter().filter(|to| to.subscriber.is_none()) {
        let patience = match &to.retry.give_up {
            GiveUp::Never => "tried again for ever, in order".to_owned(),
            GiveUp::After(time, Then::Park) => format!("tried again for {} min, then parked", time.as_secs() / 60),
            GiveUp::After(time, _) => format!("tried again for {} min, then given up", time.as_secs() / 60),
        };
        let own = to.order.as_ref().unwrap_or(&of.receive.order);
        let _ = writeln!(
            out,
            "| sends | {} | {} | {} | {} | {patience} |",
            cell(&to.name),
            to.connector,
            code(&to.settings.address),
            cell(&order(own))
        );
    }
    out.push('\n');
}

/// Interfaces that send into this one.
fn fed_by<'a>(subject: &'a Subject<'_>) -> Vec<&'a Definition> {
    let name = &*subject.definition.name;
    let leads = |one: &&Arc<Definition>| {
        one.destinations.iter().any(|to| to.connector == LINK && *to.settings.address == *name)
    };
    subject.all.iter().filter(leads).map(|one| &**one).collect()
}

fn feeders(subject: &Subject<'_>) -> String {
    let names: Vec<&str> = fed_by(subject).iter().map(|one| &*one.name).collect();
    if names.is_empty() { "senders".to_owned() } else { names.join(", ") }
}

fn line_of(tree: &Tree, statement: &Statement) -> String {
    let until = statement.block.as_ref().map_or(statement.span.end, |block| block.span.start);
    let words = tree.text.get(statement.span.start..until).unwrap_or_default();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of the interface that do something with a message, in order, and what each destination does besides.
fn lines(of: &Definition, flows: &[(&str, String)], out: &mut String) {
    const ASIDE: [&str; 6] = ["owner", "critical", "description", "use", "alert", "receive"];
    let Some((path, source)) = flows.iter().find(|(path, _)| **path == *of.place.file) else { return };
    let (tree, _) = syntax::parse(*path, source.as_str());
    let own = tree
        .statements
        .iter()
        .find(|one| one.word(&tree) == "interface" && line_of(&tree, one).split(' ').nth(1) == Some(&of.name));
    let Some(own) = own else { return };
    let _ = writeln!(out, "## What it does, in order\n");
    for statement in own.children().iter().filter(|one| !ASIDE.contains(&one.word(&tree))) {
        let _ = writeln!(out, "- {}", code(&line_of(&tree, statement)));
        for below in statement.children() {
            let _ = writeln!(out, "  - {}", code(&line_of(&tree, below)));
        }
    }
    let _ = writeln!(out, "\n## Alerts\n");
    let alerts: Vec<&Statement> = own.children().iter().filter(|one| one.word(&tree) == "alert").collect();
    for one in &alerts {
        let _ = writeln!(out, "- {}", code(&line_of(&tree, one)));
    }
    let _ = writeln!(
        out,
        "{}Without a line of its own: a source that is not open or a destination that takes nothing for a minute, a silence that is unusual, a queue older than 15 minutes, 100 failures within an hour, 50 parked messages.\n",
        if alerts.is_empty() { "" } else { "\n" }
    );
}

fn maps(subject: &Subject<'_>, maps: &[(&str, String)], out: &mut String) {
    for (path, source) in maps {
        let (tree, _) = syntax::parse(*path, source.as_str());
        let library = Around::read(subject.files, path).library(&tree);
        let Some(main) = drawing::main(&tree) else { continue };
        let _ = writeln!(out, "## Map {}\n", code(path.rsplit('/').next().unwrap_or(path)));
        for section in outline::of_map(&tree, main, &library) {
            let _ = writeln!(
                out,
                "### {} {}\n\n{}\n",
                cell(&section.title),
                cell(&section.about),
                cell(&section.condition)
            );
            let _ = writeln!(out, "| becomes | from | through | when | note |\n|---|---|---|---|---|");
            for row in &section.rows {
                let from = if row.is_fallback { format!("else {}", row.source) } else { row.source.clone() };
                let _ = writeln!(
                    out,
                    "| {} | {} | {} | {} | {} |",
                    code(&row.target),
                    code(&from),
                    code(&row.steps.join(" · ")),
                    code(&row.condition),
                    cell(&row.note)
                );
            }
            out.push('\n');
        }
    }
}

fn tables(tables: &[(&str, String)], out: &mut String) {
    for (path, source) in tables {
        let rows: Vec<&str> = source.lines().filter(|line| !line.trim().is_empty()).collect();
        let _ = writeln!(out, "## Table {}\n\n```", code(path.rsplit('/').next().unwrap_or(path)));
        for row in rows.iter().take(CODES_MAX) {
            let _ = writeln!(out, "{}", row.replace("```", ""));
        }
        out.push_str("```\n\n");
        if rows.len() > CODES_MAX {
            let _ = writeln!(out, "and {} more.\n", rows.len() - CODES_MAX);
        }
    }
}

fn tests(flows: &[(&str, String)], out: &mut String) {
    let mut is_first = true;
    for (path, source) in flows {
        let (tree, _) = syntax::parse(*path, source.as_str());
        for test in tree.statements.iter().filter(|one| one.word(&tree) == "test") {
            if std::mem::take(&mut is_first) {
                let _ = writeln!(
                    out,
                    "## Tests\n\n`sinew test` runs them; each holds, or the interface is not put into force.\n"
                );
            }
            let _ = writeln!(out, "- {}", code(line_of(&tree, test).trim_start_matches("test ")));
            let _ = test.children().iter().try_for_each(|line| writeln!(out, "  - {}", code(&line_of(&tree, line))));
        }
    }
    out.push('\n');
}

fn runbook(subject: &Subject<'_>, out: &mut String) {
    let of = subject.definition;
    let name = &of.name;
    let _ = writeln!(out, "## Runbook\n\n### Whom to call\n\n| | team | on call | contact |\n|---|---|---|---|");
    let _ = writeln!(
        out,
        "| this interface | {} | {} | {} |",
        or(&of.owner.team),
        or(&of.owner.oncall),
        or(&of.owner.contact)
    );
    let neighbours = fed_by(subject).into_iter().chain(leads_to(subject));
    for other in neighbours.filter(|other| other.owner.team != of.owner.team) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            code(&other.name),
            or(&other.owner.team),
            or(&other.owner.oncall),
            or(&other.owner.contact)
        );
    }
    let mut reach = String::new();
    for to in of.destinations.iter().filter(|to| to.connector != LINK) {
        if let Some((host, port)) = to
            .settings
            .address
            .rsplit_once(':')
            .filter(|(host, port)| !host.contains('/') && port.parse::<u16>().is_ok())
        {
            let _ = write!(reach, "\n   nc -vz {host} {port}");
        }
    }
    let feeders = fed_by(subject).iter().map(|one| code(&one.name)).collect::<Vec<_>>().join(", ");
    let receives = if feeders.is_empty() {
        format!("It listens on {}. Nobody connected: call who runs the sender.", code(&of.receive.settings.address))
    } else {
        format!("It is fed by {feeders}: look at those first.")
    };
    let _ = write!(
        out,
        "\n### The first five checks\n\n\
         1. **Does it run, and does anything wait?** What is not well says why.\n   ```\n   sinew status\n   sinew queues\n   sinew alerts\n   ```\n\
         2. **Does it receive?** {receives}\n   ```\n   sinew messages 'interface:{name} since:30m'\n   ```\n\
         3. **Do the receivers answer?** One that is down holds up only its own queue; messages wait in order.\n   ```{reach}\n   sinew queues\n   ```\n\
         4. **Does something wait for a person?** Parked messages say why. Mend the cause, then retry; or delete with a reason.\n   ```\n   sinew messages 'interface:{name} state:parked'\n   sinew explain ID\n   sinew retry ID --yes --reason \"…\"\n   ```\n\
         5. **Was it changed?** The running version is `{:016x}`.\n   ```\n   git log -5 --stat -- {}\n   sinew rollback\n   ```\n",
        of.version, of.place.file
    );
    restart(subject, out);
    incidents(subject, out);
}

fn or(value: &str) -> String {
    if value.is_empty() { "–".to_owned() } else { cell(value) }
}

/// Interfaces that this one sends into.
fn leads_to<'a>(subject: &'a Subject<'_>) -> Vec<&'a Definition> {
    let links = subject.definition.destinations.iter().filter(|to| to.connector == LINK);
    let names: Vec<&str> = links.map(|to| &*to.settings.address).collect();
    subject.all.iter().filter(|one| names.contains(&&*one.name)).map(|one| &**one).collect()
}

fn restart(subject: &Subject<'_>, out: &mut String) {
    let name = &subject.definition.name;
    let list = |names: Vec<String>, none: &str| if names.is_empty() { none.to_owned() } else { names.join(", ") };
    let receivers = subject.definition.destinations.iter().filter(|to| to.connector != LINK && to.subscriber.is_none());
    let receivers = list(receivers.map(|to| cell(&to.name)).collect(), "none outside");
    let behind = list(leads_to(subject).iter().map(|one| code(&one.name)).collect(), "none");
    let before = list(fed_by(subject).iter().map(|one| code(&one.name)).collect(), "the senders outside");
    let _ = write!(
        out,
        "\n### The order of a restart\n\n\
         What is behind first, so that nothing runs into a closed door. Nothing is lost in another order either: it waits.\n\n\
         1. The receivers: {receivers}.\n2. Interfaces behind this one: {behind}.\n3. This interface: `sinew resume {name} --reason \"…\"`, \
         then `sinew status`.\n4. What feeds it: {before}.\n"
    );
}

fn incidents(subject: &Subject<'_>, out: &mut String) {
    let _ = writeln!(out, "\n### The last incidents\n");
    let Some(rows) = subject.incidents else {
        let _ = writeln!(out, "No engine was asked when this page was made: `sinew alerts --past 20` shows them.");
        return;
    };
    if rows.is_empty() {
        let _ = writeln!(out, "None that is over.");
        return;
    }
    let _ = writeln!(out, "| ended | lasted | what | code | what people wrote |\n|---|---|---|---|---|");
    for row in rows {
        let at = |key: &str| row[key].as_i64().unwrap_or_default();
        let word = |key: &str| row[key].as_str().unwrap_or_default();
        let notes: Vec<&str> =
            row["notes"].as_array().into_iter().flatten().filter_map(|note| note["text"].as_str()).collect();
        let minutes = (at("closed") - at("since")) / 60_000_000;
        let _ = writeln!(
            out,
            "| {} | {minutes} min | {} | {} | {} |",
            moment(at("closed")),
            cell(word("headline")),
            word("code"),
            cell(&notes.join("; "))
        );
    }
}

/// `2026-03-01 07:08 UTC`.
fn moment(micros: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Who sends, the interface, who receives: boxes and lines.
fn drawn(subject: &Subject<'_>) -> String {
    const ROW: u32 = 52;
    const BOX: u32 = 38;
    const TOP: u32 = 10;
    let of = subject.definition;
    let short = |value: &str| {
        let cut: String = value.chars().take(30).collect();
        text(&if cut.len() < value.len() { format!("{cut}…") } else { cut })
    };
    let left: Vec<(String, String)> = match fed_by(subject).as_slice() {
        [] => vec![("senders".to_owned(), format!("{} {}", of.receive.connector, of.receive.settings.address))],
        some => some.iter().map(|one| (one.name.to_string(), one.title.to_string())).collect(),
    };
    let sends = of.destinations.iter().filter(|to| to.subscriber.is_none());
    let right: Vec<(String, String)> =
        sends.map(|to| (to.name.to_string(), format!("{} {}", to.connector, to.settings.address))).collect();
    let rows = u32::try_from(left.len().max(right.len()).max(1)).unwrap_or(1);
    let height = rows * ROW + 2 * TOP;
    let middle = height / 2;
    let mut boxes = String::new();
    let mut put = |x: u32, list: &[(String, String)], is_left: bool| {
        let begin = (height - u32::try_from(list.len()).unwrap_or(1) * ROW) / 2;
        for (at, (name, more)) in (0u32..).zip(list) {
            let y = begin + at * ROW + (ROW - BOX) / 2;
            let center = y + BOX / 2;
            let (from, to) = if is_left { ((x + 250, center), (360, middle)) } else { ((600, middle), (x, center)) };
            let half = (from.0 + to.0) / 2;
            let _ = write!(
                boxes,
                "<path d=\"M{} {}C{half} {} {half} {} {} {}\"/><rect x=\"{x}\" y=\"{y}\" width=\"250\" height=\"{BOX}\" rx=\"5\"/>\
                 <text x=\"{}\" y=\"{}\">{}</text><text class=\"more\" x=\"{}\" y=\"{}\">{}</text>",
                from.0,
                from.1,
                from.1,
                to.1,
                to.0,
                to.1,
                x + 10,
                y + 16,
                short(name),
                x + 10,
                y + 31,
                short(more)
            );
        }
    };
    put(5, &left, true);
    put(705, &right, false);
    format!(
        "<svg class=\"drawn\" viewBox=\"0 0 960 {height}\" role=\"img\" aria-label=\"Who sends to {0}, and to whom it sends\">{boxes}\
         <rect class=\"own\" x=\"360\" y=\"{1}\" width=\"240\" height=\"44\" rx=\"5\"/><text x=\"372\" y=\"{2}\">{0}</text>\
         <text class=\"more\" x=\"372\" y=\"{3}\">{4}</text></svg>\n",
        short(&of.title),
        middle - 22,
        middle - 3,
        middle + 13,
        short(&of.name)
    )
}
