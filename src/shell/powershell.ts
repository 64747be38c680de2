import { quoteAlways } from "./quote.ts";

const quoted = (text: string) => quoteAlways("powershell", text);

/**
 * The script that makes Tab complete commands in PowerShell 5.1 and 7. It asks sessionctl at each
 * Tab: the words go there in a variable, because Windows PowerShell changes quotes in arguments.
 *
 * Sources: PowerShell's documentation of `Register-ArgumentCompleter`; PowerShell/PowerShell
 * `CompletionCompleters.cs`, which completes file names if the block returns nothing.
 *
 * @param program How sessionctl is called: by its name, or by its absolute path.
 * @param names The commands that are completed.
 */
export function powershellCompletions(program: string, names: readonly string[]): string {
  return `Register-ArgumentCompleter -Native -CommandName @(${
    names.map(quoted).join(", ")
  }) -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $ErrorActionPreference = 'SilentlyContinue'
    $exitCode = $global:LASTEXITCODE
    $words = @(foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $element.Value
        } else {
            $element.Extent.Text
        }
    })
    $words += $wordToComplete.Trim([char[]]@(34, 39))
    $env:SESSIONCTL_WORDS = $words -join [char]10
    try {
        $answer = & ${quoted(program)} __complete words 2>$null | Out-String | ConvertFrom-Json
    } finally {
        Remove-Item Env:SESSIONCTL_WORDS
        $global:LASTEXITCODE = $exitCode
    }
    foreach ($each in $answer.candidates) {
        New-Object System.Management.Automation.CompletionResult $each.text, $each.shown, 'ParameterValue', $each.what
    }
    switch ($answer.files) {
        'all' { [System.Management.Automation.CompletionCompleters]::CompleteFilename($answer.typed) }
        'folders' {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($answer.typed) |
                Where-Object { $_.ResultType -eq 'ProviderContainer' }
        }
        'programs' { [System.Management.Automation.CompletionCompleters]::CompleteCommand($answer.typed) }
    }
}`;
}

/** What PowerShell's hook brings besides registering windows. */
export interface PowershellHook {
  /** Absolute path of sessionctl. */
  readonly program: string;
  /** Whether the registry is started, too, if none runs. */
  readonly start: boolean;
  /** A function `code`. */
  readonly code: boolean;
  /** The names that are completed. */
  readonly completed: readonly string[];
  /** Variables that are set, by the program that they need. */
  readonly variables: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/**
 * The lines of the hook for PowerShell 5.1 and 7, on every system. `add` runs in the background,
 * without a window, in the folder in which the terminal started; a shell that is not allowed to
 * start it (constrained language mode) registers nothing.
 */
export function powershellLines(hook: PowershellHook): string[] {
  const words = `add --terminal${hook.start ? " --start" : ""}`;
  const lines = [
    "# sessionctl's hook for PowerShell: docs/shell.md explains each part.",
    "if ($env:VSCODE_IPC_HOOK_CLI -and $env:TERM_PROGRAM -eq 'vscode' -and",
    "    -not $env:TMUX -and -not $env:STY -and",
    "    $env:SESSIONCTL_TERMINAL -cne $env:VSCODE_IPC_HOOK_CLI -and",
    `    (Test-Path -LiteralPath ${quoted(hook.program)} -PathType Leaf)) {`,
    "    $env:SESSIONCTL_TERMINAL = $env:VSCODE_IPC_HOOK_CLI",
    "    try {",
    "        & {",
    `            $start = New-Object System.Diagnostics.ProcessStartInfo ${quoted(hook.program)}`,
    `            $start.Arguments = '${words}'`,
    "            $start.UseShellExecute = $false",
    "            $start.CreateNoWindow = $true",
    "            $start.RedirectStandardInput = $true",
    "            $start.RedirectStandardOutput = $true",
    "            $start.RedirectStandardError = $true",
    "            [void][System.Diagnostics.Process]::Start($start)",
    "        }",
    "    } catch { }",
    "}",
    ...whereIs(hook.program, [
      ...hook.code ? codeFunction(hook.program) : [],
      ...powershellCompletions(hook.program, hook.completed).split("\n"),
    ]),
  ];
  for (const [program, variables] of hook.variables) {
    const settings = Object.entries(variables).map(([name, value]) =>
      `$env:${name} = ${quoted(value)}`
    );
    lines.push(...whereIs(program, settings));
  }
  return lines;
}

/** The lines, if the program is there. */
function whereIs(program: string, lines: readonly string[]): string[] {
  return [
    `if (Test-Path -LiteralPath ${quoted(program)} -PathType Leaf) {`,
    ...lines.map((line) => `    ${line}`),
    "}",
  ];
}

/** An alias of that name would be used first. */
function codeFunction(program: string): string[] {
  return [
    "if (Test-Path Alias:code) { Remove-Item Alias:code -Force }",
    "function global:code {",
    `    if ($MyInvocation.ExpectingInput) { $input | & ${quoted(program)} open @args }`,
    `    else { & ${quoted(program)} open @args }`,
    "}",
  ];
}
