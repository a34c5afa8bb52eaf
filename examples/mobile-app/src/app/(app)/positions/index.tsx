export { Positions as default } from '@/features/positions/Positions';
