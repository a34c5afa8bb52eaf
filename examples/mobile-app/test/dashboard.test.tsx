import { act, screen } from '@testing-library/react-native';

import { ApiError } from '@/api/errors';
import { Dashboard } from '@/features/dashboard/Dashboard';
import { applyToCache } from '@/live/bind';
import { activity, overview, position } from './fixtures';
import { renderWith } from './render';

jest.mock('expo-router', () => ({ useRouter: () => ({ push: jest.fn() }), Link: () => null }));

const load = async () => {
  const view = renderWith(<Dashboard />, { overview: () => Promise.resolve(overview()) });
  await screen.findByTestId('equity');
  return view;
};

test('figures and positions move with the stream, without another request', async () => {
  const { cache } = await load();
  expect(screen.getByTestId('equity').props.children).toBe('$1,000.00');
  const moved = [position({ current_price: '62000', unrealised_pnl: '20', unrealised_pnl_pct: '3.3' })];
  act(() =>
    applyToCache(cache, {
      seq: 0,
      at: '2026-11-23T10:00:01Z',
      type: 'pnl.update',
      data: { equity: '1010', cash: '390', pnl_today: '-3', pnl_total: '12', positions: moved },
    }),
  );
  expect(await screen.findByText('$1,010.00')).toBeTruthy();
  expect(screen.getByText('▼ −$3.00')).toBeTruthy();
  expect(screen.getByText('$62,000.00')).toBeTruthy();
});

test('a fill appears in the recent activity', async () => {
  const { cache } = await load();
  act(() =>
    applyToCache(cache, {
      seq: 1,
      at: '2026-11-23T10:00:01Z',
      type: 'trade.executed',
      data: activity({ id: 'n', title: 'Sold 0.5 ETH' }),
    }),
  );
  expect(await screen.findByText('Sold 0.5 ETH')).toBeTruthy();
});

test('with nothing yet, each panel says what to do', async () => {
  renderWith(<Dashboard />, { overview: () => Promise.resolve(overview({ positions: [], recent_activity: [] })) });
  expect(await screen.findByText('No open positions')).toBeTruthy();
  expect(screen.getByText('Place an order')).toBeTruthy();
  expect(screen.getByText('Connect an exchange')).toBeTruthy();
});

test('an error is said with a way on', async () => {
  const down = new ApiError({
    type: '',
    title: 'Starting',
    status: 503,
    code: 'starting',
    detail: 'The server is starting.',
    retry_after: 2,
  });
  renderWith(<Dashboard />, { overview: () => Promise.reject(down) });
  expect(await screen.findByText('The server is starting. Try again in 2 s.')).toBeTruthy();
  expect(screen.getByText('Try again')).toBeTruthy();
});
