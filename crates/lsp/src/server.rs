//! The conversation: initialize, files that open and change, questions, shutdown.

use super::{actions, completion, definition, hover, position, project::Project, rename, rpc, symbols};
use interface::catalogue::Connector;
use lang::syntax;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};

/// Serves one editor until it says `exit` or its end of the line closes. Gives the exit code that the protocol wants: 0 after
/// `shutdown`, else 1.
///
/// # Errors
/// The line breaks, or what comes over it is not the protocol.
pub fn serve(input: &mut dyn BufRead, output: &mut dyn Write, connectors: &[&dyn Connector]) -> io::Result<u8> {
    let mut server = Server { project: Project::new(connectors), state: State::New };
    while let Some(message) = rpc::read(input)? {
        let message = match message {
            Ok(message) => message,
            Err(answer) => {
                rpc::write(output, &answer)?;
                continue;
            }
        };
        if message.get("method").and_then(Value::as_str) == Some("exit") {
            return Ok(u8::from(server.state != State::Stopping));
        }
        for answer in server.take(&message) {
            rpc::write(output, &answer)?;
        }
    }
    Ok(1)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Running,
    Stopping,
}

struct Server<'c> {
    project: Project<'c>,
    state: State,
}

/// Why a request has no result.
type Refused = (i64, String);

impl Server<'_> {
    /// What is to be said to a message.
    fn take(&mut self, message: &Value) -> Vec<Value> {
        let Some(method) = message.get("method").and_then(Value::as_str) else { return Vec::new() };
        let nothing = Value::Null;
        let parameters = message.get("params").unwrap_or(&nothing);
        match message.get("id") {
            Some(id) => vec![match self.answer(method, parameters) {
                Ok(result) => rpc::success(id, result),
                Err((code, why)) => rpc::failure(id, code, &why),
            }],
            None if self.state == State::Running => self.notice(method, parameters),
            None => Vec::new(),
        }
    }

    fn answer(&mut self, method: &str, parameters: &Value) -> Result<Value, Refused> {
        match (self.state, method) {
            (State::New, "initialize") => {
                self.state = State::Running;
                Ok(self.initialize(parameters))
            }
            (State::New, _) => Err((rpc::NOT_INITIALIZED, "`initialize` comes first".to_owned())),
            (State::Stopping, _) => Err((rpc::INVALID_REQUEST, "the server was shut down".to_owned())),
            (State::Running, "shutdown") => {
                self.state = State::Stopping;
                Ok(Value::Null)
            }
            (State::Running, _) => self.ask(method, parameters),
        }
    }

    fn initialize(&mut self, parameters: &Value) -> Value {
        let folders = parameters.get("workspaceFolders").and_then(Value::as_array).cloned().unwrap_or_default();
        let uris = folders.iter().filter_map(|folder| folder.get("uri")).chain(parameters.get("rootUri"));
        for path in uris.filter_map(Value::as_str).filter_map(super::project::path_of) {
            self.project.look_around(&path);
        }
        json!({
            "serverInfo": {"name": "sinew", "version": env!("CARGO_PKG_VERSION")},
            "capabilities": {
                "positionEncoding": "utf-16",
                "textDocumentSync": {"openClose": true, "change": 1, "save": true},
                "hoverProvider": true,
                "completionProvider": {"triggerCharacters": [".", "-", "|", " "]},
                "definitionProvider": true,
                "documentSymbolProvider": true,
                "documentFormattingProvider": true,
                "renameProvider": {"prepareProvider": true},
                "codeActionProvider": {"codeActionKinds": ["quickfix"]},
            },
        })
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Result<Value, Refused> {
        let uri = parameters.pointer("/textDocument/uri").and_then(Value::as_str);
        let known = [
            "textDocument/hover",
            "textDocument/completion",
            "textDocument/definition",
            "textDocument/documentSymbol",
            "textDocument/formatting",
            "textDocument/prepareRename",
            "textDocument/rename",
            "textDocument/codeAction",
        ];
        if !known.contains(&method) {
            return Err((rpc::METHOD_NOT_FOUND, format!("`{method}` is not known here")));
        }
        let uri = uri.ok_or_else(|| (rpc::INVALID_PARAMS, "textDocument.uri is missing".to_owned()))?;
        let place = || {
            let position = parameters.get("position");
            position.ok_or_else(|| (rpc::INVALID_PARAMS, "position is missing".to_owned()))
        };
        let project = &mut self.project;
        let found = match method {
            "textDocument/hover" => hover::hover(project, uri, place()?),
            "textDocument/completion" => completion::completion(project, uri, place()?),
            "textDocument/definition" => definition::definition(project, uri, place()?),
            "textDocument/documentSymbol" => symbols::symbols(project, uri),
            "textDocument/prepareRename" => rename::prepare(project, uri, place()?),
            "textDocument/rename" => {
                let new = parameters.get("newName").and_then(Value::as_str);
                let new = new.ok_or_else(|| (rpc::INVALID_PARAMS, "newName is missing".to_owned()))?;
                rename::rename(project, uri, place()?, new).map_err(|why| (rpc::INVALID_PARAMS, why))?
            }
            "textDocument/codeAction" => {
                let range = parameters.get("range");
                let range = range.ok_or_else(|| (rpc::INVALID_PARAMS, "range is missing".to_owned()))?;
                actions::actions(project, uri, range)
            }
            _ => format(project, uri),
        };
        Ok(found.unwrap_or(Value::Null))
    }

    fn notice(&mut self, method: &str, parameters: &Value) -> Vec<Value> {
        let Some(uri) = parameters.pointer("/textDocument/uri").and_then(Value::as_str) else {
            return if method == "workspace/didChangeWatchedFiles" { self.diagnostics() } else { Vec::new() };
        };
        match method {
            "textDocument/didOpen" => {
                let text = parameters.pointer("/textDocument/text").and_then(Value::as_str).unwrap_or_default();
                self.project.put(uri, text.to_owned());
            }
            "textDocument/didChange" => {
                // The whole text, as it was agreed on; the last one counts.
                let changes = parameters.get("contentChanges").and_then(Value::as_array);
                let text = changes.and_then(|all| all.last()).and_then(|last| last.get("text")).and_then(Value::as_str);
                let Some(text) = text else { return Vec::new() };
                self.project.put(uri, text.to_owned());
            }
            "textDocument/didClose" => self.project.close(uri),
            "textDocument/didSave" => {}
            _ => return Vec::new(),
        }
        self.diagnostics()
    }

    fn diagnostics(&mut self) -> Vec<Value> {
        let all = self.project.check().into_iter();
        all.map(|parameters| rpc::notification("textDocument/publishDiagnostics", parameters)).collect()
    }
}

/// The answer to `textDocument/formatting`: nothing to do for a file with errors.
fn format(project: &Project<'_>, uri: &str) -> Option<Value> {
    let text = project.text(uri)?;
    let (tree, found) = syntax::parse(project.name(uri).as_str(), text.as_str());
    if found.iter().any(message::Diagnostic::is_error) {
        return None;
    }
    let made = syntax::format(&tree);
    let edit = json!({"range": position::range(&text, &(0..text.len())), "newText": made});
    Some(if made == text { json!([]) } else { json!([edit]) })
}
