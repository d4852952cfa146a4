//! Message structure: which segments and groups a message may have, and where those of one message belong.
//!
//! Owns the abstract structure that a dictionary or a profile is compiled to ([`Structure`]), and the algorithm that
//! places the segments of a message in it ([`place`]).
//! [`standard`] compiles the dictionary's and finds the one of a message.
//! Never: facts about a version or a profile; whoever has them builds a [`Structure`].

pub mod model;
pub mod place;
pub mod standard;

pub use model::{Builder, Kind, NodeId, Structure};
pub use place::{Item, Order, Placement, place};
pub use standard::{of_message, place_message};
