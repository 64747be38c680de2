#!/bin/sh
# A placeholder until the package's install script puts the program here. If install scripts are
# disabled, it starts the program each time.
package=$0
while [ -L "$package" ]; do
  link=$(readlink "$package")
  case $link in
    /*) package=$link ;;
    *) package=$(dirname "$package")/$link ;;
  esac
done
package=$(cd "$(dirname "$package")/.." && pwd -P)
case $(uname -s) in
  Linux) os=linux ;;
  Darwin) os=darwin ;;
  *) os=other ;;
esac
case $(uname -m) in
  x86_64 | amd64) cpu=x64 ;;
  aarch64 | arm64) cpu=arm64 ;;
  *) cpu=other ;;
esac
for place in "$package/node_modules/@SCOPE@" "$package/.."; do
  program=$place/$os-$cpu/bin/sessionctl
  [ ! -x "$program" ] || exec "$program" "$@"
done
echo "sessionctl: the package of this platform ($os-$cpu) is not installed" >&2
echo "  try: npm install --include=optional" >&2
exit 1
