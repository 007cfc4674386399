// A mail server on loopback, as far as sending needs one: it takes mails, or refuses them where a test says so.
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace StorePlugin.Tests.Rig;

internal sealed class FakeSmtp : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    private FakeSmtp()
    {
        _listener.Start();
        _loop = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The answer to a command or, as <c>.</c>, to a mail's end, in place of agreement.</summary>
    public ConcurrentDictionary<string, string> Answers { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> Mails { get; } = new();

    public ConcurrentQueue<string> Commands { get; } = new();

    /// <summary>The configuration of an app that sends through it.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings =>
    [
        new("Mail:Smtp:Host", "127.0.0.1"),
        new("Mail:Smtp:Port", Port.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        new("Mail:Smtp:From", "Lux <mail@lux.example>"),
    ];

    public static FakeSmtp Start() => new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _loop;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await TalkAsync(client);
            }
            // Whoever hangs up in the middle is what some tests are about.
            catch (IOException)
            {
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await using var writer = new StreamWriter(stream, Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 fake");
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            Commands.Enqueue(line);
            var word = line.Split(' ', ':')[0].ToUpperInvariant();
            if (Answers.TryGetValue(word, out var answer))
            {
                await writer.WriteLineAsync(answer);
            }
            else if (word == "DATA")
            {
                await writer.WriteLineAsync("354 go on");
                var mail = await MailAsync(reader);
                var refusal = Answers.GetValueOrDefault(".");
                if (refusal is null)
                {
                    Mails.Enqueue(mail);
                }

                await writer.WriteLineAsync(refusal ?? "250 taken");
            }
            else
            {
                await writer.WriteLineAsync(word == "QUIT" ? "221 bye" : "250 fine");
            }
        }
    }

    private async Task<string> MailAsync(StreamReader reader)
    {
        var mail = new StringBuilder();
        while (await reader.ReadLineAsync(_stop.Token) is { } line && line != ".")
        {
            mail.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }

        return mail.ToString();
    }
}
