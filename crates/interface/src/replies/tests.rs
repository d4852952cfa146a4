//! Reply classes by conditions by presets.

use super::*;
use message::AckCode::*;

const CONDITIONS: [u16; 12] = [100, 101, 102, 103, 104, 200, 201, 202, 203, 204, 206, 207];

/// One letter an action, one column a condition: none first, then [`CONDITIONS`].
fn check(preset: &str, code: AckCode, expect: &str) {
    let table = ReplyTable::preset(preset).unwrap();
    let letter =
        |conditions: &[u16]| match table.decide(&Answer::Acknowledged { code, conditions: conditions.into() }, 0) {
            Action::Done => 'D',
            Action::Retry => 'r',
            Action::Park => 'P',
            Action::Hold => 'H',
        };
    let mut got = String::from(letter(&[]));
    got.extend(CONDITIONS.iter().map(|condition| letter(&[*condition])));
    assert_eq!(got, expect, "{preset} {code}");
}

#[test]
fn acknowledgments() {
    //                                -  100–104 200–203 204 206 207
    for preset in PRESETS {
        check(preset.name, AA, "DDDDDDDDDDDDD");
        check(preset.name, CA, "DDDDDDDDDDDDD");
    }
    for preset in ["standard", "accept-any-id", "duplicate-is-done"] {
        check(preset, AE, "PPPPPPPPPPPrr");
        check(preset, AR, "rPPPPPPPPPrrr");
        check(preset, CE, "rrrrrrrrrrrrr");
        check(preset, CR, "PPPPPPPPPPPPP");
    }
    check("ae-is-transient", AE, "rPPPPPPPPPrrr");
    check("ae-is-transient", AR, "PPPPPPPPPPPrr");
    check("ae-is-transient", CE, "rrrrrrrrrrrrr");
    check("ae-is-transient", CR, "PPPPPPPPPPPPP");
    for code in [AE, AR, CE, CR] {
        check("accept-any", code, "DDDDDDDDDDDDD");
        check("retry-all", code, "rrrrrrrrrrrrr");
    }
    check("hold-on-error", AE, "HHHHHHHHHHHrr");
    check("hold-on-error", AR, "rHHHHHHHHHrrr");
    check("hold-on-error", CE, "rrrrrrrrrrrrr");
    check("hold-on-error", CR, "HHHHHHHHHHHHH");
}

#[test]
fn other_answers() {
    let check = |preset: &str, answer: Answer, attempts: u32, expect: Action| {
        let table = ReplyTable::preset(preset).unwrap();
        assert_eq!(table.decide(&answer, attempts), expect, "{preset} {answer:?} {attempts}");
    };
    for preset in PRESETS {
        check(preset.name, Answer::Nothing, 0, Action::Done);
        check(preset.name, Answer::Transient, 99, Action::Retry);
        check(preset.name, Answer::Ambiguous, 99, Action::Retry);
    }
    check("standard", Answer::Permanent, 0, Action::Park);
    check("retry-all", Answer::Permanent, 0, Action::Retry);
    check("hold-on-error", Answer::Permanent, 0, Action::Hold);
    for answer in [Answer::Unreadable, Answer::WrongId] {
        check("standard", answer.clone(), 0, Action::Retry);
        check("standard", answer.clone(), 2, Action::Retry);
        check("standard", answer.clone(), 3, Action::Park);
        check("accept-any", answer, 0, Action::Done);
    }
    check("accept-any-id", Answer::WrongId, 0, Action::Done);
    check("accept-any-id", Answer::Unreadable, 0, Action::Retry);
}

#[test]
fn several_conditions_take_the_strictest() {
    let table = ReplyTable::default();
    let check = |code, conditions: &[u16], expect| {
        let answer = Answer::Acknowledged { code, conditions: conditions.into() };
        assert_eq!(table.decide(&answer, 0), expect, "{code} {conditions:?}");
    };
    check(AE, &[206, 207], Action::Retry);
    check(AE, &[207, 101], Action::Park);
    check(AE, &[0, 207], Action::Retry);
    check(AE, &[0], Action::Park);
    check(AR, &[207, 200], Action::Park);
    check(AR, &[0], Action::Retry);
}

#[test]
fn stated_rows_win() {
    let mut table = ReplyTable::preset("duplicate-is-done").unwrap();
    let decide = |table: &ReplyTable, code, conditions: &[u16]| {
        table.decide(&Answer::Acknowledged { code, conditions: conditions.into() }, 0)
    };
    assert_eq!(decide(&table, AE, &[205]), Action::Done);
    table.state(Row::Code(AE), Action::Hold);
    assert_eq!(decide(&table, AE, &[]), Action::Hold);
    assert_eq!(decide(&table, AE, &[207]), Action::Hold, "a stated code holds for every condition");
    assert_eq!(decide(&table, AE, &[205]), Action::Hold);
    table.state(Row::Condition(AE, 207), Action::Retry);
    assert_eq!(decide(&table, AE, &[207]), Action::Retry);
    assert_eq!(decide(&table, AR, &[]), Action::Retry, "other codes keep their meaning");
    table.state(Row::Timeout, Action::Park);
    assert_eq!(table.decide(&Answer::Ambiguous, 0), Action::Park);
    table.state(Row::Http(409), Action::Done);
    assert_eq!((table.stated_for(409), table.stated_for(410)), (Some(Action::Done), None));
    table.state(Row::Unreadable, Action::Hold);
    assert_eq!(table.decide(&Answer::Unreadable, 0), Action::Hold);
}

/// No sequence of answers may end a delivery as done under the presets that promise so, unless one answer was positive.
#[test]
fn only_a_positive_answer_is_done() {
    for preset in PRESETS.iter().filter(|preset| !preset.name.starts_with("accept-any")) {
        let table = ReplyTable::preset(preset.name).unwrap();
        for attempts in 0..6 {
            for code in [AE, AR, CE, CR] {
                for condition in CONDITIONS {
                    let answer = Answer::Acknowledged { code, conditions: vec![condition] };
                    assert_ne!(table.decide(&answer, attempts), Action::Done, "{} {answer:?}", preset.name);
                }
            }
            for answer in [Answer::Unreadable, Answer::WrongId, Answer::Transient, Answer::Permanent, Answer::Ambiguous]
            {
                assert_ne!(table.decide(&answer, attempts), Action::Done, "{} {answer:?}", preset.name);
            }
        }
    }
}
