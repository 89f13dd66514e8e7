/**
 * A path that begins with `~`, as the home folder has it: a POSIX shell would have written it out, PowerShell and cmd do not for a
 * program of their own.
 * @param home - the home folder: `C:\Users\me`
 */
export function expandHome(path: string, home: string): string {
  return path.replace(/^~(?=$|[\\/])/, () => home);
}

/** The same in every word of a command, also in `--to=~/fixtures`. */
export function expandHomeInArgs(args: readonly string[], home: string): string[] {
  return args.map((arg) => {
    const [, option = '', value = arg] = /^(--[a-z-]+=)(~.*)$/s.exec(arg) ?? [];
    return option + expandHome(value, home);
  });
}
