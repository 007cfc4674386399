// What the launch checks rest on, loaded once; the checks themselves ask nobody.
using StorePlugin.Orders;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns.Launch;

/// <summary>An ambassador as a finding names them.</summary>
internal sealed record LaunchPerson(string Id, string Name)
{
    /// <summary>Says the id alone, so that no log line can hold a person.</summary>
    public override string ToString() => $"{nameof(LaunchPerson)} {Id}";
}

/// <summary>A code whose discount the store refused.</summary>
internal sealed record LaunchCode(string Code, string AmbassadorId, string? Problem);

/// <summary>
/// A campaign with what is known of its store at one instant. What is left out is as it should be, so that a test names the one
/// thing that is wrong.
/// </summary>
internal sealed record LaunchFacts
{
    public required Store Store { get; init; }

    /// <summary>With the terms that it would be launched with.</summary>
    public required Campaign Campaign { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Whether the app costs nothing in this store, or its price is confirmed; null where the platform did not say so at once.</summary>
    public bool? PlanIsConfirmed { get; init; } = true;

    /// <summary>Whether the platform is still being asked for the store's name, currency and time zone.</summary>
    public bool FactsAreBeingRead { get; init; }

    /// <summary>Null until the store's currency is known.</summary>
    public TypicalOrder? Typical { get; init; }

    /// <summary>What a typical order costs by the terms, decided by the engine; null where that is not known.</summary>
    public OrderCost? Cost { get; init; }

    /// <summary>How many worked examples the rules page has; null where the store's currency is not known, and there are none yet.</summary>
    public int? WorkedExamples { get; init; } = RulesExamplesMin;

    /// <summary>Why the rules page cannot be made, in words; null where it can.</summary>
    public string? RulesProblem { get; init; }

    /// <summary>From when on paid orders are known, where the terms ask for it and nobody has imported or acknowledged it (rule T9).</summary>
    public HistoryHorizon? UnknownHistory { get; init; }

    /// <summary>Whether the store is connected to Shopify by a registration of this host, so that its connection can be judged.</summary>
    public bool IsOnShopify { get; init; }

    /// <summary>Since when Shopify has not let the app in, and only the merchant can help; null where it does.</summary>
    public DateTimeOffset? LockedOutSince { get; init; }

    /// <summary>What is wrong with the topics of the store's webhooks, in sentences.</summary>
    public IReadOnlyList<string> TopicFindings { get; init; } = [];

    /// <summary>When a message that may be the store's was last refused for its signature; null: not since this program was started.</summary>
    public DateTimeOffset? SignatureRefusedAt { get; init; }

    /// <summary>When a message of the store last came whole.</summary>
    public DateTimeOffset? LastDeliveryAt { get; init; }

    /// <summary>Whether mail leaves this host by a server, and does not only lie in a folder.</summary>
    public bool MailLeaves { get; init; } = true;

    /// <summary>Why mails were given up in the last week, newest first.</summary>
    public IReadOnlyList<string> DeadMails { get; init; } = [];

    public bool StripeIsConnected { get; init; }

    /// <summary>What is wrong with the store's Stripe account, in sentences.</summary>
    public IReadOnlyList<string> StripeFindings { get; init; } = [];

    /// <summary>The ways besides Stripe that payees may name, as the settings of payouts have them.</summary>
    public IReadOnlyList<string> PayoutMethods { get; init; } = [];

    /// <summary>How many differences between the books and Stripe stop payouts (rule P5).</summary>
    public long StoppingDifferences { get; init; }

    /// <summary>Who takes part and has not left.</summary>
    public long People { get; init; }

    /// <summary>Whether people can come in: by an application, from the store's own pages, or by an invitation that is out.</summary>
    public bool HasWayIn { get; init; }

    /// <summary>Those of the campaign who have the address of the store's own people, which nobody has acknowledged.</summary>
    public IReadOnlyList<LaunchPerson> OwnPeople { get; init; } = [];

    /// <summary>Those of the campaign whose money would go into the merchant's own account at Stripe.</summary>
    public IReadOnlyList<LaunchPerson> PaidToMerchant { get; init; } = [];

    /// <summary>Those of the store who are paid to the same destination as another person, which nobody has acknowledged (rule F2).</summary>
    public IReadOnlyList<LaunchPerson> Sharing { get; init; } = [];

    /// <summary>For whom of the campaign the payee stands who gets most of the typical month that was rehearsed; null where it is nobody of theirs.</summary>
    public LaunchPerson? GetsMost { get; init; }

    /// <summary>Those of the campaign of whom an owner has said that they may get most of it.</summary>
    public IReadOnlyList<LaunchPerson> MayGetMost { get; init; } = [];

    /// <summary>The newest that has ended of each scenario.</summary>
    public IReadOnlyList<RehearsalResult> Rehearsals { get; init; } = [];

    /// <summary>Codes of the campaign's ambassadors that the store refused.</summary>
    public IReadOnlyList<LaunchCode> RefusedCodes { get; init; } = [];

    /// <summary>Whether the theme's app embed has ever been heard of.</summary>
    public bool EmbedWasHeard { get; init; } = true;

    /// <summary>The base of all links and callbacks.</summary>
    public string PublicUrl { get; init; } = "https://ambassadors.example";

    /// <summary>How many worked examples everybody reads at least (ability 16).</summary>
    public const int RulesExamplesMin = 3;

    /// <summary>Says nothing of people, so that no log line can hold one.</summary>
    public override string ToString() => $"{nameof(LaunchFacts)} {Campaign.Id}";
}
