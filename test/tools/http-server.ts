import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

/** An HTTP server of a test. */
export interface TestServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly port: number;
  /** How many connections were made to it. */
  connections(): number;
  /** Ends every connection at once; resolves when the port is free again. */
  close(): Promise<void>;
}

/** Starts a server of this machine; without a port on a free one. */
export async function startHttpServer(listener: RequestListener, port = 0): Promise<TestServer> {
  let connections = 0;
  const server = createServer(listener).on('connection', () => connections++);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    port: address.port,
    connections: () => connections,
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A port on which nothing listens, as far as can be known. */
export async function findFreePort(): Promise<number> {
  const server = await startHttpServer(() => {});
  await server.close();
  return server.port;
}
