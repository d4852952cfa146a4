//! The `route` step: which destinations the routes of an interface chose for one message.
//!
//! Promises: a destination is chosen once, however many lines lead to it; the line that decided last is known.

use super::{
    End,
    watch::{Course, Kind, Verdict, leads},
};
use interface::definition::{Choice, Route, Rule, Targets};
use lang::{Fault, Matter};

/// What the routes of an interface chose.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// By the place of the destination.
    places: Vec<bool>,
    last: Option<Rule>,
}

impl Chosen {
    /// Asks the cases of one route.
    ///
    /// # Errors
    /// A condition that cannot be told, or no fuel left.
    pub(super) fn choose(&mut self, route: &Route, message: &Matter, course: &mut Course<'_>) -> Result<(), Fault> {
        let number = course.next_route();
        let mut is_decided = false;
        for (place, case) in route.cases.iter().enumerate() {
            let line = (Kind::Case(number), &case.targets.rule);
            let verdict = |holds| if holds { leads(&case.targets) } else { Verdict::No };
            if !course.ask(&case.condition, message, line, verdict)? {
                continue;
            }
            self.take(&case.targets);
            is_decided = true;
            if route.choice == Choice::First {
                course.pass_over(route, number, place + 1);
                break;
            }
        }
        if !is_decided {
            self.take(&route.default);
        }
        let verdict = || if is_decided { Verdict::No } else { leads(&route.default) };
        course.tell(Kind::Default(number), &route.default.rule, verdict);
        Ok(())
    }

    fn take(&mut self, targets: &Targets) {
        for place in &targets.places {
            if self.places.len() <= *place {
                self.places.resize(*place + 1, false);
            }
            if let Some(chosen) = self.places.get_mut(*place) {
                *chosen = true;
            }
        }
        self.last = Some(targets.rule.clone());
    }

    /// A route chose the destination of this place.
    pub(super) fn has(&self, place: usize) -> bool {
        self.places.get(place).copied().unwrap_or(false)
    }

    /// The end of a message that no destination gets.
    pub(super) fn end(&self) -> End {
        self.last.clone().map_or(End::Unrouted, End::Filtered)
    }
}
