//! One tree as another format: JSON, XML, rows of columns.
//!
//! | from | to JSON | to XML | to rows |
//! |---|---|---|---|
//! | an object | an object | elements; `@name` attributes, `#text` the text | one row, unless it holds a list: its items |
//! | a list | a list | `root` with an `item` for each | a row an item |
//! | XML | as the other way | | the elements that come several times |
//! | rows | a list of objects | `root` with a `row` for each | as they are |
//! | X12 | a list of segments, each with its name | `root` with a `segment` for each; elements are `_01`, `_02` | one row a segment |
//!
//! Promises: no value is left out: what is nested becomes a column of its own, `patient.name.1.family`.
//! Never: means anything by a name; that is what maps are for.

use formats::{
    Document, Draft, Kind, Layout, Node,
    draft::{PlaceId, ROOT, Simple},
    edit::Refused,
};
use lang::Form;
use message::Format;
use std::sync::Arc;

/// What a value is written as: itself, or masked.
pub type Shown<'s> = &'s dyn Fn(&str) -> String;

/// A document in another format; `is_laid_out` indents what can be.
///
/// # Errors
/// A value or a name that the format has no place for.
pub fn recast(document: &Document, to: &Form, is_laid_out: bool, shown: Shown<'_>) -> Result<Vec<u8>, Refused> {
    let mut maker = Maker { draft: Draft::new(), to: to.format, shown };
    match to.format {
        _ if document.format() == Format::X12 => maker.segments(document),
        Format::Delimited => maker.rows(document.root()),
        Format::Xml => maker.markup(document.root()),
        Format::Json | Format::Fhir | Format::Hl7v2 | Format::X12 | Format::Text | Format::Binary => {
            maker.copy(ROOT, document.root());
        }
    }
    let layout = Layout { is_indented: is_laid_out, ..Layout::clone(&to.layout) };
    maker.draft.write(to.format, &layout)
}

struct Maker<'s> {
    draft: Draft,
    to: Format,
    shown: Shown<'s>,
}

