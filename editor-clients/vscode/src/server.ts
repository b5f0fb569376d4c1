/** The language server's process and the client that talks to it. */
import * as vscode from "vscode";
import { LanguageClient, WorkDoneProgress } from "vscode-languageclient/node";
import type { Answer, Question } from "./protocol";

let tokens = 0;

/** Keeps its errors to its log: whoever asks is told, once, and nobody who does not ask is bothered. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private starting: Promise<LanguageClient> | undefined;

  /** Whether there is anything to ask about: a folder is open, or the settings name one. */
  get hasFolder(): boolean {
    const args = vscode.workspace.getConfiguration("rlm").get<string[]>("args", []);
    return Boolean(vscode.workspace.workspaceFolders?.length) || args.some((arg) => arg.startsWith("--root"));
  }

  /** Starts the server if it is not running; rejects with a sentence when it cannot be started. */
  start(): Promise<LanguageClient> {
    this.starting ??= this.launch().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  /** Ends the server; the next question starts it again, with the settings of then. */
  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.starting = undefined;
    await client?.dispose();
  }

  /** Asks; `report` is given each line of progress, and cancelling the token ends the run. */
  async ask(
    question: Question,
    report: (line: string) => void,
    cancellation: vscode.CancellationToken,
  ): Promise<Answer> {
    const client = await this.start();
    const workDoneToken = `rlm-${(tokens += 1)}`;
    const progress = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
      if (value.kind !== "end" && value.message) {
        report(value.message);
      }
    });
    try {
      return await client.sendRequest<Answer>("rlm/ask", { ...question, workDoneToken }, cancellation);
    } finally {
      progress.dispose();
    }
  }

  dispose(): void {
    void this.stop();
  }

  private async launch(): Promise<LanguageClient> {
    const settings = vscode.workspace.getConfiguration("rlm");
    const command = settings.get("command", "rlm-lsp");
    const client = new QuietClient(
      "rlm",
      "RLM",
      { command, args: settings.get<string[]>("args", []) },
      // Every file's unsaved text belongs to the context, whatever its language.
      { documentSelector: [{ scheme: "file" }] },
    );
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      throw new Error(
        `${command} could not be started (${messageOf(error)}). Install it with "uv tool install ." in a clone ` +
          'of rlm-mcp, or say where it is in the setting "rlm.command".',
      );
    }
    return client;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
