import type { KeyHealth } from '@/api/types';
import { day } from '@/format/time';
import { humanise } from '@/format/words';

export interface Said {
  tone: 'negative' | 'warning' | 'accent';
  text: string;
}

/** What is wrong with a key, and what to do about it. */
export function problemWords(problem: string, health: KeyHealth): Said {
  switch (problem) {
    case 'can_withdraw':
      return {
        tone: 'negative',
        text: 'This key can withdraw money now. New positions are stopped. Take the right away at the exchange, or replace the key.',
      };
    case 'refused':
      return {
        tone: 'negative',
        text: 'The exchange refuses this key. Replace it; nothing can be traded there until then.',
      };
    case 'cannot_trade':
      return { tone: 'negative', text: 'This key may not trade any more. Give it the right back, or replace it.' };
    case 'rights_changed':
      return { tone: 'warning', text: `What this key may do has changed.${changes(health)}` };
    case 'expires':
      return {
        tone: 'warning',
        text: `The exchange ends this key${health.expires_at ? ` on ${day(health.expires_at)}` : ' soon'}. Replace it before.`,
      };
    case 'old':
      return { tone: 'warning', text: `This key was due to be replaced on ${day(health.rotate_by)}.` };
    case 'any_address':
      return {
        tone: 'accent',
        text: 'The exchange takes this key from any address. Bind it to the address of this server there.',
      };
    case 'rights_unknown':
      return { tone: 'accent', text: 'This exchange cannot say whether the key may withdraw. Check it there.' };
    default:
      return { tone: 'warning', text: `${humanise(problem)}.` };
  }
}

function changes({ rights_gained, rights_lost }: KeyHealth): string {
  const list = (names: string[]) => names.map(humanise).join(', ');
  return [
    rights_gained.length ? ` New: ${list(rights_gained)}.` : '',
    rights_lost.length ? ` Gone: ${list(rights_lost)}.` : '',
  ].join('');
}

/** One word for a list. */
export function healthBadge(
  health: KeyHealth | undefined,
): { label: string; tone: 'positive' | 'warning' | 'negative' } | null {
  if (!health) return null;
  const said = health.problems.map((problem) => problemWords(problem, health).tone);
  if (said.includes('negative')) return { label: 'Act now', tone: 'negative' };
  if (said.includes('warning')) return { label: 'Needs care', tone: 'warning' };
  return null;
}
