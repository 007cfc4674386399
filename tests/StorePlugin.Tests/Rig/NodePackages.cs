// Packages of Node.js that tests run: fetched once for each folder, by the integrity in its lock file.
using System.Diagnostics;
using System.Security.Cryptography;

namespace StorePlugin.Tests.Rig;

internal static class NodePackages
{
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Whether a machine must not go without: one that checks changes.</summary>
    public static bool AreRequired =>
        !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")) || Environment.GetEnvironmentVariable("STOREPLUGIN_REQUIRE_NODE") == "1";

    /// <summary>Installs what the folder's lock file names. Two test runs may begin at once: the second waits for the first, and finds its work done.</summary>
    /// <exception cref="NotInstalledException">It could not be fetched.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">Node.js is not installed.</exception>
    public static async Task InstallAsync(string folder)
    {
        var lockFile = Path.Combine(folder, "package-lock.json");
        var mark = Path.Combine(folder, "node_modules", ".installed");
        var wanted = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(lockFile)));
        if (await IsInstalledAsync())
        {
            return;
        }

        await using var held = await HoldAsync(folder);
        if (await IsInstalledAsync())
        {
            return;
        }

        string[] install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
        var (command, arguments) = OperatingSystem.IsWindows() ? ("cmd.exe", ["/c", "npm", .. install]) : ("npm", install);
        await RunAsync(folder, "npm ci", InstallTimeout, command, arguments);
        await File.WriteAllTextAsync(mark, wanted);

        async Task<bool> IsInstalledAsync() => File.Exists(mark) && await File.ReadAllTextAsync(mark) == wanted;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="NotInstalledException">It failed, or did not end in time.</exception>
    public static async Task RunAsync(string folder, string name, TimeSpan timeout, string command, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NODE_PATH"] = Path.Combine(folder, "node_modules") },
        })!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new NotInstalledException($"{name} did not end within {timeout.TotalMinutes} minutes.");
        }

        if (process.ExitCode != 0)
        {
            throw new NotInstalledException($"{name} failed: {string.Join(' ', await said).Trim()}");
        }
    }

    private static async Task<FileStream> HoldAsync(string folder)
    {
        var path = Path.Combine(folder, "node_modules.lock");
        for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(200))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            // Another run installs.
            catch (IOException) when (Stopwatch.GetElapsedTime(began) < InstallTimeout)
            {
            }
        }
    }
}

internal sealed class NotInstalledException(string message) : Exception(message);
