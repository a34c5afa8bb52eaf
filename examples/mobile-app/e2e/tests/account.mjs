import { open, signIn, untilLive } from '../lib/browser.mjs';
import { equal, ok } from '../lib/expect.mjs';

export const tests = [
  {
    name: 'someone who is not signed in lands on the welcome page, whatever the address',
    async run({ browser, config }) {
      const { context, page, faults } = await open(browser, config);
      await page.goto('/positions');
      await page.waitForURL('**/welcome');
      await page.getByTestId('go-sign-in').click();
      await page.getByTestId('email').waitFor();
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'a wrong password is said in words and the form stays',
    async run({ browser, config }) {
      const { context, page } = await open(browser, config);
      await page.goto('/sign-in');
      await page.getByTestId('email').fill(`nobody-${Date.now()}@example.com`);
      await page.getByTestId('password').fill('wrong-password-1');
      await page.getByTestId('submit').click();
      const text = await page.getByTestId('form-error').textContent();
      ok(text && text.length > 10, 'no words about the wrong password');
      ok(await page.getByTestId('email').isVisible(), 'the form is gone');
      await context.close();
    },
  },
  {
    name: 'the rules for a new password are told before the server is asked',
    async run({ browser, config }) {
      const { context, page } = await open(browser, config);
      await page.goto('/sign-up');
      const asked = [];
      page.on('request', (request) => request.url().includes('/auth/signup') && asked.push(request.url()));
      await page.getByTestId('email').fill('name@example.com');
      await page.getByTestId('password').fill('short');
      await page.getByTestId('submit').click();
      await page.getByText('Use at least 12 characters; this has 5.').waitFor();
      equal(asked.length, 0, 'sign-up requests');
      await context.close();
    },
  },
  {
    name: 'signed in, the session survives a reload; signed out, it does not',
    async run({ browser, config }) {
      const { context, page, faults } = await open(browser, config);
      await signIn(page, config);
      await untilLive(page);
      await page.reload();
      await page.getByTestId('equity').waitFor();
      const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie);
      equal(stored, '{}', 'things kept beyond the tab');
      await page.getByTestId('nav-settings').click();
      equal(await page.getByTestId('profile-email').textContent(), config.email, 'address in the profile');
      await page.getByTestId('sign-out').click();
      await page.waitForURL('**/welcome');
      await page.goto('/');
      await page.waitForURL('**/welcome');
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
];
