const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]", ""]);

/** The line that brings the gateway's sign-in port to this computer. */
export function tunnelCommand(hostname: string, port: string): string {
  const host = LOOPBACK.has(hostname) ? "<host>" : hostname;
  return `ssh -L ${port}:localhost:${port} ${host}`;
}
