// Hands a mail to the mail server, or lays it into a folder as a file that any mail program opens.
using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>
/// A rehearsal's mail goes into the folder, whatever is configured. What comes back, and every reason in it, is without
/// the address: it is kept with the effect and logged.
/// </summary>
internal sealed class MailSender(Settings settings, PublicAddress address, TimeProvider clock)
{
    private const string RehearsalMark = "[Rehearsal] ";
    private const int MailboxRefusedMin = 500;

    // Within an effect's lease, so that nobody else sends the mail meanwhile.
    private static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan OutageWait = TimeSpan.FromMinutes(5);

    // A server that was just not there is not asked again for each of a thousand mails: other effects wait behind them.
    private static readonly TimeSpan OutagePause = TimeSpan.FromMinutes(1);

    private long _pauseUntil;

    public async Task<EffectResult> SendAsync(
        Store store, string effectId, Letter letter, string text, string html, CancellationToken cancel)
    {
        if (!MailAddress.TryCreate(letter.Email, letter.Name, Encoding.UTF8, out var to))
        {
            return new EffectResult.Refused("The ambassador's address is not one that mail can be sent to.");
        }

        using var message = new MailMessage(From(), to)
        {
            Subject = (store.IsRehearsal ? RehearsalMark : "") + letter.Subject,
            SubjectEncoding = Encoding.UTF8,
            HeadersEncoding = Encoding.UTF8,
        };
        message.Headers["Message-ID"] = $"<{effectId}@{Host()}>";
        message.Headers["Auto-Submitted"] = "auto-generated";

        // The last is what a mail program prefers.
        message.AlternateViews.Add(View(text, MediaTypeNames.Text.Plain));
        message.AlternateViews.Add(View(html, MediaTypeNames.Text.Html));
        if (settings.Mail.Host is { } host && !store.IsRehearsal)
        {
            return await SendAsync(host, message, cancel);
        }

        await WriteAsync(message, effectId, cancel);
        return new EffectResult.Done($"The mail lies in the mail folder as {FileOf(effectId)}.");
    }

    /// <summary>The name of a mail's file: the same each time, so that a repeated mail takes the place of the first.</summary>
    public static string FileOf(string effectId) => effectId + ".eml";

    private static AlternateView View(string text, string type)
    {
        var view = AlternateView.CreateAlternateViewFromString(text, Encoding.UTF8, type);

        // The framework's quoted-printable encodes line ends, which RFC 2045 forbids in text.
        view.TransferEncoding = TransferEncoding.Base64;
        return view;
    }

    private MailAddress From() => settings.Mail.From is { } from ? new MailAddress(from) : new MailAddress($"noreply@{Host()}", "StorePlugin");

    private string Host()
    {
        var url = new Uri(address.Base);
        return url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;
    }

