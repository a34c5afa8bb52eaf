/** The Merkle tree over the log (RFC 6962, section 2.1): from an entry and its siblings to the root. */
import { sha256 } from '@noble/hashes/sha2.js';

/** The root that the siblings lead to; `null` where they are too few or too many for that place in a tree of that size. */
export function rootBy(entry: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Uint8Array | null {
  if (index < 0 || index >= size) return null;
  // Where the node stands on its level, and where the last one of that level does.
  let [at, last] = [index, size - 1];
  let node: Uint8Array = sha256(Uint8Array.of(0, ...entry));
  for (const sibling of path) {
    // The last node of a level that has no partner there goes up as it is.
    while (at === last && at % 2 === 0) {
      if (at === 0) return null;
      [at, last] = [at / 2, last / 2];
    }
    node = at % 2 === 1 ? parent(sibling, node) : parent(node, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? node : null;
}

function parent(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1, ...left, ...right));
}

/** Sizes may be beyond the 32 bits of a shift. */
const half = (n: number): number => Math.floor(n / 2);
