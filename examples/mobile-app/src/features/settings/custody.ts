import { humanise } from '@/format/words';

const WORDS: Readonly<Record<string, string>> = {
  delegated:
    'Always on. The signer may use it day and night, inside your limits, so strategies run while you are away.',
  session: 'Unlocked by you. The signer may use it only while your unlock lasts; nobody can before or after.',
  device: 'On your phone alone. Only that phone can trade with it and close what it opened; no server can use it.',
};

/** What nothing here can do while the owner is away; the app says so wherever such a key is chosen or shown. */
export const AWAY =
  'While you are away, nothing here can close a position: not a stop, not the kill switch, not us. Open one only together with its stop resting at the exchange.';

/** The same for a key that is on a phone: nobody else can exit, and nobody else sees what it holds. */
const AWAY_ON_PHONE =
  'Only your phone can trade and exit with this key. While it is off or away nothing else can close a position: not the kill switch, not us. The app opens one only together with its stop resting at the exchange. Its orders and positions are not shown here: this server cannot see them.';

/** What its owner must know of a key that leaves positions alone. */
export const awayWords = (custody: string): string => (custody === 'device' ? AWAY_ON_PHONE : AWAY);

/** Whether a key's mode leaves positions without anyone while its owner is away. */
export const leavesAlone = (custody: string): boolean => custody === 'session' || custody === 'device';

/** What a custody mode means for the person whose key it is. */
export function custodyWords(custody: string): string {
  return WORDS[custody] ?? humanise(custody);
}

/** What is left of a key that is not in use any more. */
export function endedWords({ status, custody }: { status: string; custody: string }): string {
  if (status === 'destroyed') return 'Destroyed. Nothing is stored of this key any more, but that it was.';
  if (custody === 'device') return 'Disconnected. The key itself is on your phone, as it was.';
  return 'Disconnected. Nothing is signed with this key any more. The vault stores it, encrypted, until it is destroyed.';
}
