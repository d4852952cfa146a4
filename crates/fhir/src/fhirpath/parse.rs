//! Text to compiled form, by binding strengths (FHIRPath N1, grammar and §8.7).

use super::functions::{self, Function};
use super::item::Item;
use super::lex::{Token, lex};
use super::quantity::{Calendar, Quantity, QuantityUnit};
use super::syntax::{Expr, ExprId, Operator, SIGN_BINDING, Step, System, TYPE_BINDING, TypeName};
use super::{EXPRESSION_BYTES_MAX, EXPRESSION_DEPTH_MAX, EXPRESSION_HEIGHT_MAX, Position};
use crate::definitions::{self, Type};
use crate::tree::Name;
use crate::{Error, codes};
use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Expressions with the byte where each begins; the last one is the whole.
pub(super) struct Parsed {
    pub(super) exprs: Vec<Expr>,
    pub(super) places: Vec<Position>,
    pub(super) root: ExprId,
    /// Regular expressions that stand in the text itself, by the call that has them: read once, at their first use.
    pub(super) patterns: BTreeMap<ExprId, OnceLock<Option<Regex>>>,
}

pub(super) fn parse(text: &str) -> Result<Parsed, Error> {
    if text.len() > EXPRESSION_BYTES_MAX {
        let why = format!("an expression has at most {EXPRESSION_BYTES_MAX} bytes");
        return Err(Error::expression(codes::E1214, 0, why));
    }
    let tokens = lex(text)?;
    let out = Parsed { exprs: Vec::new(), places: Vec::new(), root: 0, patterns: BTreeMap::new() };
    let mut parser = Parser { tokens, at: 0, depth: 0, out, heights: Vec::new(), too_high: None };
    parser.out.root = parser.expression(0)?;
    if let Some(place) = parser.too_high {
        let why = format!("an expression has at most {EXPRESSION_HEIGHT_MAX} calls or operators in a row");
        return Err(Error::expression(codes::E1214, place, why));
    }
    parser.find_patterns();
    match parser.peek() {
        Token::End => Ok(parser.out),
        _ => Err(parser.unexpected("an operator or the end is expected here")),
    }
}

