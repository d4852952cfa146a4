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
    pub(super) syntax: &'static str,
    pub(super) gives: &'static str,
}

/// A function for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// `substring`.
    pub name: &'static str,
    /// `substring(start, [length])`.
    pub syntax: &'static str,
    /// What it gives, in a few words.
    pub gives: &'static str,
}

/// The functions on types stand in the grammar.
const OF_TYPES: &[Described] = &[
    Described { name: "is", syntax: "is(type)", gives: "it is of this type, or of one that specializes it" },
    Described { name: "as", syntax: "as(type)", gives: "the item, if it is of this type" },
    Described { name: "ofType", syntax: "ofType(type)", gives: "the items of this type" },
];

/// Every function, a family after the other.
pub fn described() -> impl Iterator<Item = Described> {
    let described = |(_, signature): &(Function, Signature)| Described {
        name: signature.name,
        syntax: signature.syntax,
        gives: signature.gives,
    };
    ALL.iter().map(described).chain(OF_TYPES.iter().copied())
}

macro_rules! functions {
    ($($function:ident $name:literal $least:literal $most:expr, $family:ident, $syntax:literal $gives:literal;)*) => {
        /// A function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function {
            $(#[doc = $gives] $function,)*
        }

        const ALL: &[(Function, Signature)] = &[
            $((
                Function::$function,
                Signature {
                    name: $name,
                    least: $least,
                    most: $most,
                    family: Family::$family,
                    syntax: $syntax,
                    gives: $gives,
                },
            ),)*
        ];
    };
}

