import { printablePath } from "../../platform/mod.ts";
import type { CommandSpec } from "../spec.ts";
import { ConfigDocument, type ConfigProblem } from "./document.ts";
import { readConfigFile } from "./file.ts";
import { readGlobal, readSection, type Setting } from "./settings.ts";

/** The whole config file. */
export interface CheckedConfig {
  readonly exists: boolean;
  /** The settings for all commands, by option. */
  readonly global: ReadonlyMap<string, Setting>;
  /** The settings for single commands, by command and option. */
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, Setting>>;
  readonly problems: readonly ConfigProblem[];
}

/** Reads the whole config file and checks it against the specs of all commands. */
export function checkConfig(path: string, specs: readonly CommandSpec[]): CheckedConfig {
  const global = new Map<string, Setting>();
  const sections = new Map<string, Map<string, Setting>>();
  const { text, problem } = readConfigFile(path);
  if (text === undefined) {
    const exists = problem !== undefined && problem.refused !== "missing";
    return { exists, global, sections, problems: problem ? [problem] : [] };
  }
  const document = new ConfigDocument(printablePath(path), text);
  const commands = specs.map(({ name }) => name);
  for (const property of document.properties()) {
    const spec = specs.find(({ name }) => name === property.name);
    if (spec) {
      const values = new Map<string, Setting>();
      sections.set(spec.name, values);
      readSection(document, property, spec, values);
    } else {
      readGlobal(document, property, commands, global, (name) => ownerOf(name, specs));
    }
  }
  return { exists: true, global, sections, problems: document.problems };
}

/** A hint for an option of single commands that the file sets for all commands. */
function ownerOf(name: string, specs: readonly CommandSpec[]): string | undefined {
  const owners = specs.filter(({ options }) => options.some((option) => option.name === name));
  if (owners.length === 0) return undefined;
  const names = owners.map((spec) => spec.name);
  return `it is an option of ${names.join(", ")}: "${names[0]}": { ${JSON.stringify(name)}: ... }`;
}
