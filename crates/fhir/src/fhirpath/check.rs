//! What cannot be right on a type, before anything runs: elements that it does not have, choices written as in JSON, an
//! order asked of what has none, texts expected where there is an object.
//!
//! Only what is certain is refused: what a resource may hold (`contained`, `resolve()`, `children()`) can be anything.

use super::Position;
use super::functions::{Family, Function};
use super::parse::Parsed;
use super::syntax::{Expr, ExprId, Step};
use crate::definitions::{self, Kind, Member, Type};
use crate::{Error, codes};

/// What an expression can give.
#[derive(Clone)]
struct Shape {
    /// The elements that it can be; `None` where nobody knows, or it is a value of FHIRPath's own.
    elements: Option<Vec<Member>>,
    is_ordered: bool,
}

impl Shape {
    fn unknown() -> Shape {
        Shape { elements: None, is_ordered: true }
    }

    fn of(elements: Vec<Member>) -> Shape {
        Shape { elements: Some(elements), is_ordered: true }
    }
}

pub(super) fn check(parsed: &Parsed, context: Member) -> Result<(), Error> {
    let shape = Shape::of(chosen(context).collect());
    Checker { parsed, context: shape.clone() }.shape(parsed.root, &shape, &shape).map(drop)
}

/// The type of an element; of a whole type, itself.
pub(super) fn type_of(member: Member) -> Option<Type> {
    if member.element().is_root() { Some(member.element().owner()) } else { member.ty() }
}

/// An open choice as each of its types.
fn chosen(member: Member) -> impl Iterator<Item = Member> {
    let element = member.element();
    let types = element.types().filter(move |_| member.is_open()).filter_map(move |ty| element.choose(ty.ty()));
    types.chain((!member.is_open()).then_some(member))
}

struct Checker<'p> {
    parsed: &'p Parsed,
    context: Shape,
}

