//! A database that is asked for what is new: read, give, mark, in order.

use super::{
    cell::{Cell, Rows},
    client::{self, Client, Failure, Work},
    config::Reading,
};
use crate::{codes, tcp::listen};
use bytes::Bytes;
use interface::{
    catalogue::{Context, Notebook},
    contract::{Boxed, Frame, Intake, Phase, Source, Verdict},
};
use message::{Clock, Reason};
use std::{
    collections::{HashSet, VecDeque, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, time::sleep};

/// Refused rows that stay unmarked and are not given again. When there are more, the oldest are given once more.
const REFUSED_MAX: usize = 10_000;

/// A database that can be read.
pub(crate) struct Table {
    config: Arc<Reading>,
    clock: Arc<dyn Clock>,
    notebook: Arc<dyn Notebook>,
}

impl Table {
    /// Does not connect: a database that is away when the engine starts is tried again like one that goes away later.
    pub(crate) fn new(config: Reading, context: &Context) -> Table {
        Table { config: Arc::new(config), clock: context.clock.clone(), notebook: context.notebook.clone() }
    }
}

impl Source for Table {
    fn address(&self) -> String {
        self.config.login.address.to_string()
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        mut phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let pause = self.config.pause;
            let mut reader = Reader {
                page: page(&self.config),
                config: self.config,
                clock: self.clock,
                notebook: self.notebook,
                intake,
                phase: phase.clone(),
                client: None,
                last: None,
                owed: None,
                refused: Refused::default(),
                trouble: None,
                asked: None,
            };
            while !listen::is_draining(&phase) {
                let rest = reader.rest().await;
                let rest = match rest {
                    Some(rest) if !rest.is_zero() => rest,
                    Some(_) | None => match reader.look().await {
                        Next::AtOnce => continue,
                        Next::Done if rest.is_some() => {
                            reader.remember().await;
                            continue;
                        }
                        Next::Done | Next::Later => pause,
                    },
                };
                tokio::select! {
                    () = listen::draining(&mut phase) => {}
                    () = sleep(rest) => {}
                }
            }
            reader.disconnect();
            Ok(())
        })
    }
}

/// Longest sleep until it is looked at the clock again: somebody may have set it.
const REST_MAX: Duration = Duration::from_secs(60);

/// The page of the notebook: what the query asks of which database. Another query begins anew.
fn page(config: &Reading) -> String {
    let mut hasher = DefaultHasher::new();
    (&config.query.text, &config.watermark).hash(&mut hasher);
    format!("sql watermark {} {:016x}", config.login.address, hasher.finish())
}

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// There may be more.
    AtOnce,
    /// There was nothing more.
    Done,
    /// It could not be read to its end.
    Later,
}

/// What stands between two looks at the same row.
#[derive(Default)]
struct Refused {
    known: HashSet<u64>,
    oldest: VecDeque<u64>,
}

impl Refused {
    fn add(&mut self, row: u64) {
        if self.known.insert(row) {
            self.oldest.push_back(row);
        }
        if self.oldest.len() > REFUSED_MAX
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

struct Reader {
    config: Arc<Reading>,
    page: String,
    clock: Arc<dyn Clock>,
    notebook: Arc<dyn Notebook>,
    intake: Arc<dyn Intake>,
    phase: watch::Receiver<Phase>,
    client: Option<Box<dyn Client>>,
    /// The watermark, once it was read from the notebook.
    last: Option<Vec<Cell>>,
    /// A row that was answered for and is not marked yet: its columns and cells, and whether it was accepted.
    owed: Option<(Vec<String>, Vec<Cell>, bool)>,
    refused: Refused,
    /// The last trouble, so that it is not reported at every look.
    trouble: Option<Reason>,
    /// Up to which time of the schedule everything was asked for.
    asked: Option<jiff::Timestamp>,
}

impl Reader {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.clock.now().0).unwrap_or_default()
    }

    fn page_of_schedule(&self) -> String {
        self.page.replacen("watermark", "schedule", 1)
    }