impl Maker<'_> {
    fn copy(&mut self, at: PlaceId, node: Node<'_>) {
        if !node.has_children() && !matches!(node.kind(), Kind::Array | Kind::Object | Kind::Rows) {
            return self.value(at, node);
        }
        match node.kind() {
            Kind::Array | Kind::Rows => {
                self.draft.make_list(at);
                for child in node.children() {
                    let item = self.draft.item(at, 0);
                    self.copy(item, child);
                }
            }
            Kind::Object
            | Kind::Row
            | Kind::Segment
            | Kind::Element
            | Kind::Part
            | Kind::Envelope
            | Kind::Text
            | Kind::Number
            | Kind::Truth
            | Kind::Null
            | Kind::Attribute
            | Kind::Cell => {
                if !node.text().is_empty() {
                    self.value(at, node);
                }
                for child in node.children() {
                    let name = self.name_of(child);
                    if self.to == Format::Xml && &*name == "#text" {
                        self.value(at, child);
                        continue;
                    }
                    let part = self.draft.another(at, &name);
                    self.copy(part, child);
                }
            }
        }
    }

    fn value(&mut self, at: PlaceId, node: Node<'_>) {
        let is_json = self.to == Format::Json;
        let kind = match node.kind() {
            Kind::Number => Simple::Number,
            Kind::Truth => Simple::Truth,
            Kind::Null if is_json => Simple::Null,
            Kind::Null
            | Kind::Object
            | Kind::Array
            | Kind::Text
            | Kind::Element
            | Kind::Attribute
            | Kind::Rows
            | Kind::Row
            | Kind::Cell
            | Kind::Envelope
            | Kind::Segment
            | Kind::Part => Simple::Text,
        };
        let text = if kind == Simple::Text { (self.shown)(node.text()) } else { node.text().to_owned() };
        self.draft.set(at, kind, text);
    }

    /// The name of a part, as the other format can have it.
    fn name_of(&self, node: Node<'_>) -> Arc<str> {
        if node.kind() == Kind::Attribute {
            return format!("@{}", node.name()).into();
        }
        if self.to != Format::Xml || node.name() == "#text" {
            return node.name().into();
        }
        let (mark, name) = match node.name().strip_prefix('@') {
            Some(name) => ("@", name),
            None => ("", node.name()),
        };
        // XML 1.0 §2.3: a name begins with a letter or `_`, and has no blanks and signs.
        let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':');
        let mut made: String = name.chars().map(|letter| if fits(letter) { letter } else { '_' }).collect();
        if !made.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') {
            made.insert(0, '_');
        }
        format!("{mark}{made}").into()
    }

    /// A document has one outermost element.
    fn markup(&mut self, root: Node<'_>) {
        let mut parts = root.children();
        let is_one = matches!((parts.next(), parts.next()), (Some(one), None) if one.kind() != Kind::Array);
        let is_list = matches!(root.kind(), Kind::Array | Kind::Rows);
        if is_one && !is_list {
            return self.copy(ROOT, root);
        }
        let outer = self.draft.child(ROOT, &"root".into());
        if !is_list {
            return self.copy(outer, root);
        }
        let name = if root.kind() == Kind::Rows { "row" } else { "item" };
        let list = self.draft.child(outer, &name.into());
        self.copy(list, root);
    }

    /// The segments of all envelopes in their order, each with its name.
    fn segments(&mut self, document: &Document) {
        let list = if self.to == Format::Xml {
            let outer = self.draft.child(ROOT, &"root".into());
            self.draft.child(outer, &"segment".into())
        } else {
            ROOT
        };
        self.draft.make_list(list);
        let nodes = (0..document.len()).map(|number| document.node(number));
        for segment in nodes.filter(|node| node.kind() == Kind::Segment) {
            let item = self.draft.item(list, 0);
            let name = if self.to == Format::Xml { "@name" } else { "segment" };
            let name = self.draft.child(item, &name.into());
            self.draft.set(name, Simple::Text, segment.name());
            if self.to == Format::Delimited { self.cells(item, "", segment) } else { self.copy(item, segment) }
        }
    }

    fn rows(&mut self, root: Node<'_>) {
        self.draft.make_list(ROOT);
        for node in rows_of(root) {
            let row = self.draft.item(ROOT, 0);
            self.cells(row, "", node);
        }
    }

    /// A column for each value of a row, by its path.
    fn cells(&mut self, row: PlaceId, above: &str, node: Node<'_>) {
        if !node.has_children() || !node.text().is_empty() {
            let name = if above.is_empty() { "value" } else { above };
            let cell = self.draft.child(row, &name.into());
            self.value(cell, node);
        }
        let parts: Vec<Node<'_>> = node.children().collect();
        let is_list = matches!(node.kind(), Kind::Array | Kind::Rows);
        for (at, part) in parts.iter().enumerate() {
            let same = |other: &&Node<'_>| other.name() == part.name();
            let count = if is_list { 2 } else { parts.iter().filter(same).count() };
            let number = if is_list { at } else { parts[..at].iter().filter(same).count() } + 1;
            let name = if is_list { String::new() } else { self.name_of(*part).to_string() };
            let dot = |left: &str, right: &str| {
                if left.is_empty() || right.is_empty() { format!("{left}{right}") } else { format!("{left}.{right}") }
            };
            let name = dot(above, &name);
            let name = if count > 1 { dot(&name, &number.to_string()) } else { name };
            self.cells(row, &name, *part);
        }
    }
}

