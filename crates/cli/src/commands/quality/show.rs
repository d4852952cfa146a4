//! The counts as tables: the worst first, trends where a terminal can show them.

use crate::{
    screen::Screen,
    table::{Cell, Table, age, count},
};
use engine::quality::words;
use serde_json::Value;

/// Places of one kind of message that are shown unless all are asked for.
const SHOWN_MAX: usize = 20;
/// Broken rules of one kind of message that are shown unless all are asked for.
const ISSUES_SHOWN_MAX: usize = 10;
/// Changes that are shown of one interface.
const FINDINGS_MAX: usize = 20;

pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

pub(super) fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

pub(super) fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// `99.8 %` of a share in JSON.
fn percent(share: &Value) -> String {
    match (number(share, "hits"), number(share, "of")) {
        (_, 0) => "-".to_owned(),
        (hits, of) => words::percent(engine::quality::drift::Share { hits, of }),
    }
}

fn is_worse(finding: &Value) -> bool {
    text(finding, "severity") != "note"
}

/// A line for each interface.
pub(super) fn overview(screen: &Screen, answer: &Value) {
    let mut table = Table::new(&["INTERFACE", "STATE", ">MESSAGES", ">LEFT OUT", ">WORSE", ">NEW", "WHAT"]);
    let mut rows: Vec<&Value> = list(answer, "interfaces").collect();
    let worse = |row: &Value| list(row, "findings").filter(|finding| is_worse(finding)).count();
    let alerts = |row: &Value| list(row, "alerts").count();
    rows.sort_by_key(|row| std::cmp::Reverse((alerts(row), worse(row))));
    for row in rows {
        let what = list(row, "alerts").chain(list(row, "findings")).next().map_or("", |first| text(first, "message"));
        let (state, colour) = match (alerts(row), worse(row)) {
            (0, 0) if number(row, "messages") == 0 => ("no messages", "0"),
            (0, 0) => ("ok", "32"),
            (0, _) => ("worse", "33"),
            _ => ("alert", "31"),
        };
        table.row(vec![
            text(row, "interface").into(),
            Cell(state.to_owned(), colour),
            number(row, "messages").to_string().into(),
            number(row, "left_out").to_string().into(),
            worse(row).to_string().into(),
            list(row, "findings").filter(|finding| !is_worse(finding)).count().to_string().into(),
            what.into(),
        ]);
    }
    table.print(screen);
}

/// All that is known of one interface.
pub(super) fn interface(screen: &Screen, report: &Value, is_all: bool) {
    let left_out = match number(report, "left_out") {
        0 => String::new(),
        some => format!(", {some} more not counted (E5043)"),
    };
    let messages = count(number(report, "messages"), "message");
    screen.line(format!("{}  {messages} counted{left_out}", screen.paint("1", text(report, "interface"))));
    for alert in list(report, "alerts") {
        let head = screen.paint("1;31", &format!("alert[{}]", text(alert, "code")));
        screen.line(format!("  {head} {} ({}:{})", text(alert, "message"), text(alert, "file"), number(alert, "line")));
    }
    for finding in list(report, "findings").take(FINDINGS_MAX) {
        let (word, style) = if is_worse(finding) { ("worse", "33") } else { ("new", "36") };
        let head = screen.paint(style, &format!("{word}[{}]", text(finding, "code")));
        screen.line(format!("  {head} {}", text(finding, "message")));
    }
    let rest = list(report, "findings").count().saturating_sub(FINDINGS_MAX);
    if rest > 0 {
        screen.line(format!("  and {}: --json lists them", count(rest as u64, "other change")));
    }
    for gap in list(report, "gaps") {
        let at = |name: &str| words::time(gap.get(name).and_then(Value::as_i64).unwrap_or(0).div_euclid(1_000_000));
        let (from, until) = (at("from"), at("until"));
        screen.line(format!("  between {from} and {until} an engine ended without its last counts (E5043)"));
    }
    for kind in list(report, "kinds") {
        show_kind(screen, kind, is_all);
    }
}

fn title(kind: &Value) -> String {
    let of = &kind["kind"];
    let part = |name: &str| text(of, name).to_owned();
    let kind = engine::quality::Kind {
        application: part("application"),
        facility: part("facility"),
        message_type: part("message_type"),
        trigger: part("trigger"),
    };
    kind.to_string()
}

fn show_kind(screen: &Screen, kind: &Value, is_all: bool) {
    let mut head = format!("{}  {}", screen.paint("1", &title(kind)), count(number(kind, "messages"), "message"));
    for (name, what) in [("duplicates", "again"), ("reused_ids", "under a control id used before")] {
        if number(kind, name) > 0 {
            head.push_str(&format!(", {} {what}", number(kind, name)));
        }
    }
    screen.line("");
    screen.line(head);
    for (name, what) in [("sent", "sent (MSH-7)"), ("reported", "result (OBR-22)"), ("observed", "observed (OBX-14)")] {
        show_delay(screen, &kind["delays"][name], what);
    }
    for rule in list(kind, "rules").filter(|rule| number(&rule["broken"], "hits") > 0) {
        let broken = &rule["broken"];
        let example = number(rule, "example");
        let share = screen.paint("33", &percent(broken));
        screen.line(format!(
            "  {}: {share} of {}{}",
            text(rule, "sentence"),
            number(broken, "of"),
            if example > 0 { format!(", such as message {example}") } else { String::new() }
        ));
    }
    show_issues(screen, kind, is_all);
    let all: Vec<&Value> = list(kind, "places").collect();
    let shown: Vec<&Value> = match is_all {
        true => all.clone(),
        false => all.iter().copied().filter(|place| is_worth_a_look(place)).take(SHOWN_MAX).collect(),
    };
    if !shown.is_empty() {
        places(screen, &shown);
    }
    let rest = all.len() - shown.len();
    if rest > 0 {
        screen.line(format!("  {} more: --all lists them", count(rest as u64, "place")));
    }
}

