//! Reads literals of Python source: what `hl7apy` keeps its facts in.

/// A literal, as far as those files use them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    None,
    Text(String),
    Number(i64),
    List(Vec<Literal>),
    Map(Vec<(String, Literal)>),
    /// `FIELDS['PID_3']`: the text in brackets, or the bare name.
    Reference(String),
}

impl Literal {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Literal::Text(text) => Some(text),
            Literal::None | Literal::Number(_) | Literal::List(_) | Literal::Map(_) | Literal::Reference(_) => None,
        }
    }

    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Literal::Number(number) => Some(*number),
            Literal::None | Literal::Text(_) | Literal::List(_) | Literal::Map(_) | Literal::Reference(_) => None,
        }
    }

    pub(super) fn list(&self) -> &[Literal] {
        match self {
            Literal::List(items) => items,
            Literal::None | Literal::Text(_) | Literal::Number(_) | Literal::Map(_) | Literal::Reference(_) => &[],
        }
    }
}

/// The value of `NAME = { … }` in a source text.
pub(super) fn assigned(source: &str, name: &str) -> Result<Vec<(String, Literal)>, String> {
    let wanted = format!("{name} = ");
    let is_line = |at: &usize| *at == 0 || source.as_bytes()[at - 1] == b'\n';
    let found = source.match_indices(&wanted).map(|(at, _)| at).find(is_line);
    let at = found.ok_or_else(|| format!("no `{name} =`"))? + wanted.len();
    let mut reader = Reader { text: source.as_bytes(), at };
    match reader.value()? {
        Literal::Map(entries) => Ok(entries),
        _ => Err(format!("`{name}` is no dictionary")),
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Literal, String> {
        self.skip();
        match self.peek() {
            b'{' => self.map(),
            b'(' | b'[' => self.list(),
            b'\'' | b'"' => Ok(Literal::Text(self.text()?)),
            b'-' | b'0'..=b'9' => self.number(),
            letter if letter.is_ascii_alphabetic() || letter == b'_' => self.name(),
            other => Err(format!("unexpected `{}` at byte {}", char::from(other), self.at)),
        }
    }

    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or_default()
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            while self.peek().is_ascii_whitespace() {
                self.at += 1;
            }
            if self.peek() != b'#' {
                return;
            }
            while !matches!(self.peek(), b'\n' | 0) {
                self.at += 1;
            }
        }
    }

    fn takes(&mut self, wanted: u8) -> bool {
        self.skip();
        let is_there = self.peek() == wanted;
        self.at += usize::from(is_there);
        is_there
    }

    fn map(&mut self) -> Result<Literal, String> {
        self.at += 1;
        let mut entries = Vec::new();
        while !self.takes(b'}') {
            let key = match self.value()? {
                Literal::Text(text) => text,
                other => return Err(format!("a key is {other:?}")),
            };
            if !self.takes(b':') {
                return Err(format!("no colon at byte {}", self.at));
            }
            entries.push((key, self.value()?));
            self.takes(b',');
        }
        Ok(Literal::Map(entries))
    }

    fn list(&mut self) -> Result<Literal, String> {
        let (is_tuple, end) = if self.peek() == b'(' { (true, b')') } else { (false, b']') };
        self.at += 1;
        let mut items = Vec::new();
        let mut has_comma = false;
        while !self.takes(end) {
            items.push(self.value()?);
            has_comma |= self.takes(b',');
        }
        match (is_tuple && !has_comma, items.len()) {
            (true, 1) => items.pop().ok_or_else(String::new),
            _ => Ok(Literal::List(items)),
        }
    }

    /// Adjacent strings are one, as in Python.
    fn text(&mut self) -> Result<String, String> {
        let mut out = Vec::new();
        while matches!(self.peek(), b'\'' | b'"') {
            let quote = self.peek();
            self.at += 1;
            while self.peek() != quote {
                if self.peek() == b'\\' {
                    self.at += 1;
                }
                if self.at >= self.text.len() {
                    return Err("a string does not end".to_string());
                }
                out.push(self.peek());
                self.at += 1;
            }
            self.at += 1;
            self.skip();
        }
        String::from_utf8(out).map_err(|error| error.to_string())
    }

    fn number(&mut self) -> Result<Literal, String> {
        let start = self.at;
        self.at += 1;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        let digits = std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default();
        digits.parse().map(Literal::Number).map_err(|error| format!("{digits}: {error}"))
    }

    fn name(&mut self) -> Result<Literal, String> {
        let start = self.at;
        while self.peek().is_ascii_alphanumeric() || self.peek() == b'_' {
            self.at += 1;
        }
        let name = String::from_utf8_lossy(&self.text[start..self.at]).into_owned();
        if self.peek() == b'[' {
            self.at += 1;
            let inner = self.text()?;
            return if self.takes(b']') { Ok(Literal::Reference(inner)) } else { Err("no `]`".to_string()) };
        }
        Ok(if name == "None" { Literal::None } else { Literal::Reference(name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        let source =
            "x\nFACTS = {\n 'A': ('leaf', None, -1, FIELDS['PID_1'],), # why\n \"B\": ['it\\'s' 'one'], 'C': ('O')}\n";
        let facts = assigned(source, "FACTS").unwrap();
        assert_eq!(facts[0].1.list()[2], Literal::Number(-1));
        assert_eq!(facts[0].1.list()[3], Literal::Reference("PID_1".to_string()));
        assert_eq!(facts[1].1.list()[0].text(), Some("it'sone"));
        assert_eq!(facts[2].1.text(), Some("O"));
        assert!(assigned("y", "FACTS").is_err());
    }
}
