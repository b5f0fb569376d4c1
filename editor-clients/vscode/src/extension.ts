/** RLM for Visual Studio Code: what is registered when the extension starts. */
import * as vscode from "vscode";
import { Answers } from "./answers";
import { Commands } from "./commands";
import { Server } from "./server";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const started = (server = new Server());
  const answers = new Answers();
  const commands = new Commands(started, answers);
  // The server has `rlm.ask` as its own command, which the language client registers: these ids differ.
  context.subscriptions.push(
    answers.register(),
    vscode.commands.registerCommand("rlm.askWorkspace", () => commands.askWorkspace()),
    vscode.commands.registerCommand("rlm.askAboutSelection", () => commands.askAboutSelection()),
    vscode.commands.registerCommand("rlm.cancel", () => commands.cancel()),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("rlm")) {
        await started.stop();
      }
    }),
  );
  // Opens the workspace ahead of the first question, which says so if this fails.
  if (started.hasFolder) {
    started.start().catch(() => undefined);
  }
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
