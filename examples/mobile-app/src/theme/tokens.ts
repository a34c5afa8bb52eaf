/** The design tokens: every colour, space, radius and type size of the app. */
export interface Palette {
  canvas: string;
  surface: string;
  raised: string;
  line: string;
  /** The edge of what is typed into: it must be seen to be found. */
  edge: string;
  text: string;
  muted: string;
  /** For drawn things beside their numbers; too weak for text. */
  faint: string;
  accent: string;
  onAccent: string;
  accentSoft: string;
  positive: string;
  positiveSoft: string;
  negative: string;
  negativeSoft: string;
  onNegative: string;
  warning: string;
  warningSoft: string;
  scrim: string;
}

export const light: Palette = {
  canvas: '#f4f6f9',
  surface: '#ffffff',
  raised: '#eef1f6',
  line: '#d9dfe8',
  edge: '#7d899b',
  text: '#10161f',
  muted: '#525d6e',
  faint: '#8d9aad',
  accent: '#1d5fd0',
  onAccent: '#ffffff',
  accentSoft: '#e6eefb',
  positive: '#0b6b47',
  positiveSoft: '#e2f3ea',
  negative: '#b3261e',
  negativeSoft: '#fbe9e7',
  onNegative: '#ffffff',
  warning: '#7a4a00',
  warningSoft: '#fdf1db',
  scrim: 'rgba(12, 17, 26, 0.5)',
};

export const dark: Palette = {
  canvas: '#0b0f15',
  surface: '#131922',
  raised: '#1b2330',
  line: '#293342',
  edge: '#647289',
  text: '#e9edf4',
  muted: '#9ca8b9',
  faint: '#66748a',
  accent: '#7fb0ff',
  onAccent: '#071426',
  accentSoft: '#16263f',
  positive: '#4cc38a',
  positiveSoft: '#10281f',
  negative: '#ff8b82',
  negativeSoft: '#33191a',
  onNegative: '#2a0806',
  warning: '#f0b95a',
  warningSoft: '#2e2413',
  scrim: 'rgba(0, 0, 0, 0.62)',
};

/** Spacing on a 4-point grid. */
export const space = { xs: 4, s: 8, m: 12, l: 16, xl: 24, xxl: 32, huge: 48 } as const;
export const radius = { s: 6, m: 10, l: 14, pill: 999 } as const;

/** The smallest side of anything that is pressed. */
export const TARGET = 44;

/** The system's own faces; nothing is loaded. Phones choose by themselves. */
const web = process.env.EXPO_OS === 'web';
export const SANS = web
  ? '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif'
  : undefined;
export const MONO = web ? 'ui-monospace, Menlo, Consolas, "Liberation Mono", monospace' : undefined;

export const type = {
  display: { fontSize: 34, lineHeight: 40, fontWeight: '600', letterSpacing: -0.6 },
  title: { fontSize: 24, lineHeight: 30, fontWeight: '600', letterSpacing: -0.3 },
  heading: { fontSize: 16, lineHeight: 22, fontWeight: '600' },
  figure: { fontSize: 20, lineHeight: 26, fontWeight: '600', letterSpacing: -0.2 },
  body: { fontSize: 15, lineHeight: 22, fontWeight: '400' },
  strong: { fontSize: 15, lineHeight: 22, fontWeight: '600' },
  small: { fontSize: 13, lineHeight: 18, fontWeight: '400' },
  label: { fontSize: 12, lineHeight: 16, fontWeight: '500', letterSpacing: 0.2 },
} as const;

export type TypeName = keyof typeof type;

/** From here on the navigation stands at the side and panels stand beside each other. */
export const WIDE = 960;
/** From here on a table of orders or positions has room for its figures; below they would break. */
export const TABLES = 1240;
export const CONTENT_MAX = 1280;