impl Checker<'_> {
    fn place(&self, id: ExprId) -> Position {
        self.parsed.places.get(id as usize).copied().unwrap_or_default()
    }

    fn refuse(&self, id: ExprId, text: String) -> Error {
        Error::expression(codes::E1215, self.place(id), text)
    }

    fn shape(&self, id: ExprId, focus: &Shape, this: &Shape) -> Result<Shape, Error> {
        let Some(expr) = self.parsed.exprs.get(id as usize) else { return Ok(Shape::unknown()) };
        Ok(match expr {
            Expr::Empty | Expr::Index | Expr::Total | Expr::Literal(_) => Shape::unknown(),
            Expr::This => this.clone(),
            Expr::Variable(name) if &**name == "context" => self.context.clone(),
            Expr::Variable(_) => Shape::unknown(),
            Expr::Path { base, head, steps } => {
                let start = match base {
                    Some(base) => self.shape(*base, focus, this)?,
                    None => focus.clone(),
                };
                let steps = self.without_head(*head, steps, &start)?;
                steps.iter().try_fold(start, |shape, step| self.below(shape, step))?
            }
            Expr::At { base, index } => {
                let shape = self.shape(*base, focus, this)?;
                self.shape(*index, focus, this)?;
                self.in_order(id, &shape, "an index")?;
                shape
            }
            Expr::Sign { of, .. } => {
                self.shape(*of, focus, this)?;
                Shape::unknown()
            }
            Expr::Binary { operator, left, right } => {
                let (left, right) = (self.shape(*left, focus, this)?, self.shape(*right, focus, this)?);
                if operator.text() == "|" { joint(left, right) } else { Shape::unknown() }
            }
            Expr::Is { of, .. } => {
                self.shape(*of, focus, this)?;
                Shape::unknown()
            }
            Expr::As { of, ty } => {
                self.shape(*of, focus, this)?;
                typed(ty.fhir)
            }
            Expr::OfType { of, ty } => {
                if let Some(of) = of {
                    self.shape(*of, focus, this)?;
                }
                typed(ty.fhir)
            }
            Expr::Call { base, function, arguments } => {
                let input = match base {
                    Some(base) => self.shape(*base, focus, this)?,
                    None => focus.clone(),
                };
                self.call(id, *function, &input, arguments, focus, this)?
            }
        })
    }

    /// Names behind the type that a path may begin with.
    fn without_head<'s>(&self, head: Option<Type>, steps: &'s [Step], start: &Shape) -> Result<&'s [Step], Error> {
        let (Some(head), Some(elements)) = (head, &start.elements) else { return Ok(steps) };
        let is_it = |member: &Member| type_of(*member).is_some_and(|ty| ty.is_a(head) || head.is_a(ty));
        if elements.iter().any(is_it) {
            return Ok(&steps[1..]);
        }
        let has_child =
            steps.first().is_some_and(|step| elements.iter().any(|member| member.child(&step.text).is_some()));
        let is_resource = elements.iter().all(|member| type_of(*member).is_some_and(Type::is_resource));
        if has_child || !is_resource || head.kind() != Kind::Resource {
            return Ok(steps);
        }
        let place = steps.first().map_or(0, |step| step.at);
        let found = elements.first().and_then(|member| type_of(*member)).map_or("", Type::name);
        let text = format!("the expression is about {}, and this is {found}", head.name());
        Err(Error::expression(codes::E1215, place, text))
    }

    fn below(&self, shape: Shape, step: &Step) -> Result<Shape, Error> {
        let Some(elements) = &shape.elements else { return Ok(Shape { elements: None, ..shape }) };
        let mut found = Vec::new();
        for member in elements {
            // What is of no certain type can have anything below it.
            if type_of(*member).is_some_and(|ty| ty.is_abstract() && !is_backbone(ty)) {
                return Ok(Shape { elements: None, ..shape });
            }
            found.extend(member.child(&step.text).into_iter().flat_map(chosen));
        }
        if found.is_empty() && !elements.is_empty() {
            return Err(self.missing(elements, step));
        }
        Ok(Shape { elements: Some(found), ..shape })
    }

    fn missing(&self, elements: &[Member], step: &Step) -> Error {
        let owner = elements.first().and_then(|member| type_of(*member)).map_or("this", Type::name);
        let error = Error::expression(codes::E1215, step.at, format!("{owner} has no element `{}`", step.text));
        let as_json = elements.iter().find_map(|member| member.property(&step.text));
        if let Some(property) = as_json.filter(|property| property.element().is_choice()) {
            let (name, ty) = property.json_name();
            return error
                .with_hint(format!("write `{name}`, or `{name}.ofType({ty})`: the type is no part of the name"));
        }
        let similar = |member: &Member| member.body().and_then(|body| definitions::similar_child(body, &step.text));
        match elements.iter().find_map(similar) {
            Some(meant) => error.with_hint(format!("did you mean {meant}?")),
            None => error,
        }
    }

    fn in_order(&self, id: ExprId, shape: &Shape, what: &str) -> Result<(), Error> {
        if shape.is_ordered {
            return Ok(());
        }
        Err(self.refuse(id, format!("{what} needs an order, and `children()` and `descendants()` have none")))
    }

    fn call(
        &self,
        id: ExprId,
        function: Function,
        input: &Shape,
        arguments: &[ExprId],
        focus: &Shape,
        this: &Shape,
    ) -> Result<Shape, Error> {
        let name = function.signature().name;
        let is_each = matches!(
            function,
            Function::Where
                | Function::Select
                | Function::Exists
                | Function::All
                | Function::Trace
                | Function::Sort
                | Function::Aggregate
                | Function::Iif
                | Function::DefineVariable
        );
        let mut shapes = Vec::new();
        if matches!(function, Function::Repeat | Function::RepeatAll) {
            // What comes out goes in again, so its elements are not those of the input alone.
            self.shape_of_each(arguments, &Shape::unknown(), &mut shapes)?;
        } else if function != Function::GetReferenceKey {
            for argument in arguments {
                let on = if is_each { (input, input) } else { (focus, this) };
                shapes.push(self.shape(*argument, on.0, on.1)?);
            }
        }
        if function.signature().family == Family::Text && function != Function::Join {
            self.text_expected(id, name, input)?;
        }
        Ok(match function {
            Function::First | Function::Last | Function::Tail | Function::Skip | Function::Take => {
                self.in_order(id, input, &format!("`{name}`"))?;
                input.clone()
            }
            Function::Where
            | Function::Single
            | Function::Intersect
            | Function::Exclude
            | Function::Trace
            | Function::Distinct
            | Function::DefineVariable => input.clone(),
            Function::Sort => Shape { is_ordered: true, ..input.clone() },
            Function::Select => shapes.pop().unwrap_or_else(Shape::unknown),
            Function::Union | Function::Combine => joint(input.clone(), shapes.swap_remove(0)),
            Function::Children | Function::Descendants => Shape { elements: None, is_ordered: false },
            Function::Extension => typed(Type::named("Extension")),
            _ => Shape::unknown(),
        })
    }

    fn shape_of_each(&self, ids: &[ExprId], on: &Shape, shapes: &mut Vec<Shape>) -> Result<(), Error> {
        for id in ids {
            shapes.push(self.shape(*id, on, on)?);
        }
        Ok(())
    }

    fn text_expected(&self, id: ExprId, name: &str, input: &Shape) -> Result<(), Error> {
        let elements = input.elements.as_deref().unwrap_or_default();
        let is_object =
            |member: &Member| type_of(*member).is_some_and(|ty| ty.primitive().is_none() && !ty.is_abstract());
        if !elements.is_empty() && elements.iter().all(is_object) {
            let ty = elements.first().and_then(|member| type_of(*member)).map_or("", Type::name);
            return Err(self.refuse(id, format!("`{name}` works on a text, and this is {ty}")));
        }
        Ok(())
    }
}

fn is_backbone(ty: Type) -> bool {
    matches!(ty.name(), "BackboneElement" | "Element")
}

fn typed(ty: Option<Type>) -> Shape {
    match ty.filter(|ty| !ty.is_abstract()) {
        Some(ty) => Shape::of(vec![ty.root().member()]),
        None => Shape::unknown(),
    }
}

fn joint(left: Shape, right: Shape) -> Shape {
    let elements = left.elements.zip(right.elements).map(|(left, right)| left.into_iter().chain(right).collect());
    Shape { elements, is_ordered: left.is_ordered && right.is_ordered }
}
