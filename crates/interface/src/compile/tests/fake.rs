//! A catalogue with the shapes of the real one, for this crate's own tests: connectors live on a higher floor.

use crate::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

struct Fake(&'static Spec);

impl Connector for Fake {
    fn spec(&self) -> &'static Spec {
        self.0
    }
    fn lookup_side(&self) -> Option<&'static Side> {
        (self.0.name == "http").then_some(&ASKED)
    }
    fn source(&self, _: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        unreachable!("the compiler opens nothing")
    }
    fn destination(&self, _: &Settings, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        unreachable!("the compiler opens nothing")
    }
}

pub(crate) const CATALOGUE: &[&dyn Connector] =
    &[&Fake(&FILE), &Fake(&HTTP), &Fake(&LINK), &Fake(&MLLP), &Fake(&TIMER), &Fake(&TOPIC)];

pub(crate) fn variables(name: &str) -> Option<String> {
    (name == "PORT").then(|| "2600".to_owned())
}

static ASKED: Side = Side {
    address: Address { kind: AddressKind::Remote, description: "An address." },
    options: &[setting("timeout", SettingKind::Duration, "30s")],
    example: "",
};

const fn setting(name: &'static str, kind: SettingKind, default: &'static str) -> Setting {
    Setting { name, kind, default, description: "A setting." }
}

const fn side(kind: AddressKind, options: &'static [Setting]) -> Option<Side> {
    Some(Side { address: Address { kind, description: "An address." }, options, example: "" })
}

const fn spec(name: &'static str, source: Option<Side>, destination: Option<Side>) -> Spec {
    Spec { name, title: name, description: "", source, destination }
}

static MLLP: Spec = spec(
    "mllp",
    side(
        AddressKind::HostPort,
        &[
            setting("limit", SettingKind::Size, "64MiB"),
            setting("connections", SettingKind::Count(1, 65_536), "1024"),
            setting("idle", SettingKind::Duration, "0s"),
            setting("keep-alive", SettingKind::Flag, "yes"),
            setting("clients", SettingKind::List, ""),
            setting("plaintext", SettingKind::Flag, "no"),
            setting("cert", SettingKind::Path, ""),
        ],
    ),
    side(
        AddressKind::HostPort,
        &[
            setting("timeout", SettingKind::Duration, "30s"),
            setting("match", SettingKind::Word(&["strict", "any"]), "strict"),
            setting("password", SettingKind::Text, ""),
            setting("sequence", SettingKind::Word(&["off", "numbers"]), "off"),
            setting("max-size", SettingKind::Size, ""),
            setting("acknowledgment", SettingKind::Word(&["expected", "none"]), "expected"),
        ],
    ),
);
static FILE: Spec = spec(
    "file",
    side(
        AddressKind::Folder,
        &[setting("every", SettingKind::Duration, "1s"), setting("done", SettingKind::Path, "done")],
    ),
    side(AddressKind::Folder, &[setting("name", SettingKind::Text, "{delivery}.hl7")]),
);
static HTTP: Spec = spec("http", side(AddressKind::Url, &[]), side(AddressKind::Url, &[]));
static LINK: Spec = spec("interface", side(AddressKind::Nothing, &[]), side(AddressKind::Interface, &[]));
static TOPIC: Spec = spec("topic", side(AddressKind::Topic, &[]), None);
static TIMER: Spec = spec("timer", side(AddressKind::Nothing, &[]), None);
