//! The connector of a `receive` or `send`: its address and settings against its [`Spec`], environment applied, defaults
//! filled in.

use super::{
    absent, address,
    line::Line,
    quantity,
    reader::{Reader, Written, span_of},
};
use crate::{
    catalogue::{Setting, SettingKind, Settings, Side, Spec, Value},
    codes,
};
use lang::syntax::{Cursor, TokenKind, Tree};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// Which way a connector is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Receive,
    Send,
    /// A question of a line, that is answered with one document.
    Lookup,
}

/// Whose settings are read: for the environment file.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'n> {
    pub(crate) interface: &'n str,
    pub(crate) destination: Option<&'n str>,
}

/// Words that may stand among a connector's settings: those of `receive`.
pub(crate) trait Words {
    /// Which.
    fn known(&self) -> &'static [&'static str];
    /// Reads the values behind `word`, the words of [`Words::known`] only.
    fn take(&mut self, reader: &mut Reader<'_>, word: &Written, cursor: &mut Cursor<'_>) -> Option<()>;
    /// A word that the connector knows as a setting too, with its value: both must say the same.
    fn shared(&self) -> Option<(&'static str, Value)> {
        None
    }
}

/// A connector without further words: that of `send`.
pub(crate) struct NoWords;

impl Words for NoWords {
    fn known(&self) -> &'static [&'static str] {
        &[]
    }
    fn take(&mut self, _: &mut Reader<'_>, _: &Written, _: &mut Cursor<'_>) -> Option<()> {
        None
    }
}

/// A connector with its settings.
pub(crate) struct Connected {
    pub(crate) spec: &'static Spec,
    pub(crate) settings: Settings,
    /// Where its address stands, or its name when the environment gives the address.
    pub(crate) span: Range<usize>,
}

/// Reads `CONNECTOR ADDRESS name value …` with the block of `line`; the cursor stands at the connector's name.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    line: Line<'_>,
    mut cursor: Cursor<'_>,
    direction: Direction,
    subject: Subject<'_>,
    words: &mut dyn Words,
) -> Option<Connected> {
    let before = reader.findings.len();
    let name = reader.value(&mut cursor, "a connector such as `mllp`")?;
    let (spec, side) = find(reader, line.tree, &name, direction)?;
    let mut draft = Draft { side, spec, address: None, values: BTreeMap::new() };
    if side.address.kind != crate::catalogue::AddressKind::Nothing && draft.is_address_next(&cursor, words) {
        draft.address = reader.value(&mut cursor, "an address");
    }
    draft.pairs(reader, &mut cursor, words);
    for inner in line.lines() {
        draft.pairs(reader, &mut inner.cursor(), words);
        reader.no_block(inner);
    }
    if let Some((name, value)) = words.shared()
        && let Some(setting) = draft.option(name)
    {
        draft.values.insert(setting.name, value);
    }
    let span = draft.address.as_ref().unwrap_or(&name).span.clone();
    let settings = draft.finish(reader, line.tree, &span, direction, subject);
    if let Some(settings) = &settings
        && !reader.failed_since(before)
    {
        check_together(reader, line.tree, &span, spec, settings, direction);
    }
    if reader.failed_since(before) {
        return None;
    }
    Some(Connected { spec, settings: settings?, span })
}

fn find(
    reader: &mut Reader<'_>,
    tree: &Tree,
    name: &Written,
    direction: Direction,
) -> Option<(&'static Spec, &'static Side)> {
    let connectors = reader.surroundings.connectors;
    let specs: Vec<&'static Spec> = connectors.iter().map(|connector| connector.spec()).collect();
    let side = |spec: &'static Spec| match direction {
        Direction::Receive => spec.source.as_ref(),
        Direction::Send => spec.destination.as_ref(),
        Direction::Lookup => connectors.iter().find(|it| it.spec().name == spec.name)?.lookup_side(),
    };
    let Some(spec) = specs.iter().copied().find(|spec| spec.name == &*name.text) else {
        let known = specs.iter().filter(|spec| side(spec).is_some()).map(|spec| spec.name);
        if !is_absent(reader, tree, name.span.clone(), &name.text) {
            reader.unknown(codes::E3106, tree, name.span.clone(), "a connector", &name.text, known);
        }
        return None;
    };
    let Some(side) = side(spec) else {
        let message = match direction {
            Direction::Receive => format!("`{}` can only send", spec.name),
            Direction::Send => format!("`{}` can only receive", spec.name),
            Direction::Lookup => format!("`{}` answers no lookups", spec.name),
        };
        reader.error(codes::E3107, tree, name.span.clone(), message, None);
        return None;
    };
    Some((spec, side))
}

