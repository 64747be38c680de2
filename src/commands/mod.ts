import type { CommandTable } from "../cli/mod.ts";

/** Every subcommand, in the order help lists them. */
export const commands: CommandTable = {
  serve: () => import("./serve.ts"),
  stop: () => import("./stop.ts"),
  open: () => import("./open.ts"),
  find: () => import("./find.ts"),
  list: () => import("./list.ts"),
  add: () => import("./add.ts"),
  remove: () => import("./remove.ts"),
  prune: () => import("./prune.ts"),
  status: () => import("./status.ts"),
  browse: () => import("./browse.ts"),
  clipboard: () => import("./clipboard.ts"),
  extensions: () => import("./extensions.ts"),
  watch: () => import("./watch.ts"),
  call: () => import("./call.ts"),
  path: () => import("./path.ts"),
  relay: () => import("./relay.ts"),
  service: () => import("./service.ts"),
  run: () => import("./run.ts"),
  guard: () => import("./guard.ts"),
};
