export { NotFound as default } from '@/features/welcome/NotFound';
