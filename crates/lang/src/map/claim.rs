//! What a test expects of a FHIR resource: `Patient.gender = female`, or any expression of FHIRPath that must be true.
//!
//! ```text
//! Patient.gender = "female"                      some value of the path is this one
//! Patient.identifier.where(type.coding.code = 'MR').exists()
//! Bundle.entry.count() > 2
//! ```
//! A path that begins with a resource means the resources of that type in the bundle. A text may stand in the quotes of the
//! language, a word without any. A path that gives several values means any of them, as in a condition.
//!
//! Promises: what the resource cannot have is found before anything runs.

use crate::codes;
use fhir::{
    Tree,
    definitions::Type,
    fhirpath::{Environment, Program},
};
use message::Diagnostic;
use std::fmt;

/// Values that a claim that does not hold shows.
const SHOWN_MAX: usize = 5;
/// Comparisons, the longest first.
const COMPARISONS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];

/// A claim about a resource, compiled.
#[derive(Clone)]
pub struct Claim {
    text: String,
    program: Program,
    /// The side that is compared, to show what was there instead.
    path: Option<(String, Program)>,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({})", self.text)
    }
}

impl Claim {
    /// Reads a claim about a resource of type `root`.
    ///
    /// # Errors
    /// E2606 what is no FHIRPath, E2607 what `root` cannot have; without a place.
    pub fn parse(text: &str, root: Type) -> Result<Claim, Box<Diagnostic>> {
        let written = requoted(text.trim());
        let Some((left, comparison, right)) = compared(&written) else {
            let program = compile(&from_root(&written, root), root)?;
            return Ok(Claim { text: text.trim().to_owned(), program, path: None });
        };
        let path = compile(&from_root(left, root), root)?;
        let (value, is_text) = literal(right);
        // A date, a code or a number of the resource is compared as it is written with a text.
        let this = if is_text { "$this.toString()" } else { "$this" };
        let whole = format!("({}).where({this} {comparison} {value}).exists()", from_root(left, root));
        Ok(Claim { text: text.trim().to_owned(), program: compile(&whole, root)?, path: Some((left.to_owned(), path)) })
    }

    /// Whether it is true of the resource.
    ///
    /// # Errors
    /// A sentence that says what was there instead. It may hold content of the message: for a terminal, never for a log.
    pub fn holds(&self, tree: &Tree) -> Result<(), String> {
        let environment = Environment::new(tree.root());
        let items = self.program.run(&environment).map_err(|error| error.to_string())?;
        let is_true = matches!(items.as_slice(), [one] if one.to_text().as_deref() == Some("true"));
        match (&self.path, is_true) {
            (_, true) => Ok(()),
            (None, false) if items.is_empty() => Err("it gives nothing".to_owned()),
            (None, false) => Err("it is not true".to_owned()),
            (Some((text, path)), false) => {
                let found = path.run(&environment).map_err(|error| error.to_string())?;
                let texts: Vec<String> = found
                    .iter()
                    .take(SHOWN_MAX)
                    .map(|item| item.to_text().map_or_else(|| item.type_name(), |text| format!("\"{text}\"")))
                    .collect();
                Err(match (texts.is_empty(), found.len() > SHOWN_MAX) {
                    (true, _) => format!("{text} is not there"),
                    (false, false) => format!("{text} is {}", texts.join(", ")),
                    (false, true) => format!("{text} is {}, and {} more", texts.join(", "), found.len() - SHOWN_MAX),
                })
            }
        }
    }
}

fn compile(text: &str, root: Type) -> Result<Program, Box<Diagnostic>> {
    let told = |code, error: &fhir::Error| {
        let own = error.diagnostic();
        Box::new(Diagnostic { hint: own.hint, ..Diagnostic::error(code, own.message) })
    };
    let program = Program::parse(text).map_err(|error| told(codes::E2606, &error))?;
    program.check(root).map_err(|error| told(codes::E2607, &error))?;
    Ok(program)
}

/// `Patient.gender` of a bundle is that of its patients, wherever it stands.
fn from_root(text: &str, root: Type) -> String {
    if root.name() != "Bundle" {
        return text.to_owned();
    }
    let (mut out, mut inside, mut is_escaped, mut before) = (String::new(), None, false, ' ');
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end.max(letter.len_utf8()));
        let is_head = inside.is_none() && before != '.' && behind.starts_with('.');
        if is_head && Type::named(word).is_some_and(|kind| kind.is_resource() && kind != root) {
            out.push_str(&format!("Bundle.entry.resource.ofType({word})"));
        } else {
            out.push_str(word);
        }
        match (inside, letter) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(quote), _) if quote == letter => inside = None,
            (None, '\'' | '`') => inside = Some(letter),
            _ => {}
        }
        if letter != ' ' {
            before = word.chars().next_back().unwrap_or(letter);
        }
        rest = behind;
    }
    out
}

