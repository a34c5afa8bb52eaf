/** The one suite there is. */
export const SUITE = 'DHKEM_X25519_HKDF_SHA256-HKDF_SHA256-AES_256_GCM';
