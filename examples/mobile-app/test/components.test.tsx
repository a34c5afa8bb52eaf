import { screen, userEvent, waitFor } from '@testing-library/react-native';

import { ApiError, NoAnswerError } from '@/api/errors';
import { newestEvents } from '@/api/key-events';
import type { KeyEvent } from '@/api/types';
import { namedVenues, venueName } from '@/api/use-venue-name';
import { BotCard } from '@/features/dashboard/BotCard';
import { eventWords } from '@/features/keys/event-words';
import { OrderOutcome } from '@/features/orders/OrderOutcome';
import { placeText } from '@/features/orders/OrderRow';
import { ClosedTab } from '@/features/positions/ClosedTab';
import { CloseDialog } from '@/features/positions/CloseDialog';
import { PositionCard } from '@/features/positions/PositionCard';
import { RouteView } from '@/features/route/RouteView';
import { Checks } from '@/features/trade/Checks';
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

test('exchanges have their names also in what the server says, and nothing else is touched', () => {
  const venues = [
    { id: 'kraken', name: 'Kraken' },
    { id: 'kraken-b', name: 'Kraken' },
    { id: 'paper', name: 'Paper' },
  ];
  expect(namedVenues(venues, 'paper costs 41 bp, kraken-b costs 42 bp; newspaper, re-kraken')).toBe(
    'Paper costs 41 bp, Kraken (kraken-b) costs 42 bp; newspaper, re-kraken',
  );
  expect(namedVenues([], 'kraken')).toBe('kraken');
});

test('what is too small to be closed says so in place of the way out', () => {
  renderWith(<PositionCard position={position({ dust: true })} first onClose={jest.fn()} />, {});
  expect(screen.getByTestId('position-dust')).toHaveTextContent(/joined with what is bought next/);
  expect(screen.queryByTestId('position-close')).toBeNull();
});

test('checks that object are in sight as sentences, those that passed open on request', async () => {
  const checks = [
    { name: 'halted', verdict: 'allow' },
    { name: 'equity_share', verdict: 'resize', detail: 'one order may use up to 10 %' },
    { name: 'daily_loss', verdict: 'allow' },
  ];
  renderWith(<Checks checks={checks} />);
  expect(screen.getByText('Share of your equity: makes the order smaller')).toBeTruthy();
  expect(screen.getByText('One order may use up to 10 %.')).toBeTruthy();
  expect(screen.queryByText('No trading halt: passed')).toBeNull();
  await userEvent.press(screen.getByText('2 passed: show them'));
  expect(screen.getByText('No trading halt: passed')).toBeTruthy();
});

test('an order says where it went, and whether it is a whole or a part', () => {
  const name = (id: string) => id.toUpperCase();
  expect(placeText(order(), name)).toBe('KRAKEN');
  expect(placeText(order({ parent: 'o0' }), name)).toBe('KRAKEN · part of a larger order');
  expect(placeText(order({ venue: undefined, method: 'split', children: 2 }), name)).toBe('2 exchanges');
  expect(placeText(order({ venue: undefined, method: 'twap', children: 3 }), name)).toBe('In slices over time');
  expect(placeText(order({ venue: undefined, state: 'rejected' }), name)).toBe('');
});

test('a closed position is told by what it came to after its fees', async () => {
  const closed = position({ quantity: '0', realised_pnl: '0.2', fees: '0.32', closed_at: AT });
  renderWith(<ClosedTab />, { closedPositions: () => Promise.resolve({ items: [closed] }) });
  expect(await screen.findByText('▼ −$0.12')).toBeTruthy();
  expect(screen.getAllByText(/\$0\.32/)).toHaveLength(1);
});

test('the newest lines about a key are found behind those about other things, up to a bound', async () => {
  const line = (seq: number, action: string, venue?: string): KeyEvent =>
    ({ seq, action, venue, at: AT, outcome: 'ok', count: 1 }) as KeyEvent;
  const lists = Array.from({ length: 100 }, (_, i) => line(i, 'list'));
  const pages = [
    { items: lists, next_cursor: 'a' },
    { items: [line(200, 'open', 'kraken'), line(201, 'open', 'okx'), line(202, 'set_policy')] },
  ];
  const asked: (string | undefined)[] = [];
  const page = (cursor: string | undefined) => {
    asked.push(cursor);
    return Promise.resolve(pages[asked.length - 1] ?? { items: lists, next_cursor: 'more' });
  };
  const found = await newestEvents('kraken', page);
  expect(found.items.map(({ seq }) => seq)).toEqual([200, 202]);
  expect([found.cut, asked]).toEqual([false, [undefined, 'a']]);
  const endless = jest.fn(() => Promise.resolve({ items: lists, next_cursor: 'more' }));
  expect(await newestEvents('kraken', endless)).toEqual({ items: [], cut: true });
  expect(endless).toHaveBeenCalledTimes(10);
});

test('the audit log’s codes are words', () => {
  expect(eventWords('open', 'reconcile')).toBe('Use to compare with the exchange');
  expect(eventWords('sign', 'trade/place_order')).toBe('Signature to trade: place order');
  expect(eventWords('new_thing')).toBe('New thing');
});
