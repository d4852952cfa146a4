//! Steps on numbers. Arithmetic is decimal and exact.

use super::{Example, Flow, Group, Kind, Parameter, Step, Trouble, each};
use crate::decimal::Decimal;
use std::borrow::Cow;

const NUMBER: &str = "a number";
const TOO_LONG: &str = "the number has too many digits";

const DEFAULT: Step = Step {
    name: "",
    group: Group::Numbers,
    syntax: "",
    parameters: &[],
    takes: Flow::Number,
    gives: Flow::Number,
    can_fail: true,
    can_begin: false,
    description: "",
    examples: &[],
    build: |_| Err(String::new()),
};

fn read(text: &str) -> Result<Decimal, Trouble> {
    Decimal::parse(text).ok_or(Trouble::Unreadable(NUMBER))
}

fn write(number: Option<Decimal>) -> Result<Cow<'static, str>, Trouble> {
    number.map(|number| Cow::Owned(number.to_string())).ok_or(Trouble::OutOfRange(TOO_LONG))
}

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "number",
        syntax: "number",
        description: "Checks that the value is a number and writes it plainly: no blanks, no `+`, no zeros in front. \
                      The digits after the point stay.",
        examples: &[
            Example { value: r#"" +007.50 " | number"#, gives: &["7.50"] },
            Example { value: r#""<5" | number else empty"#, gives: &[] },
        ],
        build: |_| each(|text, _| write(Some(read(&text)?))),
        ..DEFAULT
    },
    Step {
        name: "round",
        syntax: "round [PLACES]",
        parameters: &[Parameter::optional("PLACES", Kind::Count(0, 9))],
        description: "Exactly PLACES digits after the point (0), half away from zero.",
        examples: &[
            Example { value: "2.5 | round", gives: &["3"] },
            Example { value: "68.0388555 | round 1", gives: &["68.0"] },
            Example { value: "7 | round 2", gives: &["7.00"] },
        ],
        build: |arguments| {
            let places = arguments.count(0).unwrap_or(0);
            each(move |text, _| write(read(&text)?.round(places)))
        },
        ..DEFAULT
    },
    Step {
        name: "scale",
        syntax: "scale FACTOR",
        parameters: &[Parameter::needed("FACTOR", Kind::Decimal)],
        description: "The number times FACTOR.",
        examples: &[
            Example { value: "1.5 | scale 1000", gives: &["1500"] },
            Example { value: "0.1 | scale 3", gives: &["0.3"] },
        ],
        build: |arguments| {
            let factor = arguments.decimal(0).unwrap_or(Decimal::whole(1));
            each(move |text, _| write(read(&text)?.times(factor)))
        },
        ..DEFAULT
    },
    Step {
        name: "convert-unit",
        syntax: "convert-unit FROM TO",
        parameters: &[Parameter::needed("FROM", Kind::Unit), Parameter::needed("TO", Kind::Unit)],
        description: "The number in another unit of the same kind, to six places: mass kg g mg ug lb oz, length m cm mm \
                      in ft, volume L dL mL uL, mass concentration g/L g/dL mg/dL mg/L ug/mL ng/mL ug/L, pressure kPa \
                      mm[Hg], temperature Cel [degF] K. Put `round` behind it.",
        examples: &[
            Example { value: "150 | convert-unit lb kg | round 1", gives: &["68.0"] },
            Example { value: "98.6 | convert-unit F Cel", gives: &["37"] },
            Example { value: "5.5 | convert-unit g/dL g/L", gives: &["55"] },
            Example { value: "70 | convert-unit in cm", gives: &["177.8"] },
        ],
        build: |arguments| {
            let (Some(from), Some(to)) = (arguments.unit(0), arguments.unit(1)) else { return Err(String::new()) };
            if from.dimension != to.dimension {
                return Err(format!(
                    "{} is a unit of {} and {} of {}",
                    from.name, from.dimension, to.name, to.dimension
                ));
            }
            each(move |text, _| write(from.convert(read(&text)?, to)))
        },
        ..DEFAULT
    },
];
