// What the outbox knows of a mail: which one, for whom, about what. Never a name, an address or an amount.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Data;
using StorePlugin.Inbox;

namespace StorePlugin.Mail;

/// <summary>The payload of an effect of the kind <see cref="Effect.Kinds.Mail"/>. Whatever is personal is read when the mail is sent.</summary>
/// <param name="Mail">One of the constants.</param>
/// <param name="Ambassador">Null for a mail to the store's own people.</param>
/// <param name="Day">A day in the store's time zone: of booking, for a digest, of the look, for a reminder, and of the writing, for messages.</param>
/// <param name="Return">How many times the ambassador had left and come back, for a welcome; null for the first time.</param>
/// <param name="Campaign">Whose terms changed, with the number of the revision.</param>
/// <param name="Request">The request that is answered: for a customer's data, whose file is ready, for a sign-in link, or about an order that is missed.</param>
/// <param name="ReversedMinor">How much of the payout had been reversed in all, for a mail about that; each further reversal has its own.</param>
/// <param name="Invitation">Who is invited.</param>
/// <param name="Run">The payout run that waits, for a mail to the store's people.</param>
/// <param name="Change">Of the destination of payouts, or of the ambassador's address.</param>
internal sealed record MailNotice(
    string Mail, string? Ambassador, DateOnly? Day = null, string? Payout = null, long? Return = null, string? Reward = null, string? Campaign = null,
    long? Revision = null, string? Request = null, long? ReversedMinor = null, string? Invitation = null, string? Run = null, string? Change = null)
{
    /// <summary>Somebody at the store invites a person who has not asked for it.</summary>
    public const string Invited = "invitation";

    /// <summary>The ambassador's code works: here is everything that is needed to begin.</summary>
    public const string Welcome = "welcome";

    /// <summary>What the orders of one day earned: at most one mail a day.</summary>
    public const string OrderDigest = "order_digest";

    /// <summary>A transfer exists.</summary>
    public const string PayoutSent = "payout_sent";

    /// <summary>Stripe has refused for good, or the bank has sent the money back.</summary>
    public const string PayoutFailed = "payout_failed";

    /// <summary>Of a transfer something was taken back.</summary>
    public const string PayoutReversed = "payout_reversed";

    /// <summary>A reward's code works, or a milestone's money is in the books.</summary>
    public const string RewardGiven = "reward";

    /// <summary>Orders stand in review, and one has for 3, 7 or 14 days (rule H4): at most one mail a store and day.</summary>
    public const string ReviewReminder = "review_reminder";

    /// <summary>The terms change for the ambassador, or have just changed (rule U2).</summary>
    public const string TermsChanged = "terms_changed";

    /// <summary>A change that the ambassador was told of does not come.</summary>
    public const string TermsWithdrawn = "terms_withdrawn";

    /// <summary>A customer asks what is held about them, and the file is ready for the store's people.</summary>
    public const string PrivacyFile = "privacy_file";

    /// <summary>A payout run of the schedule waits for approval: one mail for each.</summary>
    public const string RunWaiting = "run_waiting";

    /// <summary>Where the ambassador's money goes was changed, and they are asked whether it was them.</summary>
    public const string DestinationChanged = "destination_changed";

    /// <summary>A link by which an ambassador signs in, who has asked for it.</summary>
    public const string SignIn = "sign_in";

    /// <summary>The ambassador's address is to be changed; to the address of before.</summary>
    public const string AddressChangeOld = "address_change_old";

    /// <summary>The same, to the address that is to come.</summary>
    public const string AddressChangeNew = "address_change_new";

    /// <summary>The ambassador's address was changed; to the address of before.</summary>
    public const string AddressChanged = "address_changed";

    /// <summary>What became of an order that the ambassador missed.</summary>
    public const string ClaimDecided = "claim_decided";

    /// <summary>A message of the store waits for the ambassador: at most one mail an ambassador and day.</summary>
    public const string MessageWaits = "message_waits";

    /// <summary>An ambassador waits for the answer of the store's people: at most one mail an ambassador and day.</summary>
    public const string QuestionWaits = "question_waits";

    /// <summary>How a subject says a day: as text it has the order of days.</summary>
    public const string DayFormat = "yyyy-MM-dd";

    /// <summary>The subjects of every mail about a payout, as a pattern of SQL beside the kind. Such a mail is owed even after the store has left.</summary>
    public const string PayoutSubjects = "payout_%";

    /// <summary>The effect's subject: the same cause never makes two mails.</summary>
    [JsonIgnore]
    public string Subject => Mail switch
    {
        OrderDigest or MessageWaits or QuestionWaits => $"{Mail}:{Ambassador}:{DayText}",
        ReviewReminder => $"{ReviewReminder}:{DayText}",
        TermsChanged or TermsWithdrawn => $"{Mail}:{Campaign}:{Revision}:{Ambassador}",
        PayoutSent or PayoutFailed => $"{Mail}:{Payout}",
        PayoutReversed => string.Create(CultureInfo.InvariantCulture, $"{Mail}:{Payout}:{ReversedMinor}"),
        Invited => $"{Invited}:{Invitation}",
        Welcome when Return is not null => $"{Welcome}:{Ambassador}:{Return}",
        RewardGiven => $"{RewardGiven}:{Reward}",
        RunWaiting => $"{RunWaiting}:{Run}",
        PrivacyFile or SignIn or ClaimDecided => $"{Mail}:{Request}",
        DestinationChanged or AddressChangeOld or AddressChangeNew or AddressChanged => $"{Mail}:{Change}",
        _ => $"{Mail}:{Ambassador}",
    };

    /// <summary>
    /// Whether a mail is owed whatever the reader wishes: money, terms, sign-in and security, and what a store's own people must know. Such
    /// a mail counts against no limit, heeds no quiet hours and offers no way out.
    /// </summary>
    public static bool IsExempt(string mail) =>
        mail is PayoutSent or PayoutFailed or PayoutReversed or TermsChanged or TermsWithdrawn or PrivacyFile or ReviewReminder or RunWaiting
            or DestinationChanged or SignIn or AddressChangeOld or AddressChangeNew or AddressChanged or ClaimDecided or QuestionWaits;

    private string? DayText => Day?.ToString(DayFormat, CultureInfo.InvariantCulture);

    public string ToJson() => JsonSerializer.Serialize(this, MailJson.Default.MailNotice);

    public static MailNotice FromJson(string json) =>
        JsonSerializer.Deserialize(json, MailJson.Default.MailNotice) ?? throw new JsonException("The payload names no mail.");

    // A leaving counts once it was followed by an approval: what is late from before it belongs to the time before.
    private const string CountReturns =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM ambassador_states e
        WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId AND e.state = 'ended'
            AND EXISTS (SELECT 1 FROM ambassador_states s
                WHERE s.store_id = e.store_id AND s.ambassador_id = e.ambassador_id AND s.state = 'approved' AND s.number > e.number)
        """;

    /// <summary>Welcomes an ambassador, once for each time that they have joined: who comes back has another code.</summary>
    public static async Task<bool> WelcomeAsync(Tx tx, string storeId, string ambassadorId, DateTimeOffset now)
    {
        var returns = await tx.OneAsync<long>(CountReturns, new { storeId, ambassadorId });
        return await new MailNotice(Welcome, ambassadorId, Return: returns == 0 ? null : returns).AddAsync(tx, storeId, now);
    }

    /// <summary>Puts the mail into the outbox, within the transaction that causes it, unless it is there.</summary>
    /// <param name="dueAt">Null: at once.</param>
    public Task<bool> AddAsync(Tx tx, string storeId, DateTimeOffset now, DateTimeOffset? dueAt = null) =>
        Outbox.AddAsync(tx, storeId, Effect.Kinds.Mail, Subject, ToJson(), now, dueAt);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MailNotice))]
internal sealed partial class MailJson : JsonSerializerContext;
