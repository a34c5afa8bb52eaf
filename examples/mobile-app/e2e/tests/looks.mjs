// Every page at 360 and 1440 px, dark and light: screenshots, axe, targets, no sideways scrolling.
import { join } from 'node:path';

import { newUser, seed } from '../lib/api.mjs';
import { findings } from '../lib/axe.mjs';
import { open, signIn, untilLive } from '../lib/browser.mjs';
import { OUT } from '../lib/config.mjs';
import { equal } from '../lib/expect.mjs';

const SIZES = [
  { width: 360, height: 800 },
  { width: 1440, height: 1000 },
];
const SCHEMES = ['light', 'dark'];

const OUTSIDE = [
  { name: 'welcome', go: (page) => page.goto('/welcome'), ready: 'go-sign-in' },
  { name: 'sign-in', go: (page) => page.goto('/sign-in'), ready: 'submit' },
];

// Inside, the pages are reached as a person does, not by loading them anew: each load would buy a new access token.
const INSIDE = [
  { name: 'dashboard', go: (page) => page.getByTestId('nav-dashboard').click(), ready: 'equity' },
  {
    name: 'positions',
    go: async (page) => {
      await page.getByTestId('nav-positions').click();
      // On wide windows each position has the line of its price.
      if (page.viewportSize().width > 1000)
        await page
          .getByLabel(/^Price over/)
          .first()
          .waitFor();
    },
    ready: 'position-close',
  },
  {
    name: 'close',
    go: (page) => page.getByTestId('position-close').first().click(),
    ready: 'close-dialog',
    after: (page) => page.getByTestId('close-cancel').click(),
  },
  { name: 'closed', go: (page) => page.getByTestId('positions-tab-closed').click(), ready: 'closed-positions' },
  { name: 'orders', go: (page) => page.getByTestId('positions-tab-orders').click(), ready: 'orders' },
  {
    name: 'order',
    go: (page) => page.locator('[data-testid^="order-"][role="link"]').first().click(),
    ready: 'route-card',
  },
  {
    name: 'trade',
    go: async (page) => {
      await page.getByTestId('nav-trade').click();
      await page.getByTestId('size').fill('100');
      await page.getByTestId('review-order').click();
    },
    ready: 'preview',
  },
  { name: 'activity', go: (page) => page.getByTestId('nav-activity').click(), ready: 'activity-row' },
  { name: 'settings', go: (page) => page.getByTestId('nav-settings').click(), ready: 'profile-email' },
  { name: 'limits', go: (page) => page.getByTestId('limits-edit').click(), ready: 'limits-save' },
  {
    name: 'key',
    go: (page) => page.locator('[data-testid^="manage-"]').first().click(),
    ready: 'rotation-begin',
  },
  {
    name: 'key-proof',
    go: async (page) => {
      await page.getByTestId('key-event-open').first().click();
      await page.getByTestId('proof-check').click();
      await page.getByTestId('proof-holds').scrollIntoViewIfNeeded();
    },
    ready: 'proof-root',
  },
  {
    name: 'key-destroy',
    go: (page) => page.getByTestId('destroy-open').click(),
    ready: 'destroy-dialog',
    after: async (page) => {
      await page.getByTestId('destroy-cancel').click();
      await page.getByTestId('nav-settings').click();
    },
  },
  {
    name: 'connect',
    go: async (page) => {
      await page.getByTestId('connect-exchange').click();
      await page.getByTestId('connect-custody-session').click();
      // What is scrolled out of sight counts as hidden for axe, and a hidden label as none.
      await page.getByTestId('connect-lock').scrollIntoViewIfNeeded();
    },
    ready: 'connect-away',
  },
];

// With a user of their own, since a strategy beside them would close what is looked at.
const GUARDED = [
  {
    name: 'dashboard-equity',
    go: async (page) => {
      await page.getByTestId('equity-view-days').click();
      await page.getByTestId('equity-days').click();
    },
    ready: 'equity-table',
  },
  {
    name: 'dashboard-curve',
    go: async (page) => {
      await page.getByTestId('equity-view-account').click();
      await page.getByTestId('curve-chart').scrollIntoViewIfNeeded();
    },
    ready: 'breakdown-table',
  },
  { name: 'kill-dialog', go: (page) => page.getByTestId('kill-open').click(), ready: 'kill-dialog' },
  {
    name: 'kill-on',
    go: async (page) => {
      await page.getByTestId('kill-confirm').click();
      await page.getByTestId('kill-state').getByText('Confirmed', { exact: true }).waitFor();
    },
    ready: 'kill-proof',
  },
  { name: 'guarded', go: (page) => page.getByTestId('nav-positions').click(), ready: 'kill-banner' },
  {
    name: 'position',
    go: (page) => page.getByTestId('position-guard').click(),
    ready: 'protection-where',
  },
  {
    name: 'protection-edit',
    go: async (page) => {
      await page.getByTestId('protection-edit').click();
      await page.getByTestId('protection-trail-share').click();
      await page.getByTestId('protection-field-stop').fill('999999');
      await page.getByTestId('protection-save').click();
      await page.getByTestId('protection-save').scrollIntoViewIfNeeded();
    },
    ready: 'protection-field-trail',
    after: (page) => page.getByTestId('protection-cancel').click(),
  },
  {
    name: 'risk-edit',
    go: async (page) => {
      await page.getByTestId('nav-settings').click();
      await page.getByTestId('risk-edit').click();
      await page.getByTestId('risk-save').scrollIntoViewIfNeeded();
    },
    ready: 'risk-field-positions',
    after: (page) => page.getByTestId('risk-cancel').click(),
  },
  {
    name: 'routing',
    go: (page) => page.getByTestId('routing-edit').scrollIntoViewIfNeeded(),
    ready: 'routing-weight-fees',
  },
  {
    name: 'routing-edit',
    go: async (page) => {
      await page.getByTestId('routing-edit').click();
      await page.getByTestId('routing-weights-own').click();
      await page.getByTestId('routing-save').scrollIntoViewIfNeeded();
    },
    ready: 'routing-field-fees',
  },
];

