import { useState } from 'react';
import { View } from 'react-native';
import Svg, { Circle, Line, Path } from 'react-native-svg';

import { usePalette } from '@/theme/theme';
import { space, type Palette } from '@/theme/tokens';
import { nearest, scaleOf, type Point } from './scale';
import { Txt } from './Txt';

type Tone = Extract<keyof Palette, 'accent' | 'positive' | 'negative' | 'text'>;

/** A level across the chart, with its name. */
export interface Guide {
  value: number;
  label: string;
  tone: Tone;
}

interface Props {
  points: readonly Point[];
  /** What it shows, in words, for those who cannot see it. */
  label: string;
  height?: number;
  /** The line keeps its value until the next point. */
  steps?: boolean;
  /** The area down (or up) to this value is filled. */
  base?: number;
  guides?: readonly Guide[];
  tone?: Tone;
  axis: (value: number) => string;
  ends: (at: number) => string;
  /** The point under the pointer, or none. */
  onPoint?: (index: number | null) => void;
  testID?: string;
}

const AXIS = 64;
const FOOT = 20;
const TOP = 10;

/** A line over time with its scale. */
export function LineChart({ points, label, height = 220, axis, ends, testID, ...look }: Props) {
  const [width, setWidth] = useState(0);
  const first = points[0];
  const last = points[points.length - 1];
  return (
    <View testID={testID} onLayout={({ nativeEvent }) => setWidth(nativeEvent.layout.width)} style={{ gap: 2 }}>
      <View role="img" aria-label={label} style={{ height }}>
        {width > 0 ? <Drawing points={points} width={width} height={height} axis={axis} {...look} /> : null}
      </View>
      <View style={{ flexDirection: 'row', justifyContent: 'space-between', paddingRight: AXIS, minHeight: FOOT }}>
        {first && last && first.at < last.at
          ? [first, last].map(({ at }) => (
              <Txt key={at} variant="label" tone="muted" tabular>
                {ends(at)}
              </Txt>
            ))
          : null}
      </View>
    </View>
  );
}

type DrawingProps = Omit<Props, 'label' | 'ends' | 'height'> & { width: number; height: number };

function Drawing({ points, width, height, steps, base, guides = [], tone = 'accent', axis, onPoint }: DrawingProps) {
  const palette = usePalette();
  const [shown, setShown] = useState<number | null>(null);
  const right = width - AXIS;
  const also = [...guides.map(({ value }) => value), ...(base === undefined ? [] : [base])];
  const { x, y, ticks } = scaleOf(points, also, { left: 2, right, top: TOP, bottom: height - TOP });
  const at = points.map((point) => [x(point.at), y(point.value)] as const);
  const line = pathOf(at, steps ?? false);
  const [start, end] = [at[0], at[at.length - 1]];
  const mark = shown === null ? undefined : at[shown];
  const show = (index: number | null) => {
    setShown(index);
    onPoint?.(index);
  };
  const follow = (pixel: number) => {
    const [from = 0, to = 0] = [points[0]?.at, points[points.length - 1]?.at];
    show(nearest(points, from + ((pixel - 2) / (right - 2)) * (to - from)));
  };
  return (
    <>
      <Svg width={width} height={height} aria-hidden>
        {ticks.map((tick) => (
          <Line key={tick} x1={0} x2={right} y1={y(tick)} y2={y(tick)} stroke={palette.line} strokeWidth={1} />
        ))}
        {base !== undefined && start && end ? (
          <Path d={`${line}L${end[0]},${y(base)}L${start[0]},${y(base)}Z`} fill={palette[tone]} fillOpacity={0.12} />
        ) : null}
        {base === undefined ? null : (
          <Line x1={0} x2={right} y1={y(base)} y2={y(base)} stroke={palette.faint} strokeWidth={1} />
        )}
        {guides.map((guide) => (
          <Line
            key={guide.label}
            x1={0}
            x2={right}
            y1={y(guide.value)}
            y2={y(guide.value)}
            stroke={palette[guide.tone]}
            strokeWidth={1.5}
            strokeDasharray="5 4"
          />
        ))}
        <Path d={line} fill="none" stroke={palette[tone]} strokeWidth={2} strokeLinejoin="round" />
        {mark ? (
          <Line x1={mark[0]} x2={mark[0]} y1={TOP} y2={height - TOP} stroke={palette.faint} strokeWidth={1} />
        ) : null}
        {[mark ?? end].map((dot) =>
          dot ? <Circle key="dot" cx={dot[0]} cy={dot[1]} r={4} fill={palette[tone]} /> : null,
        )}
      </Svg>
      <Labels ticks={ticks} axis={axis} guides={guides} y={y} height={height} />
      <View
        style={{ position: 'absolute', left: 0, top: 0, bottom: 0, width: right }}
        onPointerMove={({ nativeEvent }) => follow(nativeEvent.offsetX)}
        onPointerLeave={() => show(null)}
      />
    </>
  );
}

interface LabelsProps {
  ticks: readonly number[];
  axis: (value: number) => string;
  guides: readonly Guide[];
  y: (value: number) => number;
  height: number;
}

/** The words at the right: what names a level goes before a round value that is in its way. */
function Labels({ ticks, axis, guides, y, height }: LabelsProps) {
  const free = ticks.filter((tick) => guides.every(({ value }) => Math.abs(y(value) - y(tick)) >= LINE));
  const placed = spread(
    [
      ...guides.map(({ value, label, tone }) => ({ label, tone, top: y(value) - LINE / 2 })),
      ...free.map((tick) => ({ label: axis(tick), tone: 'muted' as const, top: y(tick) - LINE / 2 })),
    ],
    height - LINE,
  );
  return (
    <View
      aria-hidden
      pointerEvents="none"
      style={{ position: 'absolute', right: 0, top: 0, bottom: 0, width: AXIS - space.s }}
    >
      {placed.map(({ label, tone, top }) => (
        <View key={`${label}${top}`} style={{ position: 'absolute', top, left: 0, right: 0 }}>
          <Txt variant="label" tone={tone} tabular numberOfLines={1}>
            {label}
          </Txt>
        </View>
      ))}
    </View>
  );
}

const LINE = 16;

/** Moves labels apart that would stand on each other. */
function spread<T extends { top: number }>(items: T[], bottom: number): T[] {
  const sorted = [...items].sort((a, b) => a.top - b.top);
  sorted.forEach((item, i) => {
    const above = sorted[i - 1];
    if (above) item.top = Math.max(item.top, above.top + LINE);
  });
  [...sorted].reverse().forEach((item, i, all) => {
    const below = all[i - 1];
    item.top = Math.min(item.top, below ? below.top - LINE : bottom);
  });
  return sorted;
}

function pathOf(at: readonly (readonly [number, number])[], steps: boolean): string {
  return at.map(([x, y], i) => (i === 0 ? `M${x},${y}` : steps ? `H${x}V${y}` : `L${x},${y}`)).join('');
}
