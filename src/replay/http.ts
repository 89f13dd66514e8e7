import type { Server, ServerResponse } from 'node:http';

/** Sends bytes and waits until the kernel has them: what a socket still holds is lost when it is destroyed. */
export function written(response: ServerResponse, bytes: Uint8Array | ''): Promise<void> {
  return new Promise((done) => response.write(bytes, () => done()));
}

// A client that learns of the break in the same read as of the last bytes may throw those away; undici does.
const BYTES_FIRST = 20;

/** Breaks the connection off when the client has had time for the bytes before, in ms. */
export async function breakOff(response: ServerResponse): Promise<void> {
  await written(response, '');
  await new Promise((done) => setTimeout(done, BYTES_FIRST));
  response.destroy();
}

/** Answers with an error of ours, in OpenAI's shape; no client should try the same again. */
export function sendError(
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' })
    .end(JSON.stringify({ error: { message, type, param: null, code: null } }));
}

/**
 * Starts a server.
 * @returns its port
 * @throws {Error} in words where the port is taken
 */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `port ${port} of ${host} is in use: choose another with --port, or 0 for any`;
      reject(error.code === 'EADDRINUSE' ? new Error(taken, { cause: error }) : error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Stops a server and closes every connection that it has. */
export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
