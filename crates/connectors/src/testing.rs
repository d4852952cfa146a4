//! Settings and surroundings for the connectors' tests, filled from their own specs as the checker would.

use interface::catalogue::{Connector, Context, Notebook, SettingKind, Settings, Side, Value};
use message::{Reason, clock::System};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use testkit::Switchboard;

/// A context without other interfaces, in a folder that nobody uses.
pub(crate) fn context() -> Context {
    context_in(&std::env::temp_dir())
}

/// A context with this workspace.
pub(crate) fn context_in(workspace: &Path) -> Context {
    Context {
        clock: Arc::new(System),
        offset_s: |_| 0,
        owner: "adt-main/archive".into(),
        workspace: workspace.to_owned(),
        exchange: Arc::new(Switchboard::default()),
        handles: Arc::default(),
        notebook: Arc::new(Pages::default()),
    }
}

/// A notebook that lasts as long as the test.
#[derive(Default)]
pub(crate) struct Pages(Mutex<HashMap<String, String>>);

impl Notebook for Pages {
    fn read(&self, name: &str) -> Result<Option<String>, Reason> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }
    fn write(&self, name: &str, text: &str) -> Result<(), Reason> {
        self.0.lock().unwrap().insert(name.to_owned(), text.to_owned());
        Ok(())
    }
}

/// The defaults of one side of a connector, then `values` over them.
pub(crate) fn settings(
    connector: &dyn Connector,
    is_source: bool,
    address: &str,
    values: &[(&'static str, Value)],
) -> Settings {
    let spec = connector.spec();
    let side = if is_source { spec.source.as_ref() } else { spec.destination.as_ref() }.expect("this side exists");
    filled(side, spec.name, address, values)
}

/// As [`settings`], for a lookup.
pub(crate) fn lookup_settings(connector: &dyn Connector, address: &str, values: &[(&'static str, Value)]) -> Settings {
    filled(connector.lookup_side().expect("it answers lookups"), connector.spec().name, address, values)
}

fn filled(side: &Side, name: &str, address: &str, values: &[(&'static str, Value)]) -> Settings {
    let mut settings = Settings { address: address.into(), values: Default::default() };
    for option in side.options.iter().filter(|option| !option.default.is_empty()) {
        settings.values.insert(option.name, read(option.kind, option.default));
    }
    for (option, value) in values {
        assert!(side.options.iter().any(|known| known.name == *option), "{name} has no setting {option}");
        settings.values.insert(option, value.clone());
    }
    settings
}

fn read(kind: SettingKind, text: &str) -> Value {
    let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let number = || text[..split].parse::<u64>().expect("a number");
    match kind {
        SettingKind::Duration => Value::Duration(match &text[split..] {
            "ms" => Duration::from_millis(number()),
            "s" => Duration::from_secs(number()),
            "m" => Duration::from_secs(number() * 60),
            "h" => Duration::from_secs(number() * 3600),
            unit => panic!("no duration: {unit}"),
        }),
        SettingKind::Size => Value::Count(match &text[split..] {
            "MiB" => number() << 20,
            "KiB" => number() << 10,
            unit => panic!("no size: {unit}"),
        }),
        SettingKind::Count(low, high) => {
            assert!((low..=high).contains(&number()), "a default out of bounds");
            Value::Count(number())
        }
        SettingKind::Word(words) => {
            assert!(words.contains(&text), "a default that is no choice");
            Value::Text(text.into())
        }
        SettingKind::Text | SettingKind::Path => Value::Text(text.into()),
        SettingKind::Flag => Value::Flag(text == "yes"),
        SettingKind::List => Value::List(Vec::new()),
    }
}
