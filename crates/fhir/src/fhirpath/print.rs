//! The compiled form for people: one expression a line, indented below what it belongs to.

use super::parse::Parsed;
use super::syntax::{Expr, ExprId, TypeName};
use std::fmt::Write;

pub(super) fn outline(parsed: &Parsed) -> String {
    let mut out = String::new();
    print(parsed, parsed.root, 0, &mut out);
    out
}

fn print(parsed: &Parsed, id: ExprId, depth: usize, out: &mut String) {
    let Some(expr) = parsed.exprs.get(id as usize) else { return };
    let (line, parts): (String, Vec<ExprId>) = match expr {
        Expr::Empty => ("{}".into(), vec![]),
        Expr::This => ("$this".into(), vec![]),
        Expr::Index => ("$index".into(), vec![]),
        Expr::Total => ("$total".into(), vec![]),
        Expr::Literal(item) => (format!("literal {} {}", item.type_name(), item.to_text().unwrap_or_default()), vec![]),
        Expr::Variable(name) => (format!("%{name}"), vec![]),
        Expr::Path { base, steps, .. } => {
            let names: Vec<&str> = steps.iter().map(|step| &*step.text).collect();
            (format!("path {}", names.join(".")), base.iter().copied().collect())
        }
        Expr::At { base, index } => ("at [ ]".into(), vec![*base, *index]),
        Expr::Sign { is_minus, of } => (format!("sign {}", if *is_minus { '-' } else { '+' }), vec![*of]),
        Expr::Binary { operator, left, right } => (format!("operator {}", operator.text()), vec![*left, *right]),
        Expr::Is { of, ty } => (format!("is {}", named(*ty)), vec![*of]),
        Expr::As { of, ty } => (format!("as {}", named(*ty)), vec![*of]),
        Expr::OfType { of, ty } => (format!("ofType {}", named(*ty)), of.iter().copied().collect()),
        Expr::Call { base, function, arguments } => {
            let parts = base.iter().chain(arguments.iter()).copied().collect();
            (format!("call {}", function.signature().name), parts)
        }
    };
    let _ = writeln!(out, "{:width$}{line}", "", width = depth * 2);
    for part in parts {
        print(parsed, part, depth + 1, out);
    }
}

fn named(ty: TypeName) -> String {
    match (ty.fhir, ty.system) {
        (Some(fhir), _) => format!("FHIR.{}", fhir.name()),
        (None, Some(system)) => format!("System.{}", system.name()),
        (None, None) => "(no such type)".to_string(),
    }
}
