/** The audit log's actions in words. Unknown ones are made readable rather than hidden. */
import { humanise } from '@/format/words';

const ACTIONS: Readonly<Record<string, string>> = {
  store: 'Storing',
  store_locked: 'Storing, locked',
  open: 'Use',
  open_sealed: 'Reading of a new key',
  sign: 'Signature',
  set_rights: 'What it may do was noted',
  set_policy: 'Setting of the signer’s limits',
  unlock: 'Unlocking',
  lock: 'Locking',
  revoke: 'Disconnecting',
  rollback: 'Going back to the key before',
  retire_version: 'The replaced key is out of use',
  destroy: 'Destroying',
  prove_idle: 'Proof that the replaced key is unused',
  rewrap: 'Sealing under a new key of the vault',
  erase: 'Erasing',
  register_device_key: 'A key kept on a device was noted',
};

const PURPOSES: Readonly<Record<string, string>> = {
  trade: 'to trade',
  verify: 'to check it',
  reconcile: 'to compare with the exchange',
  stream: 'for the live stream',
};

export function eventWords(action: string, purpose?: string): string {
  // `trade/place`: what the key was opened for, then what was signed with it.
  const [why = '', request] = (purpose ?? '').split('/');
  const what = ACTIONS[action] ?? humanise(action);
  const said = why ? `${what} ${PURPOSES[why] ?? `(${humanise(why).toLowerCase()})`}` : what;
  return request ? `${said}: ${humanise(request).toLowerCase()}` : said;
}

const ORIGINS: Readonly<Record<string, string>> = {
  cli: 'the command line at the server',
  upkeep: 'the server’s own upkeep',
  process: 'the server, of its own',
};

/** From where something was done: `api 203.0.113.7` is the API, and who called it. */
export function originWords(origin: string): string {
  const [where = '', address] = origin.split(' ');
  if (where === 'api' && address) return `the API, called from ${address}`;
  return ORIGINS[origin] ?? humanise(origin);
}
