//! `sinew demo`: a hospital of invented people on this machine, with nothing to set up.
//!
//! Owns the run: [`world`] makes engine, partners and senders, [`director`] plays the story and judges it, [`view`] draws,
//! [`report`] counts. Loopback only, one process, a temporary folder unless `--keep`.

mod director;
mod report;
mod view;
mod world;

use crate::{
    outcome::{Exit, Failure, Result},
    run::block_on,
    screen::Screen,
};
use clap::Args;
use director::Director;
use report::Report;
use std::{path::PathBuf, time::Duration};
use view::{Key, Keys, View};
use world::World;

/// Run a simulated hospital and watch its messages flow
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew demo                                  until q or Ctrl-C
  sinew demo --keep hospital                  keeps the workspace as a starting point
  sinew demo --headless --for 60s --json      for scripts: one JSON object at the end

Six simulated systems send about 40 messages a second through twelve interfaces to eight receivers, all on 127.0.0.1.
A story goes wrong on purpose: a receiver goes down and comes back, a sender goes silent, a code is unknown, a patient
registers twice, a receiver refuses. Keys: n next chapter, q quit.
Exit: 0 nothing was lost and every fault healed, 1 otherwise.")]
pub struct Demo {
    /// No live view
    #[arg(long)]
    headless: bool,
    /// Stop after this long; the story fits itself into it
    #[arg(long = "for", value_name = "TIME", value_parser = crate::values::duration)]
    duration: Option<Duration>,
    /// One JSON object at the end
    #[arg(long)]
    json: bool,
    /// Another hospital: the same seed gives the same patients
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// Faster than real time, for example 10x
    #[arg(long, value_name = "FACTOR", default_value = "1x", value_parser = crate::values::speed)]
    speed: f64,
    /// Keep the workspace in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Interfaces listen from this port on; without it, on free ports
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

/// Shorter runs leave no time for the story.
const DURATION_MIN: Duration = Duration::from_secs(10);
/// Pause between looks.
const TICK: Duration = Duration::from_millis(100);
/// How long senders and queues may take at the end.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(30);

impl Demo {
    pub fn run(self, screen: &Screen) -> Result {
        if self.duration.is_some_and(|length| length < DURATION_MIN) {
            return Err(Failure::usage("--for is at least 10s: the story needs the time"));
        }
        block_on(self.play(screen))?
    }

    async fn play(self, screen: &Screen) -> Result {
        let mut world = World::open(&self).await?;
        let mut director = Director::new(self.duration);
        let is_live = !self.headless && !self.json && screen.is_terminal;
        let keys = is_live.then(Keys::listen);
        let mut view = View::new(screen, is_live, self.duration, self.seed);
        view.begin(&world);
        let started = tokio::time::Instant::now();
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .map_err(|error| Failure::new(Exit::Bug, error.to_string()))?;
        loop {
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                _ = tokio::signal::ctrl_c() => break,
                _ = terminate.recv() => break,
            }
            let elapsed = started.elapsed();
            if self.duration.is_some_and(|length| elapsed >= length) {
                break;
            }
            match keys.as_ref().and_then(Keys::pressed) {
                Some(Key::Quit) => break,
                Some(Key::Next) => director.skip(elapsed),
                None => {}
            }
            for line in director.step(&mut world, elapsed).await {
                view.tell(elapsed, &line);
            }
            view.draw(&world, &director, elapsed);
        }
        let seconds = started.elapsed();
        view.end();
        drop(keys);
        self.finish(screen, world, director, started, seconds).await
    }

    async fn finish(
        &self,
        screen: &Screen,
        mut world: World,
        mut director: Director,
        started: tokio::time::Instant,
        seconds: Duration,
    ) -> Result {
        screen.say("the senders stop; what is under way is delivered");
        world.quieten(DRAIN_TIME_MAX).await;
        world.partners.values().for_each(|partner| partner.behave());
        let patience = tokio::time::Instant::now() + DRAIN_TIME_MAX;
        // The last chapters may still have to heal: a retry that waits, a table that was just completed. A tour that
        // was left early begins no further chapter.
        let is_played = self.duration.is_some();
        loop {
            if is_played {
                director.step(&mut world, started.elapsed()).await;
            }
            let is_quiet = world.host.engine.drain(Duration::ZERO).await;
            let is_done = !is_played || director.is_healed();
            if (is_quiet && is_done) || tokio::time::Instant::now() >= patience {
                break;
            }
            tokio::time::sleep(TICK).await;
        }
        let report = Report::of(&world, &director, seconds);
        world.close().await?;
        report.print(screen, self.json);
        if let Some(folder) = &self.keep {
            screen.say(format!("kept in {}: sinew run {}", folder.display(), folder.display()));
        }
        // Without an end that was asked for, chapters that were not played are no failure.
        let is_good = report.is_conserved() && (self.duration.is_none() || report.is_healed());
        Ok(if is_good { Exit::Ok } else { Exit::Problems })
    }
}
