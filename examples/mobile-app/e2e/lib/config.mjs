// Where the server is and who signs in, from the environment.
export const OUT = new URL('../out/', import.meta.url).pathname;

function need(name) {
  const value = process.env[name];
  if (!value) {
    console.error(
      `${name} is not set. Start \`nija serve --demo\` and pass its address and login as NIJA_URL, NIJA_EMAIL, NIJA_PASSWORD.`,
    );
    process.exit(2);
  }
  return value;
}

export const config = {
  url: need('NIJA_URL').replace(/\/+$/, ''),
  email: need('NIJA_EMAIL'),
  password: need('NIJA_PASSWORD'),
  /** Makes the first administrator; without it what is an administrator's is skipped. */
  adminToken: process.env.NIJA_ADMIN_TOKEN,
};
