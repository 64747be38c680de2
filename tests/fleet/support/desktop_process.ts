/**
 * `desktop_process.ts UID FOLDER_URI...`: the stand-in for a user's desktop editor, with a window
 * for each folder; prints the arguments of each `start`. Root starts it, to read the sources.
 */
import { become } from "../../support/become.ts";
import { startDesktop } from "../../support/desktop_editor.ts";
import { loadVscode } from "../../support/vscode_ipc.ts";

const [uid, ...folders] = Deno.args;
await loadVscode();
become(Number(uid));
const windows = folders.map((folder) => ({ folders: [folder] }));
const desktop = await startDesktop({ env: Deno.env.toObject(), defer() {} }, { windows });
console.log("listening");
for (;;) console.log(JSON.stringify((await desktop.nextStart()).args));
