import { act, fireEvent, screen, waitFor } from '@testing-library/react-native';

import { ApiError } from '@/api/errors';
import type { RoutingSettings } from '@/api/types';
import { RoutingCard } from '@/features/routing/RoutingCard';
import { textOf, weightsOf } from '@/features/routing/weights';
import { limitsOf, textOf as limitsText } from '@/features/settings/limits-text';
import { renderWith } from './render';

const weights = { fees: '0.35', reliability: '0.25', latency: '0.2', load: '0.1', record: '0.1' };
const settings = (over: Partial<RoutingSettings> = {}): RoutingSettings => ({
  effective_policy: 'weighted_score',
  effective_weights: weights,
  version: '"1"',
  ...over,
});

test('weights are typed in per cent and must be the whole together', () => {
  const text = textOf(weights);
  expect(text).toEqual({ fees: '35', reliability: '25', latency: '20', load: '10', record: '10' });
  expect(weightsOf(text).weights).toEqual(weights);
  expect(weightsOf({ ...text, load: '9.5' }).all).toContain('99.5 %');
  expect(weightsOf({ ...text, load: '-1' }).problems.load).toBe('0 to 100 %.');
});

test('a change that crosses another is shown what stands now, and goes out on top of that when it is sent again', async () => {
  const other = settings({ policy: 'expected_cost', effective_policy: 'expected_cost', version: '"2"' });
  const crossed = new ApiError({ type: '', title: '', status: 412, code: 'settings_changed', detail: 'read again' });
  const changeRoutingSettings = jest.fn((version: string) =>
    version === '"2"' ? Promise.resolve(settings({ policy: 'weighted_score' })) : Promise.reject(crossed),
  );
  const routingSettings = jest.fn(() => Promise.resolve(other)).mockResolvedValueOnce(settings());
  renderWith(<RoutingCard />, { routingSettings, changeRoutingSettings });
  fireEvent.press(await screen.findByTestId('routing-edit'));
  fireEvent.press(screen.getByTestId('routing-choice-weighted_score'));
  fireEvent.press(screen.getByTestId('routing-save'));
  await waitFor(() => expect(screen.getByText(/lowest expected cost holds now/)).toBeTruthy());
  await act(async () => fireEvent.press(screen.getByTestId('routing-save')));
  expect(changeRoutingSettings).toHaveBeenLastCalledWith('"2"', { policy: 'weighted_score' });
  await waitFor(() => expect(screen.queryByTestId('routing-save')).toBeNull());
});

test('limits of one’s own are typed in per cent; an empty field is none', () => {
  const text = limitsText({ max_equity_share: '0.05', positions: 3, allowed_symbols: ['BTC-USD'] });
  expect(text).toMatchObject({ max_equity_share: '5', positions: '3', max_drawdown: '', allowed_symbols: 'BTC-USD' });
  expect(limitsOf({ ...text, max_drawdown: '12.5', allowed_symbols: 'eth-usd, BTC-USD' }).limits).toEqual({
    max_equity_share: '0.05',
    max_drawdown: '0.125',
    positions: 3,
    allowed_symbols: ['ETH-USD', 'BTC-USD'],
  });
  // Nothing allowed is another thing than no limit of one's own.
  expect(limitsText({ allowed_symbols: [] }).allowed_symbols).toBe('none');
  expect(limitsOf({ ...limitsText({}), allowed_symbols: ' None ' }).limits).toEqual({ allowed_symbols: [] });
  expect(limitsOf(limitsText({})).limits).toEqual({});
  const wrong = limitsOf({ ...text, max_equity_share: '0', positions: '2.5', allowed_symbols: 'bitcoin' }).problems;
  expect(Object.keys(wrong).sort()).toEqual(['allowed_symbols', 'max_equity_share', 'positions']);
});
