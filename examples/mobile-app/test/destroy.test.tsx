import { screen, userEvent, waitFor } from '@testing-library/react-native';

import { ApiError } from '@/api/errors';
import type { Credential, KeyEvent } from '@/api/types';
import type * as Prove from '@/audit/prove';
import { DestroyCard } from '@/features/keys/DestroyCard';
import { EventsCard } from '@/features/keys/EventsCard';
import { HealthCard } from '@/features/keys/HealthCard';
import { originWords } from '@/features/keys/event-words';
import { Exchanges } from '@/features/settings/Exchanges';
import format2 from '../../../nija-client/tests/audit-proof-2.json';
import { AT, keyEvent } from './fixtures';
import { renderWith, signedIn } from './render';

jest.mock('expo-router', () => ({ useRouter: () => ({ push: jest.fn(), replace: jest.fn() }) }));
// Jest has no modules that are loaded later.
jest.mock('@/audit/load', () => ({
  loadProving: () => Promise.resolve(jest.requireActual<typeof Prove>('@/audit/prove')),
}));
jest.mock('@/seal/pin-store', () => {
  // The factory stands above the imports.
  const { pinned } = jest.requireActual<typeof format2>('../../../nija-client/tests/audit-proof-2.json');
  return { pinStore: { get: () => Promise.resolve(pinned), set: () => Promise.reject(new Error('it is pinned')) } };
});

const credential = (over: Partial<Credential> = {}): Credential => ({
  id: 'k1',
  venue: 'kraken',
  label: 'Main',
  version: 1,
  custody: 'delegated',
  status: 'revoked',
  rights: ['query-funds'],
  created_at: AT,
  health: { problems: ['old'], stored_at: AT, rotate_by: AT, rights_gained: [], rights_lost: [] },
  ...over,
});

test('a key is destroyed once its name and the password are typed', async () => {
  const user = userEvent.setup();
  const sent: unknown[] = [];
  renderWith(<DestroyCard credential={credential()} />, {
    destroyCredential: (id, password) => {
      sent.push([id, password]);
      if (password === 'right words') return Promise.resolve(undefined);
      const detail = 'that is not the account’s password';
      return Promise.reject(new ApiError({ type: '', title: 'x', status: 403, code: 'confirmation_needed', detail }));
    },
  });
  expect(screen.getByText(/A backup from before has it still, encrypted/)).toBeTruthy();
  await user.press(screen.getByTestId('destroy-open'));
  expect(screen.getByText(/cannot be undone/)).toBeTruthy();
  await user.type(screen.getByTestId('destroy-password'), 'wrong words');
  await user.press(screen.getByTestId('destroy-confirm'));
  await user.type(screen.getByTestId('destroy-name'), 'main');
  await user.press(screen.getByTestId('destroy-confirm'));
  expect(sent).toEqual([]);
  await user.clear(screen.getByTestId('destroy-name'));
  await user.type(screen.getByTestId('destroy-name'), 'Main');
  await user.press(screen.getByTestId('destroy-confirm'));
  await waitFor(() =>
    expect(screen.getByTestId('destroy-error')).toHaveTextContent('That is not the account’s password.'),
  );
  await user.clear(screen.getByTestId('destroy-password'));
  await user.type(screen.getByTestId('destroy-password'), 'right words');
  await user.press(screen.getByTestId('destroy-confirm'));
  await waitFor(() => expect(screen.queryByTestId('destroy-dialog')).toBeNull());
  expect(sent).toEqual([
    ['k1', 'wrong words'],
    ['k1', 'right words'],
  ]);
});

test('destroying a key in use says what nobody can do afterwards', async () => {
  const user = userEvent.setup();
  renderWith(<DestroyCard credential={credential({ status: 'active' })} />);
  expect(screen.getByText(/It is disconnected by that as well/)).toBeTruthy();
  await user.press(screen.getByTestId('destroy-open'));
  expect(screen.getByText(/nothing here can close what is open at Kraken/)).toBeTruthy();
});

test('of a key that is not in use, nothing is said that holds for one in use', async () => {
  const shown = renderWith(<HealthCard credential={credential({ status: 'destroyed' })} />);
  expect(screen.getByText(/Nothing is stored of this key any more/)).toBeTruthy();
  expect(screen.queryByText(/day and night/)).toBeNull();
  expect(screen.queryByTestId('problem-old')).toBeNull();
  expect(screen.queryByTestId('key-rotate-by')).toBeNull();
  shown.unmount();
  renderWith(<Exchanges />, { credentials: () => Promise.resolve([credential()]) });
  await waitFor(() => expect(screen.getByTestId('ended-kraken')).toHaveTextContent(/until it is destroyed/));
  expect(screen.queryByTestId('health-kraken')).toBeNull();
  expect(screen.queryByText(/day and night/)).toBeNull();
});

async function check(shown: KeyEvent, proof: unknown): Promise<void> {
  const user = userEvent.setup();
  const asked: number[] = [];
  renderWith(
    <EventsCard venue="one" />,
    {
      keyEvents: () => Promise.resolve({ items: [shown] }),
      keyEventProof: (seq) => {
        asked.push(seq);
        return Promise.resolve(proof);
      },
    },
    { getState: () => OWNER },
  );
  await waitFor(() => expect(screen.getByTestId('key-event-open')).toBeTruthy());
  await user.press(screen.getByTestId('key-event-open'));
  expect(screen.getByTestId('key-event-origin')).toHaveTextContent('the command line at the server');
  await user.press(screen.getByTestId('proof-check'));
  await waitFor(() => expect(asked).toEqual([10]));
}

const OWNER = {
  ...signedIn,
  user: { id: '00000000-0000-7efb-a86a-e9e0c207865f', email: 'a@example.com', tier: 'pro', created_at: AT },
} as typeof signedIn;

test('a line of the log is proven on the device, and what it was proven by is shown', async () => {
  await check(keyEvent, format2.proof);
  await waitFor(() => expect(screen.getByTestId('proof-holds')).toHaveTextContent(/entry 10 of the vault.s log/));
  expect(screen.getByTestId('proof-root')).toHaveTextContent(format2.proof.checkpoint.root);
  expect(screen.getByTestId('proof-pin')).toHaveTextContent(format2.pinned);
  expect(screen.queryByTestId('proof-new-pin')).toBeNull();
});

test('a line that the log does not have is not proven, and the page says so', async () => {
  await check({ ...keyEvent, version: 3 }, format2.proof);
  await waitFor(() => expect(screen.getByTestId('proof-error')).toHaveTextContent(/says something else at this place/));
  expect(screen.queryByTestId('proof-holds')).toBeNull();
});

test('a proof that was touched proves nothing', async () => {
  const { entry } = format2.proof;
  await check({ ...keyEvent, version: 3 }, { ...format2.proof, entry: { ...entry, version: 3 } });
  await waitFor(() =>
    expect(screen.getByTestId('proof-error')).toHaveTextContent(/does not lead to what the vault signed/),
  );
});

test('where something came from is said in words', () => {
  expect(originWords('api 203.0.113.7')).toBe('the API, called from 203.0.113.7');
  expect(originWords('process')).toBe('the server, of its own');
  expect(originWords('something_new')).toBe('Something new');
});
