import { plainText, sendToEditor } from "./send.ts";
import type { EditorRequestOptions } from "./send.ts";

/** An extension as an editor lists it. */
export interface InstalledExtension {
  /** `PUBLISHER.NAME`. */
  readonly id: string;
  /** Absent if the versions were not requested. */
  readonly version?: string;
}

/** Extracts the extensions from the lines of an editor's answer, which begins with a heading. */
export function extensionsIn(text: string): InstalledExtension[] {
  return text.split("\n").flatMap((line) => {
    const match = /^([\w-]+\.[\w-]+)(?:@(\S+))?$/.exec(line.trim());
    return match ? [{ id: match[1]!, version: match[2] }] : [];
  });
}

/**
 * The messages of an editor about a failure; it answers 200 nevertheless.
 * Source: microsoft/vscode `src/vs/platform/extensionManagement/common/extensionManagementCLI.ts`.
 */
const FAILED =
  /^(?:Error: )?(?:Failed Installing Extensions: |Error while installing extensions: |Extension '.*' (?:not found|is not installed|is (?:a|marked as a) Built-in extension))/;

/** The line in which an editor reports that it could not install or uninstall an extension. */
export function extensionFailure(text: string): string | undefined {
  return text.split("\n").find((line) => FAILED.test(line));
}

/**
 * Asks an editor which extensions are installed, with their versions.
 *
 * @throws {SessionctlError} as `sendToEditor`.
 */
export async function installedExtensions(
  socketPath: string,
  options: EditorRequestOptions,
): Promise<InstalledExtension[]> {
  const message = {
    type: "extensionManagement",
    list: { showVersions: true },
    force: false,
  } as const;
  const answer = await sendToEditor(socketPath, message, options);
  return extensionsIn(plainText(typeof answer === "string" ? answer : ""));
}
