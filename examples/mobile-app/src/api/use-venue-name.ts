import { useCallback } from 'react';

import { humanise } from '@/format/words';
import { useVenues } from './queries';
import type { Venue } from './types';

/** Gives a venue's name for people by its id; a readable form of the id until the names are known. */
export function useVenueName(): (id: string | undefined) => string {
  const { data } = useVenues();
  return useCallback((id) => venueName(data ?? [], id ?? ''), [data]);
}

/** Two accounts at one exchange share its name: then the id is said as well. */
export function venueName(venues: readonly Pick<Venue, 'id' | 'name'>[], id: string): string {
  const name = venues.find((venue) => venue.id === id)?.name;
  if (name === undefined) return humanise(id);
  const alone = venues.filter((venue) => venue.name === name).length === 1;
  return alone || name.toLowerCase() === id ? name : `${name} (${id})`;
}
