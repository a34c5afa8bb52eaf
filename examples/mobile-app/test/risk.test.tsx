import { act, fireEvent, screen, waitFor } from '@testing-library/react-native';

import { ApiError } from '@/api/errors';
import type { RiskSettings } from '@/api/types';
import { RiskCard, hours } from '@/features/settings/RiskCard';
import { AT } from './fixtures';
import { renderWith } from './render';

const settings = (over: Partial<RiskSettings> = {}): RiskSettings => ({
  version: '"1"',
  level: 'low',
  limits: { max_equity_share: '0.02' },
  effective: { max_equity_share: '0.02', positions: 3 },
  loosening_delay_s: 86_400,
  levels: ['low', 'medium', 'high'].map((level) => ({ level, limits: {} })),
  ...over,
});

const needed = () =>
  new ApiError({ type: '', title: '', status: 403, code: 'password_needed', detail: 'send your password' });

test('a looser level asks for the password and then waits, and can be taken back', async () => {
  const pending = { level: 'high', limits: {}, looser: ['max_equity_share'], effective_at: AT };
  const changeRiskSettings = jest.fn((_version: string, change: { password?: string }) =>
    change.password ? Promise.resolve(settings({ pending })) : Promise.reject(needed()),
  );
  const keepRiskSettings = jest.fn(() => Promise.resolve(settings()));
  renderWith(<RiskCard />, { riskSettings: () => Promise.resolve(settings()), changeRiskSettings, keepRiskSettings });
  expect((await screen.findByTestId('risk-share')).props.children).toBe('2\u00a0%');
  fireEvent.press(screen.getByTestId('risk-level-high'));
  fireEvent.changeText(await screen.findByTestId('risk-password'), 'correct horse');
  fireEvent.press(screen.getByTestId('risk-confirm'));
  expect(await screen.findByTestId('risk-pending')).toBeTruthy();
  expect(changeRiskSettings).toHaveBeenLastCalledWith('"1"', { level: 'high', password: 'correct horse' });
  await act(async () => fireEvent.press(screen.getByTestId('risk-take-back')));
  await waitFor(() => expect(screen.queryByTestId('risk-pending')).toBeNull());
  expect(keepRiskSettings).toHaveBeenCalledTimes(1);
});

test('a tighter level holds at once, without a password', async () => {
  const low = settings({ version: '"2"' });
  const changeRiskSettings = jest.fn(() => Promise.resolve(low));
  renderWith(<RiskCard />, {
    riskSettings: () => Promise.resolve(settings({ level: 'high', effective: { max_equity_share: '0.1' } })),
    changeRiskSettings,
  });
  fireEvent.press(await screen.findByTestId('risk-level-low'));
  await waitFor(() => expect(screen.getByTestId('risk-share').props.children).toBe('2\u00a0%'));
  expect(screen.queryByTestId('risk-dialog')).toBeNull();
});

test('a delay is said in words', () => {
  expect([hours(86_400), hours(3600), hours(5400), hours(0)]).toEqual([
    '24 hours',
    '1 hour',
    '90 minutes',
    '0 minutes',
  ]);
});