/// Reports a connector that people look for and that is not there; false if the word is none.
pub(crate) fn is_absent(reader: &mut Reader<'_>, tree: &Tree, span: Range<usize>, word: &str) -> bool {
    let Some(hint) = absent::instead(word) else { return false };
    reader.error(codes::E3106, tree, span, format!("`{word}` is not a connector"), Some(hint.to_owned()));
    true
}

/// What only the connector knows of its settings.
fn check_together(
    reader: &mut Reader<'_>,
    tree: &Tree,
    span: &Range<usize>,
    spec: &Spec,
    settings: &Settings,
    direction: Direction,
) {
    let connectors = reader.surroundings.connectors;
    let Some(connector) = connectors.iter().find(|connector| connector.spec().name == spec.name) else { return };
    let checked = match direction {
        Direction::Receive => connector.check(settings, true),
        Direction::Send => connector.check(settings, false),
        Direction::Lookup => connector.check_lookup(settings),
    };
    if let Err(reason) = checked {
        let hint = format!("`sinew explain {}` says more", reason.code);
        reader.error(codes::E3109, tree, span.clone(), reason.text, Some(hint));
    }
}

/// A name of a connector of this catalogue that can be used in this direction.
pub(crate) fn is_connector(reader: &Reader<'_>, word: &str) -> bool {
    reader.surroundings.connectors.iter().any(|connector| connector.spec().name == word)
}

struct Draft {
    spec: &'static Spec,
    side: &'static Side,
    address: Option<Written>,
    values: BTreeMap<&'static str, Value>,
}

impl Draft {
    fn option(&self, name: &str) -> Option<&'static Setting> {
        self.side.options.iter().find(|setting| setting.name == name)
    }

    fn is_address_next(&self, cursor: &Cursor<'_>, words: &dyn Words) -> bool {
        let word = cursor.peek_str();
        let is_text = cursor.peek().is_some_and(|token| token.kind.is_text());
        !cursor.is_done() && (is_text || (self.option(word).is_none() && !words.known().contains(&word)))
    }

    /// `name value name value …` to the end of the line.
    fn pairs(&mut self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, words: &mut dyn Words) {
        while !cursor.is_done() {
            let Some(word) = reader.value(cursor, "the name of a setting") else { return };
            let done = if words.known().contains(&&*word.text) {
                words.take(reader, &word, cursor)
            } else {
                self.setting(reader, &word, cursor, words.known())
            };
            if done.is_none() {
                return;
            }
        }
    }

    fn setting(
        &mut self,
        reader: &mut Reader<'_>,
        word: &Written,
        cursor: &mut Cursor<'_>,
        words: &'static [&'static str],
    ) -> Option<()> {
        let Some(setting) = self.option(&word.text) else {
            let what = format!("a setting of `{}`", self.spec.name);
            let known: Vec<&str> =
                self.side.options.iter().map(|setting| setting.name).chain(words.iter().copied()).collect();
            reader.unknown(codes::E3108, cursor.tree(), word.span.clone(), &what, &word.text, known);
            return None;
        };
        let start = cursor.here().start;
        let texts = written_values(reader, cursor, setting)?;
        let span = start..texts.last().map_or(start, |last| last.span.end);
        let texts = texts.iter().map(|text| resolve(reader, cursor.tree(), text)).collect::<Option<Vec<_>>>()?;
        if self.values.contains_key(setting.name) {
            let message = format!("`{}` is set for the second time", setting.name);
            reader.error(codes::E3103, cursor.tree(), word.span.clone(), message, None);
        }
        match read_value(setting.kind, &texts) {
            Ok(value) => {
                self.values.insert(setting.name, value);
            }
            Err(expected) => {
                let message = format!("`{}` takes {expected}", setting.name);
                reader.error(codes::E3109, cursor.tree(), span, message, Some(setting.description.to_owned()));
            }
        }
        Some(())
    }

    /// Environment over text over defaults.
    fn finish(
        mut self,
        reader: &mut Reader<'_>,
        tree: &Tree,
        span: &Range<usize>,
        direction: Direction,
        subject: Subject<'_>,
    ) -> Option<Settings> {
        let mut address = match self.address.take() {
            Some(written) => Some(resolve(reader, tree, &written)?),
            None => None,
        };
        let environment = reader.surroundings.environment;
        if let Some(change) = environment.change(subject.interface, subject.destination) {
            if let Some(changed) = &change.address {
                address = Some(resolve(reader, tree, &Written { text: changed.as_str().into(), span: span.clone() })?);
            }
            for (name, text) in &change.settings {
                self.change(reader, tree, span, name, text);
            }
        }
        for setting in self.side.options.iter().filter(|setting| !setting.default.is_empty()) {
            if !self.values.contains_key(setting.name)
                && let Ok(value) = read_value(setting.kind, &[Arc::from(setting.default)])
            {
                self.values.insert(setting.name, value);
            }
        }
        // A source with a certificate serves over TLS; one without may say that it is meant.
        let is_secure = self.values.contains_key("cert") || self.values.get("plaintext") == Some(&Value::Flag(true));
        let address = address::check(reader, tree, span, self.side.address.kind, direction, address, is_secure)?;
        Some(Settings { address, values: self.values })
    }

    /// A setting of the environment file.
    fn change(&mut self, reader: &mut Reader<'_>, tree: &Tree, span: &Range<usize>, name: &str, text: &str) {
        let environment = reader.surroundings.environment;
        let Some(setting) = self.option(name) else {
            let message = format!("`{name}` is not a setting of `{}`", self.spec.name);
            reader.findings.push(environment.finding(codes::E3006, name, message));
            return;
        };
        let Some(text) = resolve(reader, tree, &Written { text: text.into(), span: span.clone() }) else { return };
        match read_value(setting.kind, &[text]) {
            Ok(value) => {
                self.values.insert(setting.name, value);
            }
            Err(expected) => {
                let message = format!("`{name}` takes {expected}");
                reader.findings.push(environment.finding(codes::E3109, name, message));
            }
        }
    }
}

