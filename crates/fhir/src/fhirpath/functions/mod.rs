//! The functions, a file a family: their names, how many arguments each takes, and which family runs it.

mod conversion;
mod existence;
mod filtering;
mod html;
mod math;
mod resource;
mod string;
mod value;

use super::eval::{Frame, Machine};
use super::item::Item;
use super::syntax::ExprId;
use crate::Error;

/// A call under way.
#[derive(Clone, Copy)]
pub(super) struct Call<'c, 't> {
    pub(super) id: ExprId,
    pub(super) function: Function,
    /// What stands before the point.
    pub(super) input: &'c [Item<'t>],
    pub(super) arguments: &'c [ExprId],
    /// What arguments are evaluated on.
    pub(super) focus: &'c [Item<'t>],
    pub(super) frame: Frame<'c, 't>,
}

/// Which file runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Existence,
    Filtering,
    Conversion,
    Text,
    Math,
    Value,
    Resource,
}

/// How a function is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) family: Family,
}

macro_rules! functions {
    ($($function:ident $name:literal $least:literal $most:expr, $family:ident;)*) => {
        /// A function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function {
            $(#[doc = $name] $function,)*
        }

        const ALL: &[(Function, Signature)] = &[
            $((Function::$function, Signature { name: $name, least: $least, most: $most, family: Family::$family }),)*
        ];
    };
}

