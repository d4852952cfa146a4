// Starts `sinew lsp` and hands the editor over to it. All knowledge of the language is there.
const { workspace, window } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async function () {
  const command = workspace.getConfiguration("sinew").get("path", "sinew");
  const run = { command, args: ["lsp"] };
  client = new LanguageClient(
    "sinew",
    "Sinew",
    { run, debug: run },
    {
      documentSelector: [{ scheme: "file", language: "sinew" }],
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/{*.flow,*.map,*.csv,*.toml}") },
    },
  );
  try {
    await client.start();
  } catch (error) {
    window.showErrorMessage(`Sinew: ${command} lsp does not start (${error.message}). Set sinew.path in the settings.`);
  }
};

exports.deactivate = function () {
  return client ? client.stop() : undefined;
};
