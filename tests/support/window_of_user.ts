/**
 * `window_of_user.ts UID SOCKET`: an editor window of another user, which prints the messages it
 * receives.
 */
import { become } from "./become.ts";
import { startEditor } from "./fake_editor.ts";
import type { Sandbox } from "./sandbox.ts";

const [uid, socketPath] = Deno.args;
become(Number(uid));
const editor = await startEditor({ defer() {} } as unknown as Sandbox, { socketPath });
for (;;) console.log(JSON.stringify(await editor.nextMessage()));
