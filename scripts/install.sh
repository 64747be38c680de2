#!/bin/sh
# Installs sessionctl for the current user: without root, and only into one directory.
# The code is in functions, so that a truncated download runs nothing.
set -eu

repository=sessionctl/sessionctl

usage() {
  cat <<'END'
Installs sessionctl for you alone, or a newer one over an older one.

  install.sh                        the newest release, to ~/.local/bin
  install.sh --version 0.1.0        that release
  install.sh --to ~/bin             to another directory
  install.sh --from DIRECTORY|URL   from a release's files that are there already, or a mirror
  install.sh --from dist            what "deno task compile" has built
  install.sh --uninstall            removes it, its hooks, links, completions and services

--to and --from may also be given as SESSIONCTL_INSTALL_DIR and SESSIONCTL_INSTALL_FROM.
What is downloaded is checked against the release's SHA256SUMS and tried before it takes
the place of an older one; a sessionctl that is running goes on.
END
}

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "install.sh: $1"
  shift
  for hint; do say "  $hint"; done
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# Prints the release's name of this platform.
target() {
  system=$(uname -s)
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) no_build "$system on $machine" ;;
  esac
  case $system in
    Linux)
      # A 64-bit kernel may have a 32-bit userland.
      [ "$(getconf LONG_BIT 2>/dev/null || echo 64)" = 64 ] || no_build "a 32-bit system"
      ! is_musl || no_build "a system with musl instead of glibc (Alpine)"
      echo "$machine-unknown-linux-gnu"
      ;;
    Darwin)
      # Under Rosetta, uname reports x86_64 on an Apple processor.
      if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || echo 0)" = 1 ]; then machine=aarch64; fi
      echo "$machine-apple-darwin"
      ;;
    MINGW* | MSYS* | CYGWIN*)
      fail "on Windows, take sessionctl-x86_64-pc-windows-msvc.tar.gz from the release by hand" \
        "in WSL, run this script as on Linux"
      ;;
    *) no_build "$system" ;;
  esac
}

no_build() {
  fail "there is no build for $1" "with Deno, it can be installed from source: see the README"
}

is_musl() {
  if has getconf && getconf GNU_LIBC_VERSION >/dev/null 2>&1; then return 1; fi
  for loader in /lib/ld-musl-*; do
    [ ! -e "$loader" ] || return 0
  done
  return 1
}

# fetch PLACE NAME FILE: copies or downloads NAME from a directory or URL to FILE.
fetch() {
  case $1 in
    http*) say "downloading $2 from $1" ;;
  esac
  case $1 in
    https://* | http://127.0.0.1[:/]* | http://localhost[:/]* | http://\[::1\]*) download "$1/$2" "$3" ;;
    http://*) fail "$1 is not encrypted" "others on the network could change the download; use https" ;;
    *) cp "$1/$2" "$3" 2>/dev/null || fail "there is no $2 in $1" ;;
  esac
}

download() {
  if has curl; then
    # Follows redirects only to https; gives up if nothing arrives for a minute.
    if [ -t 2 ]; then progress=--progress-bar; else progress=--silent; fi
    curl --fail "$progress" --show-error --location --proto-redir =https --retry 2 \
      --connect-timeout 20 --speed-limit 1 --speed-time 60 --output "$2" "$1" ||
      fail "cannot download $1" "is there such a release, and does the network reach it?"
  elif has wget; then
    if [ -t 2 ] && wget --help 2>&1 | grep -q -e --show-progress; then progress=--show-progress; else progress=-q; fi
    wget -q "$progress" -T 60 -O "$2" "$1" ||
      fail "cannot download $1" "is there such a release, and does the network reach it?"
  else
    fail "neither curl nor wget is here" "download the release by hand and use --from DIRECTORY"
  fi
}

sha256() {
  if has sha256sum; then
    sha256sum <"$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  elif has openssl; then
    openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
  else
    fail "nothing here computes SHA-256" "install sha256sum, shasum or openssl"
  fi
}

# verify SUMS NAME FILE
verify() {
  wanted=$(awk -v name="$2" '$2 == name || $2 == "*" name { print $1 }' "$1")
  [ -n "$wanted" ] || fail "SHA256SUMS does not name $2; nothing was installed"
  found=$(sha256 "$3")
  [ "$wanted" = "$found" ] ||
    fail "$2 is not what the release has; nothing was installed" "expected $wanted" "received $found"
}

version_of() { "$1" --version 2>/dev/null | awk 'NR == 1 && $1 == "sessionctl" { print $2 }'; }

# Whether a directory contains a built program, but no release.
is_build() { [ -f "$1/sessionctl" ] && [ -x "$1/sessionctl" ] && [ ! -e "$1/SHA256SUMS" ]; }

