// The program as a process of its own, from the build's output: for what only a process can show, such as being killed.
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace StorePlugin.Tests.Rig;

/// <summary>A run of the program that has not ended.</summary>
internal sealed partial class ProgramRun : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _errors = [];

    private ProgramRun(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
    }

    /// <summary>What was written to standard error before it listened.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Starts the verb <c>serve</c> and waits until it listens.</summary>
    public static async Task<(ProgramRun Run, Uri Address)> ServeAsync(string folder, params (string Key, string Value)[] settings)
    {
        var run = new ProgramRun(Start(["serve"], folder, [.. settings, ("urls", "http://127.0.0.1:0")]));
        run._process.Start();
        run._process.BeginErrorReadLine();
        run._process.BeginOutputReadLine();
        return (run, await run._listening.Task.WaitAsync(Patience));
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> ToEndAsync(
        string[] args, string folder, params (string Key, string Value)[] settings)
    {
        using var process = Start(args, folder, settings);
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Ends the process as a loss of power would: SIGKILL, in the middle of whatever it does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static Process Start(string[] args, string folder, (string Key, string Value)[] settings)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(App).Assembly.Location, .. args])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["Data__Folder"] = folder;
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return new Process { StartInfo = start };
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            _listening.TrySetException(new InvalidOperationException(string.Join(Environment.NewLine, _errors)));
        }
        else if (Listening().Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(new Uri(match.Groups["address"].Value));
        }
        else if (!_listening.Task.IsCompleted)
        {
            _errors.Add(line);
        }
    }

    [GeneratedRegex("Now listening on: \"?(?<address>http://[^\"\\s]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Listening();
}
