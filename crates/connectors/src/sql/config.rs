//! Settings of the sql connector, read once.

use super::{
    statement::{Dialect, Statement},
    values::{Place, Source as Taken},
};
use crate::{
    codes,
    schedule::plan::Schedule,
    settings::{count, duration, size},
    tcp,
    tls::{self, pem::Pem},
};
use interface::catalogue::{Context, Settings};
use message::Reason;
use mysql_async::{ClientIdentity, SslOpts};
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    PostgreSql,
    /// And MariaDB.
    MySql,
    Sqlite,
}

/// Schemes of addresses.
const SCHEMES: [(&str, Kind); 5] = [
    ("postgres", Kind::PostgreSql),
    ("postgresql", Kind::PostgreSql),
    ("mysql", Kind::MySql),
    ("mariadb", Kind::MySql),
    ("sqlite", Kind::Sqlite),
];

/// A database, and who we are there.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) kind: Kind,
    /// For people, without user or password.
    pub(crate) address: Arc<str>,
    /// `host:port`, or nothing for a file.
    pub(crate) host_port: String,
    pub(crate) database: String,
    /// The file of SQLite.
    pub(crate) file: PathBuf,
    pub(crate) user: String,
    pub(crate) password: Arc<str>,
    /// Certificates, once the files are read.
    pub(crate) tls: Option<Arc<tls::Client>>,
    /// The same for the crate that makes its own connection.
    pub(crate) mysql_tls: Option<SslOpts>,
    pub(crate) connect_time_max: Duration,
    pub(crate) answer_time_max: Duration,
}

/// How a database is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) login: Login,
    pub(crate) query: Statement,
    /// The column that holds whole messages.
    pub(crate) message: Option<String>,
    /// Columns whose last values are remembered, with what holds before the first row.
    pub(crate) watermark: Vec<(String, String)>,
    /// What is done to a row that was accepted, and to one that never will be.
    pub(crate) mark: Option<Statement>,
    pub(crate) mark_refused: Option<Statement>,
    /// Times at which it is asked, in place of a fixed pace.
    pub(crate) schedule: Option<Schedule>,
    pub(crate) pause: Duration,
    pub(crate) rows_max: usize,
    pub(crate) bytes_max: usize,
}

/// How a database is asked for one thing.
pub(crate) struct Asking {
    pub(crate) login: Login,
    pub(crate) query: Statement,
    pub(crate) bytes_max: usize,
}

/// How a database is written.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub(crate) login: Login,
    /// In order; each with what is taken for its places.
    pub(crate) statements: Vec<(Statement, Vec<Place>)>,
    /// What there is one row for, instead of one for the message.
    pub(crate) each: Option<Taken>,
    pub(crate) is_whole: bool,
    pub(crate) must_change: bool,
}

impl fmt::Debug for Login {
    /// Without what opens doors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

impl Kind {
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Kind::PostgreSql => Dialect::PostgreSql,
            Kind::MySql => Dialect::MySql,
            Kind::Sqlite => Dialect::Sqlite,
        }
    }

    fn port(self) -> u16 {
        match self {
            Kind::PostgreSql => 5432,
            Kind::MySql => 3306,
            Kind::Sqlite => 0,
        }
    }
}

impl Login {
    /// `context` is absent while the settings are only looked at: then no certificate is read.
    fn read(settings: &Settings, context: Option<&Context>) -> Result<Login, Reason> {
        let address = &settings.address;
        let complain = |why: &str| Reason::new(codes::E6001, format!("`{address}`: {why}"));
        let (scheme, rest) = address.split_once(':').ok_or_else(|| complain(SHAPE))?;
        let known = SCHEMES.iter().find(|(name, _)| *name == scheme);
        let known = known.ok_or_else(|| complain(if ABSENT.contains(&scheme) { INSTEAD } else { SHAPE }))?;
        let mut login = Login {
            kind: known.1,
            address: address.clone(),
            host_port: String::new(),
            database: String::new(),
            file: PathBuf::new(),
            user: settings.text("user").to_owned(),
            password: settings.text("password").into(),
            tls: None,
            mysql_tls: None,
            connect_time_max: duration(settings, "connect-timeout")?,
            answer_time_max: duration(settings, "timeout")?,
        };
        if login.kind == Kind::Sqlite {
            if rest.trim_start_matches('/').is_empty() {
                return Err(complain("write sqlite:FILE"));
            }
            let file = rest.strip_prefix("//").unwrap_or(rest);
            login.file = context.map_or_else(PathBuf::new, |context| context.workspace.join(file));
            return Ok(login);
        }
        let (host, database) =
            rest.strip_prefix("//").and_then(|rest| rest.split_once('/')).ok_or_else(|| complain(SHAPE))?;
        if host.contains('@') || database.is_empty() || database.contains(['/', '?']) {
            return Err(complain(SHAPE));
        }
        let has_port = host.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
        login.host_port = if has_port { host.to_owned() } else { format!("{host}:{}", login.kind.port()) };
        tcp::check_host_port(&login.host_port)?;
        login.database = database.to_owned();
        if login.user.is_empty() {
            return Err(Reason::new(codes::E6010, format!("`sql {address}` needs `user`: who we are at the database")));
        }
        if let Some(context) = context.filter(|_| settings.flag("tls")) {
            // Also where it is not used, because it says best what is wrong with the files.
            login.tls = Some(Arc::new(tls::Client::read(settings, context, login.host())?));
            login.mysql_tls = Some(mysql_tls(settings, context)?);
        }
        Ok(login)
    }

