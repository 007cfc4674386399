// Gathers what is held about one person, in the transaction that takes the platform's request.
using System.Globalization;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.PublicPages;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Privacy;

/// <summary>
/// Reads the tables that hold something of a person (docs/decisions/0018-erasure.md). A person is their keyed hashes (rule F8), the
/// orders that the platform names, and for applications the address itself.
/// </summary>
internal static class PersonReader
{
    /// <summary>More orders than this no file lists; it says how many there are.</summary>
    public const int OrdersMax = 2000;

    private const int OrdersAtOnceMax = 500;

    private const string ReadOrderIds = "SELECT DISTINCT order_id FROM customer_orders WHERE store_id = @storeId AND customer_key IN @keys";

    /// <summary>The orders of a person: those that are known by the hashes, and those that the platform names.</summary>
    public static async Task<IReadOnlyList<string>> OrderIdsAsync(Tx tx, Store store, IReadOnlyCollection<string> keys, IEnumerable<string> named) =>
    [
        .. (await tx.ManyAsync<string>(ReadOrderIds, new { storeId = store.Id, keys = new TextList(keys) }))
            .Concat(named).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    public static async Task<PersonFile> ReadAsync(
        Tx tx, StoreKeys storeKeys, Store store, PrivacyRequested request, IReadOnlyCollection<string> keys, DateTimeOffset now)
    {
        var orderIds = await OrderIdsAsync(tx, store, keys, request.OrderIds);
        var listed = orderIds.Take(OrdersMax).ToList();
        var (orders, findings) = (new List<FileOrder>(), new List<FileFinding>());
        foreach (var ids in listed.Chunk(OrdersAtOnceMax))
        {
            orders.AddRange((await tx.ManyAsync<OrderRow>(ReadOrders, new { storeId = store.Id, ids = new TextList(ids) })).Select(Show));
            findings.AddRange(await tx.ManyAsync<FileFinding>(ReadFindings, new { storeId = store.Id, ids = new TextList(ids) }));
        }

        var about =
            "This is what the referral programme of this store holds about the customer whom the request names. The program keeps no name, " +
            "address, e-mail or phone of customers: it knows them by codes that only this store can make of these, and the order versions that " +
            "it keeps carry such codes in their place. Messages of the store's platform are kept encrypted for some days after they were read.";
        if (orderIds.Count > listed.Count)
        {
            about += string.Create(CultureInfo.InvariantCulture, $" Of {orderIds.Count} orders this file lists {listed.Count}; ask for the others.");
        }

        return new PersonFile(
            about,
            request.RequestId,
            now,
            new FilePart<FileOrder>("Orders of this customer, with the codes and links that came with them and whose code was credited", orders),
            new FilePart<FileBinding>("Whose customer this person is: the ambassador who is credited with later orders, by a code", await BindingsAsync(tx, store, keys)),
            new FilePart<FileCredit>("Store credit that the programme gave to this customer", await CreditsAsync(tx, store, keys)),
            new FilePart<FileFinding>("What the program noticed about these orders before it released a commission", findings),
            new FilePart<FileAmbassador>("This person as an ambassador of the store", await AmbassadorsAsync(tx, storeKeys, store, keys)),
            new FilePart<FileApplication>("What this person wrote when they asked to become an ambassador", await ApplicationsAsync(tx, store, request.Shopper.Email)),
            new FilePart<FileMail>("Invitations to this person, and whether mail to them is kept back", await MailAsync(tx, store, keys)));
    }

    private const string ReadMail =
        """
        SELECT 'invitation' AS what, m.name AS campaign, i.created_at AS at, i.state
        FROM invitations i JOIN campaigns m ON m.store_id = i.store_id AND m.id = i.campaign_id
        WHERE i.store_id = @storeId AND i.address_hash IN @keys
        UNION ALL
        SELECT s.reason, NULL, s.since, CASE WHEN s.lifted_at IS NULL THEN 'kept back' ELSE 'lifted' END
        FROM mail_suppressions s WHERE s.store_id = @storeId AND s.address_hash IN @keys
        ORDER BY at
        """;

    public static async Task<IReadOnlyList<FileMail>> MailAsync(Tx tx, Store store, IReadOnlyCollection<string> keys) =>
    [
        .. (await tx.ManyAsync<MailRow>(ReadMail, new { storeId = store.Id, keys = new TextList(keys) }))
            .Select(row => new FileMail(row.What, row.Campaign, row.At, row.State)),
    ];

    private const string ReadOrders =
        """
        SELECT o.order_id, o.reference, o.state, o.at, o.paid_at, o.currency, o.net_minor, r.content AS receipt,
            (SELECT MIN(c.code) FROM codes c WHERE c.store_id = o.store_id AND c.ambassador_id = o.ambassador_id) AS code
        FROM orders o LEFT JOIN receipts r ON r.store_id = o.store_id AND r.order_id = o.order_id
        WHERE o.store_id = @storeId AND o.order_id IN @ids ORDER BY o.order_id
        """;

    private static FileOrder Show(OrderRow row) => new(
        row.OrderId,
        row.Reference,
        row.At,
        row.PaidAt,
        row.State,
        row.Currency is null ? null : new Amount(row.NetMinor, row.Currency),
        row.Receipt is null
            ? []
            : [.. Receipt.FromJson(row.Receipt).Touches.Select(touch => new FileTouch(touch.Kind.ToString().ToLowerInvariant(), touch.Evidence, touch.At))],
        row.Code);

    private const string ReadFindings =
        "SELECT order_id AS platform_order_id, [rule], severity, why, at FROM findings WHERE store_id = @storeId AND order_id IN @ids ORDER BY order_id, [rule]";

    private const string ReadBindings =
        """
        SELECT m.name AS campaign, b.since_at, b.until_at, b.origin,
            (SELECT MIN(c.code) FROM codes c WHERE c.store_id = b.store_id AND c.ambassador_id = b.ambassador_id) AS code
        FROM customer_bindings b JOIN campaigns m ON m.store_id = b.store_id AND m.id = b.campaign_id
        WHERE b.store_id = @storeId AND b.customer_key IN @keys ORDER BY b.since_at
        """;

    // A binding stands under each hash that is known of its customer, and so does a credit.
    private static async Task<IReadOnlyList<FileBinding>> BindingsAsync(Tx tx, Store store, IReadOnlyCollection<string> keys) =>
    [
        .. (await tx.ManyAsync<BindingRow>(ReadBindings, new { storeId = store.Id, keys = new TextList(keys) }))
            .Select(row => new FileBinding(row.Campaign, row.Code, row.SinceAt, row.UntilAt, row.Origin)).Distinct(),
    ];

    private const string ReadCredits =
        """
        SELECT p.id, p.amount_minor, p.currency, p.at, p.reason FROM programme_credit_customers x
        JOIN programme_credits p ON p.store_id = x.store_id AND p.id = x.credit_id
        WHERE x.store_id = @storeId AND x.customer_key IN @keys ORDER BY p.at, p.id
        """;

    private static async Task<IReadOnlyList<FileCredit>> CreditsAsync(Tx tx, Store store, IReadOnlyCollection<string> keys) =>
    [
        .. (await tx.ManyAsync<CreditRow>(ReadCredits, new { storeId = store.Id, keys = new TextList(keys) }))
            .Select(row => new FileCredit(row.Id, new Amount(row.AmountMinor, row.Currency), row.At, row.Reason)).Distinct(),
    ];

    private const string ReadAmbassadors =
        """
        SELECT a.id, a.name, a.email, m.name AS campaign, a.state, a.approved_at, a.stripe_account,
            (SELECT p.masked FROM payout_methods p WHERE p.store_id = a.store_id AND p.ambassador_id = a.id AND p.ended_at IS NULL) AS payout_method
        FROM ambassadors a JOIN campaigns m ON m.store_id = a.store_id AND m.id = a.campaign_id
        WHERE a.store_id = @storeId AND a.email <> '' AND (a.person_hash IN @keys OR a.id IN (
            SELECT x.ambassador_id FROM ambassador_customers x WHERE x.store_id = @storeId AND x.customer_key IN @keys))
        ORDER BY a.id
        """;

    private const string ReadCodes = "SELECT code FROM codes WHERE store_id = @storeId AND ambassador_id = @id ORDER BY code_key";

    private const string ReadBalances =
        "SELECT account, currency, amount_minor FROM balances WHERE store_id = @storeId AND ambassador_id = @id ORDER BY account, currency";

    // One of each run and currency, so that they are few.
    private const string ReadPayouts =
        """
        SELECT p.id, p.amount_minor, p.currency, p.state, p.provider, p.created_at,
            (SELECT b.number FROM self_bills b WHERE b.store_id = p.store_id AND b.payout_id = p.id AND b.kind = 'document') AS self_bill
        FROM payouts p WHERE p.store_id = @storeId AND p.ambassador_id = @id ORDER BY p.id
        """;

    private const string ReadTaxes =
        """
        SELECT t.vat_case, b.country, t.masked_id AS tax_id, t.agreed_at, t.w_form AS form
        FROM payee_tax t LEFT JOIN self_bill_parties b ON b.store_id = t.store_id AND b.id = t.party_id
        WHERE t.store_id = @storeId AND t.ambassador_id = @id
        """;

    public static async Task<IReadOnlyList<FileAmbassador>> AmbassadorsAsync(Tx tx, StoreKeys storeKeys, Store store, IReadOnlyCollection<string> keys)
    {
        var shown = new List<FileAmbassador>();
        foreach (var row in await tx.ManyAsync<AmbassadorRow>(ReadAmbassadors, new { storeId = store.Id, keys = new TextList(keys) }))
        {
            var args = new { storeId = store.Id, id = row.Id };
            var balances = await tx.ManyAsync<BalanceRow>(ReadBalances, args);
            var payouts = await tx.ManyAsync<PayoutRow>(ReadPayouts, args);
            shown.Add(new FileAmbassador(
                row.Name, row.Email, row.Campaign, row.State, row.ApprovedAt, row.StripeAccount, row.PayoutMethod, await tx.ManyAsync<string>(ReadCodes, args),
                [.. balances.Select(balance => new FileBalance(balance.Account, new Amount(balance.AmountMinor, balance.Currency)))],
                [
                    .. payouts.Select(payout => new FilePayout(
                        payout.Id, new Amount(payout.AmountMinor, payout.Currency), payout.State, payout.Provider, payout.CreatedAt, payout.SelfBill)),
                ],
                await tx.OneAsync<FileTaxes>(ReadTaxes, args),
                [
                    .. (await AmbassadorNotes.ListAsync(tx, storeKeys, store, row.Id)).Where(note => note.Text is not null)
                        .Select(note => new FileNote(note.WrittenAt, note.Text!)),
                ],
                await OwnPages.FindAsync(tx, store.Id, row.Id) is { } page
                    ? new FileOwnPage(page.ShownName, page.Words, page.PictureId is { } picture ? Pictures.PathOf(store.Id, picture) : null)
                    : null)
            {
                Said = await SaidAsync(tx, storeKeys, store, row.Id),
            });
        }

        return shown;
    }

    private const string ReadAcceptances =
        "SELECT revision, accepted_at FROM rules_acceptances WHERE store_id = @storeId AND ambassador_id = @id ORDER BY accepted_at, revision";

    private static async Task<FileSaid> SaidAsync(Tx tx, StoreKeys storeKeys, Store store, string id) => new(
        (await Profiles.AdultAsync(tx, store.Id, id))?.ConfirmedAt,
        await MailWishes.OffAsync(tx, store.Id, id),
        [.. (await Profiles.ConsentsAsync(tx, store.Id, id)).Select(consent => new FileConsent(consent.Said, consent.At, consent.WordingHash))],
        await tx.ManyAsync<FileAcceptance>(ReadAcceptances, new { storeId = store.Id, id }),
        [.. (await PrivacyNotices.ViewsAsync(tx, store.Id, id)).Select(view => new FileView(view.Number, view.SeenAt))],
        [.. (await Messages.ListAsync(tx, storeKeys, store, id)).Select(message => new FileMessage(message.Side, message.WrittenAt, message.Text))],
        [
            .. (await OrderClaims.ListAsync(tx, storeKeys, store, id))
                .Select(claim => new FileClaim(claim.Reference, claim.Day, claim.Text, claim.State, claim.ClaimedAt, claim.DecidedAt, claim.Reason)),
        ]);

    private const string ReadApplications =
        """
        SELECT m.name AS campaign, a.name, a.email, a.message, a.state, a.applied_at, a.decided_at, a.reason
        FROM applications a JOIN campaigns m ON m.store_id = a.store_id AND m.id = a.campaign_id
        WHERE a.store_id = @storeId AND a.email_key = @emailKey ORDER BY a.id
        """;

    public static async Task<IReadOnlyList<FileApplication>> ApplicationsAsync(Tx tx, Store store, string? email) =>
        email is null ? [] : await tx.ManyAsync<FileApplication>(ReadApplications, new { storeId = store.Id, emailKey = PersonKey.OfEmail(email) });

    // By properties, not by position: SQLite has no type for the least of no rows.
    private sealed record OrderRow
    {
        public string OrderId { get; init; } = "";

        public string? Reference { get; init; }

        public string State { get; init; } = "";

        public DateTimeOffset? At { get; init; }

        public DateTimeOffset? PaidAt { get; init; }

        public string? Currency { get; init; }

        public long NetMinor { get; init; }

        public string? Receipt { get; init; }

        public string? Code { get; init; }
    }

    private sealed record MailRow
    {
        public string What { get; init; } = "";

        public string? Campaign { get; init; }

        public DateTimeOffset At { get; init; }

        public string State { get; init; } = "";
    }

    private sealed record BindingRow
    {
        public string Campaign { get; init; } = "";

        public DateTimeOffset SinceAt { get; init; }

        public DateTimeOffset? UntilAt { get; init; }

        public string Origin { get; init; } = "";

        public string? Code { get; init; }
    }

    private sealed record CreditRow(string Id, long AmountMinor, string Currency, DateTimeOffset At, string Reason);

    private sealed record AmbassadorRow(
        string Id, string Name, string Email, string Campaign, string State, DateTimeOffset ApprovedAt, string? StripeAccount, string? PayoutMethod);

    private sealed record BalanceRow(string Account, string Currency, long AmountMinor);

    private sealed record PayoutRow
    {
        public string Id { get; init; } = "";

        public long AmountMinor { get; init; }

        public string Currency { get; init; } = "";

        public string State { get; init; } = "";

        public string Provider { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }

        public long? SelfBill { get; init; }
    }
}
