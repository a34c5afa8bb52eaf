/** The cryptography, loaded when it is needed: it is large, and most visits need none. */
export async function loadSealing() {
  const [seal, session, trusted] = await Promise.all([import('./seal'), import('./session'), import('./trusted')]);
  return { ...seal, ...session, ...trusted };
}
