# The Homebrew formula.
class Sessionctl < Formula
  desc "@SUMMARY@"
  homepage "https://github.com/@REPOSITORY@"
  version "@VERSION@"
  license "@LICENSE@"

  on_macos do
    on_arm do
      url "https://github.com/@REPOSITORY@/releases/download/v@VERSION@/sessionctl-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:sessionctl-aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "https://github.com/@REPOSITORY@/releases/download/v@VERSION@/sessionctl-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:sessionctl-x86_64-apple-darwin.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/@REPOSITORY@/releases/download/v@VERSION@/sessionctl-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256:sessionctl-aarch64-unknown-linux-gnu.tar.gz@"
    end
    on_intel do
      url "https://github.com/@REPOSITORY@/releases/download/v@VERSION@/sessionctl-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256:sessionctl-x86_64-unknown-linux-gnu.tar.gz@"
    end
  end

  # Homebrew only strips and patches what it builds itself; either would break the program.
  def install
    bin.install "sessionctl"
    man1.install "share/man/man1/sessionctl.1"
    bash_completion.install "share/bash-completion/completions/sessionctl"
    zsh_completion.install "share/zsh/site-functions/_sessionctl"
    fish_completion.install "share/fish/vendor_completions.d/sessionctl.fish"
  end

  service do
    run [opt_bin/"sessionctl", "serve", "--no-detach"]
    keep_alive crashed: true
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/sessionctl --version")
  end
end
