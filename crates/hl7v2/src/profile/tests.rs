//! Small invented profiles.
