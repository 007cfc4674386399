// The mails of which a merchant may word the subject and the sentences around the facts, and how one is printed with those words.
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>A mail to a person about what goes on in a campaign.</summary>
internal interface IMerchantMail
{
    /// <summary>One of the constants of <see cref="MailNotice"/>.</summary>
    string Mail { get; }

    /// <summary>What causes it, as a sentence for merchants.</summary>
    string When { get; }

    IReadOnlyList<Placeholder> Placeholders { get; }

    /// <summary>As the real one is composed, of made-up data.</summary>
    Letter Sample(Store store);
}

/// <summary>A mail as it leaves.</summary>
internal sealed record PrintedLetter(Letter Letter, string Text, string Html);

/// <summary>Puts the merchant's words into a letter and makes both of its forms; a preview goes this way too.</summary>
internal sealed class LetterPress(IEnumerable<IMerchantMail> mails, IServiceProvider services, ILoggerFactory loggers)
{
    private readonly Dictionary<string, IMerchantMail> _mails = mails.ToDictionary(mail => mail.Mail, StringComparer.Ordinal);

    /// <summary>The mails that may be worded, in the order of their names.</summary>
    public IEnumerable<IMerchantMail> Mails => _mails.Values.OrderBy(mail => mail.Mail, StringComparer.Ordinal);

    /// <summary>Null where there is no such mail, or no words of it may be changed.</summary>
    public IMerchantMail? Find(string mail) => _mails.GetValueOrDefault(mail);

    /// <param name="text">The merchant's words, checked when they were kept; null: ours.</param>
    /// <param name="stopAddress">Where the reader asks for no more of these mails; null where the mail is owed.</param>
    public async Task<PrintedLetter> PrintAsync(string mail, Letter letter, MailText? text, string? stopAddress)
    {
        var worded = text is null ? letter : Worded(letter, text, _mails[mail].Placeholders);
        worded = worded with { Content = worded.Content with { StopAddress = stopAddress } };
        return new PrintedLetter(worded, LetterText.Of(worded.Content), await HtmlOfAsync(worded.Content));
    }

    private static Letter Worded(Letter letter, MailText text, IReadOnlyList<Placeholder> known)
    {
        var parts = letter.Content.Parts;
        if (text.Opening is { } opening)
        {
            // What opens the mail stands together, before everything else.
            parts = [.. Sentences(opening), .. parts.Where(part => part is not LetterPart.Opening)];
        }

        if (text.Closing is { } closing)
        {
            parts = [.. parts, .. Sentences(closing)];
        }

        return letter with
        {
            Subject = text.Subject is { } subject ? Filled(subject) : letter.Subject,
            Content = letter.Content with { Parts = parts },
        };

        string Filled(string words) => (MailTemplate.Read(words, known, out var problem)
            ?? throw new InvalidOperationException($"A text that was checked when it was kept is not right: {problem}")).Fill(letter.Values);

        IEnumerable<LetterPart> Sentences(string words) =>
            Filled(words).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => new LetterPart.Opening(line));
    }

    private async Task<string> HtmlOfAsync(LetterContent content)
    {
        // What the renderer asks for belongs to a scope, and in development the framework holds it to that.
        await using var scope = services.CreateAsyncScope();
        await using var renderer = new HtmlRenderer(scope.ServiceProvider, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var parameters = ParameterView.FromDictionary(new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(LetterPage.Model)] = content });
            return (await renderer.RenderComponentAsync<LetterPage>(parameters)).ToHtmlString();
        });
    }
}

/// <summary>Made-up people for previews, whom nobody takes for real ones.</summary>
internal static class Samples
{
    public static readonly Recipient Reader = new("Ann Example", "ann@example.com", "approved", "acct_example", "cmp_example", "Spring friends", "live");
}
