import { placeOrder, seed } from '../lib/api.mjs';
import { changed, open, signIn, untilLive, untilPricesMove } from '../lib/browser.mjs';
import { equal, ok } from '../lib/expect.mjs';

export const tests = [
  {
    name: 'prices and profit and loss move without a reload',
    async run({ browser, api, config }) {
      await seed(api);
      const { context, page, faults } = await open(browser, config);
      await signIn(page, config);
      await untilLive(page);
      await page.evaluate(() => {
        globalThis.sameDocument = true;
      });
      await untilPricesMove(page);
      // A small position may leave the equity's cents alone for a while; the time of the figures moves with each update.
      const figures = page.getByTestId('figures');
      await changed(figures, await figures.textContent());
      ok(await page.evaluate(() => globalThis.sameDocument === true), 'the page was loaded again');
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'an order placed over HTTP shows up within a second, and so does its fill',
    async run({ browser, api, config }) {
      const symbol = await seed(api);
      const { context, page } = await open(browser, config);
      await signIn(page, config);
      await untilLive(page);
      await page.getByTestId('nav-positions').click();
      await page.getByTestId('positions-tab-orders').click();
      await page.getByTestId('orders').waitFor();
      await watchRows(page);
      const order = await placeOrder(api, { symbol });
      const answered = Date.now();
      await page.getByTestId(`order-${order.id}`).waitFor({ timeout: 1000 });
      const delay = (await page.evaluate((id) => globalThis.seenAt[id], `order-${order.id}`)) - answered;
      ok(delay < 1000, `the order took ${delay} ms to show`);
      await page.getByTestId(`order-${order.id}`).getByText('Filled').waitFor();
      await page.getByTestId('nav-activity').click();
      await page.getByTestId('activity-row').first().waitFor();
      await context.close();
    },
  },
  {
    name: 'a lost connection is said, resumed where it was left, and the banner goes',
    async run({ browser, api, config }) {
      await seed(api);
      const { context, page } = await open(browser, config);
      const addresses = [];
      let current;
      await page.routeWebSocket(/\/v1\/stream/, (socket) => {
        addresses.push(socket.url());
        current = socket;
        socket.connectToServer();
      });
      await signIn(page, config);
      await untilLive(page);
      await page.route('**/v1/stream/ticket', (route) => route.abort());
      await current.close({ code: 1001 });
      await page.getByTestId('offline-banner').waitFor();
      await page.unroute('**/v1/stream/ticket');
      await page.getByTestId('offline-retry').click();
      await page.getByTestId('offline-banner').waitFor({ state: 'detached' });
      await untilLive(page);
      ok(
        /[?&]resume_from=\d+/.test(addresses.at(-1)) && /[?&]stream=/.test(addresses.at(-1)),
        `not resumed: ${addresses.at(-1)?.replace(/ticket=[^&]+/, 'ticket=...')}`,
      );
      ok(!/[?&](token|access_token)=/.test(addresses.join()), 'a token is in the address');
      await untilPricesMove(page);
      await context.close();
    },
  },
];

/** Notes when each element with a test id first appears, so that the delay is measured in the page and not by polling. */
async function watchRows(page) {
  await page.evaluate(() => {
    globalThis.seenAt = {};
    const note = () =>
      document.querySelectorAll('[data-testid^="order-"]').forEach((node) => {
        globalThis.seenAt[node.dataset.testid] ??= Date.now();
      });
    note();
    new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
  });
}
