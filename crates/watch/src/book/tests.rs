//! Incidents minute by minute: who is told, through what, and when not.

use super::*;
use crate::{judge::tests::down_at, kind::Kind, windows::Window};

const MINUTE: i64 = 60_000_000;
/// Sunday 2026-03-01 00:00.
const T0: i64 = 1_772_323_200_000_000;

fn settings() -> Settings {
    let names = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect::<Vec<Arc<str>>>();
    Settings {
        tell: names(&["mail"]),
        page: names(&["pager"]),
        escalate: names(&["chief"]),
        catch_all: "hub".into(),
        rotas: [("integration".into(), Rota::parse("anna, bela every 1d from 2026-03-01").unwrap())].into(),
        people: [("anna".into(), names(&["anna-phone"])), ("bela".into(), names(&["bela-phone"]))].into(),
        ..Settings::default()
    }
}

/// A book with its settings, looked at minute by minute.
struct Desk {
    book: Book,
    settings: Settings,
}

impl Desk {
    fn new() -> Desk {
        Desk { book: Book::default(), settings: settings() }
    }
    /// What is told at this minute: why, how bad, through what.
    fn look(&mut self, minute: i64, symptoms: Vec<Symptom>) -> Vec<String> {
        let at = Timestamp(T0 + minute * MINUTE);
        let told = self.book.see(&self.settings, at, at.0 / 1_000_000, symptoms);
        told.iter()
            .map(|notice| {
                let channels = notice.channels.join("+");
                format!("{} {} {channels}", notice.what.as_str(), notice.incident.level.as_str())
            })
            .collect()
    }
    fn act(&mut self, minute: i64, act: &Act, text: &str) -> Result<usize, String> {
        let at = Timestamp(T0 + minute * MINUTE);
        let done = self.book.act(&self.settings, (at, at.0 / 1_000_000), 1, act, "anna", text);
        done.map(|notices| notices.len()).map_err(|reason| reason.text.to_string())
    }
}

fn down(minute: i64) -> Symptom {
    down_at("adt", "rx01", Timestamp(T0 + minute * MINUTE))
}

fn warning(minute: i64, critical: u8) -> Symptom {
    Symptom { is_page: false, critical, kind: Kind::Backlog, ..down(minute) }
}

const NONE: [&str; 0] = [];

#[test]
fn one_dead_host_under_400_interfaces_is_one_page() {
    let mut desk = Desk::new();
    let mut pages = 0;
    // The interfaces notice one after the other; some have a backlog too; two unrelated partners are well.
    for minute in 0..60 {
        let symptoms = (0..400).filter(|number| number % 20 <= minute).flat_map(|number| {
            let down = down_at(&format!("if-{number:03}"), "rx01", Timestamp(T0 + number % 20 * MINUTE));
            let backlog = Symptom { kind: Kind::Backlog, is_page: false, ..down.clone() };
            [down, backlog]
        });
        pages += desk.look(minute, symptoms.collect()).iter().filter(|told| told.contains("pager")).count();
        if minute == 5 {
            assert_eq!(desk.act(5, &Act::Acknowledge, ""), Ok(1));
        }
    }
    println!("400 interfaces, one host down for an hour: {pages} page, {} incident", desk.book.open().len());
    let incident = desk.book.open()[0];
    assert_eq!((pages, desk.book.open().len(), incident.interfaces.len(), incident.symptoms_now), (1, 1, 400, 800));
    assert_eq!(desk.look(60, vec![]), NONE);
    assert_eq!(desk.look(62, vec![]), ["closed alarm mail+pager+anna-phone"]);
}

#[test]
fn levels_rise_until_somebody_has_it() {
    let mut desk = Desk::new();
    assert_eq!(desk.look(0, vec![down(0)]), ["opened alarm mail+pager+anna-phone"]);
    assert_eq!(desk.look(14, vec![down(0)]), NONE);
    assert_eq!(desk.look(15, vec![down(0)]), ["raised escalated mail+pager+anna-phone+chief+bela-phone"]);
    assert_eq!(desk.look(74, vec![down(0)]), NONE);
    assert_eq!(desk.look(75, vec![down(0)]), ["again escalated mail+pager+anna-phone+chief+bela-phone"]);
    assert_eq!(desk.act(76, &Act::Acknowledge, "calling them"), Ok(1));
    assert_eq!(desk.look(600, vec![down(0)]), NONE);
    assert_eq!(desk.act(601, &Act::Wake, ""), Ok(0));
    assert_eq!(desk.look(602, vec![down(0)]).len(), 1);
    // A warning about something important becomes an alarm, about something unimportant it does not.
    for (critical, expect) in [(2, "raised alarm mail+pager+anna-phone"), (3, "")] {
        let mut desk = Desk::new();
        assert_eq!(desk.look(0, vec![warning(0, critical)]), ["opened warning mail"]);
        assert_eq!(desk.look(29, vec![warning(0, critical)]), NONE);
        assert_eq!(desk.look(30, vec![warning(0, critical)]).join(""), expect);
    }
}

