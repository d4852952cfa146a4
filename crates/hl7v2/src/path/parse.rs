//! Reads the text of paths, with "did you mean" for the mistakes that people make.

use super::{Filter, Group, Index, Member, Path, number};
use crate::{Error, codes};
use std::borrow::Cow;

/// Longest text of a path.
const TEXT_BYTES_MAX: usize = 1024;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

pub(super) fn path(text: &str) -> Result<(Path, Option<String>), Error> {
    let mut reader = Reader::new(text)?;
    let mut groups = Vec::new();
    loop {
        let start = reader.at;
        let name = reader.name();
        let occurrence = reader.index()?;
        if reader.peek() == Some('.') && reader.peek_second().is_some_and(char::is_alphabetic) {
            if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
                return Err(reader.wrong(start, "a group is a name in capitals"));
            }
            reader.at += 1;
            groups.push(Group { name: name.into(), occurrence });
            continue;
        }
        let segment = reader.segment(name, start)?;
        if matches!(occurrence, Index::Where(_)) {
            return Err(reader.wrong(start, "a filter chooses repetitions, not segments"));
        }
        let is_dotted = reader.peek() == Some('.');
        let member = if reader.peek().is_none() { Member::default() } else { reader.member(true)? };
        let path = Path { groups, segment, occurrence, member };
        let hint = is_dotted.then(|| format!("write it as {path}: a dash stands between segment and field"));
        return Ok((path, hint));
    }
}

