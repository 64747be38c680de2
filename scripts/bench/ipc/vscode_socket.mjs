/**
 * VS Code's modules in Node, and an adapter from Node's sockets to VS Code's socket interface; it
 * writes data immediately. Source: microsoft/vscode `ipc.net.ts` (node), `NodeSocket`.
 */
import { pathToFileURL } from "node:url";

/** @param base The folder `vs/base` of VS Code's sources. */
export async function loadVscode(base) {
  const part = (path) => import(pathToFileURL(`${base}/${path}`).href);
  const { VSBuffer } = await part("common/buffer.js");
  const { Emitter } = await part("common/event.js");
  const ipc = await part("parts/ipc/common/ipc.js");
  const net = await part("parts/ipc/common/ipc.net.js");
  const toSocket = (socket) => {
    const listening = (name, map = (value) => value) => (listener) => {
      const handler = (value) => listener(map(value));
      socket.on(name, handler);
      return { dispose: () => socket.off(name, handler) };
    };
    return {
      onData: listening("data", (data) => VSBuffer.wrap(data)),
      onClose: listening("close"),
      onEnd: listening("end"),
      write: (buffer) => void socket.write(buffer.buffer),
      end: () => void socket.end(),
      drain: () => Promise.resolve(),
      dispose: () => socket.destroy(),
      traceSocketEvent() {},
    };
  };
  return { ...ipc, ...net, Emitter, toSocket };
}
