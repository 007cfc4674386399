// Hands a mail to the mail server, or lays it into a folder as a file that any mail program opens.
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using MimeKit.Text;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>
/// A rehearsal's mail goes into the folder, whatever is configured. What comes back, and every reason in it, is without
/// the address: it is kept with the effect and logged. Mails are handed over one at a time, and what was taken is written down before
/// the next one goes: a program that dies repeats the one at most.
/// </summary>
internal sealed class MailSender(Settings settings, PublicAddress address, TimeProvider clock) : IDisposable
{
    private const string RehearsalMark = "[Rehearsal] ";
    private const int MailboxRefusedMin = 500;

    // The outcomes of a mail that was sent; others ask for them later.
    public const string Taken = "The mail server took the mail.";
    private const string InFolder = "The mail lies in the mail folder as ";

    /// <summary>The outcomes of those that lie in the folder, as a pattern of SQL.</summary>
    public const string InFolderPattern = InFolder + "%";

    // RFC 5321; an effect's id and the plus before it.
    private const int LocalPartMax = 64;
    private const int TagLength = 37;

    // Submission over TLS from the first byte (RFC 8314); elsewhere it begins with STARTTLS.
    private const int ImplicitTlsPort = 465;

    // Within an effect's lease, so that nobody else sends the mail meanwhile.
    private static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan OutageWait = TimeSpan.FromMinutes(5);

    // A server that was just not there is not asked again for each of a thousand mails: other effects wait behind them.
    private static readonly TimeSpan OutagePause = TimeSpan.FromMinutes(1);

    private static readonly ParserOptions WholeAddress = new() { AllowAddressesWithoutDomain = false, AllowUnquotedCommasInAddresses = false };

    // The connection is there already, and servers wait for minutes.
    private static readonly TimeSpan TurnTimeMax = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _turn = new(1, 1);

    private long _pauseUntil;

    /// <summary>Whether it is an address, with or without a name.</summary>
    public static bool IsAddress(string text) => TryRead(text, out _);

    /// <summary>Whether it is an address without a name, to which a mail's id can be put behind a plus.</summary>
    public static bool IsBounceAddress(string text) =>
        TryRead(text, out var mailbox) && mailbox.Address == text && !text.Contains('+', StringComparison.Ordinal) && Ascii.IsValid(text)
        && mailbox.LocalPart.Length <= LocalPartMax - TagLength;

    /// <summary>Whether an effect with this outcome has sent its mail; else there was nothing to send, or no way.</summary>
    public static bool WasSent(string? outcome) => outcome == Taken || outcome?.StartsWith(InFolder, StringComparison.Ordinal) == true;

    /// <summary>The subject as it is sent.</summary>
    public static string SubjectOf(Store store, Letter letter) => (store.IsRehearsal ? RehearsalMark : "") + letter.Subject;

    /// <param name="noteTaken">Writes down that the mail was taken.</param>
    public async Task<EffectResult> SendAsync(Store store, string effectId, PrintedLetter printed, Func<Task> noteTaken, CancellationToken cancel)
    {
        var letter = printed.Letter;
        if (!TryRead(letter.Email, out var to))
        {
            return new EffectResult.Refused("The recipient's address is not one that mail can be sent to.");
        }

        using var message = new MimeMessage();
        message.From.Add(From());
        message.To.Add(new MailboxAddress(Encoding.UTF8, letter.Name, to.Address));
        message.Subject = SubjectOf(store, letter);
        message.Date = clock.GetUtcNow();
        message.Headers.Remove(HeaderId.MessageId);
        message.Headers.Add("Message-ID", $"<{effectId}@{Host()}>");
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        if (letter.Content.StopAddress is { } stop)
        {
            // RFC 8058. As it is: a long address would be encoded as words, in which no mail program finds a link.
            AddRaw(message, HeaderId.ListUnsubscribe, $"<{stop}>");
            AddRaw(message, HeaderId.ListUnsubscribePost, "List-Unsubscribe=One-Click");
        }

        // The last is what a mail program prefers.
        message.Body = new MultipartAlternative(
            new TextPart(TextFormat.Plain) { Text = printed.Text },
            new TextPart(TextFormat.Html) { Text = printed.Html });
        message.Prepare(EncodingConstraint.SevenBit);
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;

        // Headers in UTF-8 only where the address itself needs them; every server understands the other form.
        format.International = !Ascii.IsValid(to.LocalPart);
        if (settings.Mail.Host is { } host && !store.IsRehearsal)
        {
            return await SendAsync(host, format, message, EnvelopeSender(effectId), noteTaken, cancel);
        }

        await WriteAsync(format, message, effectId, cancel);
        await noteTaken();
        return new EffectResult.Done($"{InFolder}{FileOf(effectId)}.");
    }

