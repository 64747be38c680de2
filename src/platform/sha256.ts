/**
 * The SHA-256 of a short text, such as a path, in UTF-8.
 *
 * `open` needs a few of these, and the first call of the runtime's own functions takes 5 ms
 * (`crypto.subtle`) or 20 (`node:crypto`). For long texts, those are faster.
 *
 * Source: FIPS 180-4, section 6.2.
 *
 * @returns 64 hexadecimal digits.
 * @example
 * ```ts
 * sha256("/home/ann/.config/Code").slice(0, 8); // "50a1c64b"
 * ```
 */
export function sha256(text: string): string {
  const message = padded(new TextEncoder().encode(text));
  const view = new DataView(message.buffer);
  const state = Int32Array.from(constants().initial);
  for (let offset = 0; offset < message.length; offset += 64) addBlock(state, view, offset);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Appends a one bit, zeros, and the length in bits, up to a multiple of 64 bytes. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(64 * Math.ceil((bytes.length + 9) / 64));
  result.set(bytes);
  result[bytes.length] = 0x80;
  new DataView(result.buffer).setBigUint64(result.length - 8, 8n * BigInt(bytes.length));
  return result;
}

function addBlock(state: Int32Array, view: DataView, offset: number): void {
  const { rounds } = constants();
  const words = new Int32Array(64);
  for (let at = 0; at < 16; at++) words[at] = view.getInt32(offset + 4 * at);
  for (let at = 16; at < 64; at++) {
    const early = words[at - 15]!;
    const late = words[at - 2]!;
    const first = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
    const second = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
    words[at] = words[at - 16]! + first + words[at - 7]! + second;
  }
  // One assignment each, because an array would be created and read in each round.
  let [a, b, c, d, e, f, g, h] = state as unknown as Eight;
  for (let at = 0; at < 64; at++) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const first = (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + h + choice + rounds[at]! + words[at]!;
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  for (const [at, word] of [a, b, c, d, e, f, g, h].entries()) state[at]! += word;
}

type Eight = [number, number, number, number, number, number, number, number];

function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

let known: { readonly initial: readonly number[]; readonly rounds: Int32Array } | undefined;

/** The first bits of the fractional parts of square roots and cube roots of the first primes. */
function constants() {
  if (known !== undefined) return known;
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  const bits = (root: number) => ((root % 1) * 2 ** 32) | 0;
  known = {
    initial: primes.slice(0, 8).map((prime) => bits(Math.sqrt(prime))),
    rounds: Int32Array.from(primes, (prime) => bits(Math.cbrt(prime))),
  };
  return known;
}
