/** The cryptography, loaded when it is needed: it is large, and most visits need none. */
export async function loadSealing() {
  const [seal, trusted] = await Promise.all([import('./seal'), import('./trusted')]);
  return { ...seal, ...trusted };
}