    /// How long it is until the next time of the schedule; `None` where there is none. What was due while nobody ran is due
    /// now; the first time ever is the next one.
    async fn rest(&mut self) -> Option<Duration> {
        let config = self.config.clone();
        let schedule = config.schedule.as_ref()?;
        let now = self.now();
        let asked = match self.asked {
            Some(asked) => asked,
            None => {
                let (notebook, page) = (self.notebook.clone(), self.page_of_schedule());
                let read = tokio::task::spawn_blocking(move || notebook.read(&page)).await;
                let text = read.ok().and_then(Result::ok).flatten();
                let known = text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
                if known.is_none() {
                    self.remember().await;
                }
                known.unwrap_or(now)
            }
        };
        // A clock that was set back must not silence the source for as long.
        self.asked = Some(asked.min(now));
        let due = schedule.after(asked.min(now)).unwrap_or(now);
        let rest = due.duration_since(now);
        Some(if rest.is_negative() { Duration::ZERO } else { rest.unsigned_abs().min(REST_MAX) })
    }

    /// Everything up to now was asked for. Where that cannot be kept, the same is asked once more after a start.
    async fn remember(&mut self) {
        let now = self.now();
        self.asked = Some(now);
        let (notebook, page) = (self.notebook.clone(), self.page_of_schedule());
        let _ = tokio::task::spawn_blocking(move || notebook.write(&page, &now.to_string())).await;
    }

    /// One query and its rows. Trouble is reported once, until something works again.
    async fn look(&mut self) -> Next {
        match self.round().await {
            Ok(next) => {
                self.trouble = None;
                next
            }
            Err(reason) => {
                if self.trouble.as_ref() != Some(&reason) {
                    self.intake.report(&self.config.login.address, reason.clone());
                }
                self.trouble = Some(reason);
                Next::Later
            }
        }
    }

    async fn round(&mut self) -> Result<Next, Reason> {
        self.connect().await?;
        self.pay().await?;
        let config = self.config.clone();
        let last = self.watermark().await?;
        let value = |place: &String| {
            let at = config.watermark.iter().position(|(column, _)| column == place);
            at.and_then(|at| last.get(at).cloned()).unwrap_or(Cell::Null)
        };
        let work = Work { text: &config.query.text, values: config.query.places.iter().map(value).collect() };
        let rows = match &mut self.client {
            Some(client) => client.read(work, config.rows_max, config.bytes_max).await,
            None => return Ok(Next::Later),
        };
        let rows = rows.map_err(|failure| self.fail(&failure))?;
        Rows::check(&rows.columns)?;
        self.check_columns(&rows.columns)?;
        let mut is_full = rows.rows.len() >= config.rows_max;
        for row in rows.rows {
            if listen::is_draining(&self.phase) {
                return Ok(Next::Later);
            }
            is_full |= row.iter().map(Cell::size).sum::<usize>() >= config.bytes_max;
            if !self.give(&rows.columns, row).await? {
                return Ok(Next::Later);
            }
        }
        Ok(if is_full { Next::AtOnce } else { Next::Done })
    }

    async fn connect(&mut self) -> Result<(), Reason> {
        if self.client.as_ref().is_some_and(|client| client.is_closed()) {
            self.disconnect();
        }
        if self.client.is_none() {
            let client = client::connect(&self.config.login).await.map_err(|failure| self.fail(&failure))?;
            self.client = Some(client);
            self.intake.connected(&self.config.login.address, true);
        }
        Ok(())
    }

    fn disconnect(&mut self) {
        if self.client.take().is_some() {
            self.intake.connected(&self.config.login.address, false);
        }
    }

    fn fail(&mut self, failure: &Failure) -> Reason {
        if failure.is_end() {
            self.disconnect();
        }
        failure.reason(&self.config.login.address)
    }

    /// What the statements name has to be among the columns.
    fn check_columns(&self, columns: &[String]) -> Result<(), Reason> {
        let config = &self.config;
        let marks = [&config.mark, &config.mark_refused].into_iter().flatten().flat_map(|mark| &mark.places);
        let watermarks = config.watermark.iter().map(|(column, _)| column);
        let mut wanted = marks.chain(watermarks).chain(&config.message).filter(|name| !name.starts_with('_'));
        match wanted.find(|name| Rows::column(columns, name).is_none()) {
            None => Ok(()),
            Some(name) => Err(Reason::new(codes::E6621, format!("`query` gives no column `{name}`"))),
        }
    }

