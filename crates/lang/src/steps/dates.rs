//! Steps on dates and times.

use super::{
    Example, Flow, Group, Kind, Parameter, Step, Trouble,
    argument::{Shift, ShiftUnit},
    each,
};
use crate::dtm::{Dtm, Pattern, Precision};
use jiff::{Span, civil, tz::TimeZone};
use message::Timestamp;
use std::borrow::Cow;

const DATE: &str = "a date or time";

const DEFAULT: Step = Step {
    name: "",
    group: Group::Dates,
    syntax: "",
    parameters: &[],
    takes: Flow::Date,
    gives: Flow::Date,
    can_fail: true,
    can_begin: false,
    description: "",
    examples: &[],
    build: |_| Err(String::new()),
};

const FORMATS: &[Parameter] =
    &[Parameter::optional("FORMAT", Kind::Format), Parameter::keyed("from", "FORMAT", Kind::Format)];

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "date",
        syntax: "date [FORMAT] [from FORMAT]",
        parameters: FORMATS,
        gives: Flow::Text,
        description: "The day of a date or time, written in FORMAT: `hl7` (without one), `iso`, or letters such as \
                      `dd.MM.yyyy`. HL7 and ISO dates are read by themselves; `from` says how any other is written. A \
                      date that is only exact to the year or month stays so.",
        examples: &[
            Example { value: "20260301070809 | date", gives: &["20260301"] },
            Example { value: "20260301 | date iso", gives: &["2026-03-01"] },
            Example { value: "1999 | date iso", gives: &["1999"] },
            Example { value: r#"20260301 | date "dd.MM.yyyy""#, gives: &["01.03.2026"] },
            Example { value: r#""31-DEC-1999" | date from "dd-MMM-yyyy""#, gives: &["19991231"] },
            Example { value: "unknown | date else empty", gives: &[] },
        ],
        build: |arguments| {
            let (to, from) = (arguments.format(0).unwrap_or(Pattern::Hl7), arguments.format(1).unwrap_or(Pattern::Hl7));
            each(move |text, _| {
                let dtm = from.read(&text).ok_or(Trouble::Unreadable(DATE))?.truncated(Precision::Day);
                to.write(&dtm)
                    .map(Cow::Owned)
                    .ok_or(Trouble::OutOfRange("the date is not exact enough for this format"))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "datetime",
        syntax: "datetime [FORMAT] [from FORMAT]",
        parameters: FORMATS,
        gives: Flow::Text,
        description: "A date or time with all the precision it has, written in FORMAT: `hl7` (without one), `iso`, or \
                      letters such as `yyyy-MM-dd HH:mm`. The offset is kept by `hl7` and `iso`.",
        examples: &[
            Example { value: "20260301070809.123+0100 | datetime iso", gives: &["2026-03-01T07:08:09.123+01:00"] },
            Example { value: r#""2026-03-01T07:08:00Z" | datetime"#, gives: &["20260301070800+0000"] },
            Example { value: r#""01.03.2026 07:08" | datetime from "dd.MM.yyyy HH:mm""#, gives: &["202603010708"] },
        ],
        build: |arguments| {
            let (to, from) = (arguments.format(0).unwrap_or(Pattern::Hl7), arguments.format(1).unwrap_or(Pattern::Hl7));
            each(move |text, _| {
                let dtm = from.read(&text).ok_or(Trouble::Unreadable(DATE))?;
                to.write(&dtm)
                    .map(Cow::Owned)
                    .ok_or(Trouble::OutOfRange("the time is not exact enough for this format"))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "age",
        syntax: "age [years|months|days]",
        parameters: &[Parameter::optional("years|months|days", Kind::Word(&["years", "months", "days"]))],
        gives: Flow::Number,
        description: "Whole years (or months, days) from a date to the day the message was accepted, in UTC. A year \
                      alone counts from its first day.",
        examples: &[
            Example { value: "20000302 | age", gives: &["25"] },
            Example { value: "20000301 | age", gives: &["26"] },
            Example { value: "20260115 | age months", gives: &["1"] },
            Example { value: "20260227 | age days", gives: &["2"] },
        ],
        build: |arguments| {
            let unit = arguments.word(0).unwrap_or("years");
            each(move |text, context| {
                let dtm = Dtm::parse(&text).ok_or(Trouble::Unreadable(DATE))?;
                let today = today(context.run.now).ok_or(Trouble::OutOfRange("there is no such day"))?;
                age(dtm.at.date(), today, unit).map(Cow::Owned).ok_or(Trouble::OutOfRange("the date is in the future"))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "add",
        syntax: "add AMOUNT",
        parameters: &[Parameter::needed("AMOUNT", Kind::Shift)],
        description: "A later or earlier time: `2d`, `-6h`, `30min`, `1w`, `1mo`, `1y`. The end of a month stays in its \
                      month. The value has to be exact enough for the amount.",
        examples: &[
            Example { value: "20260131 | add 1mo", gives: &["20260228"] },
            Example { value: "202603010015 | add -30min", gives: &["202602282345"] },
            Example { value: "20240229 | add 1y", gives: &["20250228"] },
        ],
        build: |arguments| {
            let shift = arguments.shift(0).unwrap_or(Shift { amount: 0, unit: ShiftUnit::Day });
            each(move |text, _| {
                let dtm = Dtm::parse(&text).ok_or(Trouble::Unreadable(DATE))?;
                add(dtm, shift).map(|dtm| Cow::Owned(dtm.to_hl7()))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "truncate",
        syntax: "truncate year|month|day|hour|minute|second",
        parameters: &[Parameter::needed(
            "year|month|day|hour|minute|second",
            Kind::Word(&["year", "month", "day", "hour", "minute", "second"]),
        )],
        description: "The same time, no more exact than said. Without a time of day the offset goes too.",
        examples: &[
            Example { value: "20260301070809.123+0100 | truncate minute", gives: &["202603010708+0100"] },
            Example { value: "20260301070809+0100 | truncate day", gives: &["20260301"] },
        ],
        build: |arguments| {
            let precision = match arguments.word(0) {
                Some("year") => Precision::Year,
                Some("month") => Precision::Month,
                Some("hour") => Precision::Hour,
                Some("minute") => Precision::Minute,
                Some("second") => Precision::Second,
                _ => Precision::Day,
            };
            each(move |text, _| {
                let dtm = Dtm::parse(&text).ok_or(Trouble::Unreadable(DATE))?;
                Ok(Cow::Owned(dtm.truncated(precision).to_hl7()))
            })
        },
        ..DEFAULT
    },
    Step {
        name: "zone",
        syntax: "zone NAME",
        parameters: &[Parameter::needed("NAME", Kind::Zone)],
        description: "The time as the clocks of that zone show it, with their offset. A time without an offset is taken \
                      to be of that zone and gets its offset. A date without a time of day stays as it is.",
        examples: &[
            Example { value: "202607011200+0000 | zone Europe/Berlin", gives: &["202607011400+0200"] },
            Example { value: "202601011200 | zone America/New_York", gives: &["202601011200-0500"] },
            Example { value: "20260101 | zone Europe/Berlin", gives: &["20260101"] },
        ],
        build: |arguments| {
            let zone = arguments.zone(0).unwrap_or(TimeZone::UTC);
            each(move |text, _| {
                let dtm = Dtm::parse(&text).ok_or(Trouble::Unreadable(DATE))?;
                if dtm.precision < Precision::Hour {
                    return Ok(text);
                }
                in_zone(dtm, &zone)
                    .map(|dtm| Cow::Owned(dtm.to_hl7()))
                    .ok_or(Trouble::OutOfRange("there is no such time"))
            })
        },
        ..DEFAULT
    },
];

/// The day of a timestamp in UTC.
fn today(now: Timestamp) -> Option<civil::Date> {
    let (year, month, day, ..) = now.utc();
    civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn age(born: civil::Date, today: civil::Date, unit: &str) -> Option<String> {
    if born > today {
        return None;
    }
    let largest = match unit {
        "months" => jiff::Unit::Month,
        "days" => jiff::Unit::Day,
        _ => jiff::Unit::Year,
    };
    let span = born.until((largest, today)).ok()?;
    Some(match unit {
        "months" => span.get_months().to_string(),
        "days" => span.get_days().to_string(),
        _ => span.get_years().to_string(),
    })
}

fn add(dtm: Dtm, shift: Shift) -> Result<Dtm, Trouble> {
    let (needed, span) = match shift.unit {
        ShiftUnit::Second => (Precision::Second, Span::new().try_seconds(shift.amount)),
        ShiftUnit::Minute => (Precision::Minute, Span::new().try_minutes(shift.amount)),
        ShiftUnit::Hour => (Precision::Hour, Span::new().try_hours(shift.amount)),
        ShiftUnit::Day => (Precision::Day, Span::new().try_days(shift.amount)),
        ShiftUnit::Month => (Precision::Month, Span::new().try_months(shift.amount)),
        ShiftUnit::Year => (Precision::Year, Span::new().try_years(shift.amount)),
    };
    if dtm.precision < needed {
        return Err(Trouble::OutOfRange("the date is not exact enough for this amount"));
    }
    let at = span.and_then(|span| dtm.at.checked_add(span)).ok().filter(|at| at.year() >= 1);
    at.map(|at| Dtm { at, ..dtm }).ok_or(Trouble::OutOfRange("there is no such time"))
}

fn in_zone(dtm: Dtm, zone: &TimeZone) -> Option<Dtm> {
    let timestamp = match dtm.offset {
        Some(minutes) => {
            let utc = dtm.at.checked_sub(Span::new().minutes(i64::from(minutes))).ok()?;
            TimeZone::UTC.to_timestamp(utc).ok()?
        }
        None => zone.to_timestamp(dtm.at).ok()?,
    };
    let offset = i16::try_from(zone.to_offset(timestamp).seconds() / 60).ok()?;
    let at = zone.to_datetime(timestamp);
    (at.year() >= 1).then_some(Dtm { at, offset: Some(offset), ..dtm })
}
