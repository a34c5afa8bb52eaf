// Holds the web export to its promises: no inline script and nothing from other hosts (so that a strict CSP works), and
// a first load of less than 1 MB gzipped.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = new URL('../dist/', import.meta.url).pathname;
const BUDGET = 1_000_000;
const html = readFileSync(join(DIST, 'index.html'), 'utf8');
const problems = [];

const scripts = [...html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)];
for (const [, attributes, body] of scripts) {
  if (body.trim() || !/\bsrc="/.test(attributes)) problems.push('index.html has an inline script');
}
if (/\son\w+="/.test(html)) problems.push('index.html has an inline event handler');

const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]);
for (const url of loaded) {
  if (!url.startsWith('/') || url.startsWith('//')) problems.push(`index.html loads ${url} from elsewhere`);
}

const first = ['index.html', ...loaded.filter((url) => url.startsWith('/'))];
const bytes = first.reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length, 0);
if (bytes > BUDGET) problems.push(`first load is ${bytes} bytes gzipped, more than ${BUDGET}`);

const files = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
console.log(
  `web export: ${files} files, first load ${(bytes / 1024).toFixed(0)} KiB gzipped, ${scripts.length} script file(s), none inline`,
);
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
