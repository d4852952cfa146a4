//! Issues as an OperationOutcome, and the kinds that it has for them.

use super::Report;
use crate::{Error, Tree, Value, codes};
use message::{Code, Severity};

/// A rule in FHIRPath does not hold.
pub(super) const INVARIANT: &str = "invariant";

/// The kind of an issue (R4 value set issue-type).
pub(super) fn kind(code: Code) -> &'static str {
    const KINDS: &[(Code, &str)] = &[
        (codes::E1262, "value"),
        (codes::E1263, "required"),
        (codes::E1266, "code-invalid"),
        (codes::E1267, "code-invalid"),
        (codes::E1268, "code-invalid"),
        (codes::E1270, "value"),
        (codes::E1271, "value"),
        (codes::E1272, "not-found"),
        (codes::E1273, "extension"),
        (codes::E1274, "extension"),
        (codes::E1275, "business-rule"),
        (codes::E1276, "business-rule"),
        (codes::E1277, "structure"),
        (codes::E1278, "value"),
        (codes::E1279, "not-found"),
        (codes::E1280, "extension"),
        (codes::E1283, "not-supported"),
        (codes::E1284, "not-supported"),
    ];
    KINDS.iter().find(|(known, _)| *known == code).map_or("structure", |(_, kind)| kind)
}

impl Report {
    /// The issues as an OperationOutcome. Without issues it says that all is well, as R4 asks for one issue at least.
    ///
    /// # Errors
    /// E1201: more issues than a tree takes.
    pub fn outcome(&self) -> Result<Tree, Error> {
        let mut out = Tree::new();
        let root = out.root().id();
        out.set(root, "resourceType", "OperationOutcome".into())?;
        for issue in &self.issues {
            let item = out.append(root, "issue", Value::Object)?;
            out.set(item, "severity", severity(issue.severity).into())?;
            out.set(item, "code", issue.kind.into())?;
            let details = out.object(item, "details")?;
            let coding = out.append(details, "coding", Value::Object)?;
            out.set(coding, "code", issue.code.as_ref().into())?;
            out.set(details, "text", issue.message.as_str().into())?;
            if let Some(hint) = &issue.hint {
                out.set(item, "diagnostics", hint.as_str().into())?;
            }
            out.append(item, "expression", issue.path.as_str().into())?;
        }
        if self.issues.is_empty() {
            let item = out.append(root, "issue", Value::Object)?;
            out.set(item, "severity", "information".into())?;
            out.set(item, "code", "informational".into())?;
            let details = out.object(item, "details")?;
            out.set(details, "text", "No issues.".into())?;
        }
        Ok(out)
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "information",
    }
}
