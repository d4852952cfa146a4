//! The lines of one learned profile: segments and groups, then fields and their parts.

use super::{Style, quoted};
use hl7v2::{
    dictionary::{self, Dictionary},
    learn::{Count, Form, Kind, Part, Segment, Values},
    structure::{Kind as Placed, NodeId},
    validate::lines::{Base, Documented, DocumentedSegment, Facts, Of, Place},
};

/// Most codes that a line lists; the rest of the counts is left to `--json`.
const CODES_MAX: usize = 100;
/// Columns before the counts of a line.
const COMMENT_AT: usize = 56;

pub(super) struct Lines<'l> {
    kind: &'l Kind,
    style: &'l Style,
    base: Base,
    documented: Vec<DocumentedSegment>,
    pub(super) out: String,
}

/// A place and what is above it.
#[derive(Clone, Copy)]
struct Spot<'p> {
    path: &'p str,
    /// It came in every segment or value that it could.
    is_always: bool,
    rule: Option<dictionary::Part>,
}

impl<'l> Lines<'l> {
    pub(super) fn new(kind: &'l Kind, style: &'l Style) -> Lines<'l> {
        let of = kind.structure.contains('_').then(|| Of::Structure(kind.structure.into()));
        let base = Base { versions: vec![kind.version], of: of.into_iter().collect(), level: None };
        Lines { kind, style, base, documented: Vec::new(), out: String::new() }
    }

    pub(super) fn write(&mut self) {
        let (kind, dictionary) = (self.kind, Dictionary::of(self.kind.version));
        for (id, segment) in &kind.segments {
            let Ok(id) = std::str::from_utf8(id) else { continue };
            let rules = dictionary.segment(id);
            let name = rules.map_or(String::new(), |rules| format!(" {}", rules.name()));
            let Count { of, present, .. } = segment.in_messages;
            self.out.push_str(&format!("\n  # {id}{name}: in {present} of {of} messages, {} in all\n", segment.count));
            let is_new = !self.base.has_segment(id);
            if rules.is_none() && !id.starts_with('Z') {
                self.out.push_str("  # the version has no such segment\n");
                continue;
            }
            if is_new {
                let count = segment.in_messages;
                let line = format!("cardinality {id} {}..{}", self.least(&count), count.most);
                self.line(&line, &times(&count));
            } else {
                self.segment(id, &segment.in_messages);
            }
            self.fields(id, segment, rules, is_new);
        }
        self.groups(0, "");
        if self.style.is_closed {
            self.unseen(dictionary);
        }
    }

    fn line(&mut self, text: &str, counts: &str) {
        self.out.push_str(&format!("  {text:<COMMENT_AT$}  # {counts}\n"));
    }

    fn is_enough(&self, of: u64) -> bool {
        of >= self.style.count_min
    }

    fn least(&self, count: &Count) -> u32 {
        if self.is_enough(count.of) { count.least.min(1) } else { 0 }
    }

    /// How often a segment comes in a message.
    fn segment(&mut self, id: &str, count: &Count) {
        let structure = self.kind.compiled();
        let is_repeating = structure.nodes().iter().filter(|node| &*node.name == id).count() > 1
            || structure.nodes().iter().any(|node| &*node.name == id && (node.max > 1 || node.parent != 0));
        if count.is_always() && self.is_enough(count.of) {
            self.line(&format!("require {id}"), &format!("{} of {}", count.present, count.of));
        }
        if is_repeating && self.is_enough(count.of) {
            let text = format!("cardinality {id} {}..{} severity warning", self.least(count), count.most);
            self.line(&text, &times(count));
        }
    }

    /// Groups that come, and the segments that are in each of them.
    fn groups(&mut self, group: NodeId, above: &str) {
        let structure = self.kind.compiled();
        for child in structure.children(group) {
            let (node, Some(count)) = (structure.node(*child), self.kind.nodes.get(*child as usize)) else { continue };
            if count.present == 0 || node.kind == Placed::Choice {
                continue;
            }
            let path = if above.is_empty() { node.name.to_string() } else { format!("{above}.{}", node.name) };
            let is_segment = matches!(node.kind, Placed::Segment(_));
            let is_wanted = self.is_enough(count.of) && (!is_segment || !above.is_empty());
            if is_wanted && self.resolve(&path, false).is_some() {
                if !is_segment && above.is_empty() {
                    self.out.push_str(&format!("\n  # group {path}\n"));
                }
                if count.is_always() {
                    self.line(&format!("require {path}"), &format!("{} of {}", count.present, count.of));
                }
                if !is_segment && node.max > 1 {
                    let text = format!("cardinality {path} {}..{} severity warning", self.least(count), count.most);
                    self.line(&text, &times(count));
                }
            }
            if !is_segment {
                self.groups(*child, &path);
            }
        }
    }

    fn fields(&mut self, id: &str, segment: &Segment, rules: Option<dictionary::Segment>, is_new: bool) {
        for (index, part) in segment.fields.iter().enumerate().filter(|(_, part)| part.present > 0) {
            let number = index as u16 + 1;
            if id == "MSH" && number <= 2 {
                continue;
            }
            let path = format!("{id}-{number}");
            let rule = rules.and_then(|rules| rules.field(number));
            if rule.is_none() {
                self.document(id, number, part);
            }
            let Some(facts) = self.resolve(&path, is_new) else { continue };
            let is_always = part.present == segment.count;
            if is_always && self.is_enough(segment.count) {
                self.line(&format!("require {path}"), &counts(part, segment.count, rule));
            } else {
                self.out.push_str(&format!("  # {path}: {}\n", counts(part, segment.count, rule)));
            }
            if facts.is_repeating && self.is_enough(segment.count) && part.most > 0 {
                let text = format!("cardinality {path} 0..{} severity warning", part.most);
                self.line(&text, &format!("most {}", part.most));
            }
            self.values(Spot { path: &path, is_always, rule }, part);
            self.parts(Spot { path: &path, is_always, rule }, part, is_new);
        }
    }

    fn parts(&mut self, above: Spot<'_>, part: &Part, is_new: bool) {
        let datatype = above.rule.and_then(dictionary::Part::datatype);
        for (index, inner) in part.parts.iter().enumerate().filter(|(_, inner)| inner.present > 0) {
            let number = index as u16 + 1;
            let path = format!("{}.{number}", above.path);
            if self.resolve(&path, is_new).is_none() {
                continue;
            }
            let rule = datatype.and_then(|datatype| datatype.component(number));
            let is_always = above.is_always && inner.present == part.total;
            let spot = Spot { path: &path, is_always, rule };
            if is_always && number > 1 && self.is_enough(part.total) {
                self.line(&format!("require {path}"), &counts(inner, part.total, rule));
            }
            self.values(spot, inner);
            self.parts(spot, inner, is_new);
        }
    }

    /// Lengths and codes of values without parts.
    fn values(&mut self, spot: Spot<'_>, part: &Part) {
        // Where some values have parts and some none, what is measured is not the same thing.
        let Some(values) = part.values.as_ref().filter(|_| part.parts.is_empty()) else { return };
        if !self.is_enough(values.count) || values.longest == 0 {
            return;
        }
        let codes = values.codes();
        let list: Vec<String> = codes.listed.iter().map(|listed| quoted(listed.code)).collect();
        let seen: Vec<String> =
            codes.listed.iter().map(|listed| format!("{} {}", plain(listed.code), listed.count)).collect();
        if codes.is_whole() && list.len() <= CODES_MAX {
            return self.line(&format!("bind {} to [{}]", spot.path, list.join(", ")), &seen.join(", "));
        }
        let text = format!("length {} 1..{} severity warning", spot.path, values.longest);
        let more = match (seen.len(), codes.kept_back) {
            (0, 0) => String::new(),
            (0, count) => format!("; {count} codes not told"),
            (_, count) => format!("; codes {}, {count} not told", seen.join(", ")),
        };
        self.line(
            &text,
            &format!("{} to {} in {}{}{more}", values.shortest, values.longest, values.count, forms(values)),
        );
    }

    /// A field that the standard does not have: what it seems to be.
    fn document(&mut self, id: &str, number: u16, part: &Part) {
        let dictionary = Dictionary::of(self.kind.version);
        let older = |name: &'static str| match name {
            "CWE" => "CE",
            "DTM" => "TS",
            _ => "ST",
        };
        let has = |name: &&str| dictionary.datatype(name).is_some();
        let first = guess(part);
        let datatype = [first, older(first)].into_iter().find(has).unwrap_or("ST");
        let text = format!("document {id}-{number} \"not documented yet\" {datatype}");
        self.line(&text, "the type is a guess");
        let field = Documented {
            number,
            name: "not documented yet".into(),
            type_name: datatype.into(),
            table: None,
            profile: "".into(),
        };
        let Ok(bytes) = <[u8; 3]>::try_from(id.as_bytes()) else { return };
        match self.documented.iter_mut().find(|segment| segment.id == bytes) {
            Some(segment) => segment.fields.push(field),
            None => self.documented.push(DocumentedSegment { id: bytes, name: "".into(), fields: vec![field] }),
        }
    }

    /// What the standard says of the place, if a line may name it.
    fn resolve(&self, path: &str, is_new: bool) -> Option<Facts> {
        Place::parse(path).ok()?.resolve(&self.base, &self.documented, is_new).ok()
    }

    /// What never came, forbidden.
    fn unseen(&mut self, dictionary: Dictionary) {
        self.out.push_str("\n  # never seen\n");
        let kind = self.kind;
        let mut known: Vec<&str> = Vec::new();
        for node in kind.compiled().nodes().iter().filter(|node| matches!(node.kind, Placed::Segment(_))) {
            if known.contains(&&*node.name) {
                continue;
            }
            known.push(&node.name);
            let seen = <[u8; 3]>::try_from(node.name.as_bytes()).ok().and_then(|id| kind.segments.get(&id));
            let Some(segment) = seen else {
                self.out.push_str(&format!("  forbid {}\n", node.name));
                continue;
            };
            let Some(rules) = dictionary.segment(&node.name) else { continue };
            for field in rules.fields() {
                let part = segment.fields.get(usize::from(field.number()) - 1);
                if part.is_none_or(|part| part.present == 0) {
                    self.out.push_str(&format!("  forbid {}-{}\n", node.name, field.number()));
                }
            }
        }
    }
}

