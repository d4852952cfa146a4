//! Tokens: spans of the text with a shape. Trivia (space, newline, comment) are tokens too, so nothing is lost.

/// A span of the text with its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it looks like. A word position takes any bare shape: `00048812` keeps its zeros as text.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Shapes (`LANGUAGE.md`, "Lexer"). A bare run of characters is one token; its shape is decided from its text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Blanks and tabs.
    Space,
    /// One line end.
    Newline,
    /// `# …` to the line end.
    Comment,
    /// A bare run that is none of the shapes below: `after-stored`, `A01`, `0.0.0.0:2575`, `https://a.example/r4`.
    Word,
    /// A v2 path, element path or variable member: `PID-3[.5=MR].1`, `name.family`, `id.5`, `obx-5`.
    Path,
    /// `0.92`, `500`, `00048812`.
    Number,
    /// Number with a unit: `20s`, `5m`, `12h`, `7d`, `64MiB`, `20/s`.
    Quantity,
    /// `kind:name` of a known kind: `secret:adt-cert`, `table:race`, `env:PORT`, `peer:epic-prod`.
    Reference,
    /// `a..b`.
    Range,
    /// `"…"`.
    Text,
    /// `"""…"""`.
    BlockText,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[` that starts a list (a `[` inside a bare run belongs to the run).
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `,`
    Comma,
    /// `|`
    Pipe,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// What fits nothing: an unterminated text, a control character. A diagnostic says more.
    Error,
}

impl TokenKind {
    /// Space, newline or comment.
    #[must_use]
    pub fn is_trivia(self) -> bool {
        matches!(self, TokenKind::Space | TokenKind::Newline | TokenKind::Comment)
    }
    /// A bare run of any shape: may stand where a word or an unquoted text is expected.
    #[must_use]
    pub fn is_bare(self) -> bool {
        matches!(
            self,
            TokenKind::Word
                | TokenKind::Path
                | TokenKind::Number
                | TokenKind::Quantity
                | TokenKind::Reference
                | TokenKind::Range
        )
    }
    /// `"…"` or `"""…"""`.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, TokenKind::Text | TokenKind::BlockText)
    }
}
