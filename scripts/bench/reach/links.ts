/** `open` over an ssh link, compared with a local `open`; both into the same desktop editor. */
import { requestUnix } from "../../../src/http/mod.ts";
import { freshLinkName } from "../../../src/platform/mod.ts";
import { makeSandbox, type Sandbox, until } from "../../../tests/support/mod.ts";
import { askLink, makeLink, startServing } from "../../../tests/links/support.ts";
import { startDesktopEditor } from "../desktop/stand_in.ts";
import {
  barsOf,
  type ContestantResults,
  interleave,
  type Report,
  SESSIONCTL,
  timeProcess,
} from "../lib/mod.ts";
import { connectBySsh } from "./loopback_ssh.ts";

const ROUNDS = 40;
const WARMUPS = 3;

const LOCAL = "sessionctl open, into a desktop window of the same machine";
const LINK = "sessionctl open, over an ssh link";
const ROUND_TRIP = "one request and its answer over the ssh link";

export async function linkFigures(): Promise<Pick<Report, "figures" | "notes">> {
  await using home = await makeSandbox();
  await using far = await makeSandbox();
  const [here, there] = [home.path("home/project/main.ts"), far.path("home/project/main.ts")];
  for (const sandbox of [home, far]) await Deno.mkdir(sandbox.path("home/project"));
  const farUri = `vscode-remote://ssh-remote+hostb${far.path("home/project")}`;
  await startDesktopEditor(home, "Code", "project", [farUri]);
  const { socket } = await startServing(home);
  const { socketPath } = await makeLink(socket, "hostb", "ssh-remote+hostb");
  const linkSocket = far.path("run", freshLinkName());
  await connectBySsh(home, ["-R", `${linkSocket}:${socketPath}`]);
  await until(
    "the link is there",
    () => askLink(linkSocket, "/v1/none").then(() => true, () => false),
  );
  const open = (sandbox: Sandbox, file: string) => () =>
    Promise.resolve(timeProcess(SESSIONCTL, ["open", file], sandbox));
  const times: ContestantResults<string> = await interleave({
    [LOCAL]: open(home, here),
    [LINK]: open(far, there),
    [ROUND_TRIP]: () => roundTrip(linkSocket),
  }, { rounds: ROUNDS, warmups: WARMUPS });
  const median = (name: string) => times[name]!.median;
  return {
    figures: [{
      title: "Over an ssh link",
      unit: "ms",
      better: "lower",
      bars: barsOf(times),
      targets: [{
        what: "open over a link, without one round trip, against a local open",
        sense: "at most",
        bound: 2,
        unit: "times",
        value: (median(LINK) - median(ROUND_TRIP)) / median(LOCAL),
      }],
    }],
    notes: [
      `${ROUNDS} runs of each, by turns; medians. \`open\` is timed from the spawn to the exit, ` +
      "when the editor has acknowledged the file. The link is a connection of OpenSSH over the " +
      "loopback to an sshd of the bench. The editor is a stand-in made of VS Code's own channel " +
      "classes (tests/support/desktop_editor.ts).",
      "A round trip is a new connection to the link's socket, a request, and its answer. `open` " +
      "makes two of them over the link: the question for a window, and the delivery.",
    ],
  };
}

async function roundTrip(linkSocket: string): Promise<number> {
  const started = performance.now();
  await requestUnix(linkSocket, { method: "GET", target: "/v1/none", timeoutMs: 10_000 });
  return performance.now() - started;
}
