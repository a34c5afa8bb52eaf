import { newUser, seed, until } from '../lib/api.mjs';
import { open, signIn, tabTo, untilLive } from '../lib/browser.mjs';
import { equal, ok } from '../lib/expect.mjs';

const share = (price, factor) => (Number(price) * factor).toFixed(2);

/** Opens the page of the only position. */
async function toPosition(page) {
  await page.getByTestId('nav-positions').click();
  await page.getByTestId('position-guard').click();
  await page.getByTestId('protection').waitFor();
}

export const tests = [
  {
    name: 'a position gets a stop that rests, is given targets that are watched, and loses both only when confirmed',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      await seed(api);
      const [position] = await api.get('/v1/positions/open');
      const { context, page, faults } = await open(browser, config);
      await signIn(page, login);
      await untilLive(page);
      await page.getByTestId('nav-positions').click();
      await page.getByTestId('position-guard').getByText('No stop').waitFor();
      await page.getByTestId('position-guard').click();
      await page.getByTestId('protection-none').waitFor();

      // Mistakes are said field by field before anything is sent.
      await page.getByTestId('protection-edit').click();
      await page.getByTestId('protection-save').click();
      await page.getByTestId('protection-problem').waitFor();
      await page.getByTestId('protection-field-stop').fill(share(position.entry_price, 1.2));
      await page.getByTestId('protection-save').click();
      await page.getByText(/A stop of a long position is below the price, now/).waitFor();
      equal((await api.get('/v1/positions/protection')).length, 0, 'protections after mistakes');

      const stop = share(position.entry_price, 0.9);
      await page.getByTestId('protection-field-stop').fill(stop);
      await page.getByTestId('protection-save').click();
      await page.getByTestId('protection-where').getByText('rests as an order').waitFor();
      const [resting] = await until(
        () => api.get('/v1/positions/protection'),
        ([one]) => one?.resting_order_id,
        'the stop rests',
      );
      equal(Number(resting.stop_now), Number(stop), 'stop at the server');

      await page.getByTestId('protection-edit').click();
      await page.getByTestId('protection-trail-share').click();
      await page.getByTestId('protection-field-trail').fill('12.5');
      await page.getByTestId('protection-field-tp1').fill(share(position.entry_price, 1.2));
      await page.getByTestId('protection-field-share1').fill('60');
      await page.getByTestId('protection-field-tp2').fill(share(position.entry_price, 1.1));
      await page.getByTestId('protection-field-share2').fill('50');
      await page.getByTestId('protection-save').click();
      await page.getByText(/must be above the one before it/).waitFor();
      await page.getByTestId('protection-field-tp2').fill(share(position.entry_price, 1.3));
      await page.getByTestId('protection-problem').getByText('110 % of the position').waitFor();
      await page.getByTestId('protection-field-share2').fill('40');
      await page.getByTestId('protection-save').click();
      await page.getByTestId('protection-tp2').getByText('closes 40').waitFor();
      await page.getByTestId('protection-trail').getByText('12.5').waitFor();
      const [both] = await api.get('/v1/positions/protection');
      equal(both.plan.trailing_share, '0.125', 'share of the trailing stop');
      equal(both.plan.take_profits.map((one) => one.share).join(), '0.6,0.4', 'shares of the take-profits');

      await page.getByTestId('back').click();
      await page.getByTestId('position-guard').getByText('Stop $').waitFor();
      await page.getByTestId('position-guard').click();
      await page.getByTestId('protection-remove').click();
      ok((await api.get('/v1/positions/protection')).length === 1, 'it went without being confirmed');
      await page.getByTestId('protection-remove-confirm').click();
      await page.getByTestId('protection-none').waitFor();
      equal((await api.get('/v1/positions/protection')).length, 0, 'protections after the removal');
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'what the server refuses of a protection is said in plain words, and what was typed stays',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      await seed(api);
      const { context, page } = await open(browser, config);
      await signIn(page, login);
      await toPosition(page);
      const [position] = await api.get('/v1/positions/open');
      await page.getByTestId('protection-edit').click();
      // A share so small that it is none for the server: only it knows.
      await page.getByTestId('protection-field-tp1').fill(share(position.entry_price, 1.2));
      await page.getByTestId('protection-field-share1').fill('0.0000001');
      await page.getByTestId('protection-save').click();
      await page.getByTestId('protection-error').getByText('The share of a take-profit must be above 0').waitFor();
      equal(await page.getByTestId('protection-field-share1').inputValue(), '0.0000001', 'what was typed');
      await context.close();
    },
  },
  {
    name: 'a protection is typed by the keyboard alone, and its page says when the position is gone',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      await seed(api);
      const [position] = await api.get('/v1/positions/open');
      const { context, page } = await open(browser, config);
      await signIn(page, login);
      await untilLive(page);
      await toPosition(page);
      await tabTo(page, 'protection-edit');
      await page.keyboard.press('Enter');
      await tabTo(page, 'protection-field-stop');
      await page.keyboard.type(share(position.entry_price, 0.8));
      await tabTo(page, 'protection-save');
      await page.keyboard.press('Enter');
      await page.getByTestId('protection-where').waitFor();
      await api.post(`/v1/positions/${encodeURIComponent(position.id)}/close?wait_ms=10000`);
      await page.getByText('This position is not open').waitFor();
      await page.getByTestId('see-closed').click();
      await page.getByTestId('closed-positions').getByText('Closed ').first().waitFor();
      await context.close();
    },
  },
  {
    name: 'the realised curve shows what a closed position came to, in figures too',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      const { context, page, faults } = await open(browser, config);
      await signIn(page, login);
      await untilLive(page);
      await page.getByTestId('equity-view-days').click();
      await page.getByText('Nothing realised yet').waitFor();
      const symbol = await seed(api);
      const [position] = await api.get('/v1/positions/open');
      await api.post(`/v1/positions/${encodeURIComponent(position.id)}/close?wait_ms=10000`);
      // It comes without a reload.
      await page.getByTestId('equity-chart').waitFor();
      const days = await api.get('/v1/dashboard/equity');
      const net = days.reduce((sum, day) => sum + Number(day.net), 0);
      ok(net < 0, `the spread and the fees of ${symbol} cost something: ${net}`);
      const shown = `−$${Math.abs(net).toFixed(2)}`;
      await page.getByTestId('equity-total').getByText(shown).waitFor();
      await page.getByTestId('equity-days').click();
      equal(await page.getByTestId('equity-table').getByRole('row').count(), days.length + 1, 'rows of the table');

      // The same by pair and by venue.
      const table = page.getByTestId('breakdown-table');
      await table.getByText(symbol).waitFor();
      await table.getByText(shown).waitFor();
      await page.getByTestId('breakdown-by-venue').click();
      await table.getByText('Paper').waitFor();
      await table.getByText(shown).waitFor();

      // What was measured ends with what stands now.
      await page.getByTestId('equity-view-account').click();
      await page.getByTestId('curve-range-all').click();
      await page.getByTestId('curve-chart').waitFor();
      await page.getByTestId('curve-pnl').getByText(shown).waitFor();
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
];