/// The tokens of one value: `[a, b]` for a list, one token for the rest.
fn written_values(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, setting: &Setting) -> Option<Vec<Written>> {
    let expected = expected(setting.kind);
    if setting.kind != SettingKind::List || cursor.eat_kind(TokenKind::OpenBracket).is_none() {
        return Some(vec![reader.value(cursor, &expected)?]);
    }
    let mut values = Vec::new();
    loop {
        if cursor.eat_kind(TokenKind::CloseBracket).is_some() {
            return Some(values);
        }
        if cursor.is_done() {
            return None; // the parser has said that the list does not close
        }
        let Some((text, token)) = cursor.text() else {
            let message = "a list holds words and texts".to_owned();
            reader.error(codes::E3102, cursor.tree(), cursor.here(), message, None);
            return None;
        };
        values.push(Written { text: Arc::from(&*text), span: span_of(token) });
        cursor.eat_kind(TokenKind::Comma);
    }
}

/// Replaces `env:NAME` and `secret:NAME` by what they stand for.
fn resolve(reader: &mut Reader<'_>, tree: &Tree, written: &Written) -> Option<Arc<str>> {
    match reader.surroundings.resolve(&written.text) {
        Ok(text) => Some(text),
        Err((message, hint)) => {
            reader.error(codes::E3117, tree, written.span.clone(), message, Some(hint));
            None
        }
    }
}

/// Checks a value; the error says what is expected instead.
pub(crate) fn read_value(kind: SettingKind, texts: &[Arc<str>]) -> Result<Value, String> {
    let text = texts.first().cloned().unwrap_or_default();
    let value = match kind {
        SettingKind::Duration => quantity::duration(&text).map(Value::Duration),
        SettingKind::Size => quantity::size(&text).map(Value::Count),
        SettingKind::Count(low, high) => {
            quantity::count(&text).filter(|value| (low..=high).contains(value)).map(Value::Count)
        }
        SettingKind::Word(words) => words.contains(&&*text).then_some(Value::Text(text)),
        SettingKind::Text => Some(Value::Text(text)),
        SettingKind::Path => (!text.is_empty()).then_some(Value::Text(text)),
        SettingKind::Flag => match &*text {
            "yes" => Some(Value::Flag(true)),
            "no" => Some(Value::Flag(false)),
            _ => None,
        },
        SettingKind::List => Some(Value::List(texts.to_vec())),
    };
    value.ok_or_else(|| expected(kind))
}

/// What a kind of value looks like, for people.
pub(crate) fn expected(kind: SettingKind) -> String {
    match kind {
        SettingKind::Duration => "a duration such as `20s`".to_owned(),
        SettingKind::Size => "a size such as `64MiB`".to_owned(),
        SettingKind::Count(low, high) => format!("a whole number from {low} to {high}"),
        SettingKind::Word(words) => format!("one of {}", words.join(", ")),
        SettingKind::Text => "a text".to_owned(),
        SettingKind::Flag => "`yes` or `no`".to_owned(),
        SettingKind::Path => "a file or folder".to_owned(),
        SettingKind::List => "a list such as `[a, b]`".to_owned(),
    }
}
