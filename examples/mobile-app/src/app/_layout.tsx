import '@/lib/polyfill';

import { Slot } from 'expo-router';
import { StatusBar } from 'expo-status-bar';
import { useEffect, useState } from 'react';
import { SafeAreaProvider } from 'react-native-safe-area-context';

import { loadServerUrl } from '@/lib/server-url';
import { createServices, ServicesProvider } from '@/lib/services';

/** Makes the services once and picks up the session. */
export default function RootLayout() {
  const [services] = useState(createServices);

  useEffect(() => {
    void loadServerUrl().then(() => services.session.restore());
    return services.session.subscribe(() => {
      // Nothing of one person may be shown to the next.
      if (services.session.getState().status === 'out') services.cache.clear();
    });
  }, [services]);

  return (
    <SafeAreaProvider>
      <ServicesProvider services={services}>
        <StatusBar style="auto" />
        <Slot />
      </ServicesProvider>
    </SafeAreaProvider>
  );
}
