//! The box from outside: what scripts may call, what they may not leave, and where they end.

mod api;
mod escape;
mod fixture;
mod limits;
