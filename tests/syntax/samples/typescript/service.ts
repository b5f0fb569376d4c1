import { Injectable } from "framework";

/** What can be stored. */
export interface Entry<T = string> {
  readonly key: string;
  value?: T;
  save(force: boolean): Promise<void>;
}

export type Handler = (entry: Entry) => void;

export enum Level {
  Low,
  High = "high",
}

declare const VERSION: string;
declare module "legacy" {
  export function old(): void;
}

namespace Util.Text {
  export function trim(text: string): string {
    return text;
  }
}

function pick(key: string): string;
function pick(key: number): number;
function pick(key: any): any {
  return key;
}

@Injectable({ scope: "app" })
export abstract class Service<T extends Entry> {
  private readonly items: Map<string, T> = new Map();
  static count = 0;

  constructor(private readonly log: (m: string) => void) {}

  abstract load(key: string): T;

  // Keeps an entry.
  @traced()
  async keep(entry: T): Promise<void> {
    const local = entry;
    await local.save(true);
  }

  onChange = (handler: Handler): void => {
    handler({} as Entry);
  };
}

export const create = <T,>(value: T): T => value;
export default function () {
  return 1;
}
