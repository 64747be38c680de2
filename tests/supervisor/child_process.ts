/** A child of ours that performs the steps it gets in the handshake, in order. */
import { joinParent } from "../../src/supervisor/mod.ts";

function say(text: string): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  } catch { /* The parent that would read it is gone. */ }
}

const forever = () => new Promise<never>(() => setInterval(() => {}, 1000));

const [version = "1", handshakeMs = "10000"] = Deno.args;
const parent = await joinParent<string[]>({
  version,
  handshakeMs: Number(handshakeMs),
  onParentGone: () => say("parent gone"),
});
say(`joined ${Deno.pid} ${JSON.stringify(parent.args)}`);
say(`inherits ${Deno.env.get("SESSIONCTL_PARENT_PID") ?? "nothing"}`);
const works: Disposable[] = [];
for (const step of parent.args) {
  const [name, arg = ""] = step.split(" ");
  switch (name) {
    case "begin":
      works.push(parent.begin(arg));
      break;
    case "finish":
      works.pop()?.[Symbol.dispose]();
      break;
    case "say":
      say(arg);
      break;
    case "ready":
      await parent.ready();
      break;
    case "fail":
      await parent.failed(new Error(arg));
      break;
    case "exit":
      Deno.exit(Number(arg));
      say("went on after exit");
      break;
    case "relaunch":
      await parent.relaunch(arg);
      break;
    case "wait":
      await new Promise((resolve) => setTimeout(resolve, Number(arg)));
      break;
    case "forever":
      await forever();
  }
}
