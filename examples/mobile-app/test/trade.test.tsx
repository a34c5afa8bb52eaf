import { act, screen } from '@testing-library/react-native';

import { NoAnswerError } from '@/api/errors';
import { Trade } from '@/features/trade/Trade';
import { renderWith } from './render';

jest.mock('expo-router', () => ({ useRouter: () => ({ push: jest.fn() }), usePathname: () => '/trade' }));

const pass = (ms: number) => act(() => jest.advanceTimersByTimeAsync(ms));

test('without a server the words about it stay, and it is asked again by and by', async () => {
  jest.useFakeTimers();
  let asked = 0;
  renderWith(<Trade />, {
    markets: () => {
      asked += 1;
      return Promise.reject(new NoAnswerError('network'));
    },
  });
  await pass(100);
  expect(screen.getByText(/The server cannot be reached/)).toBeTruthy();
  expect(screen.getByText('Try again')).toBeTruthy();
  await pass(10_000);
  expect(asked).toBe(1);
  await pass(10_000);
  expect(asked).toBe(2);
  jest.useRealTimers();
});