    /// The host without its port.
    pub(crate) fn host(&self) -> &str {
        self.host_port.rsplit_once(':').map_or("", |(host, _)| host)
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.host_port.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or_default()
    }
}

/// The settings of [`tls::CLIENT`] in the words of `mysql_async`.
fn mysql_tls(settings: &Settings, context: &Context) -> Result<SslOpts, Reason> {
    let read = |name| Pem::of(settings, context, name).map(|pem| pem.read()).transpose();
    let mut options = SslOpts::default().with_disable_built_in_roots(!settings.flag("public-roots"));
    if let Some(ca) = read("ca")? {
        options = options.with_root_certs(vec![ca.into()]);
    }
    if let (Some(cert), Some(key)) = (read("cert")?, read("key")?) {
        options = options.with_client_identity(Some(ClientIdentity::new(cert.into(), key.into())));
    }
    let name = Some(settings.text("server-name").to_owned()).filter(|name| !name.is_empty());
    // Its name says danger; what it does is compare the certificate with another name, as our own setting does.
    Ok(options.with_danger_tls_hostname_override(name))
}

/// Databases that people ask for, and that are not spoken to.
const ABSENT: &[&str] = &["sqlserver", "mssql", "oracle", "db2", "odbc", "jdbc"];
const INSTEAD: &str = "`sql` speaks to PostgreSQL, MySQL, MariaDB and SQLite; let this one write its rows as files or post them by HTTP, \
                       or read a replica";
const SHAPE: &str = "write postgres://host:port/database, mysql://host:port/database or sqlite:FILE; who we are is said \
                     by `user` and `password`";

impl Asking {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Asking, Reason> {
        let login = Login::read(settings, context)?;
        let query = Statement::read("query", settings.text("query"), login.kind.dialect())?;
        if query.places.is_empty() || query.places.iter().any(|place| place != "key") {
            let text = "`query` uses `:key`, the value that is looked up, and nothing else";
            return Err(Reason::new(codes::E6621, text));
        }
        Ok(Asking { login, query, bytes_max: size(settings, "limit")? })
    }
}

impl Reading {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Reading, Reason> {
        let login = Login::read(settings, context)?;
        let complain = |text: String| Err(Reason::new(codes::E6621, text));
        let dialect = login.kind.dialect();
        let statement = |name: &str| match settings.text(name) {
            "" => Ok(None),
            sql => Statement::read(name, sql, dialect).map(Some),
        };
        let Some(query) = statement("query")? else {
            return complain("`query` is missing: the SELECT that finds what is new".to_owned());
        };
        let (columns, starts) = (settings.list("watermark"), settings.list("start"));
        if columns.len() != starts.len() {
            return complain("`watermark` and `start` belong together: a first value for each column".to_owned());
        }
        let watermark: Vec<(String, String)> =
            columns.iter().zip(starts).map(|(column, start)| (column.to_string(), start.to_string())).collect();
        let (mark, mark_refused) = (statement("mark")?, statement("mark-refused")?);
        if watermark.is_empty() == mark.is_none() {
            let text = "say how rows are told apart that were read: by `watermark` (a column that grows) or by `mark` (a \
                        statement that marks a row), one of them";
            return complain(text.to_owned());
        }
        if let Some(place) = query.places.iter().find(|place| !watermark.iter().any(|(column, _)| column == *place)) {
            return complain(format!("`query` has `:{place}`, which is no column of `watermark`"));
        }
        if let Some((column, _)) = watermark.iter().find(|(column, _)| !query.places.contains(column)) {
            return complain(format!("`query` does not use `:{column}`: without it every row is read each time"));
        }
        let schedule = match settings.text("at") {
            "" => None,
            times => Some(Schedule::read(times, settings.text("zone"))?),
        };
        Ok(Reading {
            login,
            schedule,
            query,
            message: Some(settings.text("message")).filter(|name| !name.is_empty()).map(str::to_owned),
            watermark,
            mark,
            mark_refused,
            pause: duration(settings, "every")?,
            rows_max: count(settings, "rows"),
            bytes_max: size(settings, "limit")?,
        })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Writing, Reason> {
        let login = Login::read(settings, context)?;
        let complain = |text: String| Err(Reason::new(codes::E6621, text));
        let each = Some(settings.text("each")).filter(|path| !path.is_empty()).map(Taken::each).transpose()?;
        let mut named = Vec::new();
        for line in settings.list("parameters") {
            let Some((name, place)) = line.split_once('=') else {
                return complain(format!("`parameters`: `{line}`: write \"name = path\""));
            };
            named.push((name.trim().to_owned(), Place::read(place)?));
        }
        let mut statements = Vec::new();
        for sql in settings.list("statement") {
            let statement = Statement::read("statement", sql, login.kind.dialect())?;
            let place = |name: &String| match named.iter().find(|(known, _)| known == name) {
                Some((_, place)) => Ok(place.clone()),
                None => Place::read(name),
            };
            let places = statement.places.iter().map(place).collect::<Result<Vec<_>, _>>()?;
            statements.push((statement, places));
        }
        if statements.is_empty() {
            return complain("`statement` is missing: the INSERT, UPDATE or CALL that takes a message".to_owned());
        }
        let is_used = |name: &String| statements.iter().any(|(statement, _)| statement.places.contains(name));
        if let Some((name, _)) = named.iter().find(|(name, _)| !is_used(name)) {
            return complain(format!("`parameters` has `{name}`, which no `statement` uses"));
        }
        Ok(Writing {
            login,
            statements,
            each,
            is_whole: settings.flag("transaction"),
            must_change: settings.flag("must-change"),
        })
    }
}
