export { Reset as default } from '@/features/welcome/Reset';