    /// <summary>The name of a mail's file: the same each time, so that a repeated mail takes the place of the first.</summary>
    public static string FileOf(string effectId) => effectId + ".eml";

    private static bool TryRead(string text, [NotNullWhen(true)] out MailboxAddress? mailbox) => MailboxAddress.TryParse(WholeAddress, text, out mailbox);

    private static void AddRaw(MimeMessage message, HeaderId id, string value)
    {
        var header = new Header(id, "");
        header.SetRawValue(Encoding.ASCII.GetBytes($" {value}\r\n"));
        message.Headers.Add(header);
    }

    /// <summary>Where what cannot be delivered goes back to, with the mail's id behind a plus; null: to the sender.</summary>
    private MailboxAddress? EnvelopeSender(string effectId)
    {
        if (settings.Mail.BounceAddress is not { } bounces)
        {
            return null;
        }

        var at = bounces.LastIndexOf('@');
        return MailboxAddress.Parse(WholeAddress, $"{bounces[..at]}+{effectId}{bounces[at..]}");
    }

    private MailboxAddress From() => settings.Mail.From is { } from ? MailboxAddress.Parse(WholeAddress, from) : new MailboxAddress("StorePlugin", $"noreply@{Host()}");

    private string Host()
    {
        var url = new Uri(address.Base);
        return url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;
    }

    private async Task<EffectResult> SendAsync(
        string host, FormatOptions format, MimeMessage message, MailboxAddress? envelopeSender, Func<Task> noteTaken, CancellationToken cancel)
    {
        if (clock.GetUtcNow().UtcTicks < Interlocked.Read(ref _pauseUntil))
        {
            return new EffectResult.PutOff("The mail server could not be reached just now.", OutageWait);
        }

        using var client = new Client();
        try
        {
            if (await InTimeAsync(token => ConnectAsync(client, host, format, token), cancel) is { } refused)
            {
                return refused;
            }

            if (!await _turn.WaitAsync(TurnTimeMax, cancel))
            {
                return new EffectResult.PutOff("The mails before it take their time.", OutageWait);
            }

            try
            {
                await InTimeAsync(token => client.SendAsync(format, message, envelopeSender ?? message.From.Mailboxes.First(), message.To.Mailboxes, token), cancel);
                await noteTaken();
            }
            finally
            {
                _turn.Release();
            }

            return await InTimeAsync(token => LeaveAsync(client, token), cancel);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Outage("The mail server did not answer in time.");
        }
        catch (Exception e) when (OutcomeOf(e, client) is { } outcome)
        {
            return outcome;
        }
    }

    public void Dispose() => _turn.Dispose();

