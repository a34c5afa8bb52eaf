import { screen, userEvent } from '@testing-library/react-native';

import type { KillSwitch } from '@/api/types';
import { KillStatus } from '@/features/kill/KillStatus';
import { scopeWords, standing } from '@/features/kill/words';
import { AT } from './fixtures';
import { renderWith } from './render';

jest.mock('expo-router', () => ({
  useRouter: () => ({ push: jest.fn() }),
  Link: ({ children }: { children: unknown }) => children,
}));

const kill = (over: Partial<KillSwitch> = {}): KillSwitch => ({
  scope: 'user',
  flatten: true,
  since: AT,
  done: false,
  flat: false,
  unconfirmed: [],
  proof: [],
  ...over,
});
const left = [{ venue: 'kraken', order_id: 'o1', why: 'the venue does not answer' }];

test('how far a switch has come is never better than what was confirmed', () => {
  expect(standing(kill({ unconfirmed: left })).text).toContain('one thing');
  expect(standing(kill({ done: true, unconfirmed: left, flat: false }))).toMatchObject({
    label: 'Not all confirmed',
    tone: 'negative',
  });
  expect(standing(kill({ done: true, flat: true })).text).toContain('no order and no position');
  expect(standing(kill({ done: true, flatten: false })).text).toContain('positions stay open');
  expect(standing(kill({ done: true })).text).toContain('still show positions');
});

test('what could not be confirmed is named with its venue, its order and why', () => {
  renderWith(<KillStatus kill={kill({ done: true, unconfirmed: left })} />);
  expect(screen.getByText('Kraken')).toBeTruthy();
  expect(screen.getByText('The venue does not answer.')).toBeTruthy();
  expect(screen.getByText('See the order')).toBeTruthy();
  expect(screen.getByTestId('kill-again')).toBeTruthy();
});

test('a switch of the platform cannot be taken off here', () => {
  renderWith(<KillStatus kill={kill({ scope: 'platform', done: true })} />);
  expect(screen.queryByTestId('kill-release')).toBeNull();
  expect(scopeWords('venue:kraken', () => 'Kraken')).toBe('Trading at Kraken is stopped');
});

test('trading goes on only after that was confirmed', async () => {
  const releaseKillSwitch = jest.fn(() => Promise.resolve([]));
  renderWith(<KillStatus kill={kill({ done: true })} />, { releaseKillSwitch });
  await userEvent.press(screen.getByTestId('kill-release'));
  expect(releaseKillSwitch).not.toHaveBeenCalled();
  await userEvent.press(screen.getByTestId('kill-ask-confirm'));
  expect(releaseKillSwitch).not.toHaveBeenCalled();
  await userEvent.type(screen.getByTestId('kill-ask-password'), 'correct horse');
  await userEvent.press(screen.getByTestId('kill-ask-confirm'));
  expect(releaseKillSwitch).toHaveBeenCalledWith('correct horse');
});

test('dust is named, and is no failure', () => {
  const dust = [{ venue: 'kraken', symbol: 'BTC-USD', quantity: '0.00000012' }];
  renderWith(<KillStatus kill={kill({ done: true, flatten: true, flat_except_dust: true, dust })} />);
  expect(screen.getByTestId('kill-state')).toHaveTextContent('Confirmed');
  expect(screen.getByTestId('kill-text')).toHaveTextContent(/too small to be closed/);
  expect(screen.getByTestId('kill-dust')).toHaveTextContent(/Kraken.*0.00000012 BTC/);
});
