//! Who may do what: rights, roles, grants and the places that they are limited to.
//!
//! Owns the list of rights and of the roles that come along. Promises: pure; what is not granted is refused; a grant that is
//! limited to interfaces or facilities says nothing about the engine as a whole.
//! Never: asks who somebody is.

use message::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// See interfaces, queues, counts, lists of messages; no content.
    Look,
    /// See content in which what may identify a patient is masked, and search by identifiers.
    Masked,
    /// See content as it is; each time with a reason.
    Reveal,
    /// Pause, resume, release.
    Steer,
    /// Retry, resend, replay.
    Resend,
    /// Send an edited copy of a message.
    Edit,
    /// Delete deliveries, dismiss messages.
    Delete,
    /// Propose a change of the workspace.
    Propose,
    /// Approve what somebody else proposed.
    Approve,
    /// Put a change into force.
    Apply,
    /// Read the audit chain.
    Audit,
    /// Manage users, roles and keys.
    People,
    /// See which passwords and keys of partners are kept, set and remove them; put another master key under the store. No text
    /// is ever shown.
    Secrets,
    /// Make backups and examine the store.
    Backup,
    /// End the engine.
    Stop,
    /// Break the glass: an hour of reading content, for a reason, seen by the privacy officer.
    BreakGlass,
}

impl Right {
    /// Every right.
    pub const ALL: [Right; 16] = [
        Right::Look,
        Right::Masked,
        Right::Reveal,
        Right::Steer,
        Right::Resend,
        Right::Edit,
        Right::Delete,
        Right::Propose,
        Right::Approve,
        Right::Apply,
        Right::Audit,
        Right::People,
        Right::Secrets,
        Right::Backup,
        Right::Stop,
        Right::BreakGlass,
    ];

    /// As it is written in a role.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Right::Look => "look",
            Right::Masked => "masked",
            Right::Reveal => "reveal",
            Right::Steer => "steer",
            Right::Resend => "resend",
            Right::Edit => "edit",
            Right::Delete => "delete",
            Right::Propose => "propose",
            Right::Approve => "approve",
            Right::Apply => "apply",
            Right::Audit => "audit",
            Right::People => "people",
            Right::Secrets => "secrets",
            Right::Backup => "backup",
            Right::Stop => "stop",
            Right::BreakGlass => "break-glass",
        }
    }
}

/// A set of rights with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// What it is called in grants.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// What it allows.
    pub rights: Vec<Right>,
}

/// The roles that come along: name, title, rights.
pub const ROLES: &[(&str, &str, &[Right])] = &[
    ("viewer", "Sees what happens; patient data is masked", &[Right::Look, Right::Masked]),
    (
        "operator",
        "Keeps messages flowing; patient data is masked",
        &[Right::Look, Right::Masked, Right::Steer, Right::Resend, Right::Delete, Right::BreakGlass],
    ),
    (
        "analyst",
        "Builds interfaces and corrects messages",
        &[Right::Look, Right::Masked, Right::Reveal, Right::Resend, Right::Edit, Right::Propose, Right::Apply],
    ),
    ("approver", "Approves changes that others propose", &[Right::Look, Right::Masked, Right::Approve]),
    (
        "privacy-officer",
        "Sees who saw what, and content where a question needs it",
        &[Right::Look, Right::Masked, Right::Reveal, Right::Audit],
    ),
    (
        ADMINISTRATOR,
        "Manages users and the engine; reads no content without breaking the glass",
        &[
            Right::Look,
            Right::Masked,
            Right::Steer,
            Right::Resend,
            Right::Delete,
            Right::Propose,
            Right::Apply,
            Right::Audit,
            Right::People,
            Right::Secrets,
            Right::Backup,
            Right::Stop,
            Right::BreakGlass,
        ],
    ),
];

/// The role of those who manage users.
pub const ADMINISTRATOR: &str = "administrator";

/// The role that comes along with this name.
#[must_use]
pub fn built_in(name: &str) -> Option<Role> {
    let (name, title, rights) = ROLES.iter().find(|(known, ..)| *known == name)?;
    Some(Role { name: (*name).to_owned(), title: (*title).to_owned(), rights: rights.to_vec() })
}

/// How much of a patient somebody sees at most, whatever the role says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PatientLevel {
    /// No content at all.
    None,
    /// Masked content.
    Masked,
    /// What the role says.
    #[default]
    Full,
}

/// A role given to somebody, perhaps for some places and for some time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The role.
    pub role: String,
    /// Interfaces, by name; a `*` at the end stands for any ending. None is all.
    #[serde(default)]
    pub interfaces: Vec<String>,
    /// Sending facilities (MSH-4). None is all.
    #[serde(default)]
    pub facilities: Vec<String>,
    /// How much of a patient is seen at most.
    #[serde(default)]
    pub patient: PatientLevel,
    /// When it ends, in microseconds since 1970.
    #[serde(default)]
    #[schemars(with = "Option<i64>")]
    pub until: Option<Timestamp>,
}