/// Texts in double quotes, which FHIRPath does not have, in single ones.
fn requoted(text: &str) -> String {
    let mut out = String::new();
    let (mut inside, mut is_escaped) = (None, false);
    for letter in text.chars() {
        match (inside, letter) {
            (Some(_), _) if is_escaped => {
                is_escaped = false;
                out.push(letter);
                continue;
            }
            (Some(_), '\\') => is_escaped = true,
            (None, '"' | '\'' | '`') => inside = Some(letter),
            (Some(quote), _) if quote == letter => inside = None,
            (Some('"'), '\'') => out.push('\\'),
            _ => {}
        }
        out.push(if letter == '"' { '\'' } else { letter });
    }
    out
}

/// The sides of the only comparison outside brackets and quotes; `None` when there is none, or when `and`, `or` and the like
/// join several claims.
fn compared(text: &str) -> Option<(&str, &str, &str)> {
    let (mut depth, mut inside, mut is_escaped) = (0_usize, None, false);
    let mut found = None;
    let mut skip = 0;
    for (at, letter) in text.char_indices() {
        if at < skip {
            continue;
        }
        match (inside, letter) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(quote), _) if quote == letter => inside = None,
            (Some(_), _) => {}
            (None, '\'' | '`') => inside = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ' ') if depth == 0 => {
                let rest = &text[at..];
                if [" and ", " or ", " xor ", " implies ", " in ", " contains ", " is ", " as "]
                    .iter()
                    .any(|word| rest.starts_with(word))
                {
                    return None;
                }
            }
            (None, _) if depth == 0 => {
                if let Some(comparison) = COMPARISONS.iter().find(|one| text[at..].starts_with(**one)) {
                    if found.replace((at, *comparison)).is_some() {
                        return None;
                    }
                    skip = at + comparison.len();
                }
            }
            (None, _) => {}
        }
    }
    let (at, comparison) = found?;
    let (left, right) = (text[..at].trim(), text[at + comparison.len()..].trim());
    (!left.is_empty() && !right.is_empty()).then_some((left, comparison, right))
}

/// The value as FHIRPath has it, and whether it is a text. A bare word is a text, as everywhere in the language.
fn literal(text: &str) -> (String, bool) {
    if text.starts_with('\'') {
        return (text.to_owned(), true);
    }
    let is_bare = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let is_date = text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let is_word = text.starts_with(|letter: char| letter.is_ascii_alphabetic()) && text != "true" && text != "false";
    if is_bare && ((is_date && text.contains('-')) || is_word) {
        return (format!("'{text}'"), true);
    }
    (text.to_owned(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"collection","entry":[
        {"resource":{"resourceType":"Patient","gender":"female","birthDate":"1978-07-01","active":true,
          "name":[{"family":"O'Neil","given":["Ada","Beth"]}],"multipleBirthInteger":2}},
        {"resource":{"resourceType":"Encounter","status":"arrived","class":{"code":"IMP"}}}]}"#;

    fn check(text: &str, expect: Result<(), &str>) {
        let tree = Tree::read(BUNDLE.as_bytes()).unwrap();
        let claim =
            Claim::parse(text, Type::named("Bundle").unwrap()).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        assert_eq!(claim.holds(&tree), expect.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn claims_about_a_bundle() {
        check("Patient.gender = female", Ok(()));
        check("Patient.gender = \"female\"", Ok(()));
        check("Patient.gender = 'female'", Ok(()));
        check("Patient.gender = male", Err("Patient.gender is \"female\""));
        check("Patient.gender != male", Ok(()));
        check("Patient.name.family = \"O'Neil\"", Ok(()));
        check("Patient.name.given = Beth", Ok(()));
        check("Patient.name.given = Cleo", Err("Patient.name.given is \"Ada\", \"Beth\""));
        check("Patient.birthDate = 1978-07-01", Ok(()));
        check("Patient.birthDate = \"1978-07-01\"", Ok(()));
        check("Patient.birthDate < @1979", Ok(()));
        check("Patient.active = true", Ok(()));
        check("Patient.multipleBirth = 2", Ok(()));
        check("Patient.multipleBirth > 2", Err("Patient.multipleBirth is \"2\""));
        check("Patient.deceased = true", Err("Patient.deceased is not there"));
        check("Encounter.class.code = IMP", Ok(()));
        check("Bundle.entry.count() = 2", Ok(()));
        check("Patient.name.where(family = \"O'Neil\").exists()", Ok(()));
        check("Patient.gender = 'female' and Encounter.exists()", Ok(()));
        check("Patient.gender = 'female' and Encounter.status = 'Patient.x'", Err("it is not true"));
        check("Patient.deceased", Err("it gives nothing"));
        check("Bundle.entry.resource.ofType(Patient).active", Ok(()));
        check("Bundle.type = collection", Ok(()));
        check("Patient.name.exists() and entry.count() > 5", Err("it is not true"));
        check("Patient.photo.exists()", Err("it is not true"));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let check = |text: &str, code: &str, says: &str| {
            let Err(wrong) = Claim::parse(text, Type::named("Bundle").unwrap()) else { panic!("{text} is taken") };
            let told = format!("{} {}", wrong.message, wrong.hint.as_deref().unwrap_or_default());
            assert!(wrong.code.id == code && told.contains(says), "{text}: {} {told}", wrong.code);
        };
        check("Patient.gendr = female", "E2607", "gender");
        check("Patient.gender = (", "E2606", "");
        check("Patient.name.frist() = x", "E2606", "first");
        check("Patient..gender", "E2606", "");
    }
}
