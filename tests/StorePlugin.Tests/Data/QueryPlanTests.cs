// Every statement of the program finds its rows by an index, or is listed here with the reason why it need not.
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal sealed partial class QueryPlanTests
{
    private static readonly Dictionary<string, string> MayScan = new(StringComparer.Ordinal)
    {
        ["Migrator.ReadVersions"] = "a few rows, read at start",
        ["SqlKeyRing.ReadAll"] = "a few rows, read at start and every 90 days",
        ["Health.CountWork"] = "counts partial indexes, which hold open rows only",
        ["SignInLine.ReadNewest"] = "the list of stores, once at start",
        ["PortalDoor.ReadInstalled"] = "the first two of the list of stores, when somebody signs in without saying where",
        ["DemoVerb.LiveStores"] = "the list of stores, once at start",
        ["DropBodies.FindOld"] = "the list of stores, once a minute; of each store the old rows by their index",
        ["ReadPayees.Adopt"] = "the list of ambassadors, once an hour",
        ["Workers.FreeDeliveries"] = "the index of open rows, once at start",
        ["YearTotals.Read"] = "the rows of a year, gathered from four reads that each go by an index",
        ["Clawbacks.FindStores"] = "a row for each store that has billed, once an hour",
        ["StatementReader.ReadOpenings"] = "one payee's movements, gathered from two reads that each go by an index",
        ["BillTermsOfPayees.ReadOpen"] = "the store's clawbacks and what has settled them, gathered from two reads that each go by an index",
        ["BillTermsOfPayees.ReadOpenOfSome"] = "the same of some payees",
        ["SelfBillBook.SettleOpen"] = "one payee's clawbacks, which were read by an index",
        ["SelfBillBook.ReadOpenOfDocument"] = "one document's clawbacks, which were read by an index",
        ["Workers.FreeEffects"] = "the index of open rows, once at start",
    };

    private static readonly Dictionary<string, string> MayReadAgain = new(StringComparer.Ordinal)
    {
        ["Installation.InsertStore"] = "a new store has no rows",
        ["EraseStore.FindParties"] = "the store's own particulars, which are few, when it is erased",
        ["OrderHistory.ReadHorizon"] = "a store's imports, which are few",
        ["ReconcilePayouts.FindStores"] = "each store's payouts, once a day",
    };

    // Dapper writes a list out, of which two elements stand for any number; a TextList is one parameter.
    private const string ListWrittenOut = "IN (@${name}, @${name})";
    private const string OneList = "IN (SELECT value FROM json_each(@${name}))";

    private StoreApp _app = null!;
    private SqliteConnection _connection = null!;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _app = await StoreApp.StartAsync();
        _connection = (SqliteConnection)await _app.Db.OpenAsync(default);
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        await _connection.DisposeAsync();
        await _app.DisposeAsync();
    }

    // What verify asks is about whole tables, by its nature; rebuild reads them in ranges.
    public static IEnumerable<SqlConstant> Statements() => SourceTree.SqlConstants()
        .Where(constant => constant.Type.Namespace != typeof(Verification.Verify).Namespace || constant.Type == typeof(Verification.RebuildReader));

    [TestCaseSource(nameof(Statements))]
    public void It_uses_an_index(SqlConstant constant)
    {
        var scans = PlanOf(constant.Sql).Concat(PlanOf(constant.Sql, OneList)).Where(step => Scan().IsMatch(step)).ToList();

        if (MayScan.ContainsKey(constant.Name))
        {
            Assert.That(scans, Is.Not.Empty, "a statement that no longer scans leaves the list");
        }
        else
        {
            Assert.That(scans, Is.Empty, constant.Sql);
        }
    }

    // A statement that takes all rows of a store again for each row that it finds takes the square of them.
    [TestCaseSource(nameof(Statements))]
    public void It_reads_a_store_once(SqlConstant constant)
    {
        var again = StepsOf(constant.Sql).Concat(StepsOf(constant.Sql, OneList)).Where(step => step.IsInner && TakesAllOfStore(step.Detail)).ToList();

        Assert.That(again, MayReadAgain.ContainsKey(constant.Name) ? Is.Not.Empty : Is.Empty, constant.Sql);
    }

    [Test]
    public void A_statement_that_reads_a_store_for_each_row_is_noticed()
    {
        var steps = StepsOf(
            """
            SELECT p.account_id FROM payee_accounts p
            WHERE p.store_id = @storeId AND EXISTS (SELECT 1 FROM ambassadors a JOIN balances b ON b.store_id = a.store_id AND b.ambassador_id = a.id
                WHERE a.store_id = p.store_id AND a.stripe_account = p.account_id AND b.amount_minor > 0)
            """);

        Assert.That(steps.Where(step => step.IsInner && TakesAllOfStore(step.Detail)), Is.Not.Empty);
    }

    [Test]
    public void The_lists_name_statements_that_exist() =>
        Assert.That(MayScan.Keys.Concat(MayReadAgain.Keys), Is.SubsetOf(Statements().Select(constant => constant.Name)));

    // The claims run over all stores: their order by due time must come from the index as well, or they sort a backlog.
    [TestCase("InboxWorker.FindDue", "ix_deliveries_due")]
    [TestCase("EffectWorker.FindDue", "ix_effects_due")]
    [TestCase("ReleaseHolds.FindDue", "ix_orders_release")]
    [TestCase("WriteOffs.FindBelowZero", "ix_balances_below_zero")]
    [TestCase("RefreshShopifyTokens.Find", "ix_shopify_tokens_refreshed")]
    [TestCase("DropBodies.Find", "ix_deliveries_drop")]
    [TestCase("Retention.OldClicks", "ix_clicks_unused")]
    [TestCase("Retention.OldStates", "ix_install_states_expires")]
    [TestCase("Retention.OldLinks", "ix_sign_in_links_expires")]
    [TestCase("Retention.OldSessions", "ix_sessions_expires")]
    [TestCase("Retention.OldApplications", "ix_applications_refused")]
    [TestCase("Retention.UnansweredApplications", "ix_applications_waiting")]
    [TestCase("Retention.OldSends", "ix_mail_sends_at")]
    [TestCase("Retention.OldInvitations", "ix_invitations_kept")]
    [TestCase("Retention.OldChangeLinks", "ix_change_links_expires")]
    [TestCase("Retention.OldSignInRequests", "ix_sign_in_requests_asked")]
    [TestCase("Retention.OldAddressChanges", "ix_address_changes_kept")]
    [TestCase("Retention.OldImports", "ix_import_files_sent")]
    [TestCase("DeadWork.ReadDeliveries", "ix_deliveries_dead")]
    [TestCase("DeadWork.ReadEffects", "ix_effects_dead")]
    [TestCase("MailLog.ReadAll", "ix_effects_mails")]
    [TestCase("MailLog.ReadWaiting", "ix_effects_mails")]
    [TestCase("MailLog.ReadSent", "ix_effects_mails")]
    [TestCase("MailLog.ReadKept", "ix_effects_mails")]
    [TestCase("MailLog.ReadDead", "ix_effects_dead")]
    [TestCase("Retention.OldAudit", "ix_audit_entries_at")]
    [TestCase("Retention.OldClaimTexts", "ix_order_claims_kept")]
    [TestCase("Retention.OldThreads", "ix_message_threads_kept")]
    [TestCase("AccountDeletions.FindWaiting", "ix_account_deletions_waiting")]
    [TestCase("Messages.ReadWaiting", "ix_message_threads_waiting")]
    [TestCase("OrderClaims.ReadMany", "ix_order_claims_state")]
    public void A_claim_reads_in_the_order_of_its_index(string name, string index)
    {
        var plan = PlanOf(Statements().Single(constant => constant.Name == name).Sql);

        Assert.That(plan[0], Does.StartWith("SEARCH").And.Contain("USING INDEX " + index));
        Assert.That(plan, Has.None.Contains("TEMP B-TREE"));
    }

    [Test]
    public void Unique_clicks_are_counted_by_the_index_of_first_visits() =>
        Assert.That(
            PlanOf(Statements().Single(constant => constant.Name == "AmbassadorDb.CountUniqueClicks").Sql),
            Has.Some.Contains("COVERING INDEX ix_clicks_first"));

    [Test]
    public void Old_keys_are_found_store_by_store_in_the_order_of_their_index() =>
        Assert.That(
            PlanOf(Statements().Single(constant => constant.Name == "DropBodies.FindOld").Sql)[1..],
            Has.Exactly(1).Items.And.All.Contains("USING INDEX ix_deliveries_id (store_id=? AND id<?)"));

    // A million orders with their JSON are not to be sorted.
    [Test]
    public void A_back_test_reads_in_the_order_of_its_index()
    {
        var plan = PlanOf(Statements().Single(constant => constant.Name == "BackTestReader.Read").Sql);

        Assert.That(plan[0], Does.Contain("ix_orders_at"));
        Assert.That(plan, Has.None.Contains("TEMP B-TREE"));
    }

    [Test]
    public void A_statement_without_an_index_is_noticed() =>
        Assert.That(PlanOf("SELECT id FROM effects WHERE outcome = @outcome").Where(step => Scan().IsMatch(step)), Is.Not.Empty);

    private List<string> PlanOf(string sql, string list = ListWrittenOut) => [.. StepsOf(sql, list).Select(step => step.Detail)];

    private List<PlanStep> StepsOf(string sql, string list = ListWrittenOut)
    {
        var text = List().Replace(sql, list);
        using var command = _connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + text;
        foreach (var name in Parameter().Matches(text).Select(match => match.Value).Distinct())
        {
            command.Parameters.AddWithValue(name, DBNull.Value);
        }

        using var reader = command.ExecuteReader();
        var (steps, loops) = (new Dictionary<long, PlanStep>(), new HashSet<long>());
        while (reader.Read())
        {
            var (parent, detail) = (reader.GetInt64(1), reader.GetString(3));

            // Of the loops that stand side by side the first is the outermost.
            var isInner = (steps.GetValueOrDefault(parent)?.RunsAgain ?? false) || (IsLoop().IsMatch(detail) && !loops.Add(parent));
            steps[reader.GetInt64(0)] = new PlanStep(detail, isInner, isInner || detail.StartsWith("CORRELATED", StringComparison.Ordinal));
        }

        return [.. steps.Values];
    }

    /// <summary>All rows of a store are taken by an index that goes on after the store.</summary>
    private bool TakesAllOfStore(string detail)
    {
        if (AllOfStore().Match(detail) is not { Success: true } match)
        {
            return false;
        }

        using var command = _connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM pragma_index_info('{match.Groups["index"].Value}')";
        return (long)command.ExecuteScalar()! > 1;
    }

    /// <param name="IsInner">It is done for each row of another step.</param>
    /// <param name="RunsAgain">What stands below it is.</param>
    private sealed record PlanStep(string Detail, bool IsInner, bool RunsAgain);

    // A scan of constants, of what a subquery has already found or of a list is none of a table.
    [GeneratedRegex(@"^SCAN (TABLE )?(?!SUBQUERY|CONSTANT|\d+ CONSTANT|json_each|\()\w+", RegexOptions.ExplicitCapture)]
    private static partial Regex Scan();

    [GeneratedRegex(@"^(SEARCH|SCAN) ", RegexOptions.ExplicitCapture)]
    private static partial Regex IsLoop();

    [GeneratedRegex(@"^SEARCH .*INDEX (?<index>\w+) \(store_id=\?\)", RegexOptions.ExplicitCapture)]
    private static partial Regex AllOfStore();

    [GeneratedRegex(@"IN @(?<name>\w+)", RegexOptions.ExplicitCapture)]
    private static partial Regex List();

    [GeneratedRegex(@"@\w+")]
    private static partial Regex Parameter();
}
