import type { CommandTable } from "../cli/mod.ts";

/**
 * Every subcommand, in the order help lists them within their groups. A name may have two words.
 */
export const commands: CommandTable = {
  open: () => import("./open.ts"),
  find: () => import("./find.ts"),
  pick: () => import("./pick.ts"),
  env: () => import("./env.ts"),
  browse: () => import("./browse.ts"),
  clipboard: () => import("./clipboard.ts"),
  extensions: () => import("./extensions.ts"),
  serve: () => import("./serve.ts"),
  stop: () => import("./stop.ts"),
  status: () => import("./status.ts"),
  service: () => import("./service.ts"),
  list: () => import("./list.ts"),
  add: () => import("./add.ts"),
  remove: () => import("./remove.ts"),
  prune: () => import("./prune.ts"),
  watch: () => import("./watch.ts"),
  init: () => import("./init.ts"),
  completions: () => import("./completions.ts"),
  man: () => import("./man.ts"),
  doctor: () => import("./doctor.ts"),
  config: () => import("./config.ts"),
  run: () => import("./run.ts"),
  relay: () => import("./relay.ts"),
  "relay connect": () => import("./relay_connect.ts"),
  call: () => import("./call.ts"),
  path: () => import("./path.ts"),
  __complete: () => import("./complete.ts"),
  "relay worker": () => import("./relay_worker.ts"),
  guard: () => import("./guard.ts"),
};
