import { dark, light, type Palette } from '@/theme/tokens';

const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = (hex: string) => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => channel(parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string) => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};

const PAIRS: readonly (readonly [keyof Palette, keyof Palette])[] = [
  ...(['text', 'muted', 'accent', 'positive', 'negative', 'warning'] as const).flatMap((ink) =>
    (['canvas', 'surface'] as const).map((paper) => [ink, paper] as const),
  ),
  ['text', 'raised'],
  ['muted', 'raised'],
  ['onAccent', 'accent'],
  ['onNegative', 'negative'],
  ['accent', 'accentSoft'],
  ['positive', 'positiveSoft'],
  ['negative', 'negativeSoft'],
  ['warning', 'warningSoft'],
  ['text', 'warningSoft'],
];

test.each([
  ['light', light],
  ['dark', dark],
] as const)('every pair of ink and paper in the %s palette meets AA', (_, palette) => {
  const weak = PAIRS.filter(([ink, paper]) => contrast(palette[ink], palette[paper]) < 4.5).map((pair) =>
    pair.join(' on '),
  );
  expect(weak).toEqual([]);
});

test.each([
  ['light', light],
  ['dark', dark],
] as const)('the edge of a field stands out from both its sides in the %s palette', (_, palette) => {
  for (const paper of [palette.canvas, palette.surface]) expect(contrast(palette.edge, paper)).toBeGreaterThan(3);
});
