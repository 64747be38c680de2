import { assert, assertEquals } from "@std/assert";
import {
  type ProcessFiles,
  processFiles,
  RuntimeFiles,
} from "../../src/platform/ffi/process_files.ts";
import { makeSandbox, startWindowProcess } from "../support/mod.ts";

const onLinux = { ignore: Deno.build.os !== "linux" };

/** Larger than any process id. */
const NO_PROCESS = 2 ** 30;

const decoder = new TextDecoder();

function environmentOf(files: ProcessFiles, pid: number, bytes = 4096): string | undefined {
  const environment = files.read(pid, "environ", new Uint8Array(bytes));
  return environment && decoder.decode(environment);
}

/** The process that has this variable in its environment. */
function processWith(files: ProcessFiles, variable: string): number | undefined {
  return files.ids().find((pid) => environmentOf(files, pid)?.includes(variable));
}

for (
  const [reader, open] of [
    ["the C library", processFiles],
    ["the runtime", () => new RuntimeFiles()],
  ] as const
) {
  Deno.test({
    ...onLinux,
    name: `${reader} lists all processes, with their owners and their environments`,
    async fn() {
      await using sandbox = await makeSandbox();
      const variable = `MARK=${sandbox.directory}`;
      await startWindowProcess(sandbox, "/", { MARK: sandbox.directory, NEXT: "1" });
      const files = open();
      const pid = processWith(files, variable)!;
      assertEquals(environmentOf(files, pid), `${variable}\0NEXT=1\0`);
      assertEquals(environmentOf(files, pid, 5), "MARK=");
      assertEquals(files.ownerOf(pid), Deno.uid());
      assertEquals(files.ownerOf(1), 0);
      const shown = Array.from(Deno.readDirSync("/proc"), ({ name }) => name);
      const ids = files.ids();
      for (const own of [1, pid, Deno.pid]) {
        assert(ids.includes(own) && shown.includes(String(own)), String(own));
      }
      assertEquals(new Set(ids).size, ids.length);
    },
  });

  Deno.test({
    ...onLinux,
    name: `for ${reader}, a process that has ended has neither an owner nor an environment`,
    fn() {
      const files = open();
      assertEquals(files.ownerOf(NO_PROCESS), undefined);
      assertEquals(environmentOf(files, NO_PROCESS), undefined);
    },
  });
}
