import { compiled } from "../support/mod.ts";
import { clientProgram } from "./client_program.ts";
import { testResets } from "./resets.ts";

Deno.test("clients that reset during an upload that the target does not read leave nothing behind", async () => {
  await testResets(compiled, (socket) => ["--to", socket]);
});

Deno.test(
  "clients of a route that reset during an upload that the target does not read leave nothing behind",
  {
    ignore: clientProgram === undefined,
  },
  async () => {
    await testResets(clientProgram ?? compiled, (socket) => ["--route", `localhost=${socket}`]);
  },
);
