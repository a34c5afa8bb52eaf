import { useCallback } from 'react';

import { humanise } from '@/format/words';
import { useVenues } from './queries';

/** Gives a venue's name for people by its id; a readable form of the id until the names are known. */
export function useVenueName(): (id: string | undefined) => string {
  const { data } = useVenues();
  return useCallback((id) => data?.find((venue) => venue.id === id)?.name ?? humanise(id ?? ''), [data]);
}
