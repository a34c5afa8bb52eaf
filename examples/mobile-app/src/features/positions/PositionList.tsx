import { View } from 'react-native';

import type { Position } from '@/api/types';
import { useTables } from '@/theme/theme';
import { PositionCard } from './PositionCard';
import { PositionTable } from './PositionTable';

interface Props {
  positions: readonly Position[];
  onClose?: (position: Position) => void;
}

/** A table where there is room, cards where there is not. */
export function PositionList(props: Props) {
  const table = useTables();
  if (props.positions.length === 0) return null;
  if (table) return <PositionTable {...props} />;
  return (
    <View>
      {props.positions.map((position, i) => (
        <PositionCard key={position.id} position={position} first={i === 0} onClose={props.onClose} />
      ))}
    </View>
  );
}