    /// Where the last time ended.
    async fn watermark(&mut self) -> Result<Vec<Cell>, Reason> {
        if let Some(last) = &self.last {
            return Ok(last.clone());
        }
        let mut last: Vec<Cell> = self.config.watermark.iter().map(|(_, start)| Cell::Text(start.clone())).collect();
        if !last.is_empty() {
            let (notebook, page) = (self.notebook.clone(), self.page.clone());
            let read = tokio::task::spawn_blocking(move || notebook.read(&page)).await;
            let text = read.unwrap_or_else(|_| Err(cut_off()))?;
            if let Some(serde_json::Value::Array(values)) = text.and_then(|text| serde_json::from_str(&text).ok())
                && values.len() == last.len()
            {
                last = values.iter().map(Cell::of_json).collect();
            }
        }
        self.last = Some(last.clone());
        Ok(last)
    }

    /// Gives one row; false if the rows behind it have to wait.
    async fn give(&mut self, columns: &[String], row: Vec<Cell>) -> Result<bool, Reason> {
        let object = Rows::object(columns, &row);
        let mut hasher = DefaultHasher::new();
        object.hash(&mut hasher);
        let seen = hasher.finish();
        if self.refused.known.contains(&seen) {
            return Ok(true);
        }
        let message = match &self.config.message {
            None => Some(object.into_bytes()),
            Some(name) => Rows::column(columns, name).and_then(|at| row[at].clone().into_bytes()),
        };
        let refusal = match message {
            Some(message) if message.is_empty() => Some("it is empty".to_owned()),
            None => Some("it is NULL".to_owned()),
            Some(message) if message.len() > self.config.bytes_max => {
                Some(format!("it has {} bytes, the limit is {}", message.len(), self.config.bytes_max))
            }
            Some(message) => {
                let frame = Frame {
                    bytes: Bytes::from(message),
                    peer: self.config.login.address.clone(),
                    received: self.clock.now(),
                    format: self.intake.format(),
                    from: None,
                    found: Arc::default(),
                };
                match self.intake.accept(frame).await.verdict() {
                    Verdict::Accepted(_) => None,
                    Verdict::Later(_) => return Ok(false),
                    Verdict::Refused(reason) => Some(reason.to_string()),
                }
            }
        };
        if let Some(why) = &refusal {
            let text = format!("a row was refused: {why}");
            self.intake.report(&self.config.login.address, Reason::new(codes::E6625, text));
            if self.config.mark.is_some() && self.config.mark_refused.is_none() {
                self.refused.add(seen);
                return Ok(true);
            }
        }
        self.owed = Some((columns.to_vec(), row, refusal.is_none()));
        self.pay().await?;
        Ok(true)
    }

    /// Marks the row that was answered for, in the database or in the notebook.
    async fn pay(&mut self) -> Result<(), Reason> {
        let Some((columns, row, is_accepted)) = &self.owed else { return Ok(()) };
        let config = self.config.clone();
        if !config.watermark.is_empty() {
            let cell = |(name, _): &(String, String)| Rows::column(columns, name).map(|at| row[at].clone());
            let last: Vec<Cell> = config.watermark.iter().filter_map(cell).collect();
            if last.contains(&Cell::Null) {
                let text = "a column of `watermark` is NULL: it cannot say how far we are";
                return Err(Reason::new(codes::E6626, text));
            }
            let text = Cell::List(last.clone()).to_json();
            let (notebook, page) = (self.notebook.clone(), self.page.clone());
            let written = tokio::task::spawn_blocking(move || notebook.write(&page, &text)).await;
            written.unwrap_or_else(|_| Err(cut_off()))?;
            self.last = Some(last);
        }
        let mark = if *is_accepted { &config.mark } else { &config.mark_refused };
        if let (Some(mark), Some(client)) = (mark, &mut self.client) {
            let cell = |name: &String| Rows::column(columns, name).map_or(Cell::Null, |at| row[at].clone());
            let work = Work { text: &mark.text, values: mark.places.iter().map(cell).collect() };
            client.write(vec![work], true).await.map_err(|failure| self.fail(&failure))?;
        }
        self.owed = None;
        Ok(())
    }
}

fn cut_off() -> Reason {
    Reason::new(codes::E6626, "the watermark could not be kept: the work was cut off")
}