functions! {
    Empty "empty" 0 0, Existence;
    Exists "exists" 0 1, Existence;
    All "all" 1 1, Existence;
    AllTrue "allTrue" 0 0, Existence;
    AnyTrue "anyTrue" 0 0, Existence;
    AllFalse "allFalse" 0 0, Existence;
    AnyFalse "anyFalse" 0 0, Existence;
    SubsetOf "subsetOf" 1 1, Existence;
    SupersetOf "supersetOf" 1 1, Existence;
    Count "count" 0 0, Existence;
    Distinct "distinct" 0 0, Existence;
    IsDistinct "isDistinct" 0 0, Existence;
    Not "not" 0 0, Existence;
    Where "where" 1 1, Filtering;
    Select "select" 1 1, Filtering;
    Repeat "repeat" 1 1, Filtering;
    RepeatAll "repeatAll" 1 1, Filtering;
    Single "single" 0 0, Filtering;
    First "first" 0 0, Filtering;
    Last "last" 0 0, Filtering;
    Tail "tail" 0 0, Filtering;
    Skip "skip" 1 1, Filtering;
    Take "take" 1 1, Filtering;
    Intersect "intersect" 1 1, Filtering;
    Exclude "exclude" 1 1, Filtering;
    Union "union" 1 1, Filtering;
    Combine "combine" 1 2, Filtering;
    Coalesce "coalesce" 1 usize::MAX, Filtering;
    Sort "sort" 0 usize::MAX, Filtering;
    Aggregate "aggregate" 1 2, Filtering;
    Iif "iif" 2 3, Filtering;
    Trace "trace" 1 2, Filtering;
    DefineVariable "defineVariable" 1 2, Filtering;
    Children "children" 0 0, Filtering;
    Descendants "descendants" 0 0, Filtering;
    ToBoolean "toBoolean" 0 0, Conversion;
    ConvertsToBoolean "convertsToBoolean" 0 0, Conversion;
    ToInteger "toInteger" 0 0, Conversion;
    ConvertsToInteger "convertsToInteger" 0 0, Conversion;
    ToLong "toLong" 0 0, Conversion;
    ConvertsToLong "convertsToLong" 0 0, Conversion;
    ToDecimal "toDecimal" 0 0, Conversion;
    ConvertsToDecimal "convertsToDecimal" 0 0, Conversion;
    ToDate "toDate" 0 0, Conversion;
    ConvertsToDate "convertsToDate" 0 0, Conversion;
    ToDateTime "toDateTime" 0 0, Conversion;
    ConvertsToDateTime "convertsToDateTime" 0 0, Conversion;
    ToTime "toTime" 0 0, Conversion;
    ConvertsToTime "convertsToTime" 0 0, Conversion;
    ToQuantity "toQuantity" 0 1, Conversion;
    ConvertsToQuantity "convertsToQuantity" 0 1, Conversion;
    ToText "toString" 0 0, Conversion;
    ConvertsToText "convertsToString" 0 0, Conversion;
    IndexOf "indexOf" 1 1, Text;
    LastIndexOf "lastIndexOf" 1 1, Text;
    Substring "substring" 1 2, Text;
    StartsWith "startsWith" 1 1, Text;
    EndsWith "endsWith" 1 1, Text;
    Contains "contains" 1 1, Text;
    Upper "upper" 0 0, Text;
    Lower "lower" 0 0, Text;
    Replace "replace" 2 2, Text;
    Matches "matches" 1 2, Text;
    MatchesFull "matchesFull" 1 2, Text;
    ReplaceMatches "replaceMatches" 2 3, Text;
    Length "length" 0 0, Text;
    ToChars "toChars" 0 0, Text;
    Encode "encode" 1 1, Text;
    Decode "decode" 1 1, Text;
    Escape "escape" 1 1, Text;
    Unescape "unescape" 1 1, Text;
    Trim "trim" 0 0, Text;
    Split "split" 1 1, Text;
    Join "join" 0 1, Text;
    Abs "abs" 0 0, Math;
    Ceiling "ceiling" 0 0, Math;
    Exp "exp" 0 0, Math;
    Floor "floor" 0 0, Math;
    Ln "ln" 0 0, Math;
    Log "log" 1 1, Math;
    Power "power" 1 1, Math;
    Round "round" 0 1, Math;
    Sqrt "sqrt" 0 0, Math;
    Truncate "truncate" 0 0, Math;
    Sum "sum" 0 0, Math;
    Min "min" 0 0, Math;
    Max "max" 0 0, Math;
    Avg "avg" 0 0, Math;
    Now "now" 0 0, Value;
    Today "today" 0 0, Value;
    TimeOfDay "timeOfDay" 0 0, Value;
    LowBoundary "lowBoundary" 0 1, Value;
    HighBoundary "highBoundary" 0 1, Value;
    Precision "precision" 0 0, Value;
    Comparable "comparable" 1 1, Value;
    Type "type" 0 0, Value;
    YearOf "yearOf" 0 0, Value;
    MonthOf "monthOf" 0 0, Value;
    DayOf "dayOf" 0 0, Value;
    HourOf "hourOf" 0 0, Value;
    MinuteOf "minuteOf" 0 0, Value;
    SecondOf "secondOf" 0 0, Value;
    MillisecondOf "millisecondOf" 0 0, Value;
    TimezoneOffsetOf "timezoneOffsetOf" 0 0, Value;
    DateOf "dateOf" 0 0, Value;
    TimeOf "timeOf" 0 0, Value;
    Extension "extension" 1 1, Resource;
    HasValue "hasValue" 0 0, Resource;
    GetValue "getValue" 0 0, Resource;
    Resolve "resolve" 0 0, Resource;
    ConformsTo "conformsTo" 1 1, Resource;
    MemberOf "memberOf" 1 1, Resource;
    Subsumes "subsumes" 1 1, Resource;
    SubsumedBy "subsumedBy" 1 1, Resource;
    HtmlChecks "htmlChecks" 0 0, Resource;
    HtmlChecks2 "htmlChecks2" 0 0, Resource;
    ElementDefinition "elementDefinition" 0 0, Resource;
    Slice "slice" 2 2, Resource;
    CheckModifiers "checkModifiers" 0 usize::MAX, Resource;
    GetResourceKey "getResourceKey" 0 0, Resource;
    GetReferenceKey "getReferenceKey" 0 1, Resource;
}

