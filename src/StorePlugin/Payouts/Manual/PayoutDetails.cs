// Where a payee wants their money besides Stripe: read from what a person typed, masked for showing, and in full for the export alone.
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using StorePlugin.Ambassadors;

namespace StorePlugin.Payouts.Manual;

/// <summary>The kinds of methods that a store may allow.</summary>
internal static class PayoutKind
{
    /// <summary>Nothing need be named: the store finds its customer by the ambassador's address.</summary>
    public const string StoreCredit = PayoutProvider.StoreCredit;

    /// <summary>Nothing need be named: the code is shown to the ambassador.</summary>
    public const string DiscountCode = PayoutProvider.DiscountCode;

    public const string PayPal = "paypal";
    public const string Iban = "iban";

    /// <summary>Text that a person acts on.</summary>
    public const string Other = "other";

    /// <summary>In the order in which they are offered: what stays in the store costs the merchant least.</summary>
    public static readonly ImmutableArray<string> All = [StoreCredit, DiscountCode, PayPal, Iban, Other];
}

/// <summary>What came of reading what a person typed.</summary>
internal abstract record DetailsReading
{
    internal sealed record Read(PayoutDetails Details) : DetailsReading;

    /// <param name="Problems">Which field, and the end of a sentence about it.</param>
    internal sealed record Wrong(IReadOnlyList<(string Field, string Why)> Problems) : DetailsReading;
}

/// <summary>A destination in full, in its normal form. It lives in memory and sealed only.</summary>
/// <param name="Kind">One of <see cref="PayoutKind"/>.</param>
/// <param name="Recipient">The PayPal address, the IBAN, or the text; empty for what stays in the store.</param>
/// <param name="Holder">Of the account, as their bank knows them; for an IBAN.</param>
/// <param name="Bic">Of the bank, where it was told; for an IBAN.</param>
internal sealed partial record PayoutDetails(string Kind, string Recipient, string? Holder = null, string? Bic = null)
{
    /// <summary>SEPA takes no longer name.</summary>
    public const int HolderLengthMax = 70;

    public const int TextLengthMax = 200;

    /// <summary>Of an IBAN as it may be typed, with blanks.</summary>
    public const int IbanLengthMax = 60;

    public const string HolderField = "holder";
    public const string BicField = "bic";

    private const int MaskLengthMax = 120;
    private const string Hidden = "···";

    /// <summary>What the recipient is called in requests and forms.</summary>
    public static string RecipientField(string kind) => kind switch
    {
        PayoutKind.PayPal => "email",
        PayoutKind.Iban => "iban",
        _ => "text",
    };

    /// <summary>Reads what was typed, and says everything that is wrong with it.</summary>
    /// <param name="kind">One of <see cref="PayoutKind"/>.</param>
    public static DetailsReading Read(string kind, string recipient, string? holder, string? bic)
    {
        var problems = new List<(string Field, string Why)>();
        var details = kind switch
        {
            PayoutKind.StoreCredit or PayoutKind.DiscountCode => new PayoutDetails(kind, ""),
            PayoutKind.PayPal => new PayoutDetails(kind, recipient.Trim()),
            PayoutKind.Iban => new PayoutDetails(kind, Iban.Normal(recipient), OneLine(holder), BicOf(bic)),
            PayoutKind.Other => new PayoutDetails(kind, OneLine(recipient) ?? ""),
            _ => throw new System.Diagnostics.UnreachableException($"{kind} is no kind of method."),
        };
        if (RefusalOfRecipient(details) is { } why)
        {
            problems.Add((RecipientField(kind), why));
        }

        if (kind == PayoutKind.Iban && RefusalOfHolder(details.Holder) is { } ofHolder)
        {
            problems.Add((HolderField, ofHolder));
        }

        if (details.Bic is not null && !BicForm().IsMatch(details.Bic))
        {
            problems.Add((BicField, "must have 8 or 11 letters and digits, such as COBADEFFXXX"));
        }

        return problems.Count == 0 ? new DetailsReading.Read(details) : new DetailsReading.Wrong(problems);
    }

    /// <summary>What may be shown to whoever has it, and to the merchant: enough to know it again.</summary>
    [JsonIgnore]
    public string Masked => Kind switch
    {
        PayoutKind.StoreCredit => "store credit",
        PayoutKind.DiscountCode => "a discount code",
        PayoutKind.PayPal => Fit($"{Recipient.EnumerateRunes().First()}{Hidden}{Recipient[Recipient.LastIndexOf('@')..]}"),
        PayoutKind.Iban => $"{Recipient[..2]}·· ···· {Recipient[^4..]}",
        _ => Recipient.Length < 8 ? Hidden : $"{Hidden} {Recipient[^2..]}",
    };

    /// <summary>By what two destinations are the same: the mailbox, the account or the words, whatever the holder is called.</summary>
    [JsonIgnore]
    public string Key => Kind switch
    {
        PayoutKind.StoreCredit or PayoutKind.DiscountCode => Kind,
        PayoutKind.PayPal => $"{Kind}:{PersonKey.OfEmail(Recipient)}",
        PayoutKind.Iban => $"{Kind}:{Recipient}",
        _ => $"{Kind}:{NormalForm.Of(Recipient).ToLowerInvariant()}",
    };

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, DetailsJson.Default.PayoutDetails);

    public static PayoutDetails FromJson(byte[] json) =>
        JsonSerializer.Deserialize(json, DetailsJson.Default.PayoutDetails) ?? throw new JsonException("The details are empty.");

    /// <summary>Says nothing, so that no log line can hold an account.</summary>
    public override string ToString() => nameof(PayoutDetails);

    private static string? RefusalOfRecipient(PayoutDetails details) => details.Kind switch
    {
        PayoutKind.StoreCredit or PayoutKind.DiscountCode => null,

        // A spreadsheet would take another first letter for a formula, and marked as text it would be another mailbox.
        PayoutKind.PayPal => AmbassadorRequest.IsEmail(details.Recipient) && char.IsAsciiLetterOrDigit(details.Recipient[0])
            ? null : "must be the e-mail address of a PayPal account, such as ann@example.com",
        PayoutKind.Iban => Iban.Refusal(details.Recipient),
        _ => details.Recipient.Length is 0 or > TextLengthMax || details.Recipient.Any(char.IsControl)
            ? $"must have 1 to {TextLengthMax} characters, on one line" : null,
    };

    /// <summary>What is wrong with a holder's name, as the end of a sentence; null when it can stand in every file.</summary>
    public static string? RefusalOfHolder(string? holder) =>
        holder is null or { Length: > HolderLengthMax } || holder.Any(char.IsControl) ? $"must have 1 to {HolderLengthMax} characters, on one line"
        : !char.IsLetterOrDigit(holder[0]) ? "must begin with a letter or a digit"
        : SepaText.Of(holder) is null ? "must be written in Latin letters, as the bank writes it"
        : null;

    /// <summary>Without outer blanks, and single ones inside; null where nothing is left.</summary>
    public static string? OneLine(string? text) =>
        text?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words ? string.Join(' ', words) : null;

    /// <summary>Without blanks and in capitals; null where none was told.</summary>
    public static string? BicOf(string? text) => OneLine(text)?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();

    public static bool IsBic(string text) => BicForm().IsMatch(text);

    private static string Fit(string text) => text.Length <= MaskLengthMax ? text : text[..(MaskLengthMax - 1)] + "…";

    [GeneratedRegex(@"\A[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex BicForm();
}

[JsonSerializable(typeof(PayoutDetails))]
internal sealed partial class DetailsJson : JsonSerializerContext;
