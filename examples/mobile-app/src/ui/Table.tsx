import type { ReactNode } from 'react';
import { View, type ViewStyle } from 'react-native';

import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Txt } from './Txt';

export interface Column<T> {
  head: string;
  /** Its part of the width; 1 where nothing is said. */
  flex?: number;
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  testID?: string;
}

/** A table of figures: the first column names the row, the others stand at the right. */
export function Table<T>({ label, columns, rows, rowKey, testID }: Props<T>) {
  const palette = usePalette();
  return (
    <View role="table" aria-label={label} testID={testID}>
      <View role="row" style={line}>
        {columns.map(({ head, flex = 1 }, i) => (
          <View key={head} role="columnheader" style={{ flex, minWidth: 0 }}>
            <Txt variant="label" tone="muted" align={i ? 'right' : 'left'}>
              {head}
            </Txt>
          </View>
        ))}
      </View>
      {rows.map((row) => (
        <View key={rowKey(row)} role="row" style={[line, { borderTopWidth: 1, borderTopColor: palette.line }]}>
          {columns.map(({ head, flex = 1, cell }, i) => {
            const shown = cell(row);
            return (
              <View key={head} role="cell" style={{ flex, minWidth: 0 }}>
                {typeof shown === 'string' ? (
                  <Txt variant="small" tabular align={i ? 'right' : 'left'}>
                    {shown}
                  </Txt>
                ) : (
                  shown
                )}
              </View>
            );
          })}
        </View>
      ))}
    </View>
  );
}

const line: ViewStyle = { flexDirection: 'row', alignItems: 'center', gap: space.m, paddingVertical: space.s };