/// `in 118 of 120, most 3`.
fn times(count: &Count) -> String {
    format!("in {} of {}, most {}", count.present, count.of, count.most)
}

/// `118 of 120 Patient Name (XPN)`.
fn counts(part: &Part, of: u64, rule: Option<dictionary::Part>) -> String {
    let name = rule.map_or(String::new(), |rule| format!(" {} ({})", rule.name(), rule.type_name()));
    let nulls = if part.nulls > 0 { format!(", {} times null", part.nulls) } else { String::new() };
    format!("{} of {of}{name}{nulls}", part.present)
}

/// `; day 90, second 10`: the forms, where there is more to say than text.
fn forms(values: &Values) -> String {
    let said: Vec<String> = values
        .forms()
        .filter(|(form, _)| !matches!(form, Form::Text | Form::Word))
        .map(|(form, count)| format!("{} {count}", form.as_str()))
        .collect();
    let offset = if values.with_offset > 0 { format!(", with offset {}", values.with_offset) } else { String::new() };
    if said.is_empty() { String::new() } else { format!("; {}{offset}", said.join(", ")) }
}

/// A code in a comment.
fn plain(code: &str) -> String {
    code.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

/// Longest value that is still taken for a line of text.
const LINE_CHARS_MAX: u32 = 199;

fn guess(part: &Part) -> &'static str {
    let Some(values) = part.values.as_ref().filter(|_| part.parts.is_empty()) else {
        return if part.parts.is_empty() { "ST" } else { "CWE" };
    };
    let of = |forms: &[Form]| forms.iter().map(|form| values.of_form(*form)).sum::<u64>() == values.count;
    if of(&[Form::Day]) && values.with_offset == 0 {
        "DT"
    } else if of(&[Form::Day, Form::Minute, Form::Second]) && values.with_offset == 0 {
        "DTM"
    } else if of(&[Form::Integer, Form::Decimal]) {
        "NM"
    } else if values.longest > LINE_CHARS_MAX {
        "TX"
    } else {
        "ST"
    }
}
