/**
 * A stand-in for a desktop editor, in a process of its own: the bench's process waits for what it
 * measures, and answers nobody meanwhile.
 *
 *   deno run -A editor.ts HOME RUNTIME_DIRECTORY NAME FOLDER
 *
 * It has a window on HOME/FOLDER and one on another machine. A line on stdout says that it listens.
 */
import { startDesktop } from "../../../tests/support/desktop_editor.ts";

const [HOME, XDG_RUNTIME_DIR, dataName, folder] = Deno.args as [string, string, string, string];
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
await startDesktop({ env: { HOME, XDG_RUNTIME_DIR }, defer: () => {} }, {
  dataName,
  windows: [
    { title: "main.ts", folders: [`file://${HOME}/${folder}`] },
    { title: "web [SSH: hostb]", folders: ["vscode-remote://ssh-remote+hostb/home/ann/web"] },
  ],
});
console.log("ready");
