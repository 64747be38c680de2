import { option } from "../../cli/mod.ts";
import { DEFAULT_INSTANCE_APP, INSTANCE_SCHEMES } from "../../ipc/mod.ts";

/** The options that determine the name of an instance's socket. */
export const instanceOptions = {
  app: option.text({
    valueName: "NAME",
    summary: "Application that the instance belongs to",
    default: DEFAULT_INSTANCE_APP,
  }),
  scheme: option.choice(INSTANCE_SCHEMES, {
    valueName: "SCHEME",
    summary: "Scheme of the instance's path: adr or vscode-mcp",
    default: INSTANCE_SCHEMES[0],
  }),
};
