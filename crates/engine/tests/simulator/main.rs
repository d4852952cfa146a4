//! The seeded simulator: a random workspace, workload, faults, crashes and acts of persons over the real engine and
//! store; then the faults stop, and everything has to come to its end. What it is made of is in `testkit::sim`.
//!
//! One seed decides everything that chance decides. Not decided by it: the store's own threads and the machine's clock,
//! so a run that is repeated meets the same faults at the same operations of the disk, but not the same interleaving;
//! a seed that failed may need several runs (`cargo xtask sim --seed N --runs 50`).

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod acts;
mod ending;
mod life;
mod run;
mod sender;

use std::env;

/// Seeds of one test: each runs a fifth of what a change has to pass.
const SEEDS_EACH: u64 = 44;

fn campaign(part: u64) {
    let first = 1 + part * SEEDS_EACH;
    run::all(first..first + SEEDS_EACH);
}

#[test]
fn campaign_1_of_5() {
    campaign(0);
}

#[test]
fn campaign_2_of_5() {
    campaign(1);
}

#[test]
fn campaign_3_of_5() {
    campaign(2);
}

#[test]
fn campaign_4_of_5() {
    campaign(3);
}

#[test]
fn campaign_5_of_5() {
    campaign(4);
}

/// `cargo xtask sim --seed N --runs M`: the seeds N to N + M - 1, or M times the seed N with `--again`.
#[test]
fn asked_for() {
    let number = |name: &str| env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let Some(seed) = number("SINEW_SIM_SEED") else { return };
    let runs = number("SINEW_SIM_RUNS").unwrap_or(1);
    match env::var_os("SINEW_SIM_AGAIN") {
        Some(_) => run::all((0..runs).map(|_| seed)),
        None => run::all(seed..seed + runs),
    }
}