functions! {
    Empty "empty" 0 0, Existence, "empty()" "there is nothing";
    Exists "exists" 0 1, Existence, "exists([condition])" "there is something, or something that fulfils the condition";
    All "all" 1 1, Existence, "all(condition)" "every item fulfils the condition";
    AllTrue "allTrue" 0 0, Existence, "allTrue()" "every item is true";
    AnyTrue "anyTrue" 0 0, Existence, "anyTrue()" "at least one item is true";
    AllFalse "allFalse" 0 0, Existence, "allFalse()" "every item is false";
    AnyFalse "anyFalse" 0 0, Existence, "anyFalse()" "at least one item is false";
    SubsetOf "subsetOf" 1 1, Existence, "subsetOf(items)" "every item is among the others";
    SupersetOf "supersetOf" 1 1, Existence, "supersetOf(items)" "the others are all here";
    Count "count" 0 0, Existence, "count()" "how many items there are";
    Distinct "distinct" 0 0, Existence, "distinct()" "each item once";
    IsDistinct "isDistinct" 0 0, Existence, "isDistinct()" "no item is there twice";
    Not "not" 0 0, Existence, "not()" "true for false, false for true";
    Where "where" 1 1, Filtering, "where(condition)" "the items that fulfil the condition";
    Select "select" 1 1, Filtering, "select(expression)" "what the expression gives on each item";
    Repeat "repeat" 1 1, Filtering, "repeat(expression)" "what the expression gives, and on that again, until nothing new comes";
    RepeatAll "repeatAll" 1 1, Filtering, "repeatAll(expression)" "as repeat, with items that come again";
    Single "single" 0 0, Filtering, "single()" "the only item; an error if there are several";
    First "first" 0 0, Filtering, "first()" "the first item";
    Last "last" 0 0, Filtering, "last()" "the last item";
    Tail "tail" 0 0, Filtering, "tail()" "all but the first item";
    Skip "skip" 1 1, Filtering, "skip(count)" "all but the first ones";
    Take "take" 1 1, Filtering, "take(count)" "only the first ones";
    Intersect "intersect" 1 1, Filtering, "intersect(items)" "the items that are in both, each once";
    Exclude "exclude" 1 1, Filtering, "exclude(items)" "the items that are not among the others";
    Union "union" 1 1, Filtering, "union(items)" "both, each item once";
    Combine "combine" 1 2, Filtering, "combine(items)" "both, with items that come again";
    Coalesce "coalesce" 1 usize::MAX, Filtering, "coalesce(items, ...)" "the first of the arguments that is not empty";
    Sort "sort" 0 usize::MAX, Filtering, "sort([key, ...])" "the items in order of a key; -key for descending";
    Aggregate "aggregate" 1 2, Filtering, "aggregate(expression, [start])" "the items folded to one: $total is what came so far";
    Iif "iif" 2 3, Filtering, "iif(condition, then, [else])" "one of two, by a condition";
    Trace "trace" 1 2, Filtering, "trace(name, [expression])" "the items as they are, told to who listens";
    DefineVariable "defineVariable" 1 2, Filtering, "defineVariable(name, [expression])" "the items as they are; %name from here on";
    Children "children" 0 0, Filtering, "children()" "every element right below";
    Descendants "descendants" 0 0, Filtering, "descendants()" "every element below";
    ToBoolean "toBoolean" 0 0, Conversion, "toBoolean()" "as a boolean: true, t, yes, y, 1";
    ConvertsToBoolean "convertsToBoolean" 0 0, Conversion, "convertsToBoolean()" "could be a boolean";
    ToInteger "toInteger" 0 0, Conversion, "toInteger()" "as an integer of 32 bits";
    ConvertsToInteger "convertsToInteger" 0 0, Conversion, "convertsToInteger()" "could be an integer of 32 bits";
    ToLong "toLong" 0 0, Conversion, "toLong()" "as an integer of 64 bits";
    ConvertsToLong "convertsToLong" 0 0, Conversion, "convertsToLong()" "could be an integer of 64 bits";
    ToDecimal "toDecimal" 0 0, Conversion, "toDecimal()" "as a decimal";
    ConvertsToDecimal "convertsToDecimal" 0 0, Conversion, "convertsToDecimal()" "could be a decimal";
    ToDate "toDate" 0 0, Conversion, "toDate()" "as a date";
    ConvertsToDate "convertsToDate" 0 0, Conversion, "convertsToDate()" "could be a date";
    ToDateTime "toDateTime" 0 0, Conversion, "toDateTime()" "as a date and time";
    ConvertsToDateTime "convertsToDateTime" 0 0, Conversion, "convertsToDateTime()" "could be a date and time";
    ToTime "toTime" 0 0, Conversion, "toTime()" "as a time";
    ConvertsToTime "convertsToTime" 0 0, Conversion, "convertsToTime()" "could be a time";
    ToQuantity "toQuantity" 0 1, Conversion, "toQuantity([unit])" "as a quantity, converted to the unit";
    ConvertsToQuantity "convertsToQuantity" 0 1, Conversion, "convertsToQuantity([unit])" "could be a quantity in the unit";
    ToText "toString" 0 0, Conversion, "toString()" "as text";
    ConvertsToText "convertsToString" 0 0, Conversion, "convertsToString()" "could be text";
    IndexOf "indexOf" 1 1, Text, "indexOf(text)" "where the text begins, from 0; -1 if it is not there";
    LastIndexOf "lastIndexOf" 1 1, Text, "lastIndexOf(text)" "where the text begins for the last time";
    Substring "substring" 1 2, Text, "substring(start, [length])" "a part of the text, from 0";
    StartsWith "startsWith" 1 1, Text, "startsWith(text)" "the text begins with this";
    EndsWith "endsWith" 1 1, Text, "endsWith(text)" "the text ends with this";
    Contains "contains" 1 1, Text, "contains(text)" "the text has this in it";
    Upper "upper" 0 0, Text, "upper()" "in capitals";
    Lower "lower" 0 0, Text, "lower()" "in small letters";
    Replace "replace" 2 2, Text, "replace(text, with)" "each occurrence replaced";
    Matches "matches" 1 2, Text, "matches(pattern, [flags])" "the pattern is in the text; flags i and m";
    MatchesFull "matchesFull" 1 2, Text, "matchesFull(pattern, [flags])" "the pattern is the whole text";
    ReplaceMatches "replaceMatches" 2 3, Text, "replaceMatches(pattern, with, [flags])" "each match replaced; $1 is the first group";
    Length "length" 0 0, Text, "length()" "how many characters";
    ToChars "toChars" 0 0, Text, "toChars()" "each character";
    Encode "encode" 1 1, Text, "encode(format)" "as hex, base64 or urlbase64";
    Decode "decode" 1 1, Text, "decode(format)" "back from hex, base64 or urlbase64";
    Escape "escape" 1 1, Text, "escape(format)" "for html or json";
    Unescape "unescape" 1 1, Text, "unescape(format)" "back from html or json";
    Trim "trim" 0 0, Text, "trim()" "without spaces at both ends";
    Split "split" 1 1, Text, "split(separator)" "the parts between the separators";
    Join "join" 0 1, Text, "join([separator])" "all texts as one";
    Abs "abs" 0 0, Math, "abs()" "without the sign";
    Ceiling "ceiling" 0 0, Math, "ceiling()" "the next whole number up";
    Exp "exp" 0 0, Math, "exp()" "e to the power of this";
    Floor "floor" 0 0, Math, "floor()" "the next whole number down";
    Ln "ln" 0 0, Math, "ln()" "the natural logarithm";
    Log "log" 1 1, Math, "log(base)" "the logarithm";
    Power "power" 1 1, Math, "power(exponent)" "to the power";
    Round "round" 0 1, Math, "round([digits])" "rounded half away from zero";
    Sqrt "sqrt" 0 0, Math, "sqrt()" "the square root; nothing below zero";
    Truncate "truncate" 0 0, Math, "truncate()" "without what is behind the point";
    Sum "sum" 0 0, Math, "sum()" "all together";
    Min "min" 0 0, Math, "min()" "the least";
    Max "max" 0 0, Math, "max()" "the greatest";
    Avg "avg" 0 0, Math, "avg()" "the mean";
    Now "now" 0 0, Value, "now()" "this moment";
    Today "today" 0 0, Value, "today()" "the date of this moment";
    TimeOfDay "timeOfDay" 0 0, Value, "timeOfDay()" "the time of this moment";
    LowBoundary "lowBoundary" 0 1, Value, "lowBoundary([precision])" "the least that a value of this precision can mean";
    HighBoundary "highBoundary" 0 1, Value, "highBoundary([precision])" "the greatest that a value of this precision can mean";
    Precision "precision" 0 0, Value, "precision()" "digits that are known";
    Comparable "comparable" 1 1, Value, "comparable(quantity)" "the units are of one kind";
    Type "type" 0 0, Value, "type()" "namespace and name of the type";
    YearOf "yearOf" 0 0, Value, "yearOf()" "the year of a date";
    MonthOf "monthOf" 0 0, Value, "monthOf()" "the month of a date";
    DayOf "dayOf" 0 0, Value, "dayOf()" "the day of a date";
    HourOf "hourOf" 0 0, Value, "hourOf()" "the hour of a time";
    MinuteOf "minuteOf" 0 0, Value, "minuteOf()" "the minute of a time";
    SecondOf "secondOf" 0 0, Value, "secondOf()" "the second of a time";
    MillisecondOf "millisecondOf" 0 0, Value, "millisecondOf()" "the milliseconds of a time";
    TimezoneOffsetOf "timezoneOffsetOf" 0 0, Value, "timezoneOffsetOf()" "hours east of UTC";
    DateOf "dateOf" 0 0, Value, "dateOf()" "the date of a moment";
    TimeOf "timeOf" 0 0, Value, "timeOf()" "the time of a moment";
    Extension "extension" 1 1, Resource, "extension(url)" "the extensions with this URL";
    HasValue "hasValue" 0 0, Resource, "hasValue()" "it is one primitive with a value, not with extensions only";
    GetValue "getValue" 0 0, Resource, "getValue()" "the value of one primitive";
    Resolve "resolve" 0 0, Resource, "resolve()" "what a reference leads to: contained, or in the same bundle";
    ConformsTo "conformsTo" 1 1, Resource, "conformsTo(url)" "it is of this type or profile";
    MemberOf "memberOf" 1 1, Resource, "memberOf(url)" "the code is in this value set";
    Subsumes "subsumes" 1 1, Resource, "subsumes(code)" "the code includes the other one";
    SubsumedBy "subsumedBy" 1 1, Resource, "subsumedBy(code)" "the code is included in the other one";
    HtmlChecks "htmlChecks" 0 0, Resource, "htmlChecks()" "the narrative is what FHIR allows";
    HtmlChecks2 "htmlChecks2" 0 0, Resource, "htmlChecks2()" "the narrative has content that FHIR allows";
    ElementDefinition "elementDefinition" 0 0, Resource, "elementDefinition()" "the definition of the element, in a profile";
    Slice "slice" 2 2, Resource, "slice(url, name)" "the elements of a slice, in a profile";
    CheckModifiers "checkModifiers" 0 usize::MAX, Resource, "checkModifiers([url, ...])" "the items, if they have no modifier extension but these";
    GetResourceKey "getResourceKey" 0 0, Resource, "getResourceKey()" "Type/id of a resource";
    GetReferenceKey "getReferenceKey" 0 1, Resource, "getReferenceKey([type])" "Type/id that a reference names";
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
    described().map(|function| function.name)
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
