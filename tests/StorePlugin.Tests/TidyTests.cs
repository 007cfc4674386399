// What must never be in the code base: rules that only live in a document die.
using System.Text.RegularExpressions;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests;

internal sealed partial class TidyTests
{
    private const int LineLengthMax = 200;

    private static readonly string[] Everywhere = ["src", "tests"];
    private static readonly string[] Sources = ["src"];

    // The tables of the host, which belong to no store, and the claims of the workers, which run over all stores.
    private static readonly Dictionary<string, string> NamesNoStore = new(StringComparer.Ordinal)
    {
        ["Migrator.ReadVersions"] = "the schema is the host's",
        ["Migrator.RecordVersion"] = "the schema is the host's",
        ["SqlKeyRing.ReadAll"] = "the key ring is the host's",
        ["SqlKeyRing.Insert"] = "the key ring is the host's",
        ["StoreDirectory.ById"] = "the store is what is looked for",
        ["StoreDirectory.ByDomain"] = "the store is what is looked for",
        ["Installation.InsertStore"] = "the store is what is made",
        ["Installation.Install"] = "a store's own row, by its id",
        ["Installation.Uninstall"] = "a store's own row, by its id",
        ["StoreFactsRow.Update"] = "a store's own row, by its id",
        ["GoOnWithRuns.ReadCancelled"] = "the round's claim over all stores; each row names its own",
        ["GoOnWithRuns.ReadStopped"] = "the round's claim over all stores; each row names its own",
        ["ReconcilePayouts.FindDue"] = "the round's claim over all stores; each row names its own",
        ["ReconcilePayouts.FindStores"] = "looks at all stores that have paid lately",
        ["CompareTransfers.CountOfOthers"] = "whether it is another store's, which may share the Stripe account",
        ["PayoutSchedule.ReadSchedules"] = "the round's claim over all stores; each row names its own",
        ["Health.CountWork"] = "the host's own health",
        ["YearTotals.ReadCountry"] = "a store's own row, by its id",
        ["Clawbacks.FindStores"] = "looks at the stores that have billed",
        ["Verify.List"] = "a frame around statements that name it",
        ["Verify.Count"] = "a frame around statements that name it",
        ["DropBodies.Find"] = "a worker's claim over all stores",
        ["Retention.OldClicks"] = "a worker's claim over all stores",
        ["Retention.OldStates"] = "a worker's claim over all stores",
        ["Retention.OldLinks"] = "a worker's claim over all stores",
        ["Retention.OldApplications"] = "a worker's claim over all stores",
        ["Retention.UnansweredApplications"] = "a worker's claim over all stores",
        ["Retention.OldSessions"] = "a worker's claim over all stores",
        ["Workers.FreeDeliveries"] = "the leases of the program's last run, over all stores",
        ["Workers.FreeEffects"] = "the leases of the program's last run, over all stores",
        ["NamedStores.Find"] = "the store is what is looked for",
        ["SignInLine.ReadNewest"] = "the store is what is looked for",
        ["DemoVerb.LiveStores"] = "the host's list of stores",
        ["ReconsiderOrders.FindWaiting"] = "claims what waits over all stores",
        ["ReleaseHolds.FindDue"] = "claims what is due over all stores",
        ["Erasures.FindErasing"] = "a worker's claim over all stores",
        ["Retention.OldFiles"] = "a worker's claim over all stores",
        ["Retention.OldSends"] = "a worker's claim over all stores",
        ["Retention.OldInvitations"] = "a worker's claim over all stores",
        ["Retention.OldChangeLinks"] = "a worker's claim over all stores",
        ["Retention.OldSignInRequests"] = "a worker's claim over all stores",
        ["Retention.OldImports"] = "a worker's claim over all stores",
        ["Retention.OldAudit"] = "a worker's claim over all stores",
        ["Retention.OldAddressChanges"] = "a worker's claim over all stores",
        ["Retention.OldClaimTexts"] = "a worker's claim over all stores",
        ["Retention.OldThreads"] = "a worker's claim over all stores",
        ["AccountDeletions.FindWaiting"] = "a worker's claim over all stores",
        ["PortalDoor.ReadInstalled"] = "the store is what is looked for",
        ["BounceEndpoints.FindSend"] = "the store is what is looked for",
        ["EraseStore.HoldGone"] = "a store's own row, by its id",
        ["Backdate.MoveStore"] = "a store's own row, by its id",
        ["CreditMoves.Hold"] = "a store's own row, by its id",
        ["PrivacyDuties.ReadInstalledAt"] = "a store's own row, by its id",
        ["RemindOfReviews.FindWaiting"] = "looks at what waits over all stores",
        ["RefreshShopifyTokens.Find"] = "looks at what is old over all stores",
        ["SignInRequests.ReadAmbassadorsEverywhere"] = "one mail lists the stores of an address",
        ["SignInRequests.ReadTeamsEverywhere"] = "one mail lists the stores of an address",
        ["ReadPayees.Find"] = "looks at who has money to come over all stores",
        ["Reconciliation.FindNew"] = "looks at the stores that are new",
        ["Reconciliation.FindDue"] = "a worker's claim over all stores",
        ["Reconciliation.ReadInstalledAt"] = "a store's own row, by its id",
        ["ReadHistory.FindNew"] = "looks at the stores that are new",
        ["ReadHistory.FindDue"] = "a worker's claim over all stores",
        ["WriteOffs.FindBelowZero"] = "looks at what is below zero over all stores",
        ["DropBodies.FindOld"] = "what has had its time, over all stores",
        ["ReceiveStoreEvent.CountCameBack"] = "a store's own row, by its id",
        ["ShopifyGrants.Update"] = "a store's own row, by its id",
        ["OrderHistory.HoldStore"] = "a store's own row, by its id",
        ["PublicCampaigns.ReadLaunched"] = "the store is what is looked for",
        ["PublicCampaigns.ReadOpen"] = "the store is what is looked for",
        ["Links.ReadLink"] = "a slug is unique over the whole host",
        ["Joining.ReadSlugs"] = "a slug is unique over the whole host",
    };

