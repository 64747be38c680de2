import { delay } from "@std/async/delay";
import { type EditorMessage, firstLive, probeEditor, sendToEditor } from "../../editor/mod.ts";
import { system } from "../../platform/mod.ts";
import { type ExtraRequest, readClipboardText, readUrl } from "../extra_request.ts";
import type { LinkTerms } from "../protocol.ts";
import { DeliveryRefusal } from "../refusal.ts";
import { Allowance } from "./allowance.ts";
import type { ReceiverOptions } from "./receiver.ts";

export interface ExtraOptions extends Pick<ReceiverOptions, "windows" | "home" | "onDelivery"> {
  /** The requests that the user allows the linked machine by name. */
  readonly allowed: ReadonlySet<ExtraRequest>;
}

/** Number of pages and texts at once, and per second: more than a user asks for. */
const REQUESTS = { most: 5, perSecond: 0.1 };
const PROBE_MS = 1000;
const EDITOR_MS = 5000;
/** A program that has not failed by then shows the page, in milliseconds. */
const PROGRAM_MS = 3000;

type Program = readonly [name: string, ...args: string[]];

/** Web pages and clipboard texts from a linked machine. Off unless the user allows them. */
export class ExtraRequests {
  readonly #link: LinkTerms;
  readonly #options: ExtraOptions;
  readonly #allowance = new Allowance(REQUESTS.most, REQUESTS.perSecond);

  constructor(link: LinkTerms, options: ExtraOptions) {
    this.#link = link;
    this.#options = options;
  }

  /**
   * Opens a page in the browser, or sets the clipboard: through a registered window, or else with
   * the system's program.
   *
   * @param body The sender's JSON.
   * @throws {DeliveryRefusal} with the reason why nothing was done.
   */
  async handle(request: ExtraRequest, body: unknown): Promise<{ readonly answer: "done" }> {
    const told = { link: this.#link.destination, from: null, mode: "open", items: [] } as const;
    let name: string = request;
    try {
      this.#check(request);
      const value = request === "browse" ? readUrl(body) : readClipboardText(body);
      name = request === "browse" ? `browse ${value}` : `clipboard (${value.length} characters)`;
      if (!this.#allowance.take(1)) {
        throw new DeliveryRefusal("rate", "too much was asked for in a short time");
      }
      const window = await this.#inWindow(request, value) ?? await byProgram(request, value);
      this.#options.onDelivery({ ...told, request: name, window });
      return { answer: "done" };
    } catch (error) {
      const refused = (error as Error).message;
      this.#options.onDelivery({ ...told, request: name, refused });
      throw error;
    }
  }

  #check(request: ExtraRequest): void {
    if (this.#options.allowed.has(request)) return;
    throw new DeliveryRefusal(
      "not-allowed",
      `${this.#options.home.host} does not allow ${request} over links; to allow it, run there: ` +
        `sessionctl serve --link-allow ${request}`,
    );
  }

  /** @returns the kind of the window that took it; undefined if there is none. */
  async #inWindow(request: ExtraRequest, value: string): Promise<string | undefined> {
    const { sessions, allowOwners } = this.#options.windows;
    const message: EditorMessage = request === "browse"
      ? { type: "openExternal", uris: [value] }
      : { type: "clipboard", content: value };
    const found = await firstLive([...sessions()], {
      probe: ({ socketPath }) => probeEditor(socketPath, { timeoutMs: PROBE_MS, allowOwners }),
      concurrency: 16,
      patienceMs: 30,
    });
    if (found?.liveness !== "live") return undefined;
    const { socketPath, kind } = found.value;
    try {
      await sendToEditor(socketPath, message, { allowOwners, timeoutMs: EDITOR_MS });
      return kind;
    } catch {
      return undefined; // For example, VS Code's own server has no clipboard.
    }
  }
}

/** Source: xdg-open(1), wl-copy(1), xclip(1); open(1) and pbcopy(1) of macOS. */
function programsFor(request: ExtraRequest, value: string): readonly Program[] {
  if (request === "browse") return [[system.os === "darwin" ? "open" : "xdg-open", value]];
  return system.os === "darwin"
    ? [["pbcopy"]]
    : [["wl-copy"], ["xclip", "-selection", "clipboard"]];
}

/** @returns the name of the program that took it. */
async function byProgram(request: ExtraRequest, value: string): Promise<string> {
  const programs = programsFor(request, value);
  for (const [name, ...args] of programs) {
    if (await succeeds(name, args, request === "clipboard" ? value : "")) return name;
  }
  const names = programs.map(([name]) => name).join(" or ");
  throw new DeliveryRefusal("editor", `no window took it, and ${names} did not either`);
}

async function succeeds(name: string, args: string[], stdin: string): Promise<boolean> {
  try {
    const options = { args, stdin: "piped", stdout: "null", stderr: "null" } as const;
    const child = new Deno.Command(name, options).spawn();
    const writing = new Response(stdin).body!.pipeTo(child.stdin).catch(() => {});
    // A browser may stay in the foreground.
    const ended = Promise.all([child.status, writing]).then(([{ success }]) => success);
    child.unref();
    return await Promise.race([ended, delay(PROGRAM_MS, { persistent: false }).then(() => true)]);
  } catch {
    return false; // There is no such program.
  }
}
