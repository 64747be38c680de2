#!/bin/sh
# Installs, on Debian and as root, the programs that the tests use: shells, tmux, readers of man
# pages, the tools of the recipes, package managers. Without them, their tests are skipped and
# name the reason.
set -u

wanted=""
need() { command -v "$1" >/dev/null 2>&1 || wanted="$wanted $2"; }
for tool in cscope curl fish fzf gcc gdb git groff less makepkg mandoc mutt openssl patchelf ranger \
  rsync ruby shellcheck tmux zip zsh; do
  need "$tool" "$tool"
done
need bsdtar libarchive-tools
need man man-db
need nix-instantiate nix-bin
need rpmbuild rpm
need chromium chromium
need ip iproute2
need setpriv util-linux
need sshd openssh-server
need ssh openssh-client
need xdg-open xdg-utils
[ -e /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 ] || wanted="$wanted libfaketime"
need systemd-socket-activate systemd
need etcd etcd-server
need etcdctl etcd-client

[ -n "$wanted" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
  echo "not installed, so their tests are skipped:$wanted" >&2
  exit 0
fi
echo "installing for the tests:$wanted" >&2
export DEBIAN_FRONTEND=noninteractive
# Individually if the installation of all fails: a distribution may lack one of them.
# shellcheck disable=SC2086 # A list of names.
{
  timeout 120 apt-get update --quiet=2
  timeout 240 apt-get install --quiet=2 --yes --no-install-recommends $wanted ||
    for package in $wanted; do
      timeout 60 apt-get install --quiet=2 --yes --no-install-recommends "$package"
    done
} >/dev/null 2>&1
exit 0
