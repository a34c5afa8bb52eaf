export { Trade as default } from '@/features/trade/Trade';
