import { defineCommand, ExitCode, option, type Output } from "../cli/mod.ts";
import {
  extensionFailure,
  type ExtensionManagementMessage,
  extensionsIn,
  fileUri,
  installedExtensions,
  plainText,
} from "../editor/mod.ts";
import { SessionctlError } from "../errors.ts";
import { readOperand } from "../open/mod.ts";
import { printablePath } from "../platform/mod.ts";
import type { EditorDestination } from "../routing/mod.ts";
import {
  askEditor,
  currentFolder,
  type TargetContext,
  targetOptions,
} from "./shared/editor_target.ts";

const ACTIONS = ["list", "install", "uninstall"] as const;

/** `sessionctl extensions`: manages the editor's extensions. */
export const command = defineCommand({
  name: "extensions",
  group: "open",
  summary: "List, install or uninstall editor extensions",
  operands: [{ name: "list|install|uninstall", kind: ACTIONS }, {
    name: "EXTENSION",
    kind: "text",
    arity: "any",
  }],
  options: {
    showVersions: option.flag({ summary: "Also print their versions (with list)" }),
    category: option.text({
      valueName: "CATEGORY",
      summary: "Only extensions of this category (with list)",
    }),
    force: option.flag({ summary: "Update without asking (with install)" }),
    ...targetOptions,
  },
  examples: [
    {
      command: "sessionctl extensions list --show-versions",
      does: "list what is installed, with versions",
    },
    {
      command: "sessionctl extensions install denoland.vscode-deno",
      does: "install an extension by its identifier",
    },
    {
      command: "sessionctl extensions install ./mine.vsix",
      does: "install an extension from a file",
    },
  ],
  details: [
    "list prints one extension per line on stdout, and the editor's heading on stderr. " +
    "The exit code is 1 if the editor reports that it could not install or uninstall an " +
    "extension.",
  ],
  async run(context) {
    const { showVersions, category, force } = context.args;
    const [action, ...names] = context.operands;
    if (action === "list" && names.length > 0) {
      throw new SessionctlError("USAGE", `unexpected operand ${JSON.stringify(names[0])}`);
    }
    if (action !== "list" && names.length === 0) {
      throw new SessionctlError("USAGE", `extensions ${action} needs EXTENSION...`);
    }
    return await manageExtensions(context, {
      list: action === "list" ? { showVersions, category } : undefined,
      install: action === "install" ? names : [],
      uninstall: action === "uninstall" ? names : [],
      force,
    });
  },
});

interface ExtensionRequest {
  readonly list: ExtensionManagementMessage["list"];
  readonly install: readonly string[];
  readonly uninstall: readonly string[];
  readonly force: boolean;
}

/**
 * Sends the request and prints the editor's answer: the list of extensions on stdout, its heading
 * on stderr.
 *
 * @throws {SessionctlError} `EDITOR_REFUSED` if the editor reports a failure, and the errors of
 * {@link askEditor}.
 */
export async function manageExtensions(
  context: TargetContext,
  request: ExtensionRequest,
): Promise<number> {
  const { output } = context;
  const named = (names: readonly string[]) => names.length > 0 ? names.map(uriOfFile) : undefined;
  const { target, answer } = await askEditor(context, {
    type: "extensionManagement",
    list: request.list,
    install: named(request.install),
    uninstall: named(request.uninstall),
    force: request.force,
  });
  const text = plainText(typeof answer === "string" ? answer : "");
  if (request.list) printList(output, text);
  else if (output.json) {
    output.value({ socketPath: target.socketPath, output: text.split("\n") });
  } else if (text !== "") output.line(text);
  if (!request.list) await checkOutcome(context, target, request, text);
  return ExitCode.Done;
}

function printList(output: Output, text: string): void {
  if (output.json) return output.value(extensionsIn(text));
  for (const line of text === "" ? [] : text.split("\n")) {
    if (extensionsIn(line).length > 0) output.line(line);
    else if (!output.quiet) output.talk(line);
  }
}

const SUCCEEDED = /was successfully|is already installed/;

/** Checks the editor's messages and, if they are in another language, the installed extensions. */
async function checkOutcome(
  context: TargetContext,
  target: EditorDestination,
  { install, uninstall }: ExtensionRequest,
  text: string,
): Promise<void> {
  const lines = text.split("\n");
  const failure = extensionFailure(text);
  if (failure !== undefined) throw notDone(target, failure);
  const isSaid = (id: string) =>
    lines.some((line) => SUCCEEDED.test(line) && line.toLowerCase().includes(`'${id}'`));
  const ids = [...install, ...uninstall].filter((name) => !isPackage(name)).map(idOf);
  if (text === "" || ids.every(isSaid)) return;
  context.output.step(`asking ${target.socketPath} what is installed`);
  const installed = await installedIn(target, context.args.allowOwner);
  const wrong = [
    ...install.filter((name) => !isPackage(name) && !installed.has(idOf(name))),
    ...uninstall.filter((name) => installed.has(idOf(name))),
  ];
  if (wrong.length === 0) return;
  const still = install.length > 0 ? "not installed" : "still installed";
  throw notDone(target, `${wrong.join(", ")}: ${still}`);
}

function notDone({ socketPath }: EditorDestination, reason: string): SessionctlError {
  return new SessionctlError(
    "EDITOR_REFUSED",
    `the editor at ${printablePath(socketPath)} could not carry this out: ${reason}`,
  );
}

async function installedIn(
  { socketPath }: EditorDestination,
  allowOwners: readonly number[],
): Promise<Set<string>> {
  const installed = await installedExtensions(socketPath, { allowOwners });
  return new Set(installed.map(({ id }) => id.toLowerCase()));
}

/** The identifier of an extension, without the version that may follow it. */
function idOf(name: string): string {
  return name.replace(/@.*/s, "").toLowerCase();
}

function isPackage(name: string): boolean {
  return /\.vsix$/i.test(name);
}

/** The URI of a `.vsix` file; anything else is an identifier. */
function uriOfFile(name: string): string {
  return isPackage(name) ? fileUri(readOperand(name, currentFolder).path) : name;
}
