import { keys } from '@/api/keys';
import type { Overview } from '@/api/types';
import { createCache } from '@/lib/services';
import { applyToCache } from '@/live/bind';
import { AT, overview } from './fixtures';

const paused = { seq: 3, at: AT, type: 'bot.status', data: { state: 'paused', since: AT } } as const;

test('an answer that was on its way when an event came does not undo the event', async () => {
  const cache = createCache();
  const answers: ((value: Overview) => void)[] = [];
  const observed = {
    queryKey: keys.overview,
    queryFn: () => new Promise<Overview>((resolve) => answers.push(resolve)),
  };
  const { QueryObserver } = jest.requireActual<typeof import('@tanstack/react-query')>('@tanstack/react-query');
  const stop = new QueryObserver(cache, observed).subscribe(() => undefined);
  expect(answers).toHaveLength(1);

  applyToCache(cache, paused);
  await new Promise(setImmediate);
  expect(answers).toHaveLength(2);
  answers[0]?.(overview());
  answers[1]?.(overview({ bot: paused.data }));
  await new Promise(setImmediate);
  expect(cache.getQueryData<Overview>(keys.overview)?.bot.state).toBe('paused');
  stop();
  cache.clear();
});

test('what no screen has asked for is not invented', () => {
  const cache = createCache();
  applyToCache(cache, paused);
  expect(cache.getQueryData(keys.overview)).toBeUndefined();
});
