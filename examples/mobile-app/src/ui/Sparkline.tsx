import Svg, { Polyline } from 'react-native-svg';
import { View } from 'react-native';

import { usePalette } from '@/theme/theme';

interface Props {
  values: readonly string[];
  label: string;
  width?: number;
  height?: number;
}

/** A small line of the last values, for a first impression; the numbers beside it are exact. */
export function Sparkline({ values, label, width = 110, height = 32 }: Props) {
  const palette = usePalette();
  const points = outline(values.map(Number), width, height);
  if (!points) return <View style={{ width, height }} />;
  return (
    <View role="img" aria-label={label} style={{ width, height }}>
      <Svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden>
        <Polyline
          points={points}
          fill="none"
          stroke={palette.accent}
          strokeWidth={1.5}
          strokeLinejoin="round"
          strokeLinecap="round"
        />
      </Svg>
    </View>
  );
}

/** The line's points within the box, highest value at the top; nothing for fewer than two values. */
export function outline(values: readonly number[], width: number, height: number): string | null {
  if (values.length < 2 || values.some((value) => !Number.isFinite(value))) return null;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const inset = 2;
  return values
    .map((value, i) => {
      const x = inset + (i / (values.length - 1)) * (width - 2 * inset);
      const y = height - inset - ((value - low) / span) * (height - 2 * inset);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}
