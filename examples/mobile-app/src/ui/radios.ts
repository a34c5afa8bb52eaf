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

interface Option {
  value: string;
  label: string;
}

/** What every option of a radio group has, whatever it looks like. Tab stops at the chosen one, or at the first. */
export function radios<O extends Option>(
  options: readonly O[],
  value: string,
  onChange: (value: O['value']) => void,
  testID?: string,
) {
  const chosen = Math.max(
    0,
    options.findIndex((option) => option.value === value),
  );
  return options.map((option, i) => ({
    option,
    on: option.value === value,
    props: {
      role: 'radio' as const,
      'aria-checked': option.value === value,
      'aria-label': option.label,
      testID: testID ? `${testID}-${option.value}` : undefined,
      onPress: () => onChange(option.value),
      ...(process.env.EXPO_OS === 'web' ? { onKeyDown, tabIndex: (i === chosen ? 0 : -1) as 0 | -1 } : {}),
    },
  }));
}
