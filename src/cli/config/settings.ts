import { printablePath } from "../../platform/mod.ts";
import { type CommandSpec, type OptionSpec, settableGlobals, settableOptions } from "../spec.ts";
import { allOptions } from "../mod.ts";
import { didYouMean } from "../suggest.ts";
import { ConfigDocument, type ConfigProblem, type Property } from "./document.ts";
import { readValue } from "./value.ts";

/** A value of the config file. */
export interface Setting {
  readonly value: boolean | readonly string[];
  /** The line in the file, counted from one. */
  readonly line: number;
}

/** The settings of the file for one command. */
export interface CommandSettings {
  readonly values: ReadonlyMap<string, Pick<Setting, "value">>;
  readonly problems: readonly ConfigProblem[];
}

/**
 * The settings of a config file for one command, and the problems of the file. Of other commands'
 * sections, only the names are checked, so that their specs need not be loaded.
 *
 * @param commands The names of all commands.
 */
export function settingsOf(
  path: string,
  text: string,
  spec: CommandSpec,
  commands: readonly string[],
): CommandSettings {
  const document = new ConfigDocument(printablePath(path), text);
  const values = new Map<string, Setting>();
  let section: Property | undefined;
  for (const property of document.properties()) {
    if (property.name === spec.name) section = property;
    else readGlobal(document, property, commands, values);
  }
  // Read last, because it overrides the settings for all commands.
  if (section) readSection(document, section, spec, values);
  return { values, problems: document.problems };
}

export function readGlobal(
  document: ConfigDocument,
  property: Property,
  commands: readonly string[],
  values: Map<string, Setting>,
  hintFor = (_name: string): string | undefined => undefined,
): void {
  const { name, nameAt } = property;
  const globals = settableGlobals();
  const option = globals.find((option) => option.name === name);
  if (option) return readOption(document, property, option, values);
  if (commands.includes(name)) return;
  const names = [...globals.map((option) => option.name), ...commands];
  const hint = hintFor(name) ?? didYouMean(name, names) ??
    `an option of one command goes into its section: "open": { ... }`;
  document.note(nameAt, `unknown name ${JSON.stringify(name)}`, hint);
}

export function readSection(
  document: ConfigDocument,
  { name: command, value: object }: Property,
  spec: CommandSpec,
  values: Map<string, Setting>,
): void {
  if (object.type !== "object") {
    document.note(object, `${JSON.stringify(command)} must be an object of options: { ... }`);
    return;
  }
  const options = settableOptions(spec);
  for (const property of document.properties(object)) {
    const option = options.find((option) => option.name === property.name);
    if (option) {
      readOption(document, property, option, values);
      continue;
    }
    if (allOptions(spec).some(({ name }) => name === property.name)) {
      document.note(
        property.nameAt,
        `${JSON.stringify(property.name)} cannot be set here, because it only applies to one call`,
        `give it on the command line: sessionctl ${command} --${property.name}`,
      );
      continue;
    }
    const names = options.filter(({ hidden }) => !hidden).map(({ name }) => name);
    document.note(
      property.nameAt,
      `${command} has no option ${JSON.stringify(property.name)}`,
      didYouMean(property.name, names) ?? `sessionctl ${command} --help lists them`,
    );
  }
}

function readOption(
  document: ConfigDocument,
  { name, value: node }: Property,
  option: OptionSpec,
  values: Map<string, Setting>,
): void {
  const read = readValue(document.valueOf(node), option);
  if ("problem" in read) document.note(node, `${JSON.stringify(name)} ${read.problem}`);
  else values.set(name, { value: read.value, line: document.lineOf(node) });
}
