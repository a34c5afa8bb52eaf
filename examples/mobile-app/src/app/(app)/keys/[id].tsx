export { KeyPage as default } from '@/features/keys/KeyPage';
