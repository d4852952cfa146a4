//! Units that convert into one another by a fixed factor, whatever is measured.
//!
//! Factors are exact by definition (international pound and inch, 1959; conventional millimetre of mercury 133.322 Pa as
//! UCUM has it). Amounts of substance (`mmol/L`) are not here: they need the molar mass of the analyte.

use crate::decimal::Decimal;

/// A unit: `base = (value + shift) * times / over`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// As UCUM or common use writes it.
    pub(crate) name: &'static str,
    /// Other spellings.
    pub(crate) aliases: &'static [&'static str],
    /// What it measures; only units of one dimension convert.
    pub(crate) dimension: &'static str,
    shift: &'static str,
    times: &'static str,
    over: &'static str,
}

const fn unit(
    name: &'static str,
    aliases: &'static [&'static str],
    dimension: &'static str,
    times: &'static str,
    over: &'static str,
) -> Unit {
    Unit { name, aliases, dimension, shift: "0", times, over }
}

const UNITS: &[Unit] = &[
    unit("kg", &[], "mass", "1000", "1"),
    unit("g", &["gm"], "mass", "1", "1"),
    unit("mg", &[], "mass", "1", "1000"),
    unit("ug", &["mcg", "µg"], "mass", "1", "1000000"),
    unit("lb", &["[lb_av]", "lbs"], "mass", "453.59237", "1"),
    unit("oz", &["[oz_av]"], "mass", "28.349523125", "1"),
    unit("m", &[], "length", "1", "1"),
    unit("cm", &[], "length", "1", "100"),
    unit("mm", &[], "length", "1", "1000"),
    unit("in", &["[in_i]", "inch"], "length", "0.0254", "1"),
    unit("ft", &["[ft_i]"], "length", "0.3048", "1"),
    unit("L", &["l"], "volume", "1", "1"),
    unit("dL", &["dl"], "volume", "1", "10"),
    unit("mL", &["ml"], "volume", "1", "1000"),
    unit("uL", &["ul", "µL"], "volume", "1", "1000000"),
    unit("g/L", &["g/l"], "mass concentration", "1", "1"),
    unit("g/dL", &["g/dl"], "mass concentration", "10", "1"),
    unit("mg/dL", &["mg/dl"], "mass concentration", "1", "100"),
    unit("mg/L", &["mg/l"], "mass concentration", "1", "1000"),
    unit("ug/mL", &["ug/ml", "mcg/mL"], "mass concentration", "1", "1000"),
    unit("ng/mL", &["ng/ml"], "mass concentration", "1", "1000000"),
    unit("ug/L", &["ug/l"], "mass concentration", "1", "1000000"),
    unit("kPa", &[], "pressure", "1", "1"),
    unit("mm[Hg]", &["mmHg"], "pressure", "133.322", "1000"),
    unit("Cel", &["C", "degC"], "temperature", "1", "1"),
    Unit { name: "[degF]", aliases: &["F", "degF"], dimension: "temperature", shift: "-32", times: "5", over: "9" },
    Unit { name: "K", aliases: &[], dimension: "temperature", shift: "-273.15", times: "1", over: "1" },
];

impl Unit {
    /// By its name or another spelling. Case counts: `mg` is not `Mg`.
    #[must_use]
    pub(crate) fn find(name: &str) -> Option<&'static Unit> {
        UNITS.iter().find(|unit| unit.name == name || unit.aliases.contains(&name))
    }

    /// Every name, for messages.
    #[must_use]
    pub(crate) fn names() -> String {
        UNITS.iter().map(|unit| unit.name).collect::<Vec<_>>().join(" ")
    }

    /// `value` of this unit in another of the same dimension; `None` when the number grows too long.
    #[must_use]
    pub(crate) fn convert(&self, value: Decimal, to: &Unit) -> Option<Decimal> {
        let number = Decimal::parse;
        let base = value.plus(number(self.shift)?)?.times(number(self.times)?)?.times(number(to.over)?)?;
        let scaled = base.over(number(self.over)?.times(number(to.times)?)?)?;
        let unshifted = scaled.plus(Decimal::whole(-1).times(number(to.shift)?)?)?;
        Some(unshifted.round(6)?.shortened())
    }
}
