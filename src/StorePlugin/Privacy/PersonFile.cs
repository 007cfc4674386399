// The file for a merchant whose customer asks what is held about them: plain words over each part, and nobody else in it.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorePlugin.Privacy;

/// <summary>Everything that is held about one customer of a store. Instants are UTC.</summary>
/// <param name="About">What the file is, and what to know when reading it.</param>
/// <param name="RequestId">The platform's number of the request; null where it gave none.</param>
internal sealed record PersonFile(
    string About,
    string? RequestId,
    DateTimeOffset GatheredAt,
    FilePart<FileOrder> Orders,
    FilePart<FileBinding> Belonging,
    FilePart<FileCredit> StoreCredit,
    FilePart<FileFinding> Findings,
    FilePart<FileAmbassador> Ambassador,
    FilePart<FileApplication> Applications,
    FilePart<FileMail> Mail)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PrivacyJson.Default.PersonFile);

    public static PersonFile FromJson(byte[] json) =>
        JsonSerializer.Deserialize(json, PrivacyJson.Default.PersonFile) ?? throw new JsonException("The file is empty.");
}

/// <param name="Heading">What the items are, in words that the customer understands.</param>
internal sealed record FilePart<T>(string Heading, IReadOnlyList<T> Items);

/// <param name="PlatformOrderId">The platform's id of the order.</param>
/// <param name="NetSales">After discounts and refunds, without tax and shipping; null while the order is not known.</param>
/// <param name="Considered">Codes and links that came with the order and were considered.</param>
/// <param name="CreditedCode">A code of the ambassador who was credited; null for nobody.</param>
internal sealed record FileOrder(
    string PlatformOrderId, string? Reference, DateTimeOffset? PlacedAt, DateTimeOffset? PaidAt, string Status, Amount? NetSales,
    IReadOnlyList<FileTouch> Considered, string? CreditedCode);

/// <param name="What"><c>code</c>, <c>click</c>, <c>link</c>, <c>customer</c>, <c>renewal</c> or <c>override</c>.</param>
/// <param name="Evidence">The code as it was typed, or the id of the click, the link or the earlier order.</param>
internal sealed record FileTouch(string What, string Evidence, DateTimeOffset At);

/// <param name="Code">A code of the ambassador whose customer the person is.</param>
/// <param name="Origin">The platform's id of the order that it came from, or the import.</param>
internal sealed record FileBinding(string Campaign, string? Code, DateTimeOffset Since, DateTimeOffset? Until, string Origin);

internal sealed record FileCredit(string Id, Amount Amount, DateTimeOffset At, string Reason);

internal sealed record FileFinding(string PlatformOrderId, string Rule, string Severity, string Why, DateTimeOffset At);

/// <param name="PayoutAccount">The account at the payment provider; null where none is known.</param>
/// <param name="PayoutMethod">The PayPal address or the bank account that they named, shortened: it is kept encrypted; null where none is known.</param>
/// <param name="Balances">By account of the ledger.</param>
/// <param name="Payouts">What was paid to them, or is to be.</param>
/// <param name="Taxes">What is known of them for taxes; null where nothing was said.</param>
/// <param name="Notes">What the store's team has written down about them, oldest first.</param>
internal sealed record FileAmbassador(
    string Name, string Email, string Campaign, string State, DateTimeOffset ApprovedAt, string? PayoutAccount, string? PayoutMethod, IReadOnlyList<string> Codes,
    IReadOnlyList<FileBalance> Balances, IReadOnlyList<FilePayout> Payouts, FileTaxes? Taxes, IReadOnlyList<FileNote> Notes, FileOwnPage? Page)
{
    /// <summary>What they have said and written in the portal; null in files of before it was kept.</summary>
    public FileSaid? Said { get; init; }
}

/// <param name="AdultSince">When they said that they are old enough; null where they have not.</param>
/// <param name="MailsOff">The kinds of mails that they do not want.</param>
/// <param name="NamedInPublic">Every word of theirs on being named, the newest first.</param>
/// <param name="RulesAccepted">Which versions of the rules they have accepted.</param>
/// <param name="NoticesSeen">Which versions of the privacy notice they have seen.</param>
internal sealed record FileSaid(
    DateTimeOffset? AdultSince, IReadOnlyList<string> MailsOff, IReadOnlyList<FileConsent> NamedInPublic, IReadOnlyList<FileAcceptance> RulesAccepted,
    IReadOnlyList<FileView> NoticesSeen, IReadOnlyList<FileMessage> Messages, IReadOnlyList<FileClaim> MissingOrders);

internal sealed record FileConsent(string Said, DateTimeOffset At, string Wording);

internal sealed record FileAcceptance(long Revision, DateTimeOffset AcceptedAt);

internal sealed record FileView(long Number, DateTimeOffset SeenAt);

/// <param name="From"><c>ambassador</c> or <c>store</c>; who of the team wrote it is not told.</param>
internal sealed record FileMessage(string From, DateTimeOffset At, string? Text);

internal sealed record FileClaim(string Order, DateOnly Day, string? Text, string State, DateTimeOffset ToldAt, DateTimeOffset? DecidedAt, string? Reason);

/// <summary>What they say on their public page.</summary>
/// <param name="PicturePath">Where their picture is shown; null where they show none.</param>
internal sealed record FileOwnPage(string? ShownName, string? Words, string? PicturePath);

/// <param name="Way">How it was paid, as <c>stripe</c> or <c>store_credit</c>.</param>
/// <param name="SelfBill">The number of the document that the store issued in their place; null where it issued none.</param>
internal sealed record FilePayout(string Id, Amount Amount, string State, string Way, DateTimeOffset At, long? SelfBill);

/// <param name="VatCase"><c>private</c>, <c>small_business</c>, <c>domestic</c> or <c>reverse_charge</c>; null where they did not say.</param>
/// <param name="TaxId">Shortened: it is kept encrypted, with the name and address on their documents; null where they gave none.</param>
/// <param name="AgreedAt">Since when the store may bill for them.</param>
/// <param name="Form">The form of the United States that they handed in: <c>w9</c>, <c>w8ben</c> or <c>none</c>.</param>
internal sealed record FileTaxes(string? VatCase, string? Country, string? TaxId, DateTimeOffset? AgreedAt, string? Form);

internal sealed record FileBalance(string Account, Amount Amount);

/// <summary>Who of the team wrote it is not told: the file is about one person only.</summary>
internal sealed record FileNote(DateTimeOffset At, string Text);

internal sealed record FileApplication(
    string Campaign, string Name, string Email, string? Message, string State, DateTimeOffset AppliedAt, DateTimeOffset? DecidedAt, string? Reason);

/// <param name="What"><c>invitation</c>, or why mail is kept back: <c>opted_out</c>, <c>bounced</c>, <c>complained</c> or <c>by_merchant</c>.</param>
/// <param name="Campaign">Of an invitation.</param>
/// <param name="State">Of an invitation; of what was kept back, whether it was lifted.</param>
internal sealed record FileMail(string What, string? Campaign, DateTimeOffset At, string State);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, Converters = [typeof(InstantConverter)])]
[JsonSerializable(typeof(PersonFile))]
[JsonSerializable(typeof(OwnFile))]
internal sealed partial class PrivacyJson : JsonSerializerContext;
