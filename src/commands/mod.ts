import type { CommandTable } from "../cli/mod.ts";

/**
 * All subcommands, in the order in which help lists them within their groups. A name may have two
 * words.
 */
export const commands: CommandTable = {
  open: () => import("./open/mod.ts"),
  find: () => import("./find.ts"),
  ssh: () => import("./ssh.ts"),
  pick: () => import("./pick.ts"),
  env: () => import("./env.ts"),
  browse: () => import("./browse.ts"),
  where: () => import("./where.ts"),
  clipboard: () => import("./clipboard.ts"),
  extensions: () => import("./extensions.ts"),
  serve: () => import("./serve/mod.ts"),
  stop: () => import("./stop.ts"),
  status: () => import("./status.ts"),
  service: () => import("./service/mod.ts"),
  list: () => import("./list.ts"),
  add: () => import("./add/mod.ts"),
  remove: () => import("./remove.ts"),
  prune: () => import("./prune.ts"),
  watch: () => import("./watch.ts"),
  fleet: () => import("./fleet.ts"),
  init: () => import("./init/mod.ts"),
  companion: () => import("./companion/mod.ts"),
  completions: () => import("./completions.ts"),
  man: () => import("./man.ts"),
  doctor: () => import("./doctor/mod.ts"),
  config: () => import("./config.ts"),
  run: () => import("./run/mod.ts"),
  relay: () => import("./relay/mod.ts"),
  "relay connect": () => import("./relay/connect.ts"),
  call: () => import("./call/mod.ts"),
  path: () => import("./path.ts"),
  __complete: () => import("./complete.ts"),
  "relay worker": () => import("./relay/worker.ts"),
  guard: () => import("./guard.ts"),
};