struct Parser {
    tokens: Vec<(Token, Position)>,
    at: usize,
    depth: usize,
    out: Parsed,
    /// Of each expression: how many stand on top of each other in it.
    heights: Vec<usize>,
    too_high: Option<Position>,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    fn place(&self) -> Position {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |(_, place)| *place)
    }

    fn next(&mut self) -> Token {
        let out = self.peek().clone();
        self.at += 1;
        out
    }

    fn unexpected(&self, expected: &'static str) -> Error {
        let text = if *self.peek() == Token::End { "the expression ends too early" } else { expected };
        Error::expression(codes::E1210, self.place(), text)
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let is_there = self.is_symbol(symbol);
        self.at += usize::from(is_there);
        is_there
    }

    fn require(&mut self, symbol: &str, expected: &'static str) -> Result<(), Error> {
        if self.eat(symbol) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    /// Adds an expression. Whoever walks them goes as deep as they are high, so that is bounded too.
    fn add(&mut self, expr: Expr, place: Position) -> ExprId {
        let below = |part: ExprId| self.heights.get(part as usize).copied().unwrap_or_default();
        let height = 1 + expr.parts().into_iter().map(below).max().unwrap_or_default();
        if height > EXPRESSION_HEIGHT_MAX && self.too_high.is_none() {
            self.too_high = Some(place);
        }
        self.heights.push(height);
        self.out.exprs.push(expr);
        self.out.places.push(place);
        (self.out.exprs.len() - 1) as ExprId
    }

    fn expression(&mut self, binding: u8) -> Result<ExprId, Error> {
        self.depth += 1;
        if self.depth > EXPRESSION_DEPTH_MAX {
            return Err(Error::expression(codes::E1214, self.place(), "the expression is nested too deep"));
        }
        let mut left = self.prefix()?;
        loop {
            let place = self.place();
            let word = match self.peek() {
                Token::Symbol(symbol) => symbol.to_string(),
                Token::Word(word) => word.clone(),
                _ => break,
            };
            if (word == "is" || word == "as") && TYPE_BINDING > binding {
                self.at += 1;
                let ty = self.type_name()?;
                let expr = if word == "is" { Expr::Is { of: left, ty } } else { Expr::As { of: left, ty } };
                left = self.add(expr, place);
                continue;
            }
            let Some((operator, strength)) = Operator::find(&word).filter(|(_, strength)| *strength > binding) else {
                break;
            };
            self.at += 1;
            let right = self.expression(strength)?;
            left = self.add(Expr::Binary { operator, left, right }, place);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn prefix(&mut self) -> Result<ExprId, Error> {
        let place = self.place();
        let is_minus = self.is_symbol("-");
        if self.eat("-") || self.eat("+") {
            let of = self.expression(SIGN_BINDING)?;
            return Ok(self.add(Expr::Sign { is_minus, of }, place));
        }
        let mut left = self.term()?;
        loop {
            let place = self.place();
            if self.eat(".") {
                left = self.invocation(Some(left))?;
            } else if self.eat("[") {
                let index = self.expression(0)?;
                self.require("]", "a closing bracket is expected here")?;
                left = self.add(Expr::At { base: left, index }, place);
            } else {
                return Ok(left);
            }
        }
    }

    fn term(&mut self) -> Result<ExprId, Error> {
        let place = self.place();
        let literal = |item: Item<'static>| Expr::Literal(item);
        let expr = match self.peek().clone() {
            Token::Symbol("(") => {
                self.at += 1;
                let inner = self.expression(0)?;
                self.require(")", "a closing parenthesis is expected here")?;
                return Ok(inner);
            }
            Token::Symbol("{") => {
                self.at += 1;
                self.require("}", "a closing brace is expected here: `{}` is the empty collection")?;
                return Ok(self.add(Expr::Empty, place));
            }
            Token::Text(text) => literal(Item::Text(Cow::Owned(text))),
            Token::Temporal(value) => literal(Item::Temporal(value)),
            Token::Integer(value) => return self.number(Item::Integer(value), place),
            Token::Decimal(text) => {
                let value = super::decimal::Decimal::parse(&text)
                    .ok_or_else(|| Error::expression(codes::E1210, place, "the number has too many digits"))?;
                return self.number(Item::Decimal(value), place);
            }
            Token::Variable(name) => Expr::Variable(name.into()),
            Token::Special(name) => match name.as_str() {
                "$this" => Expr::This,
                "$index" => Expr::Index,
                "$total" => Expr::Total,
                _ => return Err(self.unexpected("there are `$this`, `$index` and `$total`")),
            },
            Token::Word(word) if word == "true" || word == "false" => literal(Item::Boolean(word == "true")),
            Token::Word(_) | Token::Quoted(_) => return self.invocation(None),
            Token::Symbol(_) | Token::End => return Err(self.unexpected("a value or a name is expected here")),
        };
        self.at += 1;
        Ok(self.add(expr, place))
    }

    /// A number, or a quantity where a unit follows.
    fn number(&mut self, number: Item<'static>, place: Position) -> Result<ExprId, Error> {
        self.at += 1;
        let unit = match self.peek() {
            Token::Text(unit) => Some(QuantityUnit::Ucum(Cow::Owned(unit.clone()))),
            Token::Word(word) => Calendar::parse(word).map(QuantityUnit::Calendar),
            _ => None,
        };
        let Some(unit) = unit else { return Ok(self.add(Expr::Literal(number), place)) };
        self.at += 1;
        let value = match number {
            Item::Decimal(value) => value,
            Item::Integer(value) => value.into(),
            _ => return Err(Error::expression(codes::E1210, place, "a number is expected before a unit")),
        };
        Ok(self.add(Expr::Literal(Item::Quantity(Box::new(Quantity { value, unit }))), place))
    }

    fn find_patterns(&mut self) {
        let is_text = |id: ExprId| matches!(self.out.exprs.get(id as usize), Some(Expr::Literal(Item::Text(_))));
        for (id, expr) in self.out.exprs.iter().enumerate() {
            if let Expr::Call { function, arguments, .. } = expr
                && let Function::Matches | Function::MatchesFull | Function::ReplaceMatches = function
                && arguments.iter().all(|argument| is_text(*argument))
            {
                self.out.patterns.insert(id as ExprId, OnceLock::new());
            }
        }
    }

    /// A name or a call, on a base or on what the whole is evaluated on.
    fn invocation(&mut self, base: Option<ExprId>) -> Result<ExprId, Error> {
        let place = self.place();
        let (name, is_quoted) = match self.next() {
            Token::Word(name) => (name, false),
            Token::Quoted(name) => (name, true),
            Token::Special(name) if base.is_some() && name == "$this" => return Ok(self.add(Expr::This, place)),
            _ => {
                self.at -= 1;
                return Err(self.unexpected("a name is expected here"));
            }
        };
        if !is_quoted && self.eat("(") {
            return self.call(base, &name, place);
        }
        // Behind a point a word can only be a name: `Narrative.div`.
        let is_operator = Operator::find(&name).is_some() && !matches!(name.as_str(), "in" | "contains");
        if is_operator && !is_quoted && base.is_none() {
            self.at -= 1;
            return Err(self.unexpected("a value or a name is expected before this operator"));
        }
        self.member(base, &name, place)
    }

    fn member(&mut self, base: Option<ExprId>, name: &str, place: Position) -> Result<ExprId, Error> {
        let step = step(name, place);
        let head = if base.is_none() { Type::named(name) } else { None };
        // A path grows as long as names follow names.
        if let Some(Expr::Path { base: under, head, steps }) = base.and_then(|base| self.out.exprs.get(base as usize)) {
            let is_last = base.is_some_and(|base| base as usize + 1 == self.out.exprs.len());
            if is_last {
                let steps = steps.iter().cloned().chain([step]).collect();
                let longer = Expr::Path { base: *under, head: *head, steps };
                if let Some(expr) = self.out.exprs.last_mut() {
                    *expr = longer;
                }
                return Ok((self.out.exprs.len() - 1) as ExprId);
            }
        }
        Ok(self.add(Expr::Path { base, head, steps: Box::new([step]) }, place))
    }

    fn call(&mut self, base: Option<ExprId>, name: &str, place: Position) -> Result<ExprId, Error> {
        if matches!(name, "is" | "as" | "ofType") {
            let ty = self.type_name()?;
            self.require(")", "a closing parenthesis is expected here")?;
            if name == "ofType" {
                return Ok(self.add(Expr::OfType { of: base, ty }, place));
            }
            let of = match base {
                Some(base) => base,
                None => self.add(Expr::This, place),
            };
            return Ok(self.add(if name == "is" { Expr::Is { of, ty } } else { Expr::As { of, ty } }, place));
        }
        let mut arguments = Vec::new();
        if !self.eat(")") {
            loop {
                arguments.push(self.expression(0)?);
                if self.eat(")") {
                    break;
                }
                self.require(",", "a comma or a closing parenthesis is expected here")?;
            }
        }
        let function = find_function(name, place)?;
        let signature = function.signature();
        if !(signature.least..=signature.most).contains(&arguments.len()) {
            let text = format!("`{name}` takes {}, not {}", counted(signature.least, signature.most), arguments.len());
            return Err(Error::expression(codes::E1211, place, text));
        }
        Ok(self.add(Expr::Call { base, function, arguments: arguments.into() }, place))
    }

    fn type_name(&mut self) -> Result<TypeName, Error> {
        let place = self.place();
        let part = |parser: &mut Parser| match parser.next() {
            Token::Word(name) | Token::Quoted(name) => Ok(name),
            _ => {
                parser.at -= 1;
                Err(parser.unexpected("the name of a type is expected here"))
            }
        };
        let first = part(self)?;
        let (namespace, name) = if self.eat(".") { (Some(first), part(self)?) } else { (None, first) };
        let out = match namespace.as_deref() {
            Some("System") => TypeName { system: System::named(&name), fhir: None },
            Some("FHIR") => TypeName { system: None, fhir: Type::named(&name) },
            Some(_) => TypeName { system: None, fhir: None },
            None => TypeName { system: System::named(&name), fhir: Type::named(&name) },
        };
        // `Patient.is(System.Patient)` is false, not an error: there is a type of that name.
        let is_known =
            out.system.is_some() || out.fhir.is_some() || namespace.is_some() && Type::named(&name).is_some();
        if is_known {
            return Ok(out);
        }
        let error = Error::expression(codes::E1213, place, format!("there is no type `{name}`"));
        Err(match definitions::similar_type(&name) {
            Some(meant) => error.with_hint(format!("did you mean {}?", meant.name())),
            None => error,
        })
    }
}

fn find_function(name: &str, place: Position) -> Result<Function, Error> {
    functions::find(name).ok_or_else(|| {
        let error = Error::expression(codes::E1211, place, format!("there is no function `{name}`"));
        match definitions::closest(name, functions::names()) {
            Some(meant) => error.with_hint(format!("did you mean {meant}?")),
            None => error,
        }
    })
}

fn counted(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => "no argument".to_string(),
        (1, 1) => "one argument".to_string(),
        _ if least == most => format!("{least} arguments"),
        (_, usize::MAX) => format!("at least {least} arguments"),
        _ => format!("{least} to {most} arguments"),
    }
}

/// A name with all that it can be in JSON.
pub(super) fn step(name: &str, at: Position) -> Step {
    let mut text = String::new();
    let mut known = |suffix: &String| {
        text.clear();
        text.push_str(name);
        text.push_str(suffix);
        Name::known(&text)
    };
    let choices = suffixes().iter().filter_map(&mut known).collect();
    Step { text: name.into(), name: Name::known(name), choices, at }
}

/// `Quantity`, `String`, `DateTime` …: the types as they stand in the name of a choice.
fn suffixes() -> &'static [String] {
    static SUFFIXES: OnceLock<Vec<String>> = OnceLock::new();
    SUFFIXES.get_or_init(|| {
        let suffix = |ty: Type| {
            let (first, rest) = ty.name().split_at(1);
            first.to_ascii_uppercase() + rest
        };
        Type::all().filter(|ty| !ty.is_resource() && !ty.is_abstract()).map(suffix).collect()
    })
}
