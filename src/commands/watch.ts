import { isAbsolute, resolve } from "@std/path";
import {
  type Arguments,
  type CommandContext,
  defineCommand,
  ExitCode,
  option,
  type Output,
} from "../cli/mod.ts";
import { printablePath } from "../platform/mod.ts";
import {
  describeSession,
  RegistryClient,
  SessionTracker,
  type WatchedChange,
  type WatchOptions,
} from "../registry/mod.ts";
import { start, starter } from "./shared/arguments.ts";
import { desktopChangesListed, type ListedDesktopChange } from "./shared/desktop_windows.ts";
import { selectSession } from "./shared/select_session.ts";

const options = {
  session: option.named("session", {
    summary: "Only this session: its editor socket or a unique part of it",
    conflicts: ["folder"],
    oneCall: true,
  }),
  folder: option.folder({
    valueName: "FOLDER",
    summary: "Only sessions that have this folder, or one below it, open",
    oneCall: true,
  }),
  all: option.flag({
    short: "a",
    summary: "Also watch desktop windows",
    conflicts: ["session", "fleet"],
  }),
  fleet: option.flag({
    summary: "The hosts and windows of the fleet instead",
    conflicts: ["session", "folder", "start"],
  }),
  start,
};

/** `sessionctl watch`: prints the sessions and their changes. */
export const command = defineCommand({
  name: "watch",
  group: "registry",
  summary: "Print the sessions, then each change as it happens",
  operands: [],
  options,
  examples: [
    { command: "sessionctl watch", does: "print the sessions, then the changes" },
    {
      command: "sessionctl watch --json --folder ~/api | jq -r .session.socketPath",
      does: "print one JSON object per line, for windows that have ~/api open",
    },
  ],
  details: [
    "Each line begins with present, added, removed, pruned or delivery. A delivery is a " +
    "request of another machine to open something here, over a link or the fleet, with its " +
    "outcome; with --session or --folder, watch prints no deliveries. For windows with the " +
    "companion, watch also prints focused and blurred, when a window gains or loses the " +
    "focus. If the registry restarts, watch waits for it and prints what has changed in " +
    "the meantime.",
    "With --all, watch also prints present, added and removed for desktop windows, and waits if no " +
    "registry runs. It asks the editors every two seconds, because they report no changes. A " +
    "window whose folders change is printed again, as added.",
  ],
  async run(context) {
    const { args, output, socket } = context;
    if (args.fleet) {
      const { printFleetChanges } = await import("./shared/fleet_changes.ts");
      return await printFleetChanges(output, socket);
    }
    const watches = [watchSessions(context)];
    if (args.all) watches.push(watchDesktop(args.folder, output));
    await Promise.race(watches);
    return ExitCode.Done;
  },
});

async function watchSessions(context: CommandContext<Arguments<typeof options>>): Promise<void> {
  const { args, output, socket } = context;
  const registry = new RegistryClient({ socket, start: starter(context) });
  const tracker = new SessionTracker();
  // With a filter, watch prints only sessions.
  let wantsDeliveries = args.session === undefined && args.folder === undefined;
  let isAway = false;
  const events = registry.watch({
    ...await sessionFilter(args.session, args.folder, registry),
    onAway(reason) {
      if (!tracker.hasBegun && !args.all) throw reason;
      const state = tracker.hasBegun ? "the registry is gone" : "no registry answers";
      if (!isAway) output.note(`${state}; waiting for it`);
      isAway = true;
    },
  });
  for await (const event of events) {
    if (isAway) output.note("the registry is back");
    isAway = false;
    if (wantsDeliveries) void printDeliveries(registry, output);
    wantsDeliveries = false;
    for (const change of tracker.apply(event)) print(change, output);
  }
}

async function watchDesktop(folder: string | undefined, output: Output): Promise<void> {
  for await (const change of desktopChangesListed(folder)) {
    if (output.json) output.value(change);
    else output.line(desktopLine(change));
  }
}

function desktopLine({ type, window }: ListedDesktopChange): string {
  const { folders, editorName, mainSocket } = window;
  const shown = folders.map(printablePath).join(", ") || "(no folder)";
  return `${type.padEnd(8)} ${shown}  ${printablePath(editorName)} at ${printablePath(mainSocket)}`;
}

async function sessionFilter(
  session: string | undefined,
  folder: string | undefined,
  registry: RegistryClient,
): Promise<Pick<WatchOptions, "session" | "folder">> {
  if (folder !== undefined) return { folder };
  if (session === undefined) return {};
  // A whole path may name a session that does not exist yet.
  if (isAbsolute(session)) return { session: resolve(session) };
  return { session: selectSession(await registry.list(), session).socketPath };
}

/** Prints the deliveries that arrive from now on. */
async function printDeliveries(registry: RegistryClient, output: Output): Promise<void> {
  const { describeDelivery, watchDeliveries } = await import("../links/mod.ts");
  for await (const delivery of watchDeliveries(() => registry.socketPath)) {
    if (output.json) output.value({ type: "delivery", delivery });
    else output.line(`delivery ${describeDelivery(delivery)}`);
  }
}

function print({ type, session }: WatchedChange, output: Output): void {
  if (output.json) return output.value({ type, session });
  const where = describeSession(session);
  const change = type === "focused" && session.focused !== true ? "blurred" : type;
  output.line(`${change.padEnd(8)} ${where}  ${printablePath(session.socketPath)}`);
}
