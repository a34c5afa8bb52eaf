import { screen, userEvent, waitFor } from '@testing-library/react-native';

import { ApiError } from '@/api/errors';
import type { Credential, KeyHealth, KeyRotation } from '@/api/types';
import { HealthCard } from '@/features/keys/HealthCard';
import { healthBadge } from '@/features/keys/health';
import { ReplaceCard } from '@/features/keys/ReplaceCard';
import { RotationCard } from '@/features/keys/RotationCard';
import { SessionCard } from '@/features/keys/SessionCard';
import { Exchanges } from '@/features/settings/Exchanges';
import { LimitsCard } from '@/features/settings/LimitsCard';
import { policyOf, textOf } from '@/features/settings/policy-text';
import { AT } from './fixtures';
import { renderWith } from './render';

jest.mock('expo-router', () => ({ useRouter: () => ({ push: jest.fn(), replace: jest.fn() }) }));

const health = (over: Partial<KeyHealth> = {}): KeyHealth => ({
  problems: [],
  stored_at: AT,
  rotate_by: '2027-02-21T10:00:00Z',
  rights_gained: [],
  rights_lost: [],
  ...over,
});

const credential = (over: Partial<Credential> = {}): Credential => ({
  id: 'k1',
  venue: 'kraken',
  label: 'Main',
  version: 1,
  custody: 'delegated',
  status: 'active',
  rights: ['query-funds', 'modify-trades'],
  created_at: AT,
  health: health(),
  ...over,
});

const rotation = (over: Partial<KeyRotation> = {}): KeyRotation => ({
  venue: 'kraken',
  credential: 'k1',
  step: 'verified',
  old_version: 1,
  rights: [],
  orders_seen: 1,
  started_at: AT,
  ...over,
});

test('a key that can withdraw is shown first, with what to do', () => {
  const bad = health({ problems: ['can_withdraw', 'rights_changed'], rights_gained: ['withdraw-funds'] });
  renderWith(<HealthCard credential={credential({ health: bad })} />);
  expect(screen.getByText(/can withdraw money now\. New positions are stopped/)).toBeTruthy();
  expect(screen.getByText(/New: Withdraw funds/)).toBeTruthy();
  expect(healthBadge(bad)).toEqual({ label: 'Act now', tone: 'negative' });
  expect(healthBadge(health({ problems: ['old'] }))).toEqual({ label: 'Needs care', tone: 'warning' });
  expect(healthBadge(health({ problems: ['any_address'] }))).toBeNull();
});

test('a key that only its owner unlocks says that nobody can exit meanwhile', () => {
  renderWith(<HealthCard credential={credential({ custody: 'session' })} />);
  expect(screen.getByText(/nothing here can close a position/)).toBeTruthy();
  expect(screen.getByText(/Unlocked by you/)).toBeTruthy();
});

test('the list of exchanges says of each key what nothing can do while its owner is away', async () => {
  const all = [
    credential({ id: 'k1', venue: 'kraken', custody: 'delegated' }),
    credential({ id: 'k2', venue: 'coinbase', custody: 'session' }),
    credential({ id: 'k3', venue: 'binance', custody: 'device' }),
    credential({ id: 'k4', venue: 'okx', custody: 'session', status: 'revoked' }),
  ];
  renderWith(<Exchanges />, { credentials: () => Promise.resolve(all) });
  await waitFor(() => expect(screen.getByTestId('away-coinbase')).toBeTruthy());
  expect(screen.getByTestId('away-coinbase')).toHaveTextContent(/nothing here can close a position: not a stop/);
  expect(screen.getByTestId('away-binance')).toHaveTextContent(/Only your phone can trade and exit/);
  expect(screen.queryByTestId('away-kraken')).toBeNull();
  expect(screen.queryByTestId('away-okx')).toBeNull();
});

test('a key that its owner unlocks is replaced by connecting a new one, and how is said', () => {
  renderWith(<ReplaceCard credential={credential({ custody: 'session' })} />);
  expect(screen.getByText(/takes this one.s place at once/)).toBeTruthy();
  expect(screen.getByTestId('key-replace-connect')).toBeTruthy();
});

