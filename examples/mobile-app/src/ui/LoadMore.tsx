import { View } from 'react-native';

import { space } from '@/theme/tokens';
import { Button } from './Button';

interface Props {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** Older rows on request; scrolling to the end asks for them as well where the page does that. */
export function LoadMore({ query }: Props) {
  if (!query.hasNextPage) return null;
  return (
    <View style={{ padding: space.m }}>
      <Button
        kind="quiet"
        label="Show older"
        busy={query.isFetchingNextPage}
        onPress={() => void query.fetchNextPage()}
        testID="load-more"
      />
    </View>
  );
}