#[test]
fn what_comes_and_goes_is_one_incident() {
    let mut desk = Desk::new();
    assert_eq!(desk.look(0, vec![down(0)]).len(), 1);
    assert_eq!(desk.look(1, vec![]), NONE);
    assert_eq!(desk.look(2, vec![down(2)]), NONE);
    assert_eq!(desk.look(3, vec![]), NONE);
    assert_eq!(desk.look(5, vec![]), ["closed alarm mail+pager+anna-phone"]);
    assert_eq!((desk.book.open().len(), desk.book.past().count()), (0, 1));
    // Back within a quarter of an hour: the same, and nobody is called anew; later: another.
    assert_eq!(desk.look(10, vec![down(10)]), NONE);
    assert_eq!(desk.book.open()[0].id, 1);
    desk.look(20, vec![]);
    desk.look(22, vec![]);
    assert_eq!(desk.look(60, vec![down(60)]), ["opened alarm mail+pager+anna-phone"]);
    assert_eq!(desk.book.open()[0].id, 2);
}

#[test]
fn maintenance_keeps_quiet_and_forgets_nothing() {
    let mut desk = Desk::new();
    desk.settings.windows = vec![Window::parse("patch", "Sun 00:00-01:00 partner rx01").unwrap()];
    let other = || down_at("lab", "lis01", Timestamp(T0));
    assert_eq!(desk.look(0, vec![down(0), other()]), ["opened alarm mail+pager+anna-phone"]);
    assert_eq!(desk.look(59, vec![down(0), other()]).len(), 1, "lis01 is raised");
    let rx =
        |desk: &Desk| desk.book.open().iter().find(|of| of.cause.host() == Some("rx01")).map(|of| of.quiet_by.clone());
    assert_eq!(rx(&desk), Some(Some("patch".into())));
    // It goes on after the window: now somebody is told, and from now on counts who answers.
    assert_eq!(desk.look(60, vec![down(0)]), ["opened alarm mail+pager+anna-phone"]);
    // What was quiet to its end is told to nobody.
    let mut desk = Desk { book: Book::default(), settings: desk.settings };
    desk.look(0, vec![down(0)]);
    desk.look(10, vec![]);
    assert_eq!(desk.look(12, vec![]), NONE);
    assert_eq!(desk.book.past().count(), 1);
}

#[test]
fn people_act_and_a_restart_forgets_nothing() {
    let mut desk = Desk::new();
    desk.look(0, vec![down(0)]);
    let snooze = Act::Snooze(Duration::from_secs(3_600));
    assert!(desk.act(1, &snooze, "").is_err_and(|text| text.contains("why")));
    assert!(desk.act(1, &Act::Note, " ").is_err());
    assert!(desk.act(1, &Act::Assign("".into()), "").is_err());
    assert!(desk.act(1, &Act::Snooze(SNOOZE_MAX * 2), "x").is_err());
    assert!(desk.act(1, &Act::Note, &"x".repeat(NOTE_MAX + 1)).is_err());
    assert_eq!(desk.act(1, &snooze, "they patch until one"), Ok(0));
    assert_eq!(desk.act(1, &Act::Assign("bela".into()), ""), Ok(0));
    let text = serde_json::to_string(&desk.book).unwrap();
    let mut desk = Desk { book: serde_json::from_str(&text).unwrap(), settings: settings() };
    assert_eq!(desk.look(60, vec![down(0)]), NONE);
    assert_eq!(desk.look(61, vec![down(0)]), ["again alarm mail+pager+bela-phone"]);
    let incident = desk.book.get(1).unwrap();
    assert_eq!((incident.notes.len(), &*incident.notes[0].text), (1, "they patch until one"));
    let missing = desk.book.act(&desk.settings, (Timestamp(T0), 0), 99, &Act::Acknowledge, "anna", "");
    assert!(missing.is_err_and(|reason| reason.code == codes::E5320.id));
    // What people write stays here.
    let notice = desk.book.see(&desk.settings, Timestamp(T0 + 600 * MINUTE), T0 / 1_000_000, vec![down(0)]);
    assert!(notice[0].incident.notes.is_empty());
}

#[test]
fn interfaces_without_an_owner_go_to_the_catch_all() {
    let mut desk = Desk::new();
    let nobody = Symptom { team: "".into(), ..down(0) };
    desk.look(0, vec![nobody]);
    assert_eq!(&*desk.book.open()[0].team, "hub");
}
