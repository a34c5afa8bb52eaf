/** The newest lines about one key, out of a log that is mostly about other things. */
import type { KeyEvent, Page } from './types';

const SHOWN = 12;
/** How far back they are looked for. */
const PAGES = 10;
/** Looking at the log and at the list of keys is in the log as well, and is far more of it than what is looked for. */
const READS = ['list', 'read_audit', 'read_policy'];

export interface NewestEvents {
  items: KeyEvent[];
  /** Whether there may be more further back. */
  cut: boolean;
}

export async function newestEvents(
  venue: string,
  page: (cursor: string | undefined) => Promise<Page<KeyEvent>>,
): Promise<NewestEvents> {
  const items: KeyEvent[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < PAGES; i += 1) {
    const next = await page(cursor);
    items.push(
      ...next.items.filter(
        (event) => (event.venue === undefined || event.venue === venue) && !READS.includes(event.action),
      ),
    );
    cursor = next.next_cursor ?? undefined;
    if (cursor === undefined || items.length >= SHOWN) break;
  }
  return { items: items.slice(0, SHOWN), cut: cursor !== undefined };
}
