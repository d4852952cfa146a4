//! From JSON to the text.

use super::{BARE, SCHEMA, SYMBOLS};
use crate::{
    codes,
    syntax::{Tree, format, parse, quote, quote::quote_block},
};
use message::{
    Diagnostic,
    limits::{SYNTAX_BYTES_MAX, SYNTAX_DEPTH_MAX},
};
use serde_json::{Map, Value};

/// The text of a file given as JSON, in canonical layout. E2019 with the place in the JSON when it does not follow
/// [`super::schema`] or holds what cannot be written.
pub fn from_json(json: &Value) -> Result<String, Box<Diagnostic>> {
    let mut reader = Reader { out: String::new(), place: Vec::new() };
    let top = reader.object(json, &["schema", "statements", "comments_at_end"])?;
    if top.get("schema").is_some_and(|schema| schema != SCHEMA) {
        return Err(reader.wrong(&format!("`schema` is not \"{SCHEMA}\""), "leave it out, or write this value"));
    }
    reader.statements(top, "statements", 0)?;
    reader.comments(top, "comments_at_end")?;
    let (tree, findings) = parse("", reader.out.as_str());
    match findings.iter().find(|finding| finding.is_error()) {
        Some(finding) => Err(reader.wrong(&format!("the text is not valid: {}", finding.message), "see its code")),
        None => Ok(format(&tree)),
    }
}

struct Reader {
    out: String,
    /// The way to the value that is read, as in a JSON pointer (RFC 6901).
    place: Vec<String>,
}

type Read<T> = Result<T, Box<Diagnostic>>;

impl Reader {
    fn wrong(&self, message: &str, hint: &str) -> Box<Diagnostic> {
        let place: String = self.place.iter().map(|step| format!("/{step}")).collect();
        let place = if place.is_empty() { "the top".to_owned() } else { place };
        Box::new(Diagnostic::error(codes::E2019, format!("at {place}: {message}")).hint(hint))
    }

    /// Runs `read` one step further in.
    fn inside<T>(&mut self, step: impl ToString, read: impl FnOnce(&mut Reader) -> Read<T>) -> Read<T> {
        self.place.push(step.to_string());
        let result = read(self);
        self.place.pop();
        result
    }

