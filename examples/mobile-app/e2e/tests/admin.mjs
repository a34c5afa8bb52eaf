import { join } from 'node:path';

import { newUser } from '../lib/api.mjs';
import { findings } from '../lib/axe.mjs';
import { open, signIn } from '../lib/browser.mjs';
import { config as settings, OUT } from '../lib/config.mjs';
import { equal, Skip } from '../lib/expect.mjs';

export const tests = [
  {
    name: 'an administrator stops an exchange for everybody with the password, and lets it go on',
    async run({ browser, config }) {
      if (!settings.adminToken) throw new Skip('NIJA_ADMIN_TOKEN is not set');
      const { login: other } = await newUser(config);
      const plain = await open(browser, config);
      await signIn(plain.page, other);
      equal(await plain.page.getByTestId('nav-admin').count(), 0, 'entries for administrators in a user’s menu');
      await plain.page.goto('/admin');
      await plain.page.getByText('This page is for those who run this platform').waitFor();
      await plain.context.close();

      const { login, api } = await newUser(config);
      await api.post('/v1/admin/claim', { token: settings.adminToken, password: login.password });
      for (const [width, height] of [
        [1280, 900],
        [390, 844],
      ]) {
        const { context, page, faults } = await open(browser, config, { width, height });
        await signIn(page, login);
        if (width > 1000) await page.getByTestId('nav-admin').click();
        else {
          await page.getByTestId('nav-settings').click();
          await page.getByTestId('settings-admin').click();
        }
        await page.getByTestId('admin-kill-none').waitFor();
        await page.getByTestId('admin-kill-open').click();
        await page.getByTestId('admin-scope-venue:paper').click();
        const problems = [];
        const look = async (name) => {
          await page.screenshot({ path: join(OUT, `${name}-${width}-light.png`) });
          problems.push(...(await findings(page)));
        };
        await look('admin-throw');
        await page.getByTestId('admin-throw-password').fill('not the password');
        await page.getByTestId('admin-throw-confirm').click();
        await page.getByTestId('admin-throw-error').waitFor();
        equal((await api.get('/v1/admin/kill')).length, 0, 'switches after a wrong password');
        await page.getByTestId('admin-throw-password').fill(login.password);
        await page.getByTestId('admin-throw-confirm').click();
        const card = page.getByTestId('admin-on-venue:paper');
        await card.getByText('Confirmed', { exact: true }).waitFor();
        await look('admin-on');
        // The administrator’s own trading stands still there as well, and is told so; it cannot be taken off as one’s own.
        await page.getByTestId('nav-dashboard').click();
        await page.getByTestId('kill-on-venue:paper').getByText('Only those who run this platform').waitFor();
        await look('kill-of-venue');
        await page.goBack();
        await page.getByTestId('admin-release').click();
        await page.getByTestId('admin-ask-password').fill(login.password);
        await page.getByTestId('admin-ask-confirm').click();
        await card.waitFor({ state: 'detached' });
        equal((await api.get('/v1/admin/kill')).length, 0, 'switches after it was taken off');
        equal([...problems, ...faults].join('\n'), '', 'faults');
        await context.close();
      }
    },
  },
  {
    name: 'a reset token of nobody is refused in words',
    async run({ browser, config }) {
      const { login } = await newUser(config);
      const { context, page } = await open(browser, config, { width: 390, height: 844 });
      await page.goto('/sign-in');
      await page.getByTestId('to-reset').click();
      await page.getByTestId('email').fill(login.email);
      await page.getByTestId('reset-token').fill('nrs_nothing');
      await page.getByTestId('password').fill('a few unrelated words');
      await page.screenshot({ path: join(OUT, 'reset-390-light.png') });
      equal((await findings(page)).join('\n'), '', 'axe');
      await page.getByTestId('submit').click();
      await page.getByTestId('form-error').getByText('ask the operator for a new one').waitFor();
      await context.close();
    },
  },
];
