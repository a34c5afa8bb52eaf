import { screen, userEvent, waitFor } from '@testing-library/react-native';

import type { KillSwitch } from '@/api/types';
import { AdminScreen } from '@/features/admin/AdminScreen';
import type { SessionState } from '@/session/session';
import { AT } from './fixtures';
import { renderWith, signedIn } from './render';

jest.mock('expo-router', () => ({
  useRouter: () => ({ push: jest.fn() }),
  Link: () => null,
  usePathname: () => '/admin',
}));

const admin = (): SessionState =>
  signedIn.status === 'in' ? { status: 'in', user: { ...signedIn.user, role: 'admin' } } : signedIn;
const state = admin();

const kill: KillSwitch = {
  scope: 'venue:kraken',
  flatten: true,
  since: AT,
  done: true,
  flat: false,
  unconfirmed: [{ user_id: 'user-7', venue: 'kraken', order_id: 'o-9', why: 'the venue still lists it' }],
  proof: [{ user_id: 'user-7', venue: 'kraken', asked_at: AT, open_orders: 1, positions: 0, balances: [] }],
};

test('who is no administrator is shown nothing and nothing is asked', () => {
  const allKillSwitches = jest.fn();
  renderWith(<AdminScreen />, { allKillSwitches });
  expect(screen.getByText('For administrators')).toBeTruthy();
  expect(allKillSwitches).not.toHaveBeenCalled();
});

test('an administrator stops an exchange with the password, and sees whose orders are left', async () => {
  const user = userEvent.setup();
  const throwAnyKillSwitch = jest.fn(() => Promise.resolve(kill));
  const venues = () =>
    Promise.resolve([{ id: 'kraken', name: 'Kraken', status: 'up', connected: true, needs_credential: true }]);
  const allKillSwitches = jest.fn(() => Promise.resolve([kill])).mockResolvedValueOnce([]);
  const releaseAnyKillSwitch = jest.fn(() => Promise.resolve([]));
  const api = { venues, allKillSwitches, throwAnyKillSwitch, releaseAnyKillSwitch };
  renderWith(<AdminScreen />, api, { getState: () => state });
  await screen.findByText('No kill switch is on');
  await user.press(screen.getByTestId('admin-kill-open'));
  await user.press(await screen.findByTestId('admin-scope-venue:kraken'));
  await user.press(screen.getByTestId('admin-positions-close'));
  expect(screen.getByTestId('admin-meaning')).toHaveTextContent(/At Kraken.*cannot be undone/);
  await user.press(screen.getByTestId('admin-throw-confirm'));
  expect(throwAnyKillSwitch).not.toHaveBeenCalled();
  await user.type(screen.getByTestId('admin-throw-password'), 'correct horse');
  await user.press(screen.getByTestId('admin-throw-confirm'));
  const wanted = { scope: 'venue:kraken', flatten: true, password: 'correct horse' };
  await waitFor(() => expect(throwAnyKillSwitch).toHaveBeenCalledWith(wanted));
  const card = await screen.findByTestId('admin-on-venue:kraken');
  expect(card).toHaveTextContent(/Kraken is stopped.*User user-7, order o-9/);

  await user.press(screen.getByTestId('admin-release'));
  await user.type(screen.getByTestId('admin-ask-password'), 'correct horse');
  await user.press(screen.getByTestId('admin-ask-confirm'));
  const released = { scope: 'venue:kraken', password: 'correct horse' };
  await waitFor(() => expect(releaseAnyKillSwitch).toHaveBeenCalledWith(released));
});
