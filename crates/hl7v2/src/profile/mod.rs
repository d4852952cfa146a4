//! Conformance profiles as NIST and IGAMT write them: what a message of one guide has to be.
//!
//! | what | where |
//! |---|---|
//! | read the files of a profile | [`Profile::read`], [`FileKind::detect`] |
//! | which message of the profile a message is | [`Profile::choose`], [`Profile::find`] |
//! | check a message | [`Profile::validate`] |
//! | what it says, laid out to be read | [`Profile::outline`] |
//! | what one side sends and the other does not take | [`gap::compare`] |
//!
//! A profile is compiled when it is read: afterwards there is no XML, no path in text and no name to look up. One
//! message is placed in the profile's structure, split once into a tree of what has a value, and judged there.
//!
//! Promises: bytes in, model out, no files; hostile input is bounded by the limits of [`crate::xml`]; no issue holds
//! content of a message unless it is asked for; nothing here panics on any profile with any message.

mod check;
mod choose;
mod eval;
mod expression;
mod files;
pub mod gap;
mod model;
pub mod outline;
mod place;
mod program;
mod read;
mod table;
mod tree;
mod value;

#[cfg(test)]
mod tests;

pub use files::guides;
pub use read::{FileKind, Source};

use crate::validate::Report;
use ::message::Diagnostic;

/// A compiled profile.
pub struct Profile {
    model: model::Model,
}

/// What a check should tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What stood at the place of an issue, as [`message::Phi`].
    pub values: bool,
}

/// One message that a profile describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageProfile<'p> {
    /// What `--profile DIR#ID` names.
    pub id: &'p str,
    /// What the profile calls it.
    pub name: &'p str,
    /// MSH-9.1.
    pub kind: &'p str,
    /// MSH-9.2.
    pub trigger_event: &'p str,
    /// MSH-9.3.
    pub structure: &'p str,
}

impl Profile {
    /// Reads and compiles the files of one profile. What is wrong with them is said; `None` when no message is in them.
    ///
    /// ```
    /// use hl7v2::profile::{Profile, Source};
    /// let xml = br#"<ConformanceProfile ID="P"><Messages><Message ID="M" Type="ADT" Event="A01" StructID="ADT_A01">
    ///   <Segment Ref="MSH" Usage="R" Min="1" Max="1"/></Message></Messages>
    ///   <Segments><Segment ID="MSH" Name="MSH" Description="Message header"/></Segments></ConformanceProfile>"#;
    /// let (profile, diagnostics) = Profile::read(&[Source { name: "profile.xml", bytes: xml }]);
    /// assert!(profile.is_some() && diagnostics.is_empty());
    /// ```
    #[must_use]
    pub fn read(sources: &[Source<'_>]) -> (Option<Profile>, Vec<Diagnostic>) {
        let (model, diagnostics) = read::read(sources);
        (model.map(|model| Profile { model }), diagnostics)
    }

    /// The id of the profile.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.model.id
    }

    /// The messages that it describes, in order.
    pub fn messages(&self) -> impl Iterator<Item = MessageProfile<'_>> {
        self.model.messages.iter().map(|message| MessageProfile {
            id: &message.id,
            name: &message.name,
            kind: &message.kind,
            trigger_event: &message.event,
            structure: &message.structure_id,
        })
    }

    /// The place of a message by its id, or by the identifier that the profile gives it.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<usize> {
        let all = &self.model.messages;
        all.iter().position(|message| &*message.id == id).or_else(|| all.iter().position(|own| &*own.identifier == id))
    }

    /// The message of the profile that a message claims to be: by its type, then by MSH-21, then by its structure.
    /// `None` when the profile has none of its type.
    #[must_use]
    pub fn choose(&self, message: &crate::Message) -> Option<usize> {
        choose::choose(&[&self.model], message).map(|(_, at)| at)
    }

    /// The same among several profiles: the number of the profile, and the place of the message in it.
    #[must_use]
    pub fn choose_among(profiles: &[Profile], message: &crate::Message) -> Option<(usize, usize)> {
        let models: Vec<&model::Model> = profiles.iter().map(|profile| &profile.model).collect();
        choose::choose(&models, message)
    }

    /// What the profile says of its message at this place; `None` when there is no such place.
    #[must_use]
    pub fn outline(&self, at: usize) -> Option<outline::Outline> {
        self.model.messages.get(at).map(|rules| outline::of_compiled(&self.model, rules))
    }

    /// Statements that are not checked because the guide keeps them in a program that is not known here.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.model.unanswered
    }

    /// Checks a message against the message of the profile at this place; `None` when there is no such place.
    #[must_use]
    pub fn validate(&self, message: &crate::Message, at: usize, options: &Options) -> Option<Report> {
        let rules = self.model.messages.get(at)?;
        Some(check::check(&tree::Tree::build(&self.model, rules, message), options))
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Profile({}, {} messages)", self.model.id, self.model.messages.len())
    }
}
