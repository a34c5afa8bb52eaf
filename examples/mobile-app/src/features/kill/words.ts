/** Kill switches in words: pure, so that they can be tested without a screen. */
import type { KillSwitch } from '@/api/types';
import type { BadgeTone } from '@/ui/Badge';

export interface Standing {
  label: string;
  tone: Extract<BadgeTone, 'warning' | 'negative' | 'positive'>;
  text: string;
}

/** How far the work of a switch has come, and what that means for the account. */
export function standing(kill: KillSwitch, whose: 'own' | 'all' = 'own'): Standing {
  const left = kill.unconfirmed.length;
  if (!kill.done) {
    const open = left ? ` Not confirmed so far: ${left === 1 ? 'one thing' : `${left} things`}, listed below.` : '';
    const doing = kill.flatten ? 'Orders are being cancelled and positions closed' : 'Orders are being cancelled';
    return { label: 'Working…', tone: 'warning', text: `${doing}; each exchange is asked until it confirms.${open}` };
  }
  if (left)
    return {
      label: 'Not all confirmed',
      tone: 'negative',
      text: 'What is listed below could not be confirmed. Look at the exchange itself, then check again.',
    };
  if (kill.flat)
    return {
      label: 'Confirmed',
      tone: 'positive',
      text:
        whose === 'own'
          ? 'The exchanges were asked: no order and no position of yours is left there.'
          : 'The exchanges were asked about every account: no order and no position is left there.',
    };
  if (kill.flat_except_dust)
    return {
      label: 'Confirmed',
      tone: 'positive',
      text: 'No order is left, and of positions only what is too small to be closed: it is listed below.',
    };
  return {
    label: 'Confirmed',
    tone: 'positive',
    text: kill.flatten
      ? 'No order is left. The exchanges still show positions, see below.'
      : `Every order is cancelled but the stops that guard ${whose === 'own' ? 'your ' : ''}positions. The positions stay open.`,
  };
}

/** Whom or what a switch stops. */
export function scopeWords(scope: string, nameOf: (venue: string) => string): string {
  if (scope === 'user') return 'Your trading is stopped';
  if (scope === 'platform') return 'All trading on this platform is stopped';
  return `Trading at ${nameOf(scope.replace(/^venue:/, ''))} is stopped`;
}

/** Whether it is the user's own, which they can take off. */
export const isOwn = (kill: KillSwitch): boolean => kill.scope === 'user';

/** `2 open orders, 1 position`, or that there is nothing. */
export function countWords(orders: number, positions: number): string {
  const said = [count(orders, 'open order'), count(positions, 'position')].filter(Boolean);
  return said.join(', ') || 'No orders, no positions';
}

function count(n: number, what: string): string {
  return n === 0 ? '' : `${n} ${what}${n === 1 ? '' : 's'}`;
}

/** The end of a user's id: its beginning is the time it was made, which many share. */
export const shortId = (id: string): string => `…${id.slice(-12)}`;