    private async Task<EffectResult> SendAsync(string host, MailMessage message, CancellationToken cancel)
    {
        var options = settings.Mail;
        if (clock.GetUtcNow().UtcTicks < Interlocked.Read(ref _pauseUntil))
        {
            return new EffectResult.PutOff("The mail server could not be reached just now.", OutageWait);
        }

        var hasLocalLetters = !Ascii.IsValid(message.To[0].User);
        using var client = new SmtpClient(host, options.Port)
        {
            EnableSsl = options.StartTls,
            Credentials = options.User is null ? null : new NetworkCredential(options.User, options.Password),

            // Headers in UTF-8 only where the address itself needs them; every server understands the other form.
            DeliveryFormat = hasLocalLetters ? SmtpDeliveryFormat.International : SmtpDeliveryFormat.SevenBit,
        };
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(AnswerTimeMax);
        try
        {
            // The client gives up when it is told to, but not while it is still connecting.
            await client.SendMailAsync(message, timeout.Token).WaitAsync(timeout.Token);
            return new EffectResult.Done("The mail server took the mail.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Outage("The mail server did not answer in time.");
        }
        catch (SmtpException e)
        {
            return OutcomeOf(e, hasLocalLetters);
        }
    }

    /// <summary>What a failure means. The server's own words may repeat the address, so only its code is told.</summary>
    private EffectResult OutcomeOf(SmtpException failure, bool hasLocalLetters)
    {
        var code = ((int)failure.StatusCode).ToString(CultureInfo.InvariantCulture);
        return failure switch
        {
            { StatusCode: not SmtpStatusCode.GeneralFailure } and SmtpFailedRecipientException when (int)failure.StatusCode >= MailboxRefusedMin =>
                new EffectResult.Refused($"The mail server refuses the ambassador's mailbox ({code})."),
            { StatusCode: not SmtpStatusCode.GeneralFailure } => new EffectResult.Failed($"The mail server refuses for now ({code})."),
            { InnerException: AuthenticationException e } => new EffectResult.Failed($"The mail server's TLS is not trusted: {e.Message}"),
            { InnerException: SocketException or IOException or WebException } => Outage("The mail server cannot be reached."),
            _ when hasLocalLetters => new EffectResult.Refused(
                "The ambassador's address has letters before the @ that the mail server does not take."),
            _ => new EffectResult.Failed("The mail server offers no STARTTLS, or speaks no SMTP (key Mail:Smtp:StartTls)."),
        };
    }

    private EffectResult.PutOff Outage(string reason)
    {
        Interlocked.Exchange(ref _pauseUntil, (clock.GetUtcNow() + OutagePause).UtcTicks);
        return new EffectResult.PutOff(reason, OutageWait);
    }

    /// <summary>Writes under another name and moves, so that nobody ever reads half a mail.</summary>
    private async Task WriteAsync(MailMessage message, string effectId, CancellationToken cancel)
    {
        var folder = MakeFolder(settings.Mail.Folder);
        var work = MakeFolder(Path.Combine(folder, "." + Ids.New("new", clock.GetUtcNow())));
        try
        {
            using (var client = new SmtpClient
            {
                DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory,
                PickupDirectoryLocation = work,
                DeliveryFormat = Ascii.IsValid(message.To[0].User) ? SmtpDeliveryFormat.SevenBit : SmtpDeliveryFormat.International,
            })
            {
                await client.SendMailAsync(message, cancel);
            }

            var written = Directory.GetFiles(work).Single();
            var bytes = MailFile.Of(await File.ReadAllBytesAsync(written, cancel), clock.GetUtcNow());
            await using (var file = new FileStream(written, FileMode.Create))
            {
                await file.WriteAsync(bytes, cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(written, Path.Combine(folder, FileOf(effectId)), overwrite: true);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
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
}

/// <summary>The file of a mail, from what the framework writes for a server's pickup folder.</summary>
internal static class MailFile
{
    private const string HeadEnd = "\r\n\r\n";

    /// <summary>Without the envelope, which repeats the addresses, and dated by our clock where the framework takes the machine's.</summary>
    public static byte[] Of(byte[] pickup, DateTimeOffset now)
    {
        // One byte is one character, so that whatever the mail holds comes back as it was.
        var text = Encoding.Latin1.GetString(pickup);
        var end = text.IndexOf(HeadEnd, StringComparison.Ordinal);
        var head = new StringBuilder();
        var drops = false;
        foreach (var line in text[..end].Split("\r\n"))
        {
            // A line that begins with a blank continues the header before it.
            drops = line.StartsWith(' ') || line.StartsWith('\t') ? drops : IsEnvelope(line);
            if (!drops)
            {
                head.Append(line.StartsWith("Date:", StringComparison.OrdinalIgnoreCase)
                    ? now.ToString("'Date: 'ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture)
                    : line).Append("\r\n");
            }
        }

        return Encoding.Latin1.GetBytes(head.Append("\r\n").Append(text, end + HeadEnd.Length, text.Length - end - HeadEnd.Length).ToString());
    }

    private static bool IsEnvelope(string line) =>
        line.StartsWith("X-Sender:", StringComparison.OrdinalIgnoreCase) || line.StartsWith("X-Receiver:", StringComparison.OrdinalIgnoreCase);
}
