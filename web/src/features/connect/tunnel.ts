export const CALLBACK_PORT = 1455;

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]", ""]);

/** The line that brings the gateway's sign-in port to this computer. */
export function tunnelCommand(hostname: string, port: number = CALLBACK_PORT): string {
  const host = LOOPBACK.has(hostname) ? "<host>" : hostname;
  return `ssh -L ${port}:localhost:${port} ${host}`;
}
