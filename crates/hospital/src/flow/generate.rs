//! Messages of one kind, for `sinew generate` and for load.

use super::{Config, Flow, Happening, Kind, Mix, Stamps, SystemName};

/// Which happenings are wanted; an empty filter takes all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// MSH-9.1, `ADT`.
    pub code: Option<String>,
    /// MSH-9.2, `A01`.
    pub trigger: Option<String>,
    /// Only from this system.
    pub system: Option<SystemName>,
}

/// Happenings that are passed over before a filter is given up: no kind is rarer than one in some thousands.
const PASSED_OVER_MAX: usize = 200_000;

impl Filter {
    /// Reads `ADT^A01`, `ADT_A01`, `ADT` or `*`; `None` if the hospital sends no such message.
    #[must_use]
    pub fn parse(text: &str) -> Option<Filter> {
        let upper = text.trim().to_ascii_uppercase();
        if upper.is_empty() || upper == "*" {
            return Some(Filter::default());
        }
        let mut words = upper.split(['^', '_', '-', ' ']).filter(|word| !word.is_empty());
        let (code, trigger) = (words.next().map(str::to_owned), words.next().map(str::to_owned));
        let filter = Filter { code, trigger, system: None };
        Kind::ALL.iter().any(|&kind| filter.takes_kind(kind)).then_some(filter)
    }

    fn takes_kind(&self, kind: Kind) -> bool {
        self.code.as_ref().is_none_or(|code| code == kind.code)
            && self.trigger.as_ref().is_none_or(|trigger| trigger == kind.trigger)
    }

    /// The happening is wanted.
    #[must_use]
    pub fn takes(&self, happening: &Happening) -> bool {
        self.takes_kind(happening.kind) && self.system.is_none_or(|system| system == happening.system)
    }
}

/// The first `count` happenings of the hospital of that seed which the filter takes, with clinical times; fewer only if
/// the filter takes hardly any.
#[must_use]
pub fn generate(filter: &Filter, count: usize, seed: u64) -> Vec<Happening> {
    let mix = Mix { clinic: 30, immunisation: 20, ..Mix::default() };
    let flow = Flow::new(seed, Config { stamps: Stamps::Clinical, mix, ..Config::default() });
    let mut passed_over = 0;
    flow.take_while(|happening| {
        passed_over = if filter.takes(happening) { 0 } else { passed_over + 1 };
        passed_over < PASSED_OVER_MAX
    })
    .filter(|happening| filter.takes(happening))
    .take(count)
    .collect()
}
