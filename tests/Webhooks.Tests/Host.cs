// The webhook paths on a real server with an inbox in memory, and requests written byte by byte.
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace StorePlugin.Webhooks.Tests;

/// <summary>Keeps deliveries in memory, by (store, source, key) as rule I3 has it.</summary>
internal sealed class MemoryInbox : IInbox
{
    private readonly ConcurrentDictionary<(string, WebhookSource, string), Delivery> _deliveries = new();

    public ConcurrentDictionary<(WebhookSource Source, string Key), Sender> Senders { get; } = new();

    /// <summary>What to throw in place of storing.</summary>
    public Exception? Fault { get; set; }

    public IReadOnlyCollection<Delivery> Deliveries => [.. _deliveries.Values];

    public ValueTask<Sender?> FindSenderAsync(WebhookSource source, string key, CancellationToken cancel) =>
        ValueTask.FromResult(Senders.GetValueOrDefault((source, key)));

    public ValueTask<Acceptance> AcceptAsync(Delivery delivery, CancellationToken cancel) => Fault is not null
        ? throw Fault
        : ValueTask.FromResult(_deliveries.TryAdd((delivery.StoreId, delivery.Source, delivery.Key), delivery)
            ? Acceptance.Stored
            : Acceptance.Duplicate);
}

/// <summary>A clock that stands still.</summary>
internal sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}

/// <summary>What the server answered.</summary>
internal sealed record Answer(int Status, string Body, string Head)
{
    public string? Problem => Body.Length == 0 ? null : JsonDocument.Parse(Body).RootElement.GetProperty("type").GetString();

    public string? Detail => Body.Length == 0 ? null : JsonDocument.Parse(Body).RootElement.GetProperty("detail").GetString();
}

/// <summary>A server on a free port of this machine.</summary>
internal sealed partial class Host : IAsyncDisposable
{
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1795228800);

    private readonly WebApplication _app;
    private readonly IPEndPoint _address;

    private Host(WebApplication app, MemoryInbox inbox)
    {
        _app = app;
        Inbox = inbox;
        _address = new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.Single()).Port);
    }

    public MemoryInbox Inbox { get; }

    public static async Task<Host> StartAsync(ImmutableArray<byte[]> shopifySecrets, long bodyBytesMax = 10 * 1024 * 1024)
    {
        var inbox = new MemoryInbox();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IInbox>(inbox);
        builder.Services.AddSingleton<TimeProvider>(new FixedClock(Now));
        builder.Services.Configure<WebhookOptions>(options =>
        {
            options.ShopifySecrets = shopifySecrets;
            options.BodyBytesMax = bodyBytesMax;
        });
        var app = builder.Build();
        app.MapWebhooks();
        await app.StartAsync();
        return new Host(app, inbox);
    }

    /// <summary>Posts a body; a header may come more than once, as its own line.</summary>
    public Task<Answer> PostAsync(string path, byte[] body, params (string Name, string Value)[] headers) =>
        SendAsync([.. Head(path, [.. headers, ("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture))]), .. body]);

    /// <summary>Posts a body in chunks without telling its length.</summary>
    public Task<Answer> PostChunkedAsync(string path, byte[] body, int chunkBytes, params (string Name, string Value)[] headers)
    {
        var request = new List<byte>(Head(path, [.. headers, ("Transfer-Encoding", "chunked")]));
        foreach (var chunk in body.Chunk(chunkBytes))
        {
            request.AddRange(Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"));
            request.AddRange(chunk);
            request.AddRange("\r\n"u8);
        }

        request.AddRange("0\r\n\r\n"u8);
        return SendAsync([.. request]);
    }

    /// <summary>Promises a body, sends only a part, and reads the answer.</summary>
    public Task<Answer> PostPromiseAsync(string path, long promised, byte[] sent, params (string Name, string Value)[] headers) =>
        SendAsync([.. Head(path, [.. headers, ("Content-Length", promised.ToString(CultureInfo.InvariantCulture))]), .. sent]);

    public Task<Answer> GetAsync(string path) =>
        SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static byte[] Head(string path, (string Name, string Value)[] headers) =>
        Encoding.Latin1.GetBytes($"POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{string.Concat(headers.Select(header => $"{header.Name}: {header.Value}\r\n"))}\r\n");

    private static bool IsWhole(MemoryStream answer)
    {
        var text = Encoding.Latin1.GetString(answer.GetBuffer(), 0, (int)answer.Length);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return end >= 0 && ContentLength().Match(text, 0, end) is { Success: true } length
            && answer.Length - end - 4 >= int.Parse(length.Groups["bytes"].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"\r\nContent-Length: (?<bytes>\d+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ContentLength();

    private async Task<Answer> SendAsync(byte[] request)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_address, timeout.Token);

        // The server may answer and close before it has taken everything.
        var sending = Task.Run(async () =>
        {
            try
            {
                for (var sent = 0; sent < request.Length;)
                {
                    sent += await socket.SendAsync(request.AsMemory(sent), timeout.Token);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
            }
        });
        using var answer = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            for (int read; !IsWhole(answer) && (read = await socket.ReceiveAsync(buffer, timeout.Token)) > 0;)
            {
                answer.Write(buffer, 0, read);
            }
        }
        catch (SocketException) when (answer.Length > 0)
        {
        }

        if (IsWhole(answer))
        {
            // The server waits some seconds for the rest of what it has refused; nobody needs to wait with it.
            socket.Close();
        }

        await sending;
        var text = Encoding.UTF8.GetString(answer.ToArray());
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return new Answer(int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[(end + 4)..], text[..end]);
    }
}
