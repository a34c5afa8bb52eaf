import Svg, { Path } from 'react-native-svg';

/** Line icons on a 24-point grid. They decorate text and are hidden from screen readers. */
const PATHS = {
  dashboard: 'M4 13h7V4H4v9Zm0 7h7v-4H4v4Zm10 0h6v-9h-6v9Zm0-16v4h6V4h-6Z',
  positions: 'M4 19V5M4 19h16M8 15l4-5 3 3 5-7',
  activity: 'M4 12h4l3 7 3-14 3 7h3',
  settings: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5',
  trade: 'M7 4v14m0 0-3-3m3 3 3-3M17 20V6m0 0-3 3m3-3 3 3',
  pause: 'M9 5v14M15 5v14',
  play: 'M7 5l11 7-11 7V5Z',
  stop: 'M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7l5-5Zm.5 9h6',
  shield: 'M12 3.5l7 2.5v5.5c0 4.2-2.9 7.4-7 9-4.1-1.6-7-4.8-7-9V6l7-2.5Z',
  lock: 'M6 11h12v9H6v-9Zm2.5 0V8a3.5 3.5 0 0 1 7 0v3',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  alert: 'M12 4l9 16H3L12 4Zm0 6v4m0 3v.01',
  offline: 'M3 9a13 13 0 0 1 4-2.6M21 9a13 13 0 0 0-8-3.9M7 13a7 7 0 0 1 3-1.7M12 18.5v.01M4 4l16 16',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, color, size = 24 }: { name: IconName; color: string; size?: number }) {
  return (
    <Svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden>
      <Path d={PATHS[name]} stroke={color} strokeWidth={1.8} strokeLinecap="round" strokeLinejoin="round" />
    </Svg>
  );
}
