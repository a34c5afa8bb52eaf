import { newUser, seed, until } from '../lib/api.mjs';
import { open, signIn, tabTo, untilLive } from '../lib/browser.mjs';
import { equal, ok } from '../lib/expect.mjs';

export const tests = [
  {
    name: 'the kill switch asks first, stops entries, closes positions with proof, and is taken off',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      const symbol = await seed(api);
      const { context, page, faults } = await open(browser, config);
      await signIn(page, login);
      await untilLive(page);
      await page.getByTestId('kill-open').click();
      await page.getByTestId('kill-cancel').click();
      equal((await api.get('/v1/kill-switch')).length, 0, 'switches after it was not confirmed');

      await page.getByTestId('kill-open').click();
      await page.getByTestId('kill-confirm').click();
      const card = page.getByTestId('kill-on-user');
      await card.getByText('Confirmed', { exact: true }).waitFor();
      await card.getByText('The positions stay open').waitFor();
      const [standing] = await api.get('/v1/kill-switch');
      ok(standing.done && !standing.flatten, `at the server: ${JSON.stringify(standing)}`);
      equal((await api.get('/v1/positions/open')).length, 1, 'open positions');
      const { order } = await api.refusal('/v1/orders', { symbol, side: 'buy', size: '25' });
      equal(order.reason_code, 'trading_halted', 'why an entry is refused');

      // On every page it is said; the first shows all of it.
      await page.getByTestId('nav-activity').click();
      await page.getByTestId('kill-banner').getByText('Your trading is stopped').waitFor();
      await page.getByRole('button', { name: 'Details of the kill switch' }).click();
      await page.getByTestId('kill-flatten').click();
      await page.getByTestId('kill-ask-confirm').click();
      await card.getByText('no order and no position of yours is left').waitFor();
      await page.getByTestId('kill-proof').getByText('No orders, no positions').waitFor();
      equal((await api.get('/v1/positions/open')).length, 0, 'open positions');
      await page.getByText('No open positions').waitFor();

      await page.getByTestId('kill-release').click();
      await page.getByTestId('kill-ask-password').fill('not the password');
      await page.getByTestId('kill-ask-confirm').click();
      await page.getByTestId('kill-ask-error').getByText('That is not the account').waitFor();
      await page.getByTestId('kill-ask-password').fill(login.password);
      await page.getByTestId('kill-ask-confirm').click();
      await card.waitFor({ state: 'detached' });
      await page.getByTestId('kill-open').waitFor();
      equal((await api.get('/v1/kill-switch')).length, 0, 'switches after it was taken off');
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'a kill switch thrown by another client shows up by itself, and goes by itself',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      const { context, page } = await open(browser, config, { width: 360, height: 800 });
      await signIn(page, login);
      await untilLive(page);
      await api.post('/v1/kill-switch', { on: true });
      await page.getByTestId('kill-on-user').waitFor();
      await api.post('/v1/kill-switch', { on: false, password: login.password });
      await page.getByTestId('kill-on-user').waitFor({ state: 'detached' });
      await context.close();
    },
  },
  {
    name: 'the kill switch is thrown by the keyboard alone, and Escape leaves everything as it is',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      const { context, page } = await open(browser, config);
      await signIn(page, login);
      await page.getByTestId('kill-open').waitFor();
      await tabTo(page, 'kill-open');
      await page.keyboard.press('Enter');
      await page.getByTestId('kill-dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByTestId('kill-dialog').waitFor({ state: 'detached' });
      equal((await api.get('/v1/kill-switch')).length, 0, 'switches after Escape');
      await tabTo(page, 'kill-open');
      await page.keyboard.press('Enter');
      await tabTo(page, 'kill-positions-keep');
      await page.keyboard.press('ArrowRight');
      equal(await page.getByTestId('kill-positions-close').getAttribute('aria-checked'), 'true', 'close is chosen');
      await tabTo(page, 'kill-confirm');
      await page.keyboard.press('Enter');
      await page.getByTestId('kill-on-user').waitFor();
      const [thrown] = await until(
        () => api.get('/v1/kill-switch'),
        (all) => all.length === 1,
        'a switch is on',
      );
      equal(thrown.flatten, true, 'positions are closed as well');
      await api.post('/v1/kill-switch', { on: false, password: login.password });
      await context.close();
    },
  },
];
