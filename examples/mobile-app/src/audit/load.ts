/** The check, loaded when somebody wants it: most visits need none. */
export async function loadProving() {
  return import('./prove');
}