impl Function {
    pub(super) fn signature(self) -> &'static Signature {
        // Entries stand in the order of the enum.
        &ALL[self as usize].1
    }
}

pub(super) fn find(name: &str) -> Option<Function> {
    ALL.iter().find(|(_, signature)| signature.name == name).map(|(function, _)| *function)
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(_, signature)| signature.name).chain(["is", "as", "ofType"])
}

pub(super) fn run<'t>(machine: &mut Machine<'t, '_>, call: Call<'_, 't>, out: &mut Vec<Item<'t>>) -> Result<(), Error> {
    machine.burn(call.id, call.input.len())?;
    match call.function.signature().family {
        Family::Existence => existence::run(machine, call, out),
        Family::Filtering => filtering::run(machine, call, out),
        Family::Conversion => conversion::run(machine, call, out),
        Family::Text => string::run(machine, call, out),
        Family::Math => math::run(machine, call, out),
        Family::Value => value::run(machine, call, out),
        Family::Resource => resource::run(machine, call, out),
    }
}

impl<'c, 't> Call<'c, 't> {
    pub(super) fn name(&self) -> &'static str {
        self.function.signature().name
    }

    /// A call of a function that the family does not have: nothing, and the table is wrong.
    fn misplaced(&self, machine: &Machine<'t, '_>) -> Error {
        machine.misfit(self.id, format!("`{}` cannot be run here", self.name()))
    }

    /// The items of an argument, on what the call stands in.
    fn argument(&self, machine: &mut Machine<'t, '_>, at: usize) -> Result<Vec<Item<'t>>, Error> {
        match self.arguments.get(at) {
            Some(id) => machine.part(*id, self.focus, self.frame),
            None => Ok(Vec::new()),
        }
    }

    /// The only value of an argument.
    fn value(&self, machine: &mut Machine<'t, '_>, at: usize) -> Result<Option<Item<'t>>, Error> {
        let items = self.argument(machine, at)?;
        let value = machine.one(self.id, &items, "an argument is one value")?.map(|item| item.value());
        machine.give(items);
        Ok(value)
    }

    /// The only item of the input, as a value.
    fn one(&self, machine: &Machine<'t, '_>) -> Result<Option<Item<'t>>, Error> {
        let item = machine.one(self.id, self.input, "the function takes one item").map_err(|_| {
            machine.misfit(self.id, format!("`{}` takes one item, and there are {}", self.name(), self.input.len()))
        })?;
        Ok(item.map(|item| item.value()))
    }

    /// An argument evaluated on one item of the input.
    fn on(
        &self,
        machine: &mut Machine<'t, '_>,
        at: usize,
        item: &Item<'t>,
        index: usize,
    ) -> Result<Vec<Item<'t>>, Error> {
        let Some(id) = self.arguments.get(at) else { return Ok(Vec::new()) };
        let this = std::slice::from_ref(item);
        machine.part(*id, this, Frame { this, index: index as i64, total: self.frame.total })
    }

    /// A whole number as an argument.
    fn integer(&self, machine: &mut Machine<'t, '_>, at: usize) -> Result<Option<i64>, Error> {
        match self.value(machine, at)? {
            None => Ok(None),
            Some(Item::Integer(value)) => Ok(Some(value)),
            Some(_) => Err(machine.misfit(self.id, format!("`{}` takes a whole number here", self.name()))),
        }
    }

    /// A text as an argument.
    fn text(&self, machine: &mut Machine<'t, '_>, at: usize) -> Result<Option<std::borrow::Cow<'t, str>>, Error> {
        match self.value(machine, at)? {
            None => Ok(None),
            Some(Item::Text(value)) => Ok(Some(value)),
            Some(other) if super::eval::has_no_value(&other) => Ok(None),
            Some(_) => Err(machine.misfit(self.id, format!("`{}` takes a text here", self.name()))),
        }
    }
}