/** A closed position, and an open one with a stop and targets. */
async function guarded(config) {
  const { login, api } = await newUser(config);
  await seed(api);
  const [first] = await api.get('/v1/positions/open');
  await api.post(`/v1/positions/${encodeURIComponent(first.id)}/close?wait_ms=10000`);
  await seed(api);
  const [open] = await api.get('/v1/positions/open');
  const at = (factor) => (Number(open.entry_price) * factor).toFixed(2);
  await api.put(`/v1/positions/${encodeURIComponent(open.id)}/protection`, {
    stop_price: at(0.98),
    take_profits: [
      { price: at(1.01), share: '0.5' },
      { price: at(1.02), share: '0.3' },
    ],
  });
  return login;
}

async function examine(page, pages, size, scheme) {
  const problems = [];
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  for (const { name, go, ready, after } of pages) {
    const label = `${name}-${size.width}-${scheme}`;
    await go(page);
    await page.getByTestId(ready).first().waitFor();
    await page.locator('[aria-busy="true"][role="status"]').first().waitFor({ state: 'detached' });
    await page.screenshot({ path: join(OUT, `${label}.png`) });
    problems.push(...(await findings(page)).map((finding) => `${label}: ${finding}`));
    problems.push(...(await page.evaluate(measure)).map((finding) => `${label}: ${finding}`));
    await after?.(page);
  }
  return problems;
}

/** Runs in the page: things to press that are under 44 points, and content wider than the window. */
function measure() {
  const found = [];
  for (const node of document.querySelectorAll('a, button, input, [role="button"], [role="link"], [role="radio"]')) {
    if (node.getAttribute('aria-hidden') === 'true') continue;
    const { width, height } = node.getBoundingClientRect();
    if (width > 0 && (height < 43.5 || width < 43.5))
      found.push(
        `target of ${Math.round(width)}x${Math.round(height)}: ${node.textContent || node.getAttribute('aria-label')}`,
      );
  }
  for (const node of document.querySelectorAll('main *, [role="main"] *')) {
    const { right, width, height } = node.getBoundingClientRect();
    if (width > 0 && height > 0 && right > window.innerWidth + 1) {
      found.push(`wider than the window: ${node.textContent?.slice(0, 60)}`);
      break;
    }
  }
  return found;
}

/** Runs in the page: figures that break inside, and words that are cut, among the elements of these ids. */
function broken(ids) {
  const problems = [];
  for (const id of ids) {
    const node = document.querySelector(`[data-testid="${id}"]`);
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top / 4)));
    // A button is one line by itself, and a box of its own among the lines.
    if (lines.size > 1 && node.getAttribute('role') !== 'button') problems.push(`${id} breaks: ${node.textContent}`);
    for (const part of [node, ...node.querySelectorAll('*')])
      if (part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflowX === 'hidden')
        problems.push(`${id} is cut: ${part.textContent}`);
  }
  return problems;
}

const between = {
  name: 'between phone and large window figures stay in one piece, and a limit that makes an order smaller is on the button',
  async run({ browser, config }) {
    const { login } = await newUser(config);
    const { context, page, faults } = await open(browser, config);
    await signIn(page, login);
    const problems = [];
    for (const width of [390, 768, 960, 1024, 1240, 1440]) {
      await page.setViewportSize({ width, height: 1000 });
      await page.getByTestId('nav-dashboard').click();
      await page.getByTestId('equity').waitFor();
      const dashboard = await page.evaluate(broken, ['equity', 'pnl-today', 'pnl-total']);
      await page.getByTestId('nav-trade').click();
      await page.getByTestId('size').fill('120');
      await page.getByTestId('review-order').click();
      await page.getByTestId('preview-smaller').waitFor();
      await page.getByTestId('place-order').getByText('Buy less than $120.00').waitFor();
      const trade = await page.evaluate(broken, ['summary-venue', 'summary-price', 'summary-fees', 'place-order']);
      problems.push(...[...dashboard, ...trade].map((problem) => `${width} px: ${problem}`));
      // On a phone the review stands in the form's place.
      if (width < 960) await page.getByTestId('change-order').click();
    }
    equal([...problems, ...faults].join('\n'), '', 'problems');
    await context.close();
  },
};

export const tests = SIZES.flatMap((size) =>
  SCHEMES.flatMap((scheme) => [
    {
      name: `at ${size.width} px, ${scheme}: axe finds nothing serious, targets are 44 pt, nothing is cut off`,
      async run({ browser, api, config }) {
        await seed(api);
        const { context, page, faults } = await open(browser, config, { ...size, colorScheme: scheme });
        const problems = await examine(page, OUTSIDE, size, scheme);
        await signIn(page, config);
        await page.getByTestId('equity').waitFor();
        if (size.width > 1000) await untilLive(page);
        problems.push(...(await examine(page, INSIDE, size, scheme)), ...faults);
        equal(problems.join('\n'), '', 'problems');
        await context.close();
      },
    },
    {
      name: `at ${size.width} px, ${scheme}: kill switch, protection and settings look as they should`,
      async run({ browser, config }) {
        const login = await guarded(config);
        const { context, page, faults } = await open(browser, config, { ...size, colorScheme: scheme });
        await signIn(page, login);
        const problems = [...(await examine(page, GUARDED, size, scheme)), ...faults];
        equal(problems.join('\n'), '', 'problems');
        await context.close();
      },
    },
  ]),
).concat(between);
