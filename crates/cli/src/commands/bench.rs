//! `sinew bench`.
use crate::{
    outcome::{Exit, Result},
    screen::Screen,
};
use clap::Args;
/// bench
#[derive(Args, Debug)]
pub struct Bench {}
impl Bench {
    pub fn run(self, _screen: &Screen) -> Result {
        Ok(Exit::Ok)
    }
}