/// A grant with the rights of its role looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power {
    /// What it allows, the level of patient data considered.
    pub rights: Vec<Right>,
    /// See [`Grant::interfaces`].
    pub interfaces: Vec<String>,
    /// See [`Grant::facilities`].
    pub facilities: Vec<String>,
    /// See [`Grant::until`].
    pub until: Option<Timestamp>,
}

/// What an act is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object<'a> {
    /// The engine as a whole.
    Engine,
    /// Some place or other: what is seen of it is filtered.
    Some,
    /// An interface with everything in it.
    Interface(&'a str),
    /// A message of an interface, from a facility.
    Message(&'a str, &'a str),
}

impl Power {
    /// The power that a grant of this role gives.
    #[must_use]
    pub fn of(grant: &Grant, role: &Role) -> Power {
        let is_hidden = |right: &Right| {
            matches!(
                (right, grant.patient),
                (Right::Masked, PatientLevel::None)
                    | (Right::Reveal | Right::Edit | Right::BreakGlass, PatientLevel::None | PatientLevel::Masked)
            )
        };
        Power {
            rights: role.rights.iter().copied().filter(|right| !is_hidden(right)).collect(),
            interfaces: grant.interfaces.clone(),
            facilities: grant.facilities.clone(),
            until: grant.until,
        }
    }

    /// Every right everywhere: of the person who can open the control socket.
    #[must_use]
    pub fn whole() -> Power {
        Power { rights: Right::ALL.to_vec(), interfaces: Vec::new(), facilities: Vec::new(), until: None }
    }

    /// It allows this now.
    #[must_use]
    pub fn allows(&self, right: Right, object: Object<'_>, now: Timestamp) -> bool {
        let is_in_time = self.until.is_none_or(|until| now < until);
        is_in_time && self.rights.contains(&right) && self.reaches(object)
    }

    fn reaches(&self, object: Object<'_>) -> bool {
        let is_of =
            |name: &str| self.interfaces.is_empty() || self.interfaces.iter().any(|pattern| fits(pattern, name));
        match object {
            Object::Engine => self.interfaces.is_empty() && self.facilities.is_empty(),
            Object::Some => true,
            Object::Interface(name) => self.facilities.is_empty() && is_of(name),
            Object::Message(name, facility) => {
                is_of(name) && (self.facilities.is_empty() || self.facilities.iter().any(|known| known == facility))
            }
        }
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power(role: &str, grant: Grant) -> Power {
        Power::of(&grant, &built_in(role).unwrap())
    }

    #[test]
    fn every_right_has_the_name_that_it_is_written_with() {
        for right in Right::ALL {
            assert_eq!(serde_json::to_value(right).unwrap(), right.name());
        }
    }

    #[test]
    fn a_limited_grant_reaches_its_places_only() {
        let north = power(
            "operator",
            Grant {
                interfaces: vec!["adt-*".into(), "lab".into()],
                facilities: vec!["NORTH".into()],
                ..Grant::default()
            },
        );
        let check = |object: Object<'_>, expect: bool| {
            assert_eq!(north.allows(Right::Steer, object, Timestamp(0)), expect, "{object:?}");
        };
        check(Object::Some, true);
        check(Object::Engine, false);
        check(Object::Interface("adt-main"), false);
        check(Object::Message("adt-main", "NORTH"), true);
        check(Object::Message("lab", "NORTH"), true);
        check(Object::Message("lab-2", "NORTH"), false);
        check(Object::Message("adt-main", "SOUTH"), false);
        let all = power("operator", Grant { interfaces: vec!["adt-*".into()], ..Grant::default() });
        assert!(all.allows(Right::Steer, Object::Interface("adt-main"), Timestamp(0)));
        assert!(!all.allows(Right::Steer, Object::Engine, Timestamp(0)));
    }

    #[test]
    fn time_and_level_end_what_a_role_allows() {
        let until = power("viewer", Grant { until: Some(Timestamp(10)), ..Grant::default() });
        assert!(until.allows(Right::Look, Object::Engine, Timestamp(9)));
        assert!(!until.allows(Right::Look, Object::Engine, Timestamp(10)));
        let masked = power("analyst", Grant { patient: PatientLevel::Masked, ..Grant::default() });
        assert!(masked.allows(Right::Masked, Object::Engine, Timestamp(0)));
        assert!(!masked.allows(Right::Reveal, Object::Engine, Timestamp(0)));
        assert!(!masked.allows(Right::Edit, Object::Engine, Timestamp(0)));
        let none = power("viewer", Grant { patient: PatientLevel::None, ..Grant::default() });
        assert!(!none.allows(Right::Masked, Object::Engine, Timestamp(0)));
    }
}
