/**
 * A stand-in for a desktop editor in a separate process, because the bench's process blocks while
 * it waits for the measured programs.
 *
 *   deno run -A editor.ts HOME RUNTIME_DIRECTORY NAME FOLDER [URI...]
 *
 * It has a window on HOME/FOLDER, one on another machine, and one on each URI. A line on stdout
 * reports that it is listening.
 */
import { startDesktop } from "../../../tests/support/desktop_editor.ts";

const [HOME, XDG_RUNTIME_DIR, dataName, folder, ...uris] = Deno.args as [
  string,
  string,
  string,
  string,
  ...string[],
];
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
await startDesktop({ env: { HOME, XDG_RUNTIME_DIR }, defer: () => {} }, {
  dataName,
  windows: [
    { title: "main.ts", folders: [`file://${HOME}/${folder}`] },
    { title: "web [SSH: hostb]", folders: ["vscode-remote://ssh-remote+hostb/home/ann/web"] },
    ...uris.map((uri) => ({ title: "far", folders: [uri] })),
  ],
});
console.log("ready");
