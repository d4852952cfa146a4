//! The compiled form: expressions in one vector, each naming its parts by number.

use super::Position;
use super::functions::Function;
use super::item::Item;
use crate::definitions::Type;
use crate::tree::Name;

/// The number of an expression in its program.
pub(super) type ExprId = u32;

/// One expression.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// `{}`.
    Empty,
    /// `$this`.
    This,
    /// `$index`.
    Index,
    /// `$total`.
    Total,
    /// A literal.
    Literal(Item<'static>),
    /// `%name`.
    Variable(Box<str>),
    /// Elements below the base (or below what the expression is evaluated on). `head` is a type that the first of them
    /// may name instead: `Patient` in `Patient.name`.
    Path { base: Option<ExprId>, head: Option<Type>, steps: Box<[Step]> },
    /// `base[index]`.
    At { base: ExprId, index: ExprId },
    /// `-x` or `+x`.
    Sign { is_minus: bool, of: ExprId },
    /// Two operands.
    Binary { operator: Operator, left: ExprId, right: ExprId },
    /// `x is T`.
    Is { of: ExprId, ty: TypeName },
    /// `x as T`.
    As { of: ExprId, ty: TypeName },
    /// `base.ofType(T)`.
    OfType { of: Option<ExprId>, ty: TypeName },
    /// `base.name(…)`.
    Call { base: Option<ExprId>, function: Function, arguments: Box<[ExprId]> },
}

impl Expr {
    /// The expressions that it is made of, the base first.
    pub(super) fn parts(&self) -> Vec<ExprId> {
        match self {
            Expr::Empty | Expr::This | Expr::Index | Expr::Total | Expr::Literal(_) | Expr::Variable(_) => Vec::new(),
            Expr::Path { base, .. } => base.iter().copied().collect(),
            Expr::At { base, index } => vec![*base, *index],
            Expr::Sign { of, .. } | Expr::Is { of, .. } | Expr::As { of, .. } => vec![*of],
            Expr::Binary { left, right, .. } => vec![*left, *right],
            Expr::OfType { of, .. } => of.iter().copied().collect(),
            Expr::Call { base, arguments, .. } => base.iter().chain(arguments.iter()).copied().collect(),
        }
    }
}

/// One name of a path.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) text: Box<str>,
    /// Its number, if FHIR has the name.
    pub(super) name: Option<Name>,
    /// What it may be in JSON if it is a choice: `valueQuantity` for `value`.
    pub(super) choices: Box<[Name]>,
    pub(super) at: Position,
}

/// The name of a type: in the System of FHIRPath, in FHIR, or in both.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypeName {
    pub(super) system: Option<System>,
    pub(super) fhir: Option<Type>,
}

/// The types of FHIRPath itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// true or false
    Boolean,
    /// text
    String,
    /// a whole number
    Integer,
    /// a decimal number
    Decimal,
    /// a date
    Date,
    /// a date and time
    DateTime,
    /// a time
    Time,
    /// a value with a unit
    Quantity,
    /// any of them
    Any,
}

impl System {
    pub(super) const ALL: &[(System, &'static str)] = &[
        (System::Boolean, "Boolean"),
        (System::String, "String"),
        (System::Integer, "Integer"),
        (System::Decimal, "Decimal"),
        (System::Date, "Date"),
        (System::DateTime, "DateTime"),
        (System::Time, "Time"),
        (System::Quantity, "Quantity"),
        (System::Any, "Any"),
    ];

    pub(super) fn named(name: &str) -> Option<System> {
        System::ALL.iter().find(|(_, known)| *known == name).map(|(system, _)| *system)
    }

    /// `Boolean`.
    #[must_use]
    pub fn name(self) -> &'static str {
        System::ALL.iter().find(|(system, _)| *system == self).map_or("", |(_, name)| name)
    }
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Implies,
    Or,
    Xor,
    And,
    In,
    Contains,
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Union,
    Add,
    Subtract,
    Join,
    Multiply,
    Divide,
    DivideWhole,
    Remainder,
}

/// Binding of `is` and `as`, between union and addition.
pub(super) const TYPE_BINDING: u8 = 8;
/// Binding of a sign.
pub(super) const SIGN_BINDING: u8 = 11;

impl Operator {
    const ALL: &[(Operator, &'static str, u8)] = &[
        (Operator::Implies, "implies", 1),
        (Operator::Or, "or", 2),
        (Operator::Xor, "xor", 2),
        (Operator::And, "and", 3),
        (Operator::In, "in", 4),
        (Operator::Contains, "contains", 4),
        (Operator::Equal, "=", 5),
        (Operator::NotEqual, "!=", 5),
        (Operator::Equivalent, "~", 5),
        (Operator::NotEquivalent, "!~", 5),
        (Operator::Less, "<", 6),
        (Operator::LessOrEqual, "<=", 6),
        (Operator::Greater, ">", 6),
        (Operator::GreaterOrEqual, ">=", 6),
        (Operator::Union, "|", 7),
        (Operator::Add, "+", 9),
        (Operator::Subtract, "-", 9),
        (Operator::Join, "&", 9),
        (Operator::Multiply, "*", 10),
        (Operator::Divide, "/", 10),
        (Operator::DivideWhole, "div", 10),
        (Operator::Remainder, "mod", 10),
    ];

    /// The operator of a word or sign, with its binding (FHIRPath N1 §8.7).
    pub(super) fn find(text: &str) -> Option<(Operator, u8)> {
        Operator::ALL.iter().find(|(_, word, _)| *word == text).map(|(operator, _, binding)| (*operator, *binding))
    }

    pub(super) fn text(self) -> &'static str {
        Operator::ALL.iter().find(|(operator, ..)| *operator == self).map_or("", |(_, word, _)| word)
    }
}
