import { type Command, type CommandContext, ExitCode } from "../cli/mod.ts";
import { type ExtensionManagementMessage, fileUri, plainText, readOperand } from "../editor/mod.ts";
import { SessionctlError } from "../platform/mod.ts";
import { askEditor, currentFolder, targetOptions } from "./editor_target.ts";

const ACTIONS = ["list", "install", "uninstall"] as const;

/** `sessionctl extensions`: the editor's extensions. */
export const command: Command = {
  spec: {
    name: "extensions",
    group: "open",
    summary: "List, install or uninstall the editor's extensions",
    operands: [{ name: "list|install|uninstall", kind: ACTIONS }, {
      name: "EXTENSION",
      kind: "text",
      arity: "any",
    }],
    options: [
      { name: "show-versions", type: "flag", summary: "With list: their versions, too" },
      {
        name: "category",
        type: "value",
        valueName: "CATEGORY",
        summary: "With list: only those of a category",
      },
      { name: "force", type: "flag", summary: "With install: update, ask nothing" },
      ...targetOptions,
    ],
    examples: [
      { command: "sessionctl extensions list --show-versions", does: "what is installed" },
      { command: "sessionctl extensions install denoland.vscode-deno", does: "by its identifier" },
      { command: "sessionctl extensions install ./mine.vsix", does: "from a file" },
    ],
  },
  async run(context) {
    const { args } = context;
    const [action, ...names] = args.operands;
    if (action === "list" && names.length > 0) {
      throw new SessionctlError("USAGE", `unexpected operand ${JSON.stringify(names[0])}`);
    }
    if (action !== "list" && names.length === 0) {
      throw new SessionctlError("USAGE", `extensions ${action} needs EXTENSION...`);
    }
    const list = { showVersions: args.flag("show-versions"), category: args.value("category") };
    return await manageExtensions(context, {
      list: action === "list" ? list : undefined,
      install: action === "install" ? names : [],
      uninstall: action === "uninstall" ? names : [],
      force: args.flag("force"),
    });
  },
};

/** Sends the request and prints what the editor says. */
export async function manageExtensions(
  context: CommandContext,
  request: Required<Omit<ExtensionManagementMessage, "type" | "list">> & {
    readonly list: ExtensionManagementMessage["list"];
  },
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
  if (!output.json) {
    if (text !== "") output.line(text);
  } else if (request.list) {
    output.value(extensionsIn(text));
  } else {
    output.value({ socketPath: target.socketPath, output: text.split("\n") });
  }
  return ExitCode.Done;
}

/** A `.vsix` file by its URI, anything else as an identifier. */
function uriOfFile(name: string): string {
  return /\.vsix$/i.test(name) ? fileUri(readOperand(name, currentFolder).path) : name;
}

/** The extensions among the lines an editor prints; it puts a heading before them. */
function extensionsIn(text: string): { id: string; version?: string }[] {
  return text.split("\n").flatMap((line) => {
    const match = /^([\w-]+\.[\w-]+)(?:@(\S+))?$/.exec(line.trim());
    return match ? [{ id: match[1]!, version: match[2] }] : [];
  });
}