test('a rotation is led through its steps', async () => {
  const user = userEvent.setup();
  const steps: string[] = [];
  let at = rotation();
  renderWith(<RotationCard credential={credential()} />, {
    rotations: () => Promise.resolve([at]),
    stepRotation: (_venue, step) => {
      steps.push(step);
      at = rotation({ step: step === 'switch' ? 'switched' : 'retired', new_version: 2 });
      return Promise.resolve(at);
    },
  });
  await waitFor(() =>
    expect(screen.getByText(/sees your one resting order\. The old key is still in use/)).toBeTruthy(),
  );
  await user.press(screen.getByTestId('rotation-switch'));
  await waitFor(() => expect(screen.getByText(/The new key is in use/)).toBeTruthy());
  await user.press(screen.getByTestId('rotation-retire'));
  await waitFor(() => expect(screen.getByText(/proven idle and is destroyed/)).toBeTruthy());
  expect(steps).toEqual(['switch', 'retire']);
  expect(screen.getByTestId('rotation-begin')).toBeTruthy();
});

test('an old key that is still in use is not retired, and why is said', async () => {
  renderWith(<RotationCard credential={credential()} />, {
    rotations: () => Promise.resolve([rotation({ step: 'switched', problem: 'the old key is in use: 1 leases' })]),
  });
  await waitFor(() => expect(screen.getByText('the old key is in use: 1 leases')).toBeTruthy());
  expect(screen.getByTestId('rotation-back')).toBeTruthy();
});

test('an unlocked key can be locked, a locked one asks for its passphrase', async () => {
  const user = userEvent.setup();
  const locked: string[] = [];
  const open = credential({ custody: 'session', health: health({ unlocked_until: '2026-11-23T18:00:00Z' }) });
  const shown = renderWith(<SessionCard credential={open} />, {
    lock: (venue) => {
      locked.push(venue);
      return Promise.resolve({ venue, resting: ['1'], entries: [], unguarded: ['2'] });
    },
  });
  await user.press(screen.getByTestId('key-lock'));
  await waitFor(() => expect(locked).toEqual(['kraken']));
  await waitFor(() => expect(screen.getByTestId('lock-left')).toHaveTextContent(/1 position has no stop/));
  shown.unmount();
  renderWith(<SessionCard credential={credential({ custody: 'session' })} />);
  expect(screen.getByText(/Nobody can use this key/)).toBeTruthy();
  expect(screen.getByTestId('unlock-passphrase')).toBeTruthy();
});

test('limits that allow more ask for the password', async () => {
  const user = userEvent.setup();
  const sent: unknown[] = [];
  renderWith(<LimitsCard />, {
    policy: () => Promise.resolve({ policy: { pairs: [{ symbol: 'BTC-USD' }], max_order: '20' }, version: '"1"' }),
    setPolicy: (version, policy, password) => {
      sent.push([version, policy, password]);
      if (password) return Promise.resolve({ policy, version: '"2"' });
      const problem = { type: '', title: 'x', status: 403, code: 'confirmation_needed', detail: 'give it' };
      return Promise.reject(new ApiError(problem));
    },
  });
  await waitFor(() => expect(screen.getByText('at most 20')).toBeTruthy());
  await user.press(screen.getByTestId('limits-edit'));
  await user.clear(screen.getByTestId('limits-field-order'));
  await user.press(screen.getByTestId('limits-save'));
  await waitFor(() => expect(screen.getByTestId('limits-password')).toBeTruthy());
  await user.type(screen.getByTestId('limits-password'), 'secret words');
  await user.press(screen.getByTestId('limits-save'));
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[1]).toEqual(['"1"', { pairs: [{ symbol: 'BTC-USD' }] }, 'secret words']);
});

test('limits as they are typed', () => {
  const policy = {
    pairs: [{ symbol: 'BTC-USD', low: '20000', high: '200000.5' }, { symbol: 'ETH-USD' }],
    max_order: '50',
  };
  expect(policyOf(textOf(policy))).toEqual({ policy });
  expect(policyOf({ pairs: 'btc-usd', order: '', hour: '' }).policy).toEqual({ pairs: [{ symbol: 'BTC-USD' }] });
  expect(policyOf({ pairs: 'bitcoin', order: '', hour: '' }).error).toContain('BITCOIN is not a pair');
  expect(policyOf({ pairs: '', order: '', hour: '' }).error).toContain('at least one');
  expect(policyOf({ pairs: 'BTC-USD', order: 'much', hour: '' }).error).toContain('much is not an amount');
});
