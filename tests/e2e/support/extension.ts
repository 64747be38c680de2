import { join } from "@std/path";
import type { Sandbox } from "../../support/mod.ts";
import { output } from "./output.ts";

/** An extension that does nothing. */
export const EMPTY = "exports.activate = () => {};\n";

/**
 * Makes the package of an extension that an editor activates when its window has started, like the
 * companion.
 *
 * @param id For example "publisher.name".
 * @param code Its only module.
 * @returns the path of the package.
 */
export async function packExtension(sandbox: Sandbox, id: string, code: string): Promise<string> {
  const [publisher, name] = id.split(".");
  const directory = sandbox.path("extensions", id);
  await Deno.mkdir(join(directory, "extension"), { recursive: true });
  const about = {
    ...{ publisher, name, version: "1.0.0", main: "./main.js" },
    engines: { vscode: "^1.67.0" },
    activationEvents: ["onStartupFinished"],
    extensionKind: ["workspace"],
  };
  await Deno.writeTextFile(join(directory, "extension/package.json"), JSON.stringify(about));
  await Deno.writeTextFile(join(directory, "extension/main.js"), code);
  const file = `${directory}.vsix`;
  await output({ ...sandbox, directory }, "python3", ["-m", "zipfile", "-c", file, "extension"]);
  return file;
}
