export { SignIn as default } from '@/features/welcome/SignIn';
