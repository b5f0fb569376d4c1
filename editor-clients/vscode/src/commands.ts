/** Commands: from the prompt over progress and cancelling to a shown answer. */
import * as vscode from "vscode";
import type { Answers } from "./answers";
import type { Question } from "./protocol";
import { messageOf, type Server } from "./server";

export class Commands {
  private running: vscode.CancellationTokenSource | undefined;

  constructor(
    private readonly server: Server,
    private readonly answers: Answers,
  ) {}

  async askWorkspace(): Promise<void> {
    await this.prompt("Ask about the workspace", {});
  }

  async askAboutSelection(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor || editor.selection.isEmpty) {
      void vscode.window.showInformationMessage("RLM: select some text first, then ask about it.");
      return;
    }
    const { start, end } = editor.selection;
    await this.prompt("Ask about the selection", {
      textDocument: { uri: editor.document.uri.toString() },
      range: {
        start: { line: start.line, character: start.character },
        end: { line: end.line, character: end.character },
      },
    });
  }

  cancel(): void {
    this.running?.cancel();
  }

  private async prompt(title: string, about: Omit<Question, "question">): Promise<void> {
    if (this.running) {
      void vscode.window.showInformationMessage('RLM: a question is being answered; "RLM: Cancel" ends it.');
      return;
    }
    if (!this.server.hasFolder) {
      await offerFolder();
      return;
    }
    const question = await vscode.window.showInputBox({ title, placeHolder: "Where is …? How does …? What if …?" });
    if (question?.trim()) {
      await this.ask({ question, ...about });
    }
  }

  private async ask(question: Question): Promise<void> {
    const running = new vscode.CancellationTokenSource();
    this.setRunning(running);
    try {
      const answer = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: "RLM", cancellable: true },
        (progress, button) => {
          button.onCancellationRequested(() => running.cancel());
          return this.server.ask(question, (message) => progress.report({ message }), running.token);
        },
      );
      await this.answers.show(question.question, answer);
    } catch (error) {
      if (!running.token.isCancellationRequested) {
        void vscode.window.showErrorMessage(`RLM: ${messageOf(error)}`);
      }
    } finally {
      this.setRunning(undefined);
      running.dispose();
    }
  }

  private setRunning(running: vscode.CancellationTokenSource | undefined): void {
    this.running = running;
    void vscode.commands.executeCommand("setContext", "rlm.running", running !== undefined);
  }
}

async function offerFolder(): Promise<void> {
  const open = "Open Folder";
  const message = "RLM: no folder is open, so there is nothing to ask about.";
  if ((await vscode.window.showErrorMessage(message, open)) === open) {
    await vscode.commands.executeCommand("vscode.openFolder");
  }
}