install_it() {
  name=sessionctl-$(target).tar.gz
  [ -n "$from" ] || from=https://github.com/$repository/releases/$release
  if [ -d "$directory/sessionctl" ]; then
    fail "$directory/sessionctl is a directory" "name another directory with --to"
  fi
  mkdir -p "$directory" || fail "cannot make $directory" "name another directory with --to"
  # Inside the target directory: on the same file system, so that a rename is enough.
  work=$(mktemp -d "$directory/.sessionctl.XXXXXX") ||
    fail "cannot write to $directory" "name another directory with --to"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  if is_build "$from"; then
    say "taking $from/sessionctl, for which there are no checksums"
    cp "$from/sessionctl" "$work/sessionctl" || fail "cannot copy $from/sessionctl"
  else
    fetch "$from" SHA256SUMS "$work/SHA256SUMS"
    fetch "$from" "$name" "$work/$name"
    verify "$work/SHA256SUMS" "$name" "$work/$name"
    tar -xmzf "$work/$name" -C "$work" sessionctl || fail "$name cannot be unpacked"
  fi
  chmod 755 "$work/sessionctl"
  new=$(version_of "$work/sessionctl" || true)
  if [ -z "$new" ]; then
    fail "the new sessionctl does not run here; nothing was installed" \
      "$("$work/sessionctl" --version 2>&1 | head -n 1)"
  fi
  # A directory or a mirror contains one release, which may not be the requested one.
  if [ -n "$asked" ] && [ "$asked" != "$new" ]; then
    fail "$from has sessionctl $new, not $asked; nothing was installed"
  fi
  old=
  if [ -x "$directory/sessionctl" ]; then old=$(version_of "$directory/sessionctl" || true); fi
  mv -f "$work/sessionctl" "$directory/sessionctl"
  say "installed sessionctl $new to $directory/sessionctl${old:+ (it was $old)}"
  tell_path
}

# Prints a text quoted as one word for a shell.
quoted() {
  case $1 in
    *[!A-Za-z0-9_/.:@%+,-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

tell_path() {
  program=sessionctl
  case ${SHELL:-} in
    */zsh) shell=zsh dotfile=.zshrc ;;
    */fish) shell=fish dotfile=config.fish ;;
    *) shell=bash dotfile=.bashrc ;;
  esac
  case :${PATH:-}: in
    *:"$directory":*)
      first=$(command -v sessionctl || true)
      if [ "$first" != "$directory/sessionctl" ]; then
        say "another one comes first on PATH: $first"
        program=$(quoted "$directory/sessionctl")
      fi
      ;;
    *)
      say "$directory is not on PATH; run this here, and add it to your $dotfile:"
      if [ "$shell" = fish ]; then
        say "  fish_add_path $(quoted "$directory")"
      else
        say "  export PATH=$(quoted "$directory"):\"\$PATH\""
      fi
      program=$(quoted "$directory/sessionctl")
      ;;
  esac
  say "next: $program init $shell --install --start --code --editor --browser"
  say "  (its --help says what each option does)"
}

uninstall() {
  if [ ! -e "$directory/sessionctl" ] && [ ! -L "$directory/sessionctl" ]; then
    fail "there is no sessionctl in $directory" "name its directory with --to"
  fi
  # Without a home directory, there are no services and hooks to remove.
  if [ -n "${HOME:-}" ]; then
    undo_services
    "$directory/sessionctl" init --uninstall >/dev/null ||
      say "left: the hooks of sessionctl init, if there are any"
  fi
  "$directory/sessionctl" stop --timeout 5s --kill >/dev/null ||
    say "left: the registry, if one is running"
  rm -f "$directory/sessionctl"
  say "removed $directory/sessionctl"
  tell_left "${XDG_STATE_HOME:-${HOME:-}/.local/state}/sessionctl" "its state"
  tell_left "${XDG_CONFIG_HOME:-${HOME:-}/.config}/sessionctl" "its configuration"
}

# tell_left DIRECTORY WHAT: names files that the user may want to keep.
tell_left() {
  if [ -d "$1" ]; then say "left: $2; remove it with: rm -r $(quoted "$1")"; fi
}

# Stops and removes the services that sessionctl installed; leaves other programs' files alone.
undo_services() {
  for unit in "${XDG_CONFIG_HOME:-$HOME/.config}"/systemd/user/sessionctl*.service \
    "$HOME"/Library/LaunchAgents/sessionctl*.plist; do
    [ -e "$unit" ] || continue
    service=${unit##*/}
    service=${service%.*}
    case $service in
      sessionctl) set -- ;;
      sessionctl-*) set -- --name "${service#sessionctl-}" ;;
      *) continue ;;
    esac
    "$directory/sessionctl" service uninstall "$@" >/dev/null || true
    if [ -e "$unit" ]; then say "left: the service $service, in $unit"; fi
  done
}

main() {
  directory=${SESSIONCTL_INSTALL_DIR:-}
  from=${SESSIONCTL_INSTALL_FROM:-}
  release=latest/download
  asked=
  action=install_it
  while [ $# -gt 0 ]; do
    case $1 in
      --to=* | --from=* | --version=*)
        argument=$1
        shift
        set -- "${argument%%=*}" "${argument#*=}" "$@"
        ;;
    esac
    case $1 in
      --help | -h)
        usage
        exit 0
        ;;
      --uninstall) action=uninstall ;;
      --to | --from | --version)
        [ $# -ge 2 ] || { say "install.sh: $1 needs a value"; exit 2; }
        case $1 in
          --to) directory=$2 ;;
          --from) from=$2 ;;
          --version)
            asked=${2#v}
            release=download/v$asked
            ;;
        esac
        shift
        ;;
      *)
        say "install.sh: unknown argument $1; see --help"
        exit 2
        ;;
    esac
    shift
  done
  if [ -z "$directory" ]; then
    [ -n "${HOME:-}" ] || fail "HOME is not set" "name a directory with --to"
    directory=$HOME/.local/bin
  fi
  # A tilde that no shell expanded, from a Dockerfile's ENV or in quotes.
  # shellcheck disable=SC2088
  case $directory in
    '~/'*) directory=$HOME/${directory#'~/'} ;;
    /*) ;;
    *) directory=$(pwd)/$directory ;;
  esac
  # Shell completion adds a slash, which the entries of PATH do not have.
  while [ "$directory" != "${directory%/}" ] && [ "$directory" != / ]; do directory=${directory%/}; done
  "$action"
}

main "$@"
