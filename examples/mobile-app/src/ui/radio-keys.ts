/** The keys of a radio group on the web: arrows move the choice, space takes it, and Tab passes the group in one step. */
interface KeyEvent {
  key: string;
  currentTarget: HTMLElement;
  preventDefault: () => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, ' ': 0 };

function onKeyDown(event: KeyEvent): void {
  const step = STEPS[event.key];
  const items = Array.from(event.currentTarget.parentElement?.children ?? []) as HTMLElement[];
  if (step === undefined || items.length === 0) return;
  event.preventDefault();
  const target = items[(items.indexOf(event.currentTarget) + step + items.length) % items.length];
  target?.focus();
  target?.click();
}

/** Properties for one option; `reachable` is the one that Tab stops at. */
export function radioKeys(reachable: boolean): object {
  return process.env.EXPO_OS === 'web' ? { onKeyDown, tabIndex: reachable ? 0 : -1 } : {};
}
