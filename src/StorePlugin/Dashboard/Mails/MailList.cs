// The mails that a merchant may word, and one of them: the words, what they may hold in braces, and how the mail looks with them.
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Mails;

public sealed record MailListModel(Frame Frame, IReadOnlyList<MailRow> Mails);

/// <param name="WordedAt">When the store's own words were kept; null where the program's stand.</param>
public sealed record MailRow(string Path, string Name, string When, Moment? WordedAt, string? WordedBy);

/// <param name="Placeholders">What the words may hold in braces, and what stands for it.</param>
/// <param name="OwnSubject">The program's own subject, with the data of the preview.</param>
/// <param name="OwnOpening">Its sentences, likewise.</param>
/// <param name="IsWorded">Whether words of the store are kept.</param>
/// <param name="Preview">Null where what was typed cannot be shown.</param>
/// <param name="Problems">What is wrong with what was sent, in sentences.</param>
public sealed record MailTextModel(
    Frame Frame, string Path, string Name, string When, IReadOnlyList<(string Name, string Meaning)> Placeholders, string Subject, string Opening, string Closing,
    string OwnSubject, IReadOnlyList<string> OwnOpening, bool IsWorded, MailLook? Preview, IReadOnlyList<string> Problems);

/// <summary>How a mail looks, of made-up data.</summary>
/// <param name="IsKept">Whether it goes out like this; else nobody has kept the words yet.</param>
public sealed record MailLook(bool IsKept, string Subject, LetterContent Content, string Text);

/// <summary>What was typed into the form, as it stood there.</summary>
internal sealed record TypedMail(string Subject, string Opening, string Closing)
{
    public static TypedMail Of(IFormCollection form) => new(
        TypedText.Cut(form["subject"], MailText.SubjectLengthMax), TypedText.Cut(form["opening"], MailText.OpeningLengthMax), TypedText.Cut(form["closing"], MailText.ClosingLengthMax));

    public static TypedMail Of(MailText? text) => new(text?.Subject ?? "", text?.Opening ?? "", text?.Closing ?? "");
}

internal static class MailList
{
    public const string Path = "/dashboard/mails";

    public static string PathOf(string mail) => $"{Path}/{Uri.EscapeDataString(mail)}";

    public static async Task<MailListModel> ReadAsync(MailSources sources, Visitor visitor, string? notice, CancellationToken cancel)
    {
        var kept = (await sources.Texts.ListAsync(visitor.Store, cancel)).ToDictionary(text => text.Mail, StringComparer.Ordinal);
        var (time, reader) = (new StoreTime(visitor.Store), await sources.ReaderAsync(visitor, cancel));
        return new MailListModel(
            Frame.OfDashboard(visitor, notice),
            [.. sources.Press.Mails.Select(mail => Show(mail, kept.GetValueOrDefault(mail.Mail), time, reader))]);
    }

    private static MailRow Show(IMerchantMail mail, MailText? text, StoreTime time, RunReader reader) => new(
        PathOf(mail.Mail), MailWords.NameOf(mail.Mail), mail.When, time.At(text?.UpdatedAt), text is null ? null : RunWords.Who(text.UpdatedBy, reader));

    /// <summary>The page with what is kept; null where there is no such mail, or no words of it may be changed.</summary>
    public static async Task<MailTextModel?> ShowAsync(MailSources sources, Visitor visitor, string mail, string? notice, CancellationToken cancel)
    {
        if (sources.Press.Find(mail) is not { } known)
        {
            return null;
        }

        var kept = await sources.Texts.FindAsync(visitor.Store, mail, cancel);
        return await ModelAsync(sources, visitor, known, notice, TypedMail.Of(kept), kept, await LookAsync(sources, visitor.Store, known, kept, isKept: true), []);
    }

    /// <summary>The page with what was typed, which is not kept.</summary>
    /// <param name="text">The words to be shown in the preview; null for the program's own.</param>
    /// <param name="problems">What is wrong with them; nothing is shown of those that are.</param>
    public static async Task<MailTextModel> AgainAsync(
        MailSources sources, Visitor visitor, IMerchantMail mail, TypedMail typed, MailText? text, IReadOnlyList<string> problems, CancellationToken cancel) => await ModelAsync(
            sources, visitor, mail, null, typed, await sources.Texts.FindAsync(visitor.Store, mail.Mail, cancel),
            problems.Count > 0 ? null : await LookAsync(sources, visitor.Store, mail, text, isKept: false), problems);

    private static async Task<MailTextModel> ModelAsync(
        MailSources sources, Visitor visitor, IMerchantMail mail, string? notice, TypedMail typed, MailText? kept, MailLook? look, IReadOnlyList<string> problems)
    {
        var own = await MailTextEndpoints.PrintSampleAsync(sources.Press, sources.Links, visitor.Store, mail, null);
        return new MailTextModel(
            Frame.OfDashboard(visitor, notice),
            PathOf(mail.Mail),
            MailWords.NameOf(mail.Mail),
            mail.When,
            [.. mail.Placeholders.Select(one => (one.Name, one.Meaning))],
            typed.Subject,
            typed.Opening,
            typed.Closing,
            own.Letter.Subject,
            [.. own.Letter.Content.Parts.OfType<LetterPart.Opening>().Select(part => part.Text)],
            kept is not null,
            look,
            problems);
    }

    private static async Task<MailLook> LookAsync(MailSources sources, Store store, IMerchantMail mail, MailText? text, bool isKept)
    {
        var printed = await MailTextEndpoints.PrintSampleAsync(sources.Press, sources.Links, store, mail, text);
        return new MailLook(isKept, MailSender.SubjectOf(store, printed.Letter), printed.Letter.Content, printed.Text);
    }
}
