// A server in a process of its own, so that it is measured alone with the load beside it.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace StorePlugin.Bench;

/// <summary>What a verb came to.</summary>
/// <param name="PeakMegabytes">The most memory that it held at once.</param>
/// <param name="LastLines">The end of what it printed, for whoever must see why it failed.</param>
internal sealed record VerbRun(int ExitCode, TimeSpan Took, double PeakMegabytes, IReadOnlyList<string> LastLines);

/// <summary>Starts, watches and stops one server; whatever happens, it does not outlive the benchmark.</summary>
internal sealed class Child : IAsyncDisposable
{
    private const int LastLinesMax = 30;
    private static readonly TimeSpan StartTimeMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopTimeMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PeakLookedAtEach = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    private Child(Process process, int port)
    {
        (_process, Port) = (process, port);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public int Port { get; }

    /// <summary>From the start of the process to the first answered request.</summary>
    public TimeSpan StartedIn { get; private set; }

    public TimeSpan Cpu => Refreshed().TotalProcessorTime;

    public double WorkingSetMegabytes => Refreshed().WorkingSet64 / 1e6;

    /// <summary>The most memory that it has held at once since its start.</summary>
    public double PeakMegabytes => PeakBytes() / 1e6;

    /// <summary>The app as it is built, on a data folder.</summary>
    /// <param name="stripe">What it takes for Stripe; null: it has none.</param>
    public static Task<Child> AppAsync(string folder, bool workers, Uri? stripe = null)
    {
        var port = FreePort();
        var environment = EnvironmentOf(folder);
        if (stripe is not null)
        {
            environment["Stripe__ApiUrl"] = stripe.ToString();
        }

        environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        environment["Workers__Idle"] = workers ? "false" : "true";
        return StartAsync("StorePlugin.dll", ["serve"], environment, folder, port);
    }

    /// <summary>A verb of the program on a data folder, from its start to its end.</summary>
    public static async Task<VerbRun> VerbAsync(string folder, params string[] verb)
    {
        var started = Stopwatch.GetTimestamp();
        await using var child = new Child(Begin("StorePlugin.dll", verb, EnvironmentOf(folder), folder), port: 0);
        var peak = 0L;
        do
        {
            // The kernel keeps the highest; it is asked until shortly before the end.
            peak = Math.Max(peak, child.PeakBytes());
        }
        while (!await child.HasEndedAsync(PeakLookedAtEach));

        return new VerbRun(child._process.ExitCode, Stopwatch.GetElapsedTime(started), peak / 1e6, [.. child._lastLines]);
    }

    /// <summary>The limit, on an empty folder.</summary>
    public static Task<Child> LimitAsync(string folder)
    {
        var port = FreePort();
        string[] args = [Limit.Verb, "--port", port.ToString(CultureInfo.InvariantCulture), "--database", Path.Combine(folder, "limit.db")];
        return StartAsync("Bench.dll", args, [], folder, port);
    }

    /// <summary>Ends it at once: nothing that it still meant to do is done.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end, and waits until it has.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            using var patience = new CancellationTokenSource(StopTimeMax);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // It was asked; now it is made to.
                _process.Kill();
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }

    private static async Task<Child> StartAsync(
        string program, IEnumerable<string> args, Dictionary<string, string> environment, string folder, int port)
    {
        var started = Stopwatch.GetTimestamp();
        var child = new Child(Begin(program, args, environment, folder), port);
        while (!await AnswersAsync(port))
        {
            if (child._process.HasExited || Stopwatch.GetElapsedTime(started) > StartTimeMax)
            {
                await child.DisposeAsync();
                throw new InvalidOperationException($"{program} did not start:{Environment.NewLine}{string.Join(Environment.NewLine, child._lastLines)}");
            }

            await Task.Delay(5);
        }

        child.StartedIn = Stopwatch.GetElapsedTime(started);
        return child;
    }

    private static Process Begin(string program, IEnumerable<string> args, Dictionary<string, string> environment, string folder)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static Dictionary<string, string> EnvironmentOf(string folder) =>
        Shop.Settings(folder).ToDictionary(pair => pair.Key.Replace(":", "__", StringComparison.Ordinal), pair => pair.Value, StringComparer.Ordinal);

    private static async Task<bool> AnswersAsync(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"u8.ToArray());
            var answer = new byte[1024];
            var length = await socket.ReceiveAsync(answer);
            return answer.AsSpan(0, length).StartsWith("HTTP/1.1 200 "u8);
        }
        catch (SocketException)
        {
            // Nobody listens yet.
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private Process Refreshed()
    {
        _process.Refresh();
        return _process;
    }

    private long PeakBytes()
    {
        try
        {
            return Refreshed().PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            // It has just ended, and what was seen last stands.
            return 0;
        }
    }

    private async Task<bool> HasEndedAsync(TimeSpan within)
    {
        using var patience = new CancellationTokenSource(within);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        lock (_lastLines)
        {
            if (line is not null)
            {
                _lastLines.Enqueue(line);
                if (_lastLines.Count > LastLinesMax)
                {
                    _lastLines.Dequeue();
                }
            }
        }
    }
}