    [Test]
    public void Every_statement_names_its_store()
    {
        Assert.That(WithoutStore().Where(name => !NamesNoStore.ContainsKey(name)), Is.Empty);
        Assert.That(NamesNoStore.Keys, Is.SubsetOf(WithoutStore()), "a statement that names its store, or is gone, leaves the list");
    }

    // A list of columns is no condition, nor is a join: a store is named by a comparison with a parameter, or in an INSERT.
    private static List<string> WithoutStore() =>
    [
        .. SourceTree.SqlConstants()
            .Where(constant => !StoreCondition().IsMatch(constant.Sql) && !WorkersClaim().IsMatch(constant.Sql))
            .Select(constant => constant.Name),
    ];

    [TestCase("SELECT store_id, id FROM orders WHERE id = @id", false)]
    [TestCase("SELECT o.store_id, o.id FROM orders o JOIN receipts r ON r.store_id = o.store_id AND r.order_id = o.order_id", false)]
    [TestCase("SELECT id FROM orders WHERE store_id = @storeId", true)]
    [TestCase("INSERT INTO orders (store_id, id) VALUES (@storeId, @id)", true)]
    [TestCase("INSERT INTO link_slugs (slug_key, store_id) VALUES (@key, @storeId)", true)]
    [TestCase("INSERT INTO orders (id) SELECT id FROM others", false)]
    public void A_list_of_columns_and_a_join_name_no_store(string sql, bool names) => Assert.That(StoreCondition().IsMatch(sql), Is.EqualTo(names));

    [Test]
    public void No_statement_is_put_together_from_values()
    {
        var offences = from file in SourceTree.Files(Sources, ".cs")
                       from line in PutTogether(string.Join('\n', file.Lines))
                       select $"{file.Path}:{line}";

        Assert.That(offences, Is.Empty, "SQL is a constant; the only thing interpolated beside constants is db.Page");
    }

