// Chromium, and pages that note whatever should never happen: script errors, CSP violations, other hosts.
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

/** A fresh profile with one page; `faults` collects what went wrong in it. */
export async function open(browser, config, { width = 1440, height = 1000, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, baseURL: config.url });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
      faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== config.url)
      faults.push(`request to another origin: ${url.origin}`);
  });
  return { context, page, faults };
}

export async function signIn(page, { email, password }) {
  await page.goto('/sign-in');
  await page.getByTestId('email').fill(email);
  await page.getByTestId('password').fill(password);
  await page.getByTestId('submit').click();
  await page.getByTestId('equity').waitFor();
}

/** Waits until the page says that it is live. */
export async function untilLive(page) {
  await page.getByTestId('live-status').getByText('Live', { exact: true }).waitFor();
}

/** Waits until an element's text is another than `before`. */
export async function changed(locator, before) {
  const handle = await locator.elementHandle();
  await locator.page().waitForFunction(([node, old]) => node.textContent !== old, [handle, before]);
}

/** Waits until the price of some open position moves. (Positions come and go; a strategy may close the one we look at.) */
export async function untilPricesMove(page) {
  await page.evaluate(() => {
    globalThis.pricesSeen = {};
  });
  await page.waitForFunction(() => {
    let moved = false;
    for (const node of document.querySelectorAll('[data-testid="position-price"]')) {
      const id = node.closest('[data-testid^="position-"]:not([data-testid="position-price"])').dataset.testid;
      moved ||= globalThis.pricesSeen[id] !== undefined && globalThis.pricesSeen[id] !== node.textContent;
      globalThis.pricesSeen[id] = node.textContent;
    }
    return moved;
  });
}

/** Presses Tab until an element has the focus. */
export async function tabTo(page, testId) {
  for (let i = 0; i < 120; i += 1) {
    if ((await page.evaluate(() => document.activeElement?.dataset.testid)) === testId) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${testId} cannot be reached with Tab`);
}
