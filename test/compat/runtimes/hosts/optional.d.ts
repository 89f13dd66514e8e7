/** What is used of the packages that only `npm run test:runtimes` installs, so that `npm test` checks types without them. */
declare module 'miniflare' {
  export class Miniflare {
    constructor(options: {
      modules: { type: 'ESModule'; path: string; contents: string }[];
      compatibilityDate: string;
    });
    dispatchFetch(url: string): Promise<Response>;
    dispose(): Promise<void>;
  }
}

declare module 'playwright-core' {
  export const chromium: {
    launch(options: { executablePath: string | undefined; args: string[] }): Promise<{
      newPage(): Promise<{ goto(url: string): Promise<unknown> }>;
      close(): Promise<void>;
    }>;
  };
}