    private static async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(AnswerTimeMax);
        return await work(timeout.Token);
    }

    /// <summary>Comes to where the mail can be handed over. Returns why it never can; null where it can.</summary>
    private async Task<EffectResult?> ConnectAsync(Client client, string host, FormatOptions format, CancellationToken cancel)
    {
        var options = settings.Mail;
        await client.ConnectAsync(host, options.Port, SecurityOf(options), cancel);
        if (format.International && !client.Capabilities.HasFlag(SmtpCapabilities.UTF8 | SmtpCapabilities.EightBitMime))
        {
            return new EffectResult.Refused("The recipient's address has letters before the @ that the mail server does not take.");
        }

        // A server that asks nobody who they are takes the mail without; one that does, refuses it.
        if (options is { User: { } user, Password: { } password } && client.Capabilities.HasFlag(SmtpCapabilities.Authentication))
        {
            await client.AuthenticateAsync(user, password, cancel);
        }

        return null;
    }

    private static async Task<EffectResult> LeaveAsync(Client client, CancellationToken cancel)
    {
        await client.DisconnectAsync(quit: true, cancel);
        return new EffectResult.Done(Taken);
    }

    private static SecureSocketOptions SecurityOf(MailOptions options) =>
        options.Port == ImplicitTlsPort ? SecureSocketOptions.SslOnConnect
        : options.StartTls ? SecureSocketOptions.StartTls
        : SecureSocketOptions.None;

    /// <summary>
    /// What a failure means; null where it is none of the mail server's. The server's own words may repeat the address, so
    /// only its code is told.
    /// </summary>
    private EffectResult? OutcomeOf(Exception failure, Client client) => failure switch
    {
        SmtpCommandException e when client.IsAtRecipient && IsNoRelay(e, client.Enhanced) =>
            new EffectResult.Failed($"The mail server does not relay for this program ({Code(e)})."),
        SmtpCommandException e when client.IsAtRecipient && (int)e.StatusCode >= MailboxRefusedMin =>
            new EffectResult.Refused($"The mail server refuses the recipient's mailbox ({Code(e)})."),
        SmtpCommandException e => new EffectResult.Failed($"The mail server refuses for now ({Code(e)})."),
        AuthenticationException or SaslException => new EffectResult.Failed("The mail server refuses the user or the password (keys Mail:Smtp:User and Password)."),
        MailKit.ServiceNotAuthenticatedException => new EffectResult.Failed("The mail server wants a user and a password (keys Mail:Smtp:User and Password)."),
        SslHandshakeException when client.Distrust is { } why => new EffectResult.Failed($"The mail server's TLS is not trusted: {why}."),
        SslHandshakeException => new EffectResult.Failed("The mail server speaks no TLS that is understood here (keys Mail:Smtp:Port and StartTls)."),
        NotSupportedException => new EffectResult.Failed("The mail server offers no STARTTLS, or no way to sign in that is known here (key Mail:Smtp:StartTls)."),
        SmtpProtocolException => Outage("The mail server broke off, or speaks no SMTP."),
        SocketException or IOException => Outage("The mail server cannot be reached."),
        _ => null,
    };

    /// <summary>
    /// Whether a refusal of a recipient is about who sends and not about the mailbox (RFC 3463): a matter of rules, which the
    /// host mends at the server, and no reason to give up the mail. 554 alone says no more than that the transaction failed.
    /// </summary>
    private static bool IsNoRelay(SmtpCommandException failure, string enhanced) =>
        enhanced.StartsWith("5.7.", StringComparison.Ordinal)
        || (failure.StatusCode == SmtpStatusCode.TransactionFailed
            && !enhanced.StartsWith("5.1.", StringComparison.Ordinal) && !enhanced.StartsWith("5.2.", StringComparison.Ordinal));

    private static string Code(SmtpCommandException failure) => ((int)failure.StatusCode).ToString(CultureInfo.InvariantCulture);

    private EffectResult.PutOff Outage(string reason)
    {
        Interlocked.Exchange(ref _pauseUntil, (clock.GetUtcNow() + OutagePause).UtcTicks);
        return new EffectResult.PutOff(reason, OutageWait);
    }

    /// <summary>Writes under another name and moves, so that nobody ever reads half a mail.</summary>
    private async Task WriteAsync(FormatOptions format, MimeMessage message, string effectId, CancellationToken cancel)
    {
        var folder = MakeFolder(settings.Mail.Folder);
        var written = Path.Combine(folder, "." + Ids.New("new", clock.GetUtcNow()));
        try
        {
            await using (var file = new FileStream(written, FileMode.CreateNew))
            {
                await message.WriteToAsync(format, file, cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(written, Path.Combine(folder, FileOf(effectId)), overwrite: true);
        }
        finally
        {
            File.Delete(written);
        }
    }

    // Mails hold names and addresses: the folder is for the program's own user.
    private static string MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>Trusts what the machine trusts, and knows how far a mail has come.</summary>
    private sealed class Client : SmtpClient
    {
        public Client()
        {
            // The library's own rule excuses certain servers by name.
            ServerCertificateValidationCallback = Trusts;

            // As on every other way out of the program: whether a mail leaves must not hang on a third server.
            CheckCertificateRevocation = false;
        }

        /// <summary>The sender was accepted and the recipient not yet: a refusal now is one of the mailbox.</summary>
        public bool IsAtRecipient { get; private set; }

        /// <summary>The first word of the recipient's refusal: the code in more detail, such as <c>5.1.1</c>, where the server gave one.</summary>
        public string Enhanced { get; private set; } = "";

        /// <summary>What is wrong with the server's certificate; null while nothing was found.</summary>
        public string? Distrust { get; private set; }

        protected override void OnSenderAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
        {
            IsAtRecipient = true;
            base.OnSenderAccepted(message, mailbox, response);
        }

        protected override void OnRecipientAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
        {
            IsAtRecipient = false;
            base.OnRecipientAccepted(message, mailbox, response);
        }

        protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
        {
            Enhanced = response.Response.Split(' ', 2)[0];
            base.OnRecipientNotAccepted(message, mailbox, response);
        }

        private bool Trusts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (errors == SslPolicyErrors.None)
            {
                return true;
            }

            var details = chain?.ChainStatus.Select(status => status.Status.ToString()).Distinct() ?? [];
            Distrust = string.Join(", ", details.Prepend(errors.ToString()));
            return false;
        }
    }
}
