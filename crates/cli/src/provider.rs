//! The provider of sign-ins, as the workspace describes it, asked by the HTTP client of the connectors.

use crate::outcome::{Failure, Result};
use connectors::Asking;
use interface::{
    catalogue::Context,
    contract::Boxed,
    workspace::{KeyPlace, SsoLines},
};
use message::Reason;
use server::{Fetch, Provider};
use std::{path::Path, sync::Arc};
use zeroize::Zeroizing;

struct Client(Asking);

impl Fetch for Client {
    fn get<'a>(&'a self, url: &'a str) -> Boxed<'a, std::result::Result<Vec<u8>, Reason>> {
        Box::pin(self.0.ask(url, None, None))
    }
    fn post<'a>(
        &'a self,
        url: &'a str,
        form: &'a [(&'a str, &'a str)],
        basic: Option<(&'a str, &'a str)>,
    ) -> Boxed<'a, std::result::Result<Vec<u8>, Reason>> {
        Box::pin(self.0.ask(url, Some(form), basic))
    }
}

/// The provider; none where the workspace names none.
///
/// # Errors
/// Its secret cannot be read.
pub fn provider(lines: &SsoLines, folder: &Path, context: &Context) -> Result<Option<Provider>> {
    if lines.issuer.is_empty() {
        return Ok(None);
    }
    let secret = lines.secret.as_ref().map(|place| secret(place, folder, "[sso] secret")).transpose()?;
    let or = |text: &str, otherwise: &str| if text.is_empty() { otherwise } else { text }.to_owned();
    let host = lines.issuer.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let ca = lines.ca.as_ref().map(|path| folder.join(path));
    Ok(Some(Provider {
        issuer: lines.issuer.to_string(),
        title: or(&lines.title, host),
        client: or(&lines.client, "sinew"),
        secret: secret.map(Arc::new),
        claim: or(&lines.claim, "groups"),
        roles: lines.roles.iter().map(|(group, role)| (group.to_string(), role.to_string())).collect(),
        has_factor: lines.has_factor,
        fetch: Arc::new(Client(Asking::new(context.clone(), ca.as_deref()))),
    }))
}

/// What a line of `sinew.toml` says is found elsewhere. `line` is for people.
///
/// # Errors
/// It is not there.
pub fn secret(place: &KeyPlace, folder: &Path, line: &str) -> Result<Zeroizing<String>> {
    let text = match place {
        KeyPlace::Variable(name) => std::env::var(&**name)
            .map_err(|_| Failure::usage(format!("{line} is in the environment variable {name}, which is not set")))?,
        KeyPlace::File(path) => {
            let path = folder.join(path);
            std::fs::read_to_string(&path)
                .map_err(|error| Failure::unreachable(format!("{line}: {}: {error}", path.display())))?
        }
    };
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