/// What the interface's own check says.
fn show_issues(screen: &Screen, kind: &Value, is_all: bool) {
    let (invalid, example) = (&kind["invalid"], number(kind, "invalid_example"));
    if number(invalid, "hits") > 0 {
        let share = screen.paint("33", &percent(invalid));
        let of = number(invalid, "of");
        screen.line(format!("  not valid by its validate lines: {share} of {of}, such as message {example}"));
    }
    let all: Vec<&Value> = list(kind, "issues").collect();
    if all.is_empty() {
        return;
    }
    let shown = if is_all { all.len() } else { all.len().min(ISSUES_SHOWN_MAX) };
    let mut table = Table::new(&["  RULE", "PLACE", ">MESSAGES", ">OF", ">EXAMPLE"]);
    for issue in &all[..shown] {
        let broken = &issue["broken"];
        table.row(vec![
            format!("  {}", text(issue, "code")).into(),
            text(issue, "place").into(),
            number(broken, "hits").to_string().into(),
            number(broken, "of").to_string().into(),
            number(issue, "example").to_string().into(),
        ]);
    }
    table.print(screen);
    if shown < all.len() {
        screen.line(format!("  {} more: --all lists them", count((all.len() - shown) as u64, "broken rule")));
    }
}

fn show_delay(screen: &Screen, delay: &Value, what: &str) {
    if delay.is_null() {
        return;
    }
    let within = |name: &str| match delay.get(name).and_then(Value::as_i64) {
        Some(seconds) if seconds < i64::MAX => format!("within {}", age(seconds * 1_000_000)),
        _ => "later than 30d".to_owned(),
    };
    let mut line =
        format!("  {what} to receipt: half {}, 95 of 100 {}", within("half_within_s"), within("most_within_s"));
    if number(delay, "ahead") > 0 {
        let most = i64::try_from(number(delay, "ahead_s_max")).unwrap_or(i64::MAX / 1_000_000);
        let ahead = format!(
            "{} of {} ahead of our clock, by up to {}",
            number(delay, "ahead"),
            number(delay, "of"),
            age(most * 1_000_000)
        );
        line.push_str(&format!(", {}", screen.paint("33", &ahead)));
    }
    screen.line(line);
}

fn is_worth_a_look(place: &Value) -> bool {
    let is_empty = number(&place["filled"], "hits") == 0 && number(&place["filled"], "of") > 0;
    let is_changed = place.get("is_changed").and_then(Value::as_bool).unwrap_or(false);
    let wrong = number(place, "misformed") + number(place, "unlisted") + number(place, "uncovered");
    is_changed || is_empty || wrong > 0
}

fn places(screen: &Screen, shown: &[&Value]) {
    let has_trend = screen.is_terminal && screen.is_unicode;
    let mut head = vec!["  PLACE", "NAME", ">FILLED", ">OF", ">MISFORMED", ">UNLISTED", ">UNCOVERED", ">EXAMPLE"];
    if has_trend {
        head.push("TREND");
    }
    let mut table = Table::new(&head);
    for place in shown {
        let style = if place.get("is_changed").and_then(Value::as_bool).unwrap_or(false) { "33" } else { "" };
        let or_dash = |number: u64| if number == 0 { "-".to_owned() } else { number.to_string() };
        let mut row = vec![
            Cell(format!("  {}", text(place, "place")), style),
            text(place, "name").into(),
            Cell(percent(&place["filled"]), style),
            number(&place["filled"], "of").to_string().into(),
            or_dash(number(place, "misformed")).into(),
            or_dash(number(place, "unlisted")).into(),
            or_dash(number(place, "uncovered")).into(),
            or_dash(number(place, "example")).into(),
        ];
        if has_trend {
            row.push(sparkline(list(place, "trend").map(Value::as_f64)).into());
        }
        table.row(row);
    }
    table.print(screen);
}

/// A bar for each step, a blank where there was nothing to fill.
fn sparkline(shares: impl Iterator<Item = Option<f64>>) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let bar = |share: f64| BARS[((share.clamp(0.0, 1.0) * 8.0) as usize).min(BARS.len() - 1)];
    let line: String = shares.map(|share| share.map_or(' ', bar)).collect();
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparklines() {
        let check = |shares: &[Option<f64>], expect: &str| assert_eq!(sparkline(shares.iter().copied()), expect);
        check(&[], "");
        check(&[Some(0.0), Some(0.5), Some(1.0), None, Some(0.2), None], "▁▅█ ▂");
    }

    #[test]
    fn what_is_worth_a_look() {
        let check = |place: Value, expect: bool| assert_eq!(is_worth_a_look(&place), expect, "{place}");
        let place = |hits: u64, misformed: u64, is_changed: bool| serde_json::json!({"filled": {"hits": hits, "of": 5}, "misformed": misformed, "unlisted": 0, "is_changed": is_changed});
        check(place(5, 0, false), false);
        check(place(1, 0, false), false);
        check(place(0, 0, false), true);
        check(place(5, 1, false), true);
        check(place(5, 0, true), true);
    }
}
