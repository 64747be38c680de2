import { join, resolve } from "@std/path";

const root = resolve(import.meta.dirname!, "../..");

/** The installed tools of the end-to-end run, kept between runs. */
export const CACHE = join(root, "build", "e2e-tools");

/** The output of a run: the report, its screenshots, the servers' logs. */
export const OUTPUT = join(root, "build", "e2e");

/** The file in which the tests find all paths. */
export const TOOLS_FILE = join(CACHE, "tools.json");

/** An installed release of code-server. */
export interface CodeServer {
  readonly version: string;
  /** The Node that this release requires. */
  readonly node: string;
  /** The folder of its package. */
  readonly home: string;
}

/** The programs that the scenarios use. */
export interface Tools {
  /** The oldest release first. */
  readonly codeServers: readonly CodeServer[];
  readonly chromium: string;
  /** The folder of Playwright's package. */
  readonly playwright: string;
  /** Versions by name, for the report. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The record of a scenario, written by the test and read by the report. */
export interface ScenarioRecord {
  readonly title: string;
  /** The time of its registration in milliseconds since the epoch; it determines the order. */
  readonly registered: number;
  outcome: "passed" | "failed" | "not run";
  seconds: number;
  error?: string;
  readonly shots: { readonly file: string; readonly caption: string }[];
}
