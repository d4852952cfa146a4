//! A profile, laid out to be compared with others: a message for each structure that it is for.

use super::Profile;
use hl7v2::{
    dictionary::{Dictionary, Version},
    profile::outline::Outline,
};

impl Profile {
    /// The structures that it is for, each with its lines over it. Without a version the one where most sites are, 2.5.1,
    /// or the newest that has the structure. Nothing for a profile that is for any message.
    #[must_use]
    pub fn outlines(&self) -> Vec<Outline> {
        let base = self.lines().base();
        if base.of.is_empty() {
            return Vec::new();
        }
        let mut ids: Vec<&str> = base.structures().into_iter().map(|structure| structure.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        let versions = if base.versions.is_empty() {
            let newest = Version::ALL.into_iter().rev();
            std::iter::once(Version::V2_5_1).chain(newest).collect()
        } else {
            base.versions.clone()
        };
        let one = |id: &&str| {
            let has = |version: &&Version| Dictionary::of(**version).structure(id).is_some();
            let version = versions.iter().find(has)?;
            let mut outline = Outline::of_lines(&self.name, self.lines(), *version, id)?;
            outline.name = format!("{} {id}", self.name);
            Some(outline)
        };
        ids.iter().filter_map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Profiles, Tables, syntax};
    use hl7v2::profile::{
        gap::{Comparison, compare},
        outline::Outline,
    };
    use std::sync::Arc;

    fn outline(lines: &str) -> Outline {
        let text = format!("profile p extends hl7v2 2.5.1 ADT_A01 {{\n{lines}\n}}");
        let (tree, found) = syntax::parse("p.flow", text);
        assert!(found.is_empty(), "{found:?}");
        let (profiles, found) = Profiles::compile(&[Arc::new(tree)], &Tables::default(), &Profiles::default());
        assert!(found.is_empty(), "{found:?}");
        profiles.get("p").expect("a profile").outlines().remove(0)
    }

    fn told(found: &Comparison) -> Vec<String> {
        found.gaps.iter().map(|gap| format!("{} {} {}", gap.code, gap.consequence.as_str(), gap.path)).collect()
    }

    /// What the first does not give the second, both without the standard.
    fn check(sender: &str, receiver: &str, expect: &[&str]) {
        let of = |lines: &str| outline(&format!("standard off\n{lines}"));
        assert_eq!(told(&compare(&of(sender), &of(receiver))), expect, "{sender} to {receiver}");
    }

    #[test]
    fn lines_are_compared() {
        check("", "", &[]);
        check("", "require PID-8", &["E1155 may-refuse PID-8"]);
        check("require PID-8", "require PID-8", &[]);
        check("forbid PV1-19", "require PV1-19.1", &["E1155 will-refuse PV1-19"]);
        check("forbid PID-8", "require PID-8", &["E1155 will-refuse PID-8"]);
        check("forbid PID-13", "expect PID-13", &["E1155 will-miss PID-13"]);
        check("require PID-19", "forbid PID-19", &["E1156 will-refuse PID-19"]);
        check("length PID-5.1.1 1..50", "length PID-5.1.1 1..30", &["E1159 may-truncate PID-5.1.1"]);
        check("bind PV1-2 to [I, O, Z]", "bind PV1-2 to [I, O]", &["E1160 may-refuse PV1-2"]);
        check("bind PV1-2 to [I]", "bind PV1-2 to [I, O]", &[]);
        check("bind PID-10 to [X]", "bind PID-10 to [Y]", &["E1160 may-refuse PID-10.1"]);
        check("cardinality NK1 0..5", "cardinality NK1 0..2", &["E1158 may-refuse NK1"]);
        check("cardinality ZPD 0..1\ndocument ZPD-1 \"x\" ST", "", &["E1157 will-not-read ZPD"]);
        check("", "require INSURANCE.IN1-2", &["E1155 may-refuse IN1-2"]);
        check("", "usage PV1-45 required when event = A03", &["E1163 ask PV1-45"]);
        check("", "require PID-3[.5=MR]", &["E1163 ask "]);
        check("", "rule \"x\" { PID-8 exists }", &["E1163 ask "]);
    }

    #[test]
    fn the_standard_counts_where_it_is_not_off() {
        let lenient = outline("");
        let standard = Outline::of_standard(hl7v2::dictionary::Version::V2_5_1, "ADT_A01").expect("a structure");
        assert_eq!(told(&compare(&standard, &lenient)), Vec::<String>::new());
        let relaxed = compare(&outline("optional PV1-2"), &lenient);
        assert_eq!(told(&relaxed), ["E1155 may-refuse PV1-2"]);
        assert!(told(&compare(&outline("standard off"), &lenient)).contains(&"E1155 may-refuse PID-3".to_owned()));
    }
}
