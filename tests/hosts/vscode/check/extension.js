// What a user of the extension sees. Keys come from outside: drive.mjs presses what is logged for it.
const vscode = require("vscode");

const PATIENCE_MS = 60_000;
const WORDS_AFTERWARDS = 5;

async function until(what, holds) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function answerIsShown() {
  return vscode.window.visibleTextEditors.some(({ document }) => document.uri.scheme === "rlm-answer");
}

// Asks, then types words until some time after the answer has come: each must arrive where it was typed.
exports.answerLeavesTheFocus = async () => {
  const [folder] = vscode.workspace.workspaceFolders;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, "notes.txt"));
  await vscode.window.showTextDocument(document);
  let asking = true;
  const asked = Promise.resolve(vscode.commands.executeCommand("rlm.askWorkspace")).finally(() => (asking = false));
  console.log("drive answer-prompt Where is `greet` defined?");

  let words = 0;
  for (let left = WORDS_AFTERWARDS; left > 0; left -= answerIsShown() ? 1 : 0) {
    const word = `word${(words += 1)}`;
    console.log(`drive type ${word}`);
    await until(`${word} is in notes.txt`, () => document.getText().includes(`${word} `));
    if (!asking && !answerIsShown()) throw new Error("RLM: Ask has ended without an answer.");
  }
  await asked;
  if (vscode.window.activeTextEditor?.document !== document) throw new Error("The answer has taken the focus.");
  console.log(`VS Code left the focus where it was: ${words} words were typed around an answer`);
};
