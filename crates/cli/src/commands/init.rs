//! `sinew init`.
use crate::{
    outcome::{Exit, Result},
    screen::Screen,
};
use clap::Args;
/// init
#[derive(Args, Debug)]
pub struct Init {}
impl Init {
    pub fn run(self, _screen: &Screen) -> Result {
        Ok(Exit::Ok)
    }
}
