const CALLBACK = "http://localhost:1455/auth/callback";

/** Where a sign-in sends the browser in the end: its page's address says it, once it has begun. */
export function callbackOf(authUrl: string | null | undefined): URL {
  const named = authUrl ? new URL(authUrl).searchParams.get("redirect_uri") : null;
  return new URL(named ?? CALLBACK);
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]", ""]);

/** The line that brings the gateway's sign-in port to this computer. */
export function tunnelCommand(hostname: string, port: string): string {
  const host = LOOPBACK.has(hostname) ? "<host>" : hostname;
  return `ssh -L ${port}:localhost:${port} ${host}`;
}
