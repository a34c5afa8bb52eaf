/** Thrown where the server has not what a test needs; counted as skipped, with the reason. */
export class Skip extends Error {}

export function ok(condition, message) {
  if (!condition) throw new Error(message);
}

export function equal(actual, expected, what) {
  if (actual !== expected)
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`);
}
