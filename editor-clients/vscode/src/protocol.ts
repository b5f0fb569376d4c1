/** What goes over the wire in `rlm/ask`; the server's field names. */
import type { Range, TextDocumentIdentifier } from "vscode-languageclient/node";

export interface Question {
  question: string;
  scope?: string[];
  textDocument?: TextDocumentIdentifier;
  range?: Range;
}

export interface Citation {
  path: string;
  start_line: number;
  end_line: number;
  symbol: string | null;
  uri: string;
}

export interface Answer {
  markdown: string;
  citations: Citation[];
}
