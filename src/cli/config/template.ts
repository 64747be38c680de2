import { type CommandSpec, type OptionSpec, settableGlobals, settableOptions } from "../spec.ts";

/** A config file that sets nothing and shows everything that can be set. */
export function configTemplate(specs: readonly CommandSpec[]): string {
  const globals = settableGlobals();
  const names = new Set(globals.map(({ name }) => name));
  const sections = specs.filter(({ hidden }) => !hidden).map((spec) => ({
    name: spec.name,
    lines: settableOptions(spec)
      .filter(({ name, hidden }) => !hidden && !names.has(name))
      .flatMap((option) => lines(option, "  // ")),
  })).filter(({ lines }) => lines.length > 0);
  return [
    "// Defaults for sessionctl's options. An option on the command line takes precedence, then its",
    "// environment variable, then this file. Comments and trailing commas are allowed.",
    "// sessionctl config shows the effective options, and the mistakes in this file.",
    "{",
    "  // For every command:",
    ...globals.flatMap((option) => lines(option, "  // ")),
    ...sections.flatMap(({ name, lines }) => ["", `  // "${name}": {`, ...lines, "  // },"]),
    "}",
    "",
  ].join("\n");
}

function lines(option: OptionSpec, indent: string): string[] {
  return [
    `${indent}  // ${option.summary}`,
    `${indent}  ${JSON.stringify(option.name)}: ${exampleOf(option)},`,
  ];
}

function exampleOf({ type, kind, example: own, valueName, ...rest }: OptionSpec): string {
  const fallback = own ?? rest.default;
  if (type === "flag") return "true";
  const text = kind !== "number" && fallback !== undefined
    ? fallback
    : Array.isArray(kind)
    ? kind[0]
    : valueName;
  const example = kind === "number" ? fallback ?? "1000" : JSON.stringify(text);
  return type === "list" ? `[${example}]` : example;
}
