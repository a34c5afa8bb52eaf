import { add, compare, divide, multiply, parse, round, sign, trim } from '@/format/decimal';

test('text that is not a plain decimal is refused', () => {
  for (const text of ['', '.', '-', '1e5', 'NaN', '1,000', '0x10', '1.2.3', 'Infinity']) expect(parse(text)).toBeNull();
  expect(parse('-.5')).toEqual({ units: -5n, scale: 1 });
});

test('digits beyond a float survive rounding', () => {
  expect(round('12345678901234567890.129', 2)).toBe('12345678901234567890.13');
  expect(round('0.1', 20)).toBe('0.10000000000000000000');
  expect(round('9007199254740993.005', 2)).toBe('9007199254740993.01');
});

test('rounding goes half away from zero, on both sides', () => {
  expect(round('2.345', 2)).toBe('2.35');
  expect(round('-2.345', 2)).toBe('-2.35');
  expect(round('1.005', 2)).toBe('1.01');
  expect(round('-0.004', 2)).toBe('0.00');
});

test('sums and products are exact', () => {
  expect(add('0.1', '0.2')).toBe('0.3');
  expect(add('-1.25', '1.2500')).toBe('0.0000');
  expect(multiply('63120.10', '0.0005')).toBe('31.560050');
});

test('division rounds to the places asked for and refuses zero', () => {
  expect(divide('100', '63120.1', 8)).toBe('0.00158428');
  expect(divide('-1', '3', 4)).toBe('-0.3333');
  expect(divide('2', '3', 4)).toBe('0.6667');
  expect(divide('1', '0.000', 4)).toBeNull();
});

test('comparison does not mind the number of zeros', () => {
  expect(compare('1.50', '1.5')).toBe(0);
  expect(compare('10', '9.99')).toBe(1);
  expect(compare('-1', '0')).toBe(-1);
});

test('sign and trailing zeros', () => {
  expect([sign('-0.00'), sign('0.01'), sign('-3')]).toEqual([0, 1, -1]);
  expect([trim('0.0100'), trim('5.000'), trim('100')]).toEqual(['0.01', '5', '100']);
});