pub(super) fn member(text: &str) -> Result<Member, Error> {
    let mut reader = Reader::new(text)?;
    let is_field = reader.peek() == Some('-');
    reader.member(is_field)
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Result<Reader<'a>, Error> {
        let reader = Reader { text, at: 0 };
        if text.len() > TEXT_BYTES_MAX {
            return Err(reader.wrong(0, "the path is too long"));
        }
        Ok(reader)
    }

    fn wrong(&self, at: usize, text: impl Into<Cow<'static, str>>) -> Error {
        Error::InvalidPath { code: codes::E1031, at, text: text.into(), hint: None }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn peek_second(&self) -> Option<char> {
        self.text[self.at..].chars().nth(1)
    }

    fn take(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| !accept(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn name(&mut self) -> &'a str {
        self.take(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    fn segment(&self, name: &str, at: usize) -> Result<[u8; 3], Error> {
        let is_id = |id: &str| {
            id.starts_with(|c: char| c.is_ascii_uppercase())
                && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        match <[u8; 3]>::try_from(name.as_bytes()) {
            Ok(id) if is_id(name) => Ok(id),
            Ok(_) if is_id(&name.to_ascii_uppercase()) => Err(self
                .wrong(at, "a segment id is written in capitals")
                .with_hint(format!("did you mean {}?", name.to_ascii_uppercase()))),
            _ => Err(self
                .wrong(at, "a path starts with a segment id: three capitals or digits")
                .with_hint("write it like PID-5.1")),
        }
    }

    fn number(&mut self, what: &'static str) -> Result<u16, Error> {
        let at = self.at;
        let digits = self.take(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return Err(self.wrong(at, format!("the number of the {what} is missing")));
        }
        number(digits.parse().unwrap_or(u64::MAX), at)
    }

    fn member(&mut self, has_field: bool) -> Result<Member, Error> {
        let mut member = Member::default();
        if has_field {
            if !matches!(self.peek(), Some('-' | '.')) {
                return Err(self.wrong(self.at, "a dash and a field number are expected here"));
            }
            self.at += 1;
            let field = self.number("field")?;
            member.field = Some((field, self.index()?));
        }
        if self.peek() == Some('.') {
            self.at += 1;
            member.component = Some(self.number("component")?);
        }
        if self.peek() == Some('.') && member.component.is_some() {
            self.at += 1;
            member.subcomponent = Some(self.number("subcomponent")?);
        }
        match self.peek() {
            None => Ok(member),
            Some('[') => Err(self.wrong(self.at, "only segments, fields and groups have an index")),
            Some(_) => Err(self.wrong(self.at, "the path should end here")),
        }
    }

    /// `[2]`, `[*]`, `[+]`, `[.5=MR]` or nothing.
    fn index(&mut self) -> Result<Index, Error> {
        if self.peek() != Some('[') {
            return Ok(Index::Unsaid);
        }
        self.at += 1;
        let index = match self.peek() {
            Some('*') => {
                self.at += 1;
                Index::All
            }
            Some('+') => {
                self.at += 1;
                Index::Append
            }
            Some('.') => Index::Where(Box::new(self.filter()?)),
            Some(c) if c.is_ascii_digit() => Index::At(self.number("repetition")?),
            _ => return Err(self.wrong(self.at, "a number, *, + or .component=value is expected here")),
        };
        if self.peek() != Some(']') {
            return Err(self.wrong(self.at, "] is expected here"));
        }
        self.at += 1;
        Ok(index)
    }

    fn filter(&mut self) -> Result<Filter, Error> {
        self.at += 1;
        let component = self.number("component")?;
        let mut subcomponent = None;
        if self.peek() == Some('.') {
            self.at += 1;
            subcomponent = Some(self.number("subcomponent")?);
        }
        if self.peek() != Some('=') {
            return Err(self.wrong(self.at, "= is expected here"));
        }
        self.at += 1;
        let value = if self.peek() == Some('"') { self.quoted()? } else { self.take(|c| c != ']').trim().to_owned() };
        Ok(Filter { component, subcomponent, value: value.into() })
    }

    fn quoted(&mut self) -> Result<String, Error> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        while let Some(character) = self.peek() {
            self.at += character.len_utf8();
            match character {
                '"' => return Ok(out),
                '\\' => {
                    let Some(next) = self.peek() else { break };
                    self.at += next.len_utf8();
                    out.push(next);
                }
                _ => out.push(character),
            }
        }
        Err(self.wrong(start, "the closing quotation mark is missing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_print_as_they_read() {
        for text in [
            "PID",
            "PID-5",
            "PID-5.1",
            "PID-3[2].4.1",
            "PID-3[2].4",
            "OBX[3]-5",
            "OBX[*]-5",
            "OBX-5[*]",
            "PID-3[.5=MR].1",
            "PID-3[+]",
            "PID-3[+].1",
            "ZPD-4",
            "ORDER_OBSERVATION[2].OBX-5",
            "PATIENT_RESULT.ORDER_OBSERVATION[2].OBX[1]-5.1",
            "PID-3[.4.2=\"a b]\"].1",
            "PID-3[.5=\"say \\\"x\\\\\"]",
            "MSH-9.2",
            "OBX[2]",
        ] {
            assert_eq!(path(text).map(|(path, hint)| (path.to_string(), hint)), Ok((text.to_owned(), None)));
        }
    }

    #[test]
    fn tolerated() {
        let (path, hint) = path("PID.5.1").expect("tolerated");
        assert_eq!(path.to_string(), "PID-5.1");
        assert!(hint.is_some_and(|hint| hint.contains("PID-5.1")));
    }

    #[test]
    fn mistakes() {
        let check = |text: &str, code: message::Code, at: usize| {
            let error = path(text).map(|(path, _)| path).expect_err(text);
            assert!(matches!(&error, Error::InvalidPath { at: found, .. } if *found == at), "{text}: {error:?}");
            assert_eq!(error.code(), code, "{text}");
        };
        check("", codes::E1031, 0);
        check("pid-5", codes::E1031, 0);
        check("PIDX-5", codes::E1031, 0);
        check("PID-", codes::E1031, 4);
        check("PID-0", codes::E1032, 4);
        check("PID-99999999999999999999999", codes::E1032, 4);
        check("PID-5.", codes::E1031, 6);
        check("PID-5.1.2.3", codes::E1031, 9);
        check("PID-3[", codes::E1031, 6);
        check("PID-3[.5", codes::E1031, 8);
        check("PID-3[.5=\"MR].1", codes::E1031, 9);
        check("PID-3[2", codes::E1031, 7);
        check("PID-5.1[2]", codes::E1031, 7);
        check("PID 5", codes::E1031, 3);
        check("PID[.1=x]-5", codes::E1031, 0);
        check("é", codes::E1031, 0);
    }

    #[test]
    fn members() {
        let check =
            |text: &str, expect: &str| assert_eq!(member(text).map(|member| member.to_string()), Ok(expect.to_owned()));
        check(".4.1", ".4.1");
        check("-5.1", "-5.1");
        check("-5[2].1", "-5[2].1");
        check("", "");
        assert!(member(".x").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn never_panics(text in "[A-Za-z0-9é\\[\\].=*+\"\\\\-]{0,16}") {
            if let Ok((read, _)) = path(&text) {
                prop_assert_eq!(path(&read.to_string()).map(|(path, _)| path), Ok(read));
            }
            let _ = member(&text);
        }
    }
}
