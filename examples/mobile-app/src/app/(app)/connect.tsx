export { Connect as default } from '@/features/settings/Connect';
