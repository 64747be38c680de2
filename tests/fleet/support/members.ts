import { readAddress } from "../../../src/fleet/engine/mod.ts";
import type { DeliveryReceiver } from "../../../src/fleet/inbox.ts";
import { Member } from "../../../src/fleet/member.ts";
import type { FleetWindow } from "../../../src/fleet/values.ts";

/** A member of a fleet in this process, with a receiver that records its deliveries. */
export interface TestMember extends AsyncDisposable {
  readonly member: Member;
  readonly windows: Map<string, FleetWindow>;
  readonly received: { readonly from: string; readonly body: unknown }[];
  readonly log: string[];
  /** Answers deliveries; `wait` answers those that wait until their files are closed. */
  receiver: DeliveryReceiver;
}

/** Starts a member as `host` of ann's fleet. */
export function startMember(url: string, host: string, desktop = true): TestMember {
  const windows = new Map<string, FleetWindow>();
  const received: TestMember["received"] = [];
  const log: string[] = [];
  const made = {
    windows,
    received,
    log,
    receiver: {
      deliver: () => Promise.resolve({ answer: "accepted", window: "a window" }),
      wait: () => Promise.resolve({ answer: "done" }),
    } as DeliveryReceiver,
  };
  const member = new Member({
    endpoints: readAddress(url),
    credentials: {},
    person: "ann",
    host,
    version: "test",
    authorityOf: (of) => `ssh-remote+${of}`,
    describe: () => Promise.resolve({ desktop, windows }),
    receiverOf: (from) => ({
      deliver: (body) => {
        received.push({ from, body });
        return made.receiver.deliver(body);
      },
      wait: (id, ms) => made.receiver.wait(id, ms),
    }),
    log: (message) => void log.push(message),
  });
  return Object.assign(made, { member, [Symbol.asyncDispose]: () => member.close() });
}

/** A window of `host` with one folder. */
export function windowOn(host: string, path: string, more: Partial<FleetWindow> = {}): FleetWindow {
  return {
    kind: "desktop",
    name: "Visual Studio Code",
    folders: [{ host, path }],
    focused: false,
    lastActive: 0,
    ...more,
  };
}
