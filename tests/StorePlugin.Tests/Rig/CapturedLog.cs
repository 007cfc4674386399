// Every log line of the app under test, so that a test can prove what is not in them.
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace StorePlugin.Tests.Rig;

/// <summary>A logging provider that keeps the lines, at every level that the configuration lets through.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Line(categoryName, Lines);

    public void Dispose()
    {
    }

    private sealed class Line(string category, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            lines.Enqueue($"{category} scope: {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{category} {logLevel}: {formatter(state, exception)} {exception}");
    }
}
