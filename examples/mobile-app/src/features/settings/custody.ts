import { humanise } from '@/format/words';

const WORDS: Readonly<Record<string, string>> = {
  delegated: 'delegated. The signer may use it at any time, so strategies run while you are away.',
  session: 'session. The signer may use it only while you are signed in.',
  device: 'device. It is used on your device only.',
};

/** What a custody mode means for the person whose key it is. */
export function custodyWords(custody: string): string {
  return WORDS[custody] ?? humanise(custody);
}
