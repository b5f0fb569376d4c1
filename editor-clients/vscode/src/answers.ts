/** Answers as read-only Markdown documents whose citations are links. */
import * as vscode from "vscode";
import type { Answer, Citation } from "./protocol";

export const SCHEME = "rlm-answer";
const TITLE_CHARS = 60;

export class Answers implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider {
  private readonly answers = new Map<string, { text: string; citations: Citation[] }>();
  private count = 0;

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.languages.registerDocumentLinkProvider({ scheme: SCHEME }, this),
      vscode.workspace.onDidCloseTextDocument((document) => this.answers.delete(document.uri.toString())),
    );
  }

  async show(question: string, answer: Answer): Promise<void> {
    const title = question.replace(/[^\p{L}\p{N}]+/gu, " ").trim().slice(0, TITLE_CHARS);
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${(this.count += 1)}/${title}.md` });
    this.answers.set(uri.toString(), {
      text: `# ${question}\n\n${answer.markdown}`,
      citations: answer.citations,
    });
    const document = await vscode.workspace.openTextDocument(uri);
    // The focus stays where it is: an answer arrives while its asker types something else.
    await vscode.window.showTextDocument(document, {
      preview: false,
      preserveFocus: true,
      viewColumn: vscode.ViewColumn.Beside,
    });
  }

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    return this.answers.get(uri.toString())?.text;
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const citations = this.answers.get(document.uri.toString())?.citations ?? [];
    return citations.flatMap((citation) => links(document, citation));
  }
}

/** A link wherever the document names the citation, as `path:line` or `path:start-end`. */
function links(document: vscode.TextDocument, citation: Citation): vscode.DocumentLink[] {
  const { path, start_line: start, end_line: end } = citation;
  const place = end === start ? `${path}:${start}` : `${path}:${start}-${end}`;
  const target = vscode.Uri.parse(citation.uri).with({ fragment: `L${start}-${end}` });
  const text = document.getText();
  const found: vscode.DocumentLink[] = [];
  for (let at = text.indexOf(place); at >= 0; at = text.indexOf(place, at + place.length)) {
    const after = at + place.length;
    // `a.py:1` is not what `a.py:12` or `a.py:1-3` names, nor `b/a.py:1` what `a.py:1` does.
    if (/[\w./-]/.test(text[at - 1] ?? " ") || /^(\d|-\d)/.test(text.slice(after, after + 2))) {
      continue;
    }
    const range = new vscode.Range(document.positionAt(at), document.positionAt(after));
    found.push(new vscode.DocumentLink(range, target));
  }
  return found;
}
