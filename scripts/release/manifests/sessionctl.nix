# The released binary for nixpkgs: pkgs.callPackage ./sessionctl.nix { }
{ lib, stdenv, fetchurl, patchelf }:

let
  release = "https://github.com/@REPOSITORY@/releases/download/v@VERSION@";
  archives = {
    x86_64-linux = {
      url = "${release}/sessionctl-x86_64-unknown-linux-gnu.tar.gz";
      sha256 = "@SHA256:sessionctl-x86_64-unknown-linux-gnu.tar.gz@";
    };
    aarch64-linux = {
      url = "${release}/sessionctl-aarch64-unknown-linux-gnu.tar.gz";
      sha256 = "@SHA256:sessionctl-aarch64-unknown-linux-gnu.tar.gz@";
    };
    x86_64-darwin = {
      url = "${release}/sessionctl-x86_64-apple-darwin.tar.gz";
      sha256 = "@SHA256:sessionctl-x86_64-apple-darwin.tar.gz@";
    };
    aarch64-darwin = {
      url = "${release}/sessionctl-aarch64-apple-darwin.tar.gz";
      sha256 = "@SHA256:sessionctl-aarch64-apple-darwin.tar.gz@";
    };
  };
  system = stdenv.hostPlatform.system;
in
stdenv.mkDerivation {
  pname = "sessionctl";
  version = "@VERSION@";
  src = fetchurl (archives.${system} or (throw "there is no build of sessionctl for ${system}"));
  sourceRoot = ".";

  # strip and patchelf would break the program: they drop the data after the ELF file, which turns
  # the runtime into sessionctl.
  dontStrip = true;
  dontPatchELF = true;

  installPhase = ''
    runHook preInstall
    install -D -m 755 sessionctl $out/bin/sessionctl
    cp -R share $out/share
  '' + lib.optionalString stdenv.hostPlatform.isLinux ''
    cp -R lib $out/lib
    sed -i "s|/usr/bin/sessionctl|$out/bin/sessionctl|" $out/lib/systemd/user/*
    # NixOS keeps the loader and the libraries elsewhere. Only the ELF file is patched, which ends
    # with its section headers (e_shoff + e_shentsize * e_shnum); the rest follows it as it was.
    field() { od -A n -t u$2 -j $1 -N $2 sessionctl; }
    size=$(($(field 40 8) + $(field 58 2) * $(field 60 2)))
    head -c $size sessionctl >elf
    chmod u+x elf
    patchelf --set-interpreter ${stdenv.cc.bintools.dynamicLinker} \
      --set-rpath ${lib.makeLibraryPath [ stdenv.cc.cc.lib stdenv.cc.libc ]} elf
    { cat elf; tail -c +$((size + 1)) sessionctl; } >$out/bin/sessionctl
  '' + ''
    runHook postInstall
  '';

  nativeBuildInputs = lib.optional stdenv.hostPlatform.isLinux patchelf;
  doInstallCheck = stdenv.buildPlatform.canExecute stdenv.hostPlatform;
  installCheckPhase = "$out/bin/sessionctl --version";

  meta = {
    description = "@SUMMARY@";
    homepage = "https://github.com/@REPOSITORY@";
    license = lib.licenses.mit;
    mainProgram = "sessionctl";
    platforms = builtins.attrNames archives;
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
  };
}
