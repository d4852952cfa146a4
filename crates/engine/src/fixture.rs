//! Definitions for this crate's own tests: from the text of an interface, with one connector that opens nothing.

use interface::{
    case::TestCase,
    catalogue::{Address, AddressKind, Connector, Context, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
    definition::Definition,
    workspace::{Files, Options, Workspace},
};
use message::Reason;
use std::sync::Arc;

struct Closed;

static SPEC: Spec = Spec {
    name: "fake",
    title: "opens nothing",
    description: "",
    source: Some(Side { address: Address { kind: AddressKind::HostPort, description: "" }, options: &[], example: "" }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Folder, description: "" },
        options: &[],
        example: "",
    }),
};

impl Connector for Closed {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }
    fn source(&self, _: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        unreachable!("nothing is opened")
    }
    fn destination(&self, _: &Settings, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        unreachable!("nothing is opened")
    }
}

/// The interface `demo` with these lines, and its tests.
pub(crate) fn load(lines: &str, tests: &str) -> (Arc<Definition>, Vec<TestCase>) {
    let head = "owner \"Team\" contact it@example.org oncall 5-0100\nreceive fake 2575";
    let receive = if lines.contains("receive ") { head.lines().next().unwrap() } else { head };
    let text = format!("interface demo \"Demo\" {{\n{receive}\n{lines}\n}}\n{tests}");
    let files = Files::memory([
        ("sinew.toml", "name = \"test\""),
        ("interfaces/demo/interface.flow", &*text),
        ("interfaces/demo/tables/units.csv", "from,to\n4W,4WEST\n"),
        ("interfaces/demo/scripts/tidy.js", "msg.set('PV1-3', table('units').get(msg.get('PV1-3')) ?? 'NONE');"),
        (
            "interfaces/demo/scripts/choose.js",
            "log('ward', msg.get('PV1-3')); if (msg.get('PV1-3') === 'TEST') msg.drop('a test ward');
             if (msg.get('PV1-3') === '9X') msg.park('no such ward'); if (msg.get('PV1-3') === 'BAD') msg.nothing();",
        ),
        ("shared/scripts/again.js", "return `${value}${value}`"),
    ]);
    let variables = |_: &str| None;
    let options = Options {
        connectors: &[&Closed],
        environment: None,
        overrides: None,
        variables: &variables,
        secrets: &|_| None,
    };
    let (workspace, findings) = Workspace::of(files, &options);
    let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    (workspace.definitions[0].clone(), workspace.tests)
}

pub(crate) fn definition(lines: &str) -> Arc<Definition> {
    load(lines, "").0
}
