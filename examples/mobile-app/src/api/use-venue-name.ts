import { useCallback } from 'react';

import { humanise } from '@/format/words';
import { useVenues } from './queries';
import type { Venue } from './types';

/** Gives a venue's name for people by its id; a readable form of the id until the names are known. */
export function useVenueName(): (id: string | undefined) => string {
  const { data } = useVenues();
  return useCallback((id) => venueName(data ?? [], id ?? ''), [data]);
}

/** Puts the exchanges' names for their ids into what the server says: `paper costs 41 bp` becomes `Paper costs 41 bp`. */
export function useNamedVenues(): (text: string) => string {
  const { data } = useVenues();
  return useCallback((text) => namedVenues(data ?? [], text), [data]);
}

export function namedVenues(venues: readonly Pick<Venue, 'id' | 'name'>[], text: string): string {
  if (venues.length === 0) return text;
  // Ids are letters, digits and hyphens: nothing in them means anything to a pattern.
  const ids = venues.map(({ id }) => id).sort((a, b) => b.length - a.length);
  const whole = new RegExp(`(?<![\\w-])(${ids.join('|')})(?![\\w-])`, 'g');
  return text.replace(whole, (id) => venueName(venues, id));
}

/** Two accounts at one exchange share its name: then the id is said as well. */
export function venueName(venues: readonly Pick<Venue, 'id' | 'name'>[], id: string): string {
  const name = venues.find((venue) => venue.id === id)?.name;
  if (name === undefined) return humanise(id);
  const alone = venues.filter((venue) => venue.name === name).length === 1;
  return alone || name.toLowerCase() === id ? name : `${name} (${id})`;
}
