// A mail server on loopback, as far as sending needs one: it takes mails, or refuses them where a test says so.
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace StorePlugin.Tests.Rig;

internal sealed class FakeSmtp : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly X509Certificate2? _certificate;
    private readonly bool _encryptsAtOnce;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _talks = [];
    private readonly Task _loop;

    private FakeSmtp(IPEndPoint place, X509Certificate2? certificate, bool encryptsAtOnce)
    {
        (_listener, _certificate, _encryptsAtOnce) = (new TcpListener(place), certificate, encryptsAtOnce);
        _listener.Start();
        _loop = ServeAsync();
    }

    private IPEndPoint Place => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>The answer to a command, as <c>.</c> to a mail's end, as nothing to the visit itself, in place of agreement; an empty one hangs up.</summary>
    public ConcurrentDictionary<string, string> Answers { get; } = new(StringComparer.Ordinal);

    /// <summary>What it offers beside sending itself.</summary>
    public ConcurrentQueue<string> Offers { get; } = new();

    public ConcurrentQueue<string> Mails { get; } = new();

    public ConcurrentQueue<string> Commands { get; } = new();

    /// <summary>Runs when a mail is here whole, before the sender hears of it.</summary>
    public Func<Task> Took { get; set; } = () => Task.CompletedTask;

    /// <summary>How often somebody came.</summary>
    public int Visits { get; private set; }

    /// <summary>The configuration of an app that sends through it.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings =>
    [
        new("Mail:Smtp:Host", Place.Address.ToString()),
        new("Mail:Smtp:Port", Place.Port.ToString(CultureInfo.InvariantCulture)),
        new("Mail:Smtp:From", "Lux <mail@lux.example>"),
    ];

    public static FakeSmtp Start() => new(new IPEndPoint(IPAddress.Loopback, 0), null, encryptsAtOnce: false);

    /// <summary>Offers STARTTLS.</summary>
    public static FakeSmtp StartWith(X509Certificate2 certificate) => new(new IPEndPoint(IPAddress.Loopback, 0), certificate, encryptsAtOnce: false);

    /// <summary>Speaks TLS from the first byte, on the port that is known for it.</summary>
    /// <exception cref="SocketException">This machine does not let the tests listen there.</exception>
    public static FakeSmtp StartEncrypted(IPAddress address, X509Certificate2 certificate) => new(new IPEndPoint(address, 465), certificate, encryptsAtOnce: true);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _loop;
        await Task.WhenAll(_talks);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Visits++;
                _talks.Add(TalkAsync(client));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await using Stream stream = _encryptsAtOnce ? await EncryptAsync(client.GetStream()) : client.GetStream();
                await TalkAsync(stream, greeting: Answers.GetValueOrDefault("") ?? "220 fake");
            }
        }
        // Whoever hangs up in the middle, or does not trust us, is what some tests are about.
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task TalkAsync(Stream stream, string? greeting)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        await using var writer = new StreamWriter(stream, Encoding.Latin1, leaveOpen: true) { NewLine = "\r\n", AutoFlush = true };
        if (greeting is not null)
        {
            await writer.WriteLineAsync(greeting);
        }

        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            Commands.Enqueue(line);
            var word = line.Split(' ', ':')[0].ToUpperInvariant();
            if (Answers.TryGetValue(word, out var answer))
            {
                if (answer.Length == 0)
                {
                    return;
                }

                await writer.WriteLineAsync(answer);
            }
            else if (word == "EHLO")
            {
                var offersTls = _certificate is not null && stream is not SslStream;
                await writer.WriteLineAsync(string.Join("\r\n", Offers.Prepend("fake").Select(offer => "250-" + offer)) + (offersTls ? "\r\n250 STARTTLS" : "\r\n250 HELP"));
            }
            else if (word == "STARTTLS")
            {
                await writer.WriteLineAsync("220 go on");
                await using var encrypted = await EncryptAsync(stream);
                await TalkAsync(encrypted, greeting: null);
                return;
            }
            else if (word == "DATA")
            {
                await writer.WriteLineAsync("354 go on");
                var mail = await MailAsync(reader);
                var refusal = Answers.GetValueOrDefault(".");
                if (refusal is null)
                {
                    Mails.Enqueue(mail);
                    await Took();
                }

                await writer.WriteLineAsync(refusal ?? "250 taken");
            }
            else
            {
                await writer.WriteLineAsync(word switch { "QUIT" => "221 bye", "AUTH" => "235 known", _ => "250 fine" });
            }
        }
    }

    private async Task<SslStream> EncryptAsync(Stream stream)
    {
        var encrypted = new SslStream(stream);
        await encrypted.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
        return encrypted;
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
