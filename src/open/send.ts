import { wasNotSent } from "../editor/mod.ts";
import { printablePath } from "../platform/mod.ts";
import { addressOf, type Router, type WindowDestination } from "../routing/mod.ts";
import type { OpenItem } from "./item.ts";
import type { Plan } from "./plan.ts";
import type { Closed, RequestOptions, WindowRequest } from "./request.ts";
import { editorRequests } from "./to_editor.ts";

/** Creates the requests that open items in a window, by its kind. The rarer kinds load late. */
export async function requestsTo(
  window: WindowDestination,
  items: readonly OpenItem[],
  options: RequestOptions,
): Promise<readonly WindowRequest[]> {
  switch (window.kind) {
    case "editor":
      return editorRequests(window, items, options);
    case "instance": {
      const { instanceRequests } = await import("./to_instance.ts");
      return instanceRequests(window, items, options);
    }
    case "desktop": {
      const { desktopRequests } = await import("./to_desktop.ts");
      return desktopRequests(window, items, options);
    }
    case "link": {
      const { linkRequests } = await import("./to_link.ts");
      return linkRequests(window, items, options);
    }
  }
}

/** A message sent to a window. */
export interface Sent {
  readonly window: WindowDestination;
  readonly items: readonly OpenItem[];
  readonly message: unknown;
  /** With `--wait`: waits for the message's files. */
  readonly closed: Closed | undefined;
}

/** The user's own command and the items that it opens. */
export interface Launch {
  readonly command: string;
  readonly items: readonly OpenItem[];
}

/** The outcome of a plan. */
export interface Outcome {
  readonly sent: Sent[];
  /** Set if something has no window; the command has not run yet. */
  launch: Launch | undefined;
  readonly errors: unknown[];
}

export interface SendOptions extends RequestOptions {
  readonly router: Router;
  /** Plans again for items whose window did not take them. */
  plan(items: readonly OpenItem[]): Promise<Plan>;
  /** Called with every message before it is sent. */
  onStep?: ((line: string) => void) | undefined;
}

/** Plans again for items that their window did not accept. */
export async function sendPlan(plan: Plan, options: SendOptions): Promise<Outcome> {
  const outcome: Outcome = { sent: [], launch: undefined, errors: [] };
  await sendParts(plan, outcome, options);
  return outcome;
}

async function sendParts(plan: Plan, outcome: Outcome, options: SendOptions): Promise<void> {
  if (plan.error !== undefined) outcome.errors.push(plan.error);
  await Promise.all(plan.parts.map(async ({ destination, items }) => {
    if (destination.kind !== "launch") return await sendTo(destination, items, outcome, options);
    const earlier = outcome.launch?.items ?? [];
    outcome.launch = { command: destination.command, items: [...earlier, ...items] };
  }));
}

async function sendTo(
  window: WindowDestination,
  items: readonly OpenItem[],
  outcome: Outcome,
  options: SendOptions,
): Promise<void> {
  let count = 0;
  try {
    for (const request of await requestsTo(window, items, options)) {
      const { message } = request;
      options.onStep?.(
        `sending to ${printablePath(addressOf(window))}: ${JSON.stringify(message)}`,
      );
      const sending = request.send();
      options.router.askForPage(window);
      outcome.sent.push({ window, items, message, closed: await sending });
      count++;
    }
  } catch (error) {
    if (!wasNotSent(error) || count > 0 || window.step === "to") {
      outcome.errors.push(error);
      return;
    }
    // The window ended after its probe and got nothing: another window may get the items.
    options.router.markFailed(addressOf(window), error);
    await sendParts(await options.plan(items), outcome, options);
  }
}
