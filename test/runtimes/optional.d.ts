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
  interface Page {
    on(event: 'pageerror', listener: (error: Error) => void): void;
    on(event: 'console', listener: (message: { text(): string }) => void): void;
    goto(url: string): Promise<unknown>;
  }
  export const chromium: {
    launch(options: { executablePath: string; args: string[] }): Promise<{
      newPage(): Promise<Page>;
      close(): Promise<void>;
    }>;
  };
}
