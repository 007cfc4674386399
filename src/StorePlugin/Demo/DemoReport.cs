// What the demo shows in the end: who brought what and what became of it, whether the books are right, how to go in.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Demo;

internal sealed class DemoReport(Db db, SignIn signIn, PublicAddress address, MailOptions mail, Simulated simulated, TextWriter output)
{
    private readonly Currency _currency = Currency.Parse(simulated.Store.Currency);

    private const string Sales =
        """
        SELECT ambassador_id, CAST(COUNT(*) AS bigint) AS orders, COALESCE(SUM(net_minor), 0) AS net_minor
        FROM orders WHERE store_id = @storeId AND ambassador_id IS NOT NULL AND paid_at IS NOT NULL GROUP BY ambassador_id
        """;

    private const string Balances =
        """
        SELECT ambassador_id, account, amount_minor FROM balances WHERE store_id = @storeId AND ambassador_id <> ''
        """;

    private const string Uncredited =
        """
        SELECT COALESCE(reason, '') AS reason, CAST(COUNT(*) AS bigint) AS orders
        FROM orders WHERE store_id = @storeId AND state = 'uncredited' GROUP BY reason ORDER BY 2 DESC, 1
        """;

    private const string Unpaid = "SELECT CAST(COUNT(*) AS bigint) FROM orders WHERE store_id = @storeId AND state = 'observed'";

    private const string Mails = "SELECT id FROM effects WHERE store_id = @storeId AND kind = @kind AND state = 'done'";

    private static readonly string[] Accounts = [Account.Held, Account.Review, Account.Approved, Account.InPayout, Account.Paid];

    public async Task WriteFiguresAsync(CancellationToken cancel)
    {
        var store = simulated.Store;
        var sales = (await db.ManyAsync<SalesRow>(Sales, new { storeId = store.Id }, cancel)).ToDictionary(row => row.AmbassadorId, StringComparer.Ordinal);
        var balances = (await db.ManyAsync<BalanceRow>(Balances, new { storeId = store.Id }, cancel)).ToLookup(row => row.AmbassadorId, StringComparer.Ordinal);

        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"""

            {store.DisplayName} ({store.Domain}), {simulated.From:d MMMM yyyy} until now, in {_currency.Code}

            """));
        var table = new Table(2, ["Ambassador", "Code", "Clicks", "Orders", "Sales", "Commission", "Held", "Review", "Approved", "In payout", "Paid"]);
        var totals = new long[4 + Accounts.Length];
        foreach (var ambassador in simulated.Ambassadors)
        {
            var sold = sales.GetValueOrDefault(ambassador.Id) ?? new SalesRow(ambassador.Id, 0, 0);
            var byAccount = Accounts.Select(account => balances[ambassador.Id].Where(row => row.Account == account).Sum(row => row.AmountMinor)).ToArray();
            long[] figures = [simulated.Clicks.GetValueOrDefault(ambassador.Id), sold.Orders, sold.NetMinor, byAccount.Sum(), .. byAccount];
            for (var i = 0; i < figures.Length; i++)
            {
                totals[i] += figures[i];
            }

            table.Add([ambassador.Plan.Name, ambassador.Plan.Code, .. Texts(figures)]);
        }

        table.Add(["Together", "", .. Texts(totals)]);
        await output.WriteLineAsync(table.ToString());
        await WriteNotesAsync(cancel);
    }

    /// <summary>Writes the checks and returns how many findings there are.</summary>
    public async Task<int> WriteChecksAsync(IReadOnlyList<DemoCheck> checks)
    {
        var found = checks.Sum(check => check.Findings.Count);
        await output.WriteLineAsync($"Ledger check: {(found == 0 ? "no findings" : $"{found} findings")}");
        var table = new Table(3, ["Check", "Result", "Looked at"]);
        foreach (var check in checks)
        {
            table.Add(["  " + check.What, check.Findings.Count == 0 ? "ok" : "WRONG", check.Extent]);
        }

        foreach (var line in table.ToString().Split(Environment.NewLine)[2..])
        {
            await output.WriteLineAsync(line);
        }

        foreach (var finding in checks.SelectMany(check => check.Findings))
        {
            await output.WriteLineAsync(finding);
        }

        return found;
    }

    public async Task WriteWayInAsync(bool stays, CancellationToken cancel)
    {
        var link = await signIn.NewLinkAsync(simulated.Store, Role.Owner, null, cancel);
        var minutes = SignIn.LinkLifetime.TotalMinutes.ToString("0", CultureInfo.InvariantCulture);
        await output.WriteLineAsync(stays
            ? $"""
                Open the app at   {address.Base}
                Sign in with      {link}
                                  (works once, for {minutes} minutes)
                An ambassador's link to try:  {simulated.Ambassadors[0].Link}
                """
            : $"""
                The program stops now. To look around, start it with serve and open, within {minutes} minutes,
                {link}
                """);
        await output.FlushAsync(cancel);
    }

    private async Task WriteNotesAsync(CancellationToken cancel)
    {
        await output.WriteLineAsync(
            $"""
            Clicks      visits over the ambassador's link
            Orders      paid orders that credit the ambassador, with those refunded since
            Sales       these orders without tax and shipping, after discounts and refunds
            Commission  {DemoPlan.CommissionPercent} % of the sales, rounded to the cent for each order: the sum of the five columns after it
            Held        earned, and released {DemoPlan.HoldDays} days after payment; here, the sales since the month that was paid
            Review      waiting for a person's decision
            Approved    to be paid with the next payout; below zero where an order was refunded after it had been paid out
            In payout   on its way, and not confirmed yet
            Paid        transferred to the ambassador

            """);
        foreach (var ambassador in simulated.Ambassadors.Where(ambassador => simulated.PayoutNotes.ContainsKey(ambassador.Id)))
        {
            await output.WriteLineAsync($"{ambassador.Plan.Name} is not paid yet: {simulated.PayoutNotes[ambassador.Id]}");
        }

        await output.WriteLineAsync("Orders that credit nobody:");
        foreach (var row in await db.ManyAsync<UncreditedRow>(Uncredited, new { storeId = simulated.Store.Id }, cancel))
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {row.Orders,4}  {row.Reason}"));
        }

        if (await db.OneAsync<long>(Unpaid, new { storeId = simulated.Store.Id }, cancel) is > 0 and var unpaid)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {unpaid,4}  The order is not paid yet: it counts when the money has come."));
        }

        var mails = await CountMailsAsync(cancel);
        var again = simulated.Sent - simulated.Acknowledged.Count;
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"""

            The shop sent {simulated.Sent:N0} signed deliveries, {again:N0} of them a second time; refunds came before their orders and older versions after newer ones.
            {mails:N0} mails to the ambassadors lie in {mail.Folder}

            """));
    }

    /// <summary>This store's, by their files: those of earlier demos may lie beside them.</summary>
    private async Task<int> CountMailsAsync(CancellationToken cancel) =>
        (await db.ManyAsync<string>(Mails, new { storeId = simulated.Store.Id, kind = Effect.Kinds.Mail }, cancel))
        .Count(id => File.Exists(Path.Combine(mail.Folder, MailSender.FileOf(id))));

    private IEnumerable<string> Texts(long[] figures) => figures.Select((figure, i) =>
        i < 2 ? figure.ToString("N0", CultureInfo.InvariantCulture) : Amounts.Of(figure, _currency));

    private sealed record SalesRow(string AmbassadorId, long Orders, long NetMinor);

    private sealed record BalanceRow(string AmbassadorId, string Account, long AmountMinor);

    private sealed record UncreditedRow(string Reason, long Orders);
}
