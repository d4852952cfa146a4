//! `sinew demo`.
use crate::{
    outcome::{Exit, Result},
    screen::Screen,
};
use clap::Args;
/// demo
#[derive(Args, Debug)]
pub struct Demo {}
impl Demo {
    pub fn run(self, _screen: &Screen) -> Result {
        Ok(Exit::Ok)
    }
}
