//! Lookups in each database.

use super::{Base, Sql, text};
use crate::testing::{context, lookup_settings};
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Lookup},
};
use testkit::lookup::{ANSWER_TIME_MAX, Conduct, HELD, NAME, TWICE};

pub(super) struct Subject<'b>(pub(super) &'b Base);

impl testkit::lookup::Subject for Subject<'_> {
    fn line<'a>(&'a self, conduct: Conduct) -> Boxed<'a, Option<Box<dyn Lookup>>> {
        Box::pin(async move {
            let base = self.0;
            let name = base.make();
            let address = match conduct {
                Conduct::Answer => base.address(&name),
                // A database that does not exist there.
                Conduct::Absent => format!("{}-not-there", base.address(&name)),
                // The table is missing.
                Conduct::Broken => base.address(&base.make()),
                Conduct::SilentFirst | Conduct::GarbageFirst | Conduct::CloseFirst => return None,
            };
            let rows = format!("('{HELD}', '{NAME}'), ('{TWICE}', 'a'), ('{TWICE}', 'b')");
            base.run(&name, "CREATE TABLE people (mrn VARCHAR(40), name VARCHAR(40))").unwrap();
            base.run(&name, &format!("INSERT INTO people VALUES {rows}")).unwrap();
            let mut values = base.login();
            values.push(("query", text("SELECT name FROM people WHERE mrn = :key")));
            values.push(("connect-timeout", Value::Duration(ANSWER_TIME_MAX * 10)));
            Some(Sql.lookup(&lookup_settings(&Sql, &address, &values), &context()).unwrap())
        })
    }
}

#[test]
fn a_query_takes_the_key_and_nothing_else() {
    let check = |query: &str| {
        Sql.check_lookup(&lookup_settings(&Sql, "sqlite:a.db", &[("query", text(query))])).map_err(|reason| reason.code)
    };
    assert_eq!(check("SELECT a FROM b WHERE c = :key"), Ok(()));
    for wrong in ["", "SELECT a FROM b", "SELECT a FROM b WHERE c = :key AND d = :other", "SELECT ':key'"] {
        assert_eq!(check(wrong).map_err(|code| code.to_string()), Err("E6621".to_owned()), "{wrong}");
    }
}