/// What comes several times: the items of a list, the elements of one name; else the whole is one row.
fn rows_of(root: Node<'_>) -> Vec<Node<'_>> {
    let mut node = root;
    loop {
        let parts: Vec<Node<'_>> = node.children().filter(|part| part.kind() != Kind::Attribute).collect();
        match parts.as_slice() {
            _ if matches!(node.kind(), Kind::Array | Kind::Rows) => return parts,
            [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|other| other.name() == first.name()) => {
                return parts;
            }
            [only] if only.has_children() => node = *only,
            _ => {
                let mut lists = parts.iter().filter(|part| part.kind() == Kind::Array);
                match (lists.next(), lists.next()) {
                    (Some(list), None) => node = *list,
                    _ => return vec![node],
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, text: &str, to: &str, expect: &str) {
        let (from, to) = (Form::named(from).unwrap(), Form::named(to).unwrap());
        let document = Document::read(from.format, text.to_owned(), &from.layout);
        let made = recast(&document, &to, false, &|text| text.to_owned());
        let made = made.map_or_else(|refused| refused.code.id.to_owned(), |bytes| String::from_utf8(bytes).unwrap());
        let made = made.replace('\r', "");
        let made = made.split_once("?>\n").map_or(&*made, |(_, behind)| behind);
        assert_eq!(made.trim_end(), expect, "{text}");
    }

    #[test]
    fn between_formats() {
        check("csv", "id,name\n007,Ada\n8,Bo\n", "json", r#"[{"id":"007","name":"Ada"},{"id":"8","name":"Bo"}]"#);
        check("csv", "id,my name\n7,A&B\n", "xml", "<root><row><id>7</id><my_name>A&amp;B</my_name></row></root>");
        check("json", r#"{"p":{"id":1.50,"ok":true,"no":null}}"#, "xml", "<p><id>1.50</id><ok>true</ok><no/></p>");
        check("json", r#"[1,{"2":"x"}]"#, "xml", "<root><item>1</item><item><_2>x</_2></item></root>");
        check("json", r#"{"a":[1,2],"b":3}"#, "xml", "<root><a>1</a><a>2</a><b>3</b></root>");
        check("json", r##"{"a":{"@u":"mg","#text":"5"}}"##, "xml", r#"<a u="mg">5</a>"#);
        check("xml", r#"<a u="mg">5</a>"#, "json", r##"{"a":{"#text":"5","@u":"mg"}}"##);
        check("xml", "<l><p><id>1</id></p><p><id>2</id></p></l>", "json", r#"{"l":{"p":[{"id":"1"},{"id":"2"}]}}"#);
        check("xml", "<l><p><id>1</id></p><p><id>2</id><n/></p></l>", "csv", "id,n\n1,\n2,");
        check(
            "json",
            r#"{"of":"x","rows":[{"id":1,"n":{"f":"A"}},{"id":2,"n":{"g":["B","C"]}}]}"#,
            "csv",
            "id,n.f,n.g.1,n.g.2\n1,A,,\n2,,B,C",
        );
        check("json", r#"{"id":"a,b","n":1}"#, "csv", "id,n\n\"a,b\",1");
        check("json", r#"{"id":1}"#, "tsv", "id\n1");
    }

    #[test]
    fn segments() {
        let x12 = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0000*^*00501*000000001*0*P*:~\
                   GS*HC*A*B*20260101*0000*1*X*005010X222A1~ST*837*0001~SE*2*0001~GE*1*1~IEA*1*000000001~";
        let made = |to: &str| {
            let (from, to) = (Form::named("x12").unwrap(), Form::named(to).unwrap());
            let document = Document::read(from.format, x12, &from.layout);
            String::from_utf8(recast(&document, &to, false, &|text| text.to_owned()).unwrap()).unwrap()
        };
        let json: serde_json::Value = serde_json::from_str(&made("json")).unwrap();
        let names: Vec<&str> = json.as_array().unwrap().iter().map(|one| one["segment"].as_str().unwrap()).collect();
        assert_eq!(names, ["ISA", "GS", "ST", "SE", "GE", "IEA"]);
        assert!(made("xml").contains("<segment name=\"ST\"><_01>837</_01>"), "{}", made("xml"));
        assert_eq!(made("csv").lines().count(), 7, "{}", made("csv"));
    }
}
