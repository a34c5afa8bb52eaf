module.exports = {
  preset: 'jest-expo',
  testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/test/**/*.test.tsx'],
  moduleNameMapper: { '^@/(.*)$': '<rootDir>/src/$1' },
  // A first render loads much of React Native; on a busy machine that takes its time.
  testTimeout: 30_000,
  setupFiles: ['<rootDir>/test/setup.ts'],
  // A test runs in a context of its own, where each look at a global is slow: Argon2 (session-key.test.ts) takes millions of `Math`.
  sandboxInjectedGlobals: ['Math'],
  // These packages ship modern modules only, so Babel has to read them.
  transformIgnorePatterns: [
    '/node_modules/(?!(.pnpm|react-native|@react-native|@react-native-community|expo|@expo|@expo-google-fonts|react-navigation|@react-navigation|native-base|react-native-svg|hpke|@panva|@noble))',
    '/node_modules/react-native-reanimated/plugin/',
  ],
};
