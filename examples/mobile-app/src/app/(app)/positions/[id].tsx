export { PositionScreen as default } from '@/features/positions/PositionScreen';
