import { money, NONE, price, quantity, rate, signedMoney, signedPercent } from '@/format/money';

test('money has its cents, its groups and a real minus', () => {
  expect(money('1234567.8')).toBe('$1,234,567.80');
  expect(money('-0.125')).toBe('−$0.13');
  expect(money('12', 'CHF')).toBe('12.00 CHF');
  expect(money(undefined)).toBe(NONE);
  expect(money('rubbish')).toBe(NONE);
});

test('gains and losses carry a sign, zero does not', () => {
  expect(signedMoney('4.2')).toBe('+$4.20');
  expect(signedMoney('-4.2')).toBe('−$4.20');
  expect(signedMoney('-0.001')).toBe('$0.00');
  expect(signedPercent('1.256')).toBe('+1.26\u00a0%');
  expect(signedPercent('-0.5')).toBe('−0.50\u00a0%');
});

test('prices keep as many places as their size calls for', () => {
  expect(price('63120.1')).toBe('$63,120.10');
  expect(price('3.14159')).toBe('$3.1416');
  expect(price('0.0000123456')).toBe('$0.00001235');
  expect(price('0.13421')).toBe('$0.1342');
});

test('quantities lose only zeros', () => {
  expect(quantity('0.05210000')).toBe('0.0521');
  expect(quantity('1500')).toBe('1,500');
  expect(quantity('0.123456789')).toBe('0.12345679');
});

test('rates are shown as per cent', () => expect(rate('0.0026')).toBe('0.26\u00a0%'));