    [TestCase("""var sql = $"SELECT id FROM orders WHERE id = {id}";""")]
    [TestCase(""""var sql = $"""\n    SELECT id\n    FROM orders WHERE id = {id}\n    """;"""")]
    [TestCase("""var sql = "SELECT id FROM orders WHERE id = " + id;""")]
    [TestCase("""var sql = Columns + "WHERE id = " + id;""")]
    [TestCase("""db.ManyAsync($"{Read} {order} {db.Page}");""")]
    public void A_statement_that_is_put_together_is_noticed(string code) => Assert.That(PutTogether(code.Replace("\\n", "\n", StringComparison.Ordinal)), Is.Not.Empty);

    [TestCase("""private const string ReadOne =\n    Columns + " WHERE store_id = @storeId" + After;""")]
    [TestCase("""db.ManyAsync($"{Read} {db.Page}");""")]
    [TestCase("""// what is "put" together FROM values + more""")]
    public void Constants_may_be_put_together(string code) => Assert.That(PutTogether(code.Replace("\\n", "\n", StringComparison.Ordinal)), Is.Empty);

    [Test]
    public void Nothing_is_left_for_later_and_nothing_names_this_machine()
    {
        string[] words = ["TO" + "DO", "FIX" + "ME", "HA" + "CK:", "/wo" + "rk/", "/tm" + "p/", "/ho" + "me/"];
        var offences = from file in SourceTree.Files(Everywhere, ".cs", ".sql", ".razor", ".csproj")
                       from line in Numbered(file.Lines)
                       where Array.Exists(words, word => line.Text.Contains(word, StringComparison.Ordinal))
                       select $"{file.Path}:{line.Number}";

        Assert.That(offences, Is.Empty);
    }

    // On a server whose collation tells capitals apart, the catalogue's names are found in capitals only.
    [Test]
    public void The_catalogue_of_SQL_Server_is_named_in_capitals()
    {
        var offences = from file in SourceTree.Files(Everywhere, ".cs", ".sql")
                       from line in Numbered(file.Lines)
                       where line.Text.Contains("information_" + "schema", StringComparison.Ordinal)
                           || Regex.IsMatch(line.Text, @"INFORMATION_SCHEMA\.[A-Z]*[a-z]", RegexOptions.None, TimeSpan.FromSeconds(1))
                       select $"{file.Path}:{line.Number}";

        Assert.That(offences, Is.Empty);
    }

    [Test]
    public void Time_and_ids_come_from_where_they_are_injected()
    {
        var offences = from file in SourceTree.Files(Sources, ".cs", ".razor")
                       where file.Path != "src/StorePlugin/Data/Ids.cs"
                       from line in Numbered(file.Lines)
                       where AmbientTime().IsMatch(line.Text)
                       select $"{file.Path}:{line.Number}";

        Assert.That(offences, Is.Empty);
    }

    // A single line says by itself what it is for.
    [Test]
    public void Every_file_opens_with_a_sentence_that_says_what_it_is_for()
    {
        var offences = from file in SourceTree.Files(Everywhere, ".cs", ".sql")
                       where file.Lines.Length > 1
                       let first = file.Lines[0]
                       where !first.StartsWith("// ", StringComparison.Ordinal) && !first.StartsWith("-- ", StringComparison.Ordinal)
                       select file.Path;

        Assert.That(offences, Is.Empty);
    }

    [Test]
    public void No_line_is_longer_than_a_screen()
    {
        var offences = from file in SourceTree.Files(Sources, ".cs", ".sql")
                       from line in Numbered(file.Lines)
                       where line.Text.Length > LineLengthMax
                       select $"{file.Path}:{line.Number} has {line.Text.Length} characters";

        Assert.That(offences, Is.Empty);
    }

    [Test]
    public void The_library_of_webhooks_knows_nothing_of_the_program()
    {
        var offences = (from file in SourceTree.Files(["src/Webhooks"], ".cs")
                        from line in Numbered(file.Lines)
                        where line.Text.StartsWith("using StorePlugin", StringComparison.Ordinal)
                            && !line.Text.StartsWith("using StorePlugin.Webhooks", StringComparison.Ordinal)
                        select $"{file.Path}:{line.Number}")
            .Concat(from file in SourceTree.Files(["src/Webhooks"], ".csproj")
                    where Array.Exists(file.Lines, line => line.Contains("ProjectReference", StringComparison.Ordinal))
                    select file.Path);

        Assert.That(offences, Is.Empty);
    }

    [TestCase("src/StorePlugin/Abuse/Patterns.cs")]
    [TestCase("src/StorePlugin/Campaigns/RulesExamples.cs")]
    [TestCase("src/StorePlugin/Campaigns/RulesText.cs")]
    [TestCase("src/StorePlugin/Orders/Attribution.cs")]
    [TestCase("src/StorePlugin/Orders/Commission.cs")]
    [TestCase("src/StorePlugin/Orders/Decision.cs")]
    [TestCase("src/StorePlugin/Orders/Receipt.cs")]
    public void What_decides_takes_values_and_returns_values(string path)
    {
        var text = File.ReadAllText(Path.Combine(SourceTree.Root, path));

        Assert.That(Impure().Matches(text).Select(match => match.Value), Is.Empty);
    }

    /// <summary>The lines with a literal that is a piece of SQL and gets values put into it or behind it.</summary>
    private static IEnumerable<int> PutTogether(string code)
    {
        var text = Comment().Replace(code, comment => new string(' ', comment.Length));
        var bare = Literal().Replace(text, literal => new string(' ', literal.Length));
        foreach (Match literal in Literal().Matches(text))
        {
            var words = literal.Value.StartsWith('$') ? Hole().Replace(literal.Value, "") : literal.Value;
            var isBad = literal.Value.StartsWith('$')
                ? SqlWord().IsMatch(words) || (words.Length < literal.Length && literal.Value.Contains("Page}", StringComparison.Ordinal)
                    && Hole().Matches(literal.Value).Any(hole => !ConstantHole().IsMatch(hole.Value)))
                : SqlWord().IsMatch(words) && IsJoined(bare, literal) && !IsConstant(bare, literal);
            if (isBad)
            {
                yield return code.AsSpan(0, literal.Index).Count('\n') + 1;
            }
        }
    }

    private static bool IsJoined(string bare, Match literal) =>
        bare.AsSpan(literal.Index + literal.Length).TrimStart().StartsWith("+") || bare.AsSpan(0, literal.Index).TrimEnd().EndsWith("+");

    private static bool IsConstant(string bare, Match literal)
    {
        var before = bare.AsSpan(0, literal.Index);
        return before[(before.LastIndexOfAny(";{}") + 1)..].Contains("const string", StringComparison.Ordinal);
    }

    private static IEnumerable<(int Number, string Text)> Numbered(string[] lines) => lines.Select((text, i) => (i + 1, text));

    [GeneratedRegex(@"store_id = @|INSERT INTO \w+\s*\([^)]*\bstore_id\b|@storeId IS NULL OR", RegexOptions.IgnoreCase)]
    private static partial Regex StoreCondition();

    [GeneratedRegex(@"state = '(pending|held)' AND (due_at|hold_until) <= @now ORDER BY", RegexOptions.ExplicitCapture)]
    private static partial Regex WorkersClaim();

    // A quotation mark as a character begins no literal either.
    [GeneratedRegex("""(?<=^|\n)[ ]*//[^\n]*|'\\?"'""", RegexOptions.ExplicitCapture)]
    private static partial Regex Comment();

    [GeneratedRegex(""""\$*("""[\s\S]*?"""|"(\\.|[^"\\\n])*")"""", RegexOptions.ExplicitCapture)]
    private static partial Regex Literal();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"^\{(_?db\.Page|[A-Z]\w*(\.[A-Z]\w*)?|\w+\.Sql)\}$", RegexOptions.ExplicitCapture)]
    private static partial Regex ConstantHole();

    [GeneratedRegex(@"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM|WHERE|ORDER BY|VALUES)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex SqlWord();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?Now\b|\bDateTime\.Today\b|\bGuid\.(NewGuid|CreateVersion7)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex AmbientTime();

    [GeneratedRegex(@"\b(Db|Tx|TimeProvider|HttpClient|ILogger|async|await|Random)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Impure();
}
