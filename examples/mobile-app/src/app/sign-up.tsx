export { SignUp as default } from '@/features/welcome/SignUp';