    fn object<'j>(&self, json: &'j Value, known: &[&str]) -> Read<&'j Map<String, Value>> {
        let object = json.as_object().ok_or_else(|| self.wrong("expected an object", "see the schema"))?;
        match object.keys().find(|key| !known.contains(&key.as_str())) {
            Some(_) => Err(self.wrong("a member that does not exist", &format!("known are {}", known.join(", ")))),
            None => Ok(object),
        }
    }

    /// The array called `name`, with nothing for an absent one.
    fn array<'j>(&self, object: &'j Map<String, Value>, name: &str) -> Read<&'j [Value]> {
        match object.get(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(self.wrong(&format!("`{name}` is not an array"), "see the schema")),
        }
    }

    fn text<'j>(&self, object: &'j Map<String, Value>, name: &str) -> Read<&'j str> {
        let found = object.get(name).and_then(Value::as_str);
        found.ok_or_else(|| self.wrong(&format!("`{name}` is missing or not a text"), "see the schema"))
    }

    fn statements(&mut self, object: &Map<String, Value>, name: &str, depth: usize) -> Read<()> {
        if depth > SYNTAX_DEPTH_MAX {
            return Err(self.wrong(&format!("nested deeper than {SYNTAX_DEPTH_MAX}"), "use a map of its own"));
        }
        let statements = self.array(object, name)?;
        self.inside(name, |reader| {
            let mut numbered = statements.iter().enumerate();
            numbered.try_for_each(|(number, json)| reader.inside(number, |reader| reader.statement(json, depth)))
        })
    }

    fn statement(&mut self, json: &Value, depth: usize) -> Read<()> {
        let known = ["comments", "word", "values", "comment", "block", "comments_at_end", "comment_at_end"];
        let object = self.object(json, &known)?;
        self.comments(object, "comments")?;
        let start = self.out.len();
        if object.contains_key("word") {
            let word = self.text(object, "word")?;
            self.bare(word)?;
        }
        self.values(self.array(object, "values")?, "values", 0)?;
        if self.out.len() == start {
            return Err(self.wrong("a statement without a word", "give `word` or `values`"));
        }
        let Some(_) = object.get("block") else {
            self.comment(object, "comment")?;
            return self.line_end();
        };
        self.out.push_str(" {");
        self.comment(object, "comment")?;
        self.line_end()?;
        self.statements(object, "block", depth + 1)?;
        self.comments(object, "comments_at_end")?;
        self.out.push('}');
        self.comment(object, "comment_at_end")?;
        self.line_end()
    }

    fn line_end(&mut self) -> Read<()> {
        self.out.push('\n');
        if self.out.len() > SYNTAX_BYTES_MAX {
            return Err(self.wrong(&format!("the text is longer than {SYNTAX_BYTES_MAX} bytes"), "split it"));
        }
        Ok(())
    }

    fn comments(&mut self, object: &Map<String, Value>, name: &str) -> Read<()> {
        for comment in self.array(object, name)? {
            self.one_comment(comment)?;
            self.line_end()?;
        }
        Ok(())
    }

    fn comment(&mut self, object: &Map<String, Value>, name: &str) -> Read<()> {
        match object.get(name) {
            Some(comment) => {
                self.out.push(' ');
                self.one_comment(comment)
            }
            None => Ok(()),
        }
    }

    fn one_comment(&mut self, comment: &Value) -> Read<()> {
        let line = comment.as_str().filter(|text| text.starts_with('#') && !text.contains(['\n', '\r']));
        self.out.push_str(line.ok_or_else(|| self.wrong("a comment is not one line that starts with #", "split it"))?);
        Ok(())
    }

    fn values(&mut self, values: &[Value], name: &str, depth: usize) -> Read<()> {
        if depth > SYNTAX_DEPTH_MAX {
            return Err(self.wrong(&format!("nested deeper than {SYNTAX_DEPTH_MAX}"), "write it flatter"));
        }
        self.inside(name, |reader| {
            let mut numbered = values.iter().enumerate();
            numbered.try_for_each(|(number, json)| reader.inside(number, |reader| reader.value(json, depth)))
        })
    }

    fn value(&mut self, json: &Value, depth: usize) -> Read<()> {
        let object = self.object(json, &["kind", "value", "items", "values"])?;
        let kind = self.text(object, "kind")?;
        match kind {
            "text" => self.piece(&quote(self.text(object, "value")?)),
            "block-text" => self.piece(&quote_block(self.text(object, "value")?)),
            "list" => return self.list(object, depth),
            "group" => {
                self.piece("(");
                self.values(self.array(object, "values")?, "values", depth + 1)?;
                self.piece(")");
            }
            "symbol" => {
                let symbol = self.text(object, "value")?;
                if !SYMBOLS.contains(&symbol) {
                    return Err(self.wrong("no such symbol", &format!("known are {}", SYMBOLS.join(" "))));
                }
                self.piece(symbol);
            }
            kind if BARE.iter().any(|(_, name)| *name == kind) => return self.bare(self.text(object, "value")?),
            _ => return Err(self.wrong("no such kind of value", "see the schema")),
        }
        Ok(())
    }

    fn list(&mut self, object: &Map<String, Value>, depth: usize) -> Read<()> {
        self.piece("[");
        for (number, item) in self.array(object, "items")?.iter().enumerate() {
            if number > 0 {
                self.piece(",");
            }
            let values = item.as_array().ok_or_else(|| self.wrong("an item is not an array", "see the schema"))?;
            self.values(values, "items", depth + 1)?;
        }
        self.piece("]");
        Ok(())
    }

    /// A bare run must be one token when it is read again, else it could bring in anything.
    fn bare(&mut self, run: &str) -> Read<()> {
        let (tree, findings): (Tree, _) = parse("", run);
        let is_bare = tree.tokens.len() == 1 && tree.tokens[0].kind.is_bare() && findings.is_empty();
        if !is_bare {
            return Err(self.wrong("the value cannot be written without quotes", "use the kind `text`"));
        }
        self.piece(run);
        Ok(())
    }

    /// Blanks everywhere: the layout comes later.
    fn piece(&mut self, text: &str) {
        if !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
            self.out.push(' ');
        }
        self.out.push_str(text);
    }
}
