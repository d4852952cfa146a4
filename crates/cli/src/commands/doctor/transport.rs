//! What travels in the open, and certificates that end.

use super::{Finding, Level, finding};
use crate::{host::api_settings, table::count};
use interface::workspace::Workspace;
use message::{Clock as _, clock};
use server::{
    certificates::{self, URGENT_DAYS, Used},
    codes, risks,
};

/// Findings about transport.
pub(super) fn look(workspace: &Workspace) -> Vec<Finding> {
    let api = api_settings(&workspace.server.api, &workspace.folder);
    let mut report = Vec::new();
    for risk in risks::in_the_open(&workspace.definitions, &api) {
        let remedy = match risk.is_accepted {
            true => "a line says that it is meant; the network has to be closed to others",
            false => "set `cert` and `key`, or `tls yes`; `sinew cert issue` makes certificates for a start",
        };
        let text = format!("{}: {}", risk.place, risk.text);
        report.push(Finding { code: Some(risk.code.to_owned()), ..finding(Level::Warn, "open", text, remedy) });
    }
    let used = certificates::used(&workspace.definitions, &workspace.folder, api.certificate.as_ref());
    let now = clock::System.now();
    let good = used.iter().filter(|one| one.certificate.is_some() && one.notice(now).is_none()).count();
    if good > 0 {
        let text = format!("{}, good for more than 60 days", count(good as u64, "certificate"));
        report.push(finding(Level::Ok, "certs", text, ""));
    }
    report.extend(used.iter().filter_map(|one| ending(one, now)));
    report
}

fn ending(used: &Used, now: message::Timestamp) -> Option<Finding> {
    let Used { by, role, place, certificate } = used;
    let Some(certificate) = certificate else {
        let text = format!("{by}: no certificate can be read from `{role}`, {place}");
        return Some(finding(Level::Fail, "certs", text, "sinew cert check says more"));
    };
    let notice = used.notice(now)?;
    let end = certificate.not_after.to_rfc3339();
    let (days, end) = (certificate.days_left(now), end.get(..10).unwrap_or_default());
    let text = match notice {
        0 => format!("{by}: the certificate in `{role}` ended on {end}: connections fail"),
        _ => format!("{by}: the certificate in `{role}` ends on {end}, in {}", count(days.unsigned_abs(), "day")),
    };
    let level = if days < URGENT_DAYS { Level::Fail } else { Level::Warn };
    let remedy = "put the new one into the same file: it is taken without a restart";
    Some(Finding { code: Some(codes::E7303.id.to_owned()), ..finding(level, "certs", text, remedy) })
}
