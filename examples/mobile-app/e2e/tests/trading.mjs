import { newUser, seed } from '../lib/api.mjs';
import { open, signIn, tabTo, untilLive } from '../lib/browser.mjs';
import { equal, ok } from '../lib/expect.mjs';

export const tests = [
  {
    name: 'the keyboard alone signs in, walks the navigation and fills in the ticket',
    async run({ browser, api, config }) {
      await seed(api);
      const { context, page } = await open(browser, config);
      await page.goto('/sign-in');
      await page.getByTestId('email').waitFor();
      await tabTo(page, 'email');
      await page.keyboard.type(config.email);
      await tabTo(page, 'password');
      await page.keyboard.type(config.password);
      await page.keyboard.press('Enter');
      await page.getByTestId('equity').waitFor();
      await tabTo(page, 'nav-trade');
      await page.keyboard.press('Enter');
      await page.getByTestId('side-buy').waitFor();
      await tabTo(page, 'side-buy');
      await page.keyboard.press('ArrowRight');
      equal(await page.getByTestId('side-sell').getAttribute('aria-checked'), 'true', 'sell is chosen');
      ok(
        (await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle)) !== 'none',
        'the focus is not visible',
      );
      await tabTo(page, 'size');
      await page.keyboard.type('10');
      await tabTo(page, 'review-order');
      await page.keyboard.press('Enter');
      await page.getByTestId('preview').waitFor();
      await page.getByTestId('nav-positions').click();
      await page.getByTestId('position-close').first().click();
      await page.getByTestId('close-dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByTestId('close-dialog').waitFor({ state: 'detached' });
      await context.close();
    },
  },
  {
    name: 'the ticket previews the route with its candidates, places the order, and the order shows its route',
    async run({ browser, api, config }) {
      const symbol = await seed(api);
      const { context, page, faults } = await open(browser, config);
      await signIn(page, config);
      await untilLive(page);
      await page.getByTestId('nav-trade').click();
      await page.getByTestId(`symbol-${symbol}`).click();
      await page.getByTestId('review-order').click();
      await page.getByText('Enter an amount.').waitFor();
      const before = (await api.get('/v1/orders?limit=1')).items[0]?.id;
      await page.getByTestId('size').fill('30.50');
      await page.getByTestId('review-order').click();
      await page.getByTestId('preview').waitFor();
      ok(await page.getByTestId('route-reason').isVisible(), 'no reason for the venue');
      ok((await page.locator('[data-testid^="candidate-"]').count()) > 0, 'no candidates');
      await page.getByTestId('place-order').click();
      await page.getByTestId('order-outcome').waitFor();
      await page.getByTestId('see-order').click();
      await page.waitForURL('**/orders/*');
      await page.getByTestId('route').waitFor();
      const id = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1));
      ok(id !== before, 'no new order');
      const order = await api.get(`/v1/orders/${id}`);
      equal(order.symbol, symbol, 'symbol of the order');
      ok(
        Number(order.size) === 30.5 && order.size_type === 'quote',
        `size of the order: ${order.size} ${order.size_type}`,
      );
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'a position is closed only after it was confirmed, and leaves the open ones',
    async run({ browser, config }) {
      // With a user of their own: a strategy beside them might close it first.
      const { login, api } = await newUser(config);
      await seed(api);
      const { context, page } = await open(browser, config, { width: 360, height: 800 });
      try {
        await signIn(page, login);
        await page.getByTestId('nav-positions').click();
        const found = page
          .locator('[data-testid^="position-"]')
          .filter({ has: page.getByTestId('position-close') })
          .last();
        const card = page.getByTestId(await found.getAttribute('data-testid'));
        await card.getByTestId('position-close').click();
        await page.getByTestId('close-dialog').waitFor();
        await page.getByTestId('close-cancel').click();
        await page.getByTestId('close-dialog').waitFor({ state: 'detached' });
        ok(await card.isVisible(), 'the position went without being confirmed');
        await card.getByTestId('position-close').click();
        await page.getByTestId('close-confirm').click();
        await page.getByTestId('order-outcome').waitFor();
        await page.getByTestId('close-done').click();
        await card.waitFor({ state: 'detached' });
        await page.getByTestId('positions-tab-closed').click();
        await page.getByTestId('closed-positions').getByText('Closed ').first().waitFor();
      } finally {
        await context.close();
      }
    },
  },
  {
    name: 'the bot is paused and resumed, and another client sees it',
    async run({ browser, api, config }) {
      const { context, page } = await open(browser, config);
      await signIn(page, config);
      const state = page.getByTestId('bot-state');
      await state.waitFor();
      if ((await state.textContent()) !== 'Running') await page.getByTestId('bot-toggle').click();
      await state.getByText('Running', { exact: true }).waitFor();
      await page.getByTestId('bot-toggle').click();
      await state.getByText('Paused', { exact: true }).waitFor();
      equal((await api.get('/v1/dashboard/overview')).bot.state, 'paused', 'state at the server');
      await api.post('/v1/bot/resume');
      await state.getByText('Running', { exact: true }).waitFor();
      await context.close();
    },
  },
];
