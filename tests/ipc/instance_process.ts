// `instance_process.ts WORKSPACE`: serves an instance until it is killed.
import { serveInstance } from "../../src/mod.ts";

const instance = await serveInstance(Deno.args[0]!, {
  echo: (params) => params,
  hang: () => new Promise(() => {}),
  exit: () => Deno.kill(Deno.pid, "SIGKILL"),
});
console.log(instance.socketPath);
setInterval(() => instance.push("tick", { n: 1 }), 20);
