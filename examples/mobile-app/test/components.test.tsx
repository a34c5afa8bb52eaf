import { screen, userEvent, waitFor } from '@testing-library/react-native';

import { ApiError, NoAnswerError } from '@/api/errors';
import { venueName } from '@/api/use-venue-name';
import { BotCard } from '@/features/dashboard/BotCard';
import { OrderOutcome } from '@/features/orders/OrderOutcome';
import { CloseDialog } from '@/features/positions/CloseDialog';
import { RouteView } from '@/features/route/RouteView';
import { AccountForm } from '@/features/welcome/AccountForm';
import { Delta } from '@/ui/Delta';
import { Failure } from '@/ui/states';
import { AT, decision, order, position } from './fixtures';
import { renderWith } from './render';

jest.mock('expo-router', () => ({ useRouter: () => ({ push: jest.fn(), replace: jest.fn() }) }));

const problem = (over: object) =>
  new ApiError({ type: '', title: 'Refused', status: 422, code: 'risk_refused', detail: 'Too large.', ...over });

test('a loss is told by arrow, sign and words, not by colour alone', () => {
  renderWith(<Delta value="-4.2" percent="-1.5" label="Profit and loss today" />);
  expect(screen.getByText('▼ −$4.20 (−1.50\u00a0%)')).toBeTruthy();
  expect(screen.getByLabelText('Profit and loss today: −$4.20 (−1.50\u00a0%)')).toBeTruthy();
});

test('what rounds to nothing is shown as nothing', () => {
  renderWith(<Delta value="-0.004" />);
  expect(screen.getByText('$0.00')).toBeTruthy();
});

test('two accounts at one exchange are told apart', () => {
  const venues = [
    { id: 'kraken', name: 'Kraken' },
    { id: 'kraken-b', name: 'Kraken' },
    { id: 'paper', name: 'Paper' },
  ];
  expect(['kraken', 'kraken-b', 'paper', 'new_one'].map((id) => venueName(venues, id))).toEqual([
    'Kraken',
    'Kraken (kraken-b)',
    'Paper',
    'New one',
  ]);
});

test('a route shows the chosen venue with its parts, and why another was left out', () => {
  renderWith(<RouteView decision={decision()} />);
  expect(screen.getByText('Lowest fees.')).toBeTruthy();
  expect(screen.getByText('86.4 / 100')).toBeTruthy();
  expect(screen.getByText('weight 35 %')).toBeTruthy();
  expect(screen.getByText('Not enough USD there')).toBeTruthy();
  expect(screen.getAllByText('Chosen')).toHaveLength(1);
});

test('a route without a venue says so', () => {
  renderWith(<RouteView decision={decision({ venue: undefined, reason: 'Nothing is connected.' })} />);
  expect(screen.getByText('No exchange could take this order; each one’s reasons are below.')).toBeTruthy();
});

test('an order of unknown fate warns against placing it again', () => {
  renderWith(<OrderOutcome order={order({ state: 'unknown', average_price: undefined, filled: '0' })} />);
  expect(screen.getByText(/do not place it again/)).toBeTruthy();
});

test('a position is closed only after it was confirmed', async () => {
  const closePosition = jest.fn(() => Promise.resolve(order({ side: 'sell', signal_type: 'exit' })));
  renderWith(<CloseDialog position={position()} onDone={jest.fn()} />, { closePosition });
  expect(closePosition).not.toHaveBeenCalled();
  await userEvent.press(screen.getByTestId('close-confirm'));
  expect(closePosition).toHaveBeenCalledWith('p1');
  expect(await screen.findByText(/^Sold 0.0016 BTC/)).toBeTruthy();
});

test('when the answer to closing is lost, closing again is not offered', async () => {
  renderWith(<CloseDialog position={position()} onDone={jest.fn()} />, {
    closePosition: () => Promise.reject(new NoAnswerError('timeout')),
  });
  await userEvent.press(screen.getByTestId('close-confirm'));
  expect(await screen.findByText(/may be on its way/)).toBeTruthy();
  expect(screen.queryByTestId('close-confirm')).toBeNull();
});

test('the bot is paused by its button, and a refusal is said', async () => {
  const pauseBot = jest.fn(() => Promise.reject(problem({ detail: 'Not allowed now.' })));
  renderWith(<BotCard bot={{ state: 'running', since: AT }} />, { pauseBot });
  await userEvent.press(screen.getByTestId('bot-toggle'));
  expect(pauseBot).toHaveBeenCalledTimes(1);
  expect(await screen.findByText('Not allowed now.')).toBeTruthy();
});

test('a form with mistakes is not sent, and the server’s refusal is shown', async () => {
  const submit = jest.fn(() => Promise.reject(problem({ status: 401, detail: 'Address or password is wrong.' })));
  renderWith(<AccountForm title="Sign in" submitLabel="Go" fresh={false} submit={submit} footer={null} />);
  await userEvent.press(screen.getByTestId('submit'));
  expect(submit).not.toHaveBeenCalled();
  expect(screen.getByText('Enter your password.')).toBeTruthy();
  await userEvent.type(screen.getByTestId('email'), 'a@example.com');
  await userEvent.type(screen.getByTestId('password'), 'a long enough one');
  await userEvent.press(screen.getByTestId('submit'));
  await waitFor(() => expect(submit).toHaveBeenCalledWith('a@example.com', 'a long enough one'));
  expect(await screen.findByText('Address or password is wrong.')).toBeTruthy();
});

test('a failure offers another try only where that can help', () => {
  const view = renderWith(<Failure error={new NoAnswerError('network')} onRetry={jest.fn()} />);
  expect(screen.getByText('Try again')).toBeTruthy();
  view.unmount();
  renderWith(<Failure error={problem({})} onRetry={jest.fn()} />);
  expect(screen.queryByText('Try again')).toBeNull();
});
