import { useLocalSearchParams, useRouter } from 'expo-router';
import { View } from 'react-native';

import { Button } from '@/ui/Button';
import { Screen } from '@/ui/Screen';
import { Segmented } from '@/ui/Segmented';
import { ClosedTab } from './ClosedTab';
import { OpenTab } from './OpenTab';
import { OrdersTab } from './OrdersTab';

const TABS = [
  { value: 'open', label: 'Open' },
  { value: 'closed', label: 'Closed' },
  { value: 'orders', label: 'Orders' },
] as const;
type Tab = (typeof TABS)[number]['value'];

/** Open and closed positions, and the orders behind them. The tab is in the address, so that it can be linked to. */
export function Positions() {
  const router = useRouter();
  const params = useLocalSearchParams<{ tab?: string }>();
  const tab: Tab = TABS.find((t) => t.value === params.tab)?.value ?? 'open';
  return (
    <Screen
      title="Positions"
      testID="positions"
      action={<Button icon="trade" label="New order" onPress={() => router.push('/trade')} testID="new-order" />}
    >
      <View style={{ maxWidth: 420 }}>
        <Segmented
          label="Which positions"
          options={TABS}
          value={tab}
          onChange={(value) => router.setParams({ tab: value })}
          testID="positions-tab"
        />
      </View>
      {tab === 'open' ? <OpenTab /> : tab === 'closed' ? <ClosedTab /> : <OrdersTab />}
    </Screen>
  );
}
