// Reads what comes back of a mail: delivery reports (RFC 3464), complaints (RFC 5965), or a provider's list. No address leaves it.
using System.Text.Json;
using System.Text.RegularExpressions;
using MimeKit;

namespace StorePlugin.Mail;

/// <summary>What a report means for the address.</summary>
internal enum ReportKind
{
    /// <summary>Mail does not reach it, for good.</summary>
    Bounce,

    /// <summary>Its reader finds the mail unwanted.</summary>
    Complaint,

    /// <summary>A delay, a success, or a refusal that is not about the mailbox.</summary>
    Other,
}

/// <param name="EffectId">Which mail it is about; null where it names none of ours.</param>
/// <param name="Detail">The code of a bounce, or a provider's word; without an address.</param>
internal sealed record MailReport(string? EffectId, ReportKind Kind, string? Detail);

internal static partial class BounceReader
{
    public const int ItemsMax = 1000;

    private const int DepthMax = 4;
    private const int DetailLengthMax = 100;

    // Which of our mails it was stands in the mail's own Message-ID, or behind the plus of the address that bounces go to.
    private static readonly string[] TagHeaders = ["To", "Delivered-To", "X-Original-To", "Envelope-To", "Original-Recipient", "X-Failed-Message-Id"];

    /// <summary>Reads a whole message.</summary>
    /// <exception cref="FormatException">It is no message.</exception>
    public static async Task<MailReport> OfMessageAsync(Stream stream, CancellationToken cancel)
    {
        using var message = await MimeMessage.LoadAsync(stream, cancel);
        return Of(message.Body, TagHeaders.Select(name => message.Headers[name]));
    }

    /// <summary>Reads the body of a report whose Content-Type came beside it.</summary>
    /// <exception cref="FormatException">It is no entity of that type.</exception>
    public static async Task<MailReport> OfReportAsync(ContentType type, Stream stream, CancellationToken cancel)
    {
        using var entity = await MimeEntity.LoadAsync(type, stream, cancel);
        return Of(entity, []);
    }

    /// <summary>Reads a provider's list: objects with <c>messageId</c> or <c>addressTag</c>, <c>kind</c> and <c>detail</c>. Null where it is not one.</summary>
    public static IReadOnlyList<MailReport>? OfJson(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > ItemsMax || list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.Object))
        {
            return null;
        }

        return [.. list.EnumerateArray().Select(item => new MailReport(
            EffectIn(TextOf(item, "messageId")) ?? EffectIn(TextOf(item, "addressTag")),
            TextOf(item, "kind") switch { "bounce" => ReportKind.Bounce, "complaint" => ReportKind.Complaint, _ => ReportKind.Other },
            WithoutAddress(TextOf(item, "detail"))))];
    }

    private static MailReport Of(MimeEntity? body, IEnumerable<string?> tags)
    {
        if (FindReport(body, DepthMax) is not { } report)
        {
            return new MailReport(null, ReportKind.Other, null);
        }

        var feedback = report.OfType<MessageFeedbackReport>().FirstOrDefault()?.Fields;
        var status = report.OfType<MessageDeliveryStatus>().FirstOrDefault()?.StatusGroups;
        var names = ReturnedIds(report)
            .Concat([feedback?["Original-Mail-From"], status is [var first, ..] ? first["Original-Envelope-Id"] : null])
            .Concat(tags);
        var effectId = names.Select(EffectIn).FirstOrDefault(id => id is not null);
        return feedback is not null
            ? new MailReport(effectId, IsComplaint(feedback["Feedback-Type"]) ? ReportKind.Complaint : ReportKind.Other, WithoutAddress(feedback["Feedback-Type"]))
            : OfStatus(effectId, status);
    }

    // Each of our mails goes to one person, so that any group that says so is about them.
    private static MailReport OfStatus(string? effectId, HeaderListCollection? groups)
    {
        var codes = (groups ?? []).Where(group => string.Equals(group["Action"]?.Trim(), "failed", StringComparison.OrdinalIgnoreCase)).Select(CodeOf).ToList();
        return codes.Find(IsOfMailbox) is { } code
            ? new MailReport(effectId, ReportKind.Bounce, code)
            : new MailReport(effectId, ReportKind.Other, codes.FirstOrDefault());
    }

    /// <summary>The status; where a server gives the general one for everything, the code that its neighbour gave, if any.</summary>
    private static string? CodeOf(HeaderList group)
    {
        var status = Code().Match(group["Status"] ?? "").Value;
        var diagnostic = Code().Match(group["Diagnostic-Code"] ?? "").Value;
        return status is "5.0.0" && diagnostic.Length > 0 ? diagnostic : status.Length > 0 ? status : null;
    }

    /// <summary>
    /// Permanent, and about the address: not the mail's content (5.6), its size or a server's state (5.3), nor whether the sender may
    /// send there (5.7), which a person mends elsewhere.
    /// </summary>
    private static bool IsOfMailbox(string? code) =>
        code?.StartsWith("5.", StringComparison.Ordinal) == true
        && !code.StartsWith("5.3.", StringComparison.Ordinal) && !code.StartsWith("5.6.", StringComparison.Ordinal) && !code.StartsWith("5.7.", StringComparison.Ordinal);

    private static bool IsComplaint(string? type) => type?.Trim().ToUpperInvariant() is "ABUSE" or "FRAUD" or "OPT-OUT";

    /// <summary>The ids of the mail that came back, whole or by its headers.</summary>
    private static IEnumerable<string?> ReturnedIds(MultipartReport report)
    {
        foreach (var part in report)
        {
            if (part is TextRfc822Headers headers)
            {
                yield return headers.Message?.MessageId;
            }
            else if (part is MessagePart returned)
            {
                yield return returned.Message?.MessageId;
            }
        }
    }

    private static MultipartReport? FindReport(MimeEntity? entity, int depth) => entity switch
    {
        MultipartReport report => report,
        Multipart parts when depth > 0 => parts.Select(part => FindReport(part, depth - 1)).FirstOrDefault(found => found is not null),
        _ => null,
    };

    private static string? EffectIn(string? text) => text is not null && Effect().Match(text) is { Success: true } match ? match.Value : null;

    private static string? TextOf(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? WithoutAddress(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var line = Address().Replace(OneLine.Of(text), "…");
        return line.Length <= DetailLengthMax ? line : line[..DetailLengthMax];
    }

    [GeneratedRegex("eff_[0-9a-f]{32}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Effect();

    [GeneratedRegex(@"\b[245]\.\d{1,3}\.\d{1,3}\b", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Code();

    [GeneratedRegex(@"\S*@\S*", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
