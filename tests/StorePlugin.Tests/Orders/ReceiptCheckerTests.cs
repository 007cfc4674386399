// Receipts prove themselves: the checker agrees with the engine on what nobody thought of, and notices whatever is taken or changed.
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Abuse;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

/// <summary>STOREPLUGIN_SEED=n replays one world; a failing test names its seed.</summary>
internal sealed partial class ReceiptCheckerTests
{
    private const int WorldCount = 25_000;
    private const int OrdersOfWorld = 4;
    private const int MutatedCount = 1_200;

    // Everything is taken away from each receipt; of other changes one in so many is tried, unless what it changes is rare.
    private const int OneChangeIn = 8;

    private const string Taking = "taking";

    private static readonly string[] EveryRule = ["T1", "T2", "T5", "T7", "T8", "T9", "T10", "T13", "T14", "B7", "F1", "H3", "M1"];
    private static readonly string[] CheckerFiles = ["ReceiptChecker.cs", "SaidCommission.cs", "ReceiptRemarks.cs", "ReceiptShape.cs"];
    private static readonly string[] Own = [nameof(ReceiptChecker), nameof(SaidCommission), nameof(SaidLine), nameof(ReceiptShape), nameof(Said)];
    private static readonly string[] Usings = ["System.Numerics", "System.Security.Cryptography", "System.Text", "System.Text.Json"];

    private const string Given = "what is given when the order is approved: no receipt rests on it";

    // What changes nothing, whatever else stands in its place: names and words. That it is there is checked all the same.
    private static readonly Dictionary<string, string> Inert = new(StringComparer.Ordinal)
    {
        ["orderId"] = "a name: whose receipt it is",
        ["reference"] = "a name: what people call the order",
        ["versionHash"] = "a name: the version that was judged",
        ["reason"] = "words for the rule, which is checked",
        ["touches[].why"] = "words for the rule that dropped the touch, which is checked",
        ["touches[].usedBy"] = "a name: whether another order had used the code is checked",
        ["reviews[].why"] = "words for the rule, which is checked",
        ["notEvaluated[].why"] = "words for the rule, which is checked",
        ["findings[]"] = "words: how many there are is checked",
        ["historySince"] = "from when on orders were known: whether the customer is new is stated",
        ["disputes[].closedAt"] = "when it was decided: no rule asks",
        ["cancelledAt"] = "whether it was cancelled is checked: no rule asks when",
        ["campaigns[].stopped"] = "whether it was stopped is checked: paused and ended count alike",
        ["foreignRefunds[].at"] = "when it came: no rule asks",
        ["flags[].why"] = "words for the rule, which is checked by its inputs",
        ["flags[].allowedWhy"] = "words: whether it is exempt is checked",
        ["flags[].inputs[].word"] = "a name: whether the address is a disposable one is checked",
        ["terms.tiers.period.days"] = "over how many days the orders before were summed: the sum is stated",
        ["terms.periodCap.period.days"] = "over how many days the earnings before were summed: the sum is stated",
        ["terms.friendOncePerCustomer"] = Given,
        ["terms.enrolment"] = "how ambassadors come to be ones: no receipt rests on it",
        ["terms.advocateReward.code.percentBp"] = Given,
        ["terms.advocateReward.code.amount.minor"] = Given,
        ["terms.advocateReward.code.minimumOrder.minor"] = Given,
        ["terms.advocateReward.code.validDays"] = Given,
        ["terms.advocateReward.code.as"] = Given,
        ["terms.advocateReward.maximum.count"] = Given,
        ["terms.advocateReward.maximum.period.days"] = Given,
        ["terms.milestones[].from.minor"] = Given,
        ["terms.milestones[].fromCount"] = Given,
        ["terms.milestones[].bonus.minor"] = Given,
        ["terms.milestones[].code.percentBp"] = Given,
        ["terms.milestones[].code.amount.minor"] = Given,
        ["terms.milestones[].code.minimumOrder.minor"] = Given,
        ["terms.milestones[].code.validDays"] = Given,
        ["terms.milestones[].code.as"] = Given,
        ["decisions[].reason"] = "a person's words",
        ["decisions[].actor"] = "a name: the decision counts the same, whoever made it",
    };

    // What may be left out and on which nothing rests.
    private static readonly string[] Unmissed =
    [
        "terms.friendOncePerCustomer", "terms.advocateReward", "terms.advocateReward.maximum", "terms.advocateReward.code.minimumOrder",
        "terms.milestones[].code.minimumOrder", "disputes[].closedAt", "terms.enrolment",
    ];

    // One of these is always missed, whether the decision rested on it or not.
    private static readonly string[] Counted = ["touches[]", "lines[]", "refunds[]", "codes[]", "campaigns[]", "disputes[]"];

    private static readonly string[] AlwaysTried =
    [
        .. Counted, "decisions[].rules[]", "goneAt", "contradiction", "foreignRefunds[].id", "disputes[].id", "flags[].number", "flags[].allowedWhy", "reviews[].mark",
        "terms.firstTouch", "terms.tiers.wholeOrder", "terms.renewals.months", "terms.renewals.count",
    ];

    private static readonly string[][] Words =
    [
        ["Online", "PointOfSale", "Draft", "Renewal"], ["Code", "Click", "Link", "Customer", "Renewal", "Override"], ["Product", "GiftCard", "Fee"], ["Paused", "Ended"],
        ["Allow", "Reject", "Credit"], ["Campaign", "Tier", "Group", "Ambassador", "Collection", "Product", "AmbassadorAndCollection", "AmbassadorAndProduct"],
        ["Open", "Lost", "Won"], ["GiftCard", "StoreCredit"], ["summer", "outlet"],
        ["EUR", "USD", "JPY", "KWD", "CHF"], ["T4", "T9", "M2", "F6", "M1"], ["NetSales", "Orders", "NewCustomers"], ["CalendarMonth", "RollingDays", "Lifetime"],
        ["gold", "silver"], ["notice", "review"], ["noted", "review", "allowed"], ["F2", "F4", "F5", "F6"],
        ["Application", "Instant"],
    ];

    [Test]
    public void The_checker_agrees_with_the_engine_on_a_hundred_thousand_orders()
    {
        var rules = new Dictionary<string, int>(StringComparer.Ordinal);
        var checking = new Stopwatch();
        foreach (var seed in Seeds(WorldCount))
        {
            var world = new OrderWorld(seed);
            for (var i = 0; i < OrdersOfWorld; i++)
            {
                var receipt = ReceiptOf(world);
                var text = ReceiptView.Of(receipt.ToJson()).ToJsonString();
                checking.Start();
                var complaints = ReceiptChecker.Check(text);
                checking.Stop();
                if (complaints.Count > 0)
                {
                    Assert.Fail($"seed {seed}: {string.Join('\n', complaints)}\n{text}");
                }

                rules[receipt.Rule] = rules.GetValueOrDefault(receipt.Rule) + 1;
            }
        }

        TestContext.Out.WriteLine($"Checking took {checking.Elapsed.TotalSeconds:0.0} s.");
        TestContext.Out.WriteLine(string.Join(", ", rules.OrderBy(rule => rule.Key).Select(rule => $"{rule.Key} {rule.Value}")));
        if (!IsReplay)
        {
            Assert.That(rules.Keys, Is.SupersetOf(EveryRule));
        }
    }

    /// <summary>
    /// A receipt that was tampered with may pass only where it is the very receipt that the engine gives for what it now
    /// says, its words left aside: then what was changed is an input on which nothing rested.
    /// </summary>
    [Test]
    public void Whatever_is_taken_from_a_receipt_or_changed_in_it_is_noticed()
    {
        var noticed = new HashSet<(string Path, Change Change)>();
        var passed = new HashSet<(string Path, Change Change)>();
        var unnoticed = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var tried = 0;
        foreach (var seed in Seeds(MutatedCount))
        {
            var receipt = ReceiptView.Of(ReceiptOf(new OrderWorld(seed)).ToJson());
            var random = new Random(seed);
            foreach (var mutation in MutationsOf(receipt, "").ToList().Where(mutation => mutation.What == Taking || AlwaysTried.Contains(mutation.Path) || IsReplay || random.Next(OneChangeIn) == 0))
            {
                mutation.Do();
                var text = receipt.ToJsonString();
                var passes = Passes(text);
                if (passes && (mutation.Change == Change.OfForm || !IsOfEngine(receipt)))
                {
                    unnoticed.TryAdd(mutation.Path, $"seed {seed}: {mutation.What} {mutation.Path} is not noticed\n{text}");
                }

                mutation.Undo();

                // The same terms stand in one place or the other.
                (passes ? passed : noticed).Add((mutation.Path.Replace("campaigns[].terms.", "terms.", StringComparison.Ordinal), mutation.Change));
                tried++;
            }
        }

        TestContext.Out.WriteLine($"{tried} changes of {MutatedCount} receipts.");
        Assert.That(unnoticed.Values, Is.Empty);
        if (!IsReplay)
        {
            Assert.That(
                passed.Except(noticed).Where(of => of.Change == Change.OfValue).Select(of => of.Path), Is.EquivalentTo(Inert.Keys),
                "a property on which nothing ever rests is listed with its reason, and no other");
            Assert.That(
                passed.Except(noticed).Where(of => of.Change == Change.OfPresence).Select(of => of.Path), Is.EquivalentTo(Unmissed),
                "what may be left out is missed where something rests on it");
            Assert.That(
                ReceiptShape.All.SelectMany(shape => shape.Value.Keys.Select(name => $"{shape.Key}.{name}")).Except(Unmissed.Select(MemberOf)),
                Is.SubsetOf(noticed.Where(of => of.Change != Change.OfValue).Select(of => MemberOf(of.Path)).ToHashSet()), "each property stands in some receipt, and is missed");
        }
    }

    [Test]
    public void Any_text_that_is_no_receipt_is_a_complaint()
    {
        var receipt = ReceiptView.Of(ReceiptOf(new OrderWorld(1)).ToJson()).ToJsonString();

        Assert.That(ReceiptChecker.Check(receipt), Is.Empty);
        foreach (var text in (string[])["", "7", "[]", "{}", receipt[..^1], receipt + "}", receipt.Insert(1, "\"schema\":2,"), receipt.Insert(1, "\"another\":null,")])
        {
            Assert.That(ReceiptChecker.Check(text), Is.Not.Empty, text);
        }
    }

    /// <summary>
    /// What the checker could name without a using: types of the namespaces that enclose it, and those namespaces themselves.
    /// </summary>
    [Test]
    public void The_checker_shares_no_code_with_the_program()
    {
        var program = new[] { typeof(App), typeof(Order) }.SelectMany(type => type.Assembly.GetTypes()).Where(type => !type.IsNested).ToList();
        var tests = typeof(ReceiptChecker).Assembly.GetTypes().Where(type => !type.IsNested && !Own.Contains(type.Name));
        var reachable = program.Where(type => type.Namespace is null or nameof(StorePlugin)).Concat(tests).Select(type => type.Name)
            .Concat(program.SelectMany(type => type.Namespace?.Split('.') ?? [])).Append("global").ToHashSet(StringComparer.Ordinal);
        foreach (var file in CheckerFiles)
        {
            var lines = File.ReadAllLines(Path.Combine(SourceTree.Root, "tests", "StorePlugin.Tests", "Orders", file));
            var usings = lines.Where(line => line.StartsWith("using ", StringComparison.Ordinal)).Select(line => line[6..^1]);
            var code = lines.Where(line => !line.StartsWith("namespace ", StringComparison.Ordinal) && !line.StartsWith("using ", StringComparison.Ordinal))
                .Select(line => Literal().Replace(line, "").Split("//")[0]);

            Assert.That(usings, Is.SubsetOf(Usings), file);
            Assert.That(code.SelectMany(line => Identifier().Matches(line).Select(match => match.Value)).Distinct().Where(reachable.Contains), Is.Empty, file);
            Assert.That(lines, Has.Length.LessThanOrEqualTo(275), file);
        }
    }

    private static bool IsReplay => Environment.GetEnvironmentVariable("STOREPLUGIN_SEED") is not null;

    private static IEnumerable<int> Seeds(int count) =>
        IsReplay ? [int.Parse(Environment.GetEnvironmentVariable("STOREPLUGIN_SEED")!, CultureInfo.InvariantCulture)] : Enumerable.Range(1, count);

    private static Receipt ReceiptOf(OrderWorld world)
    {
        var (facts, evidence) = world.Next();
        return Decision.Of(facts, evidence);
    }

    private static bool Passes(string text)
    {
        try
        {
            return ReceiptChecker.Check(text).Count == 0;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"The checker has no answer to {text}", e);
        }
    }

    /// <summary>Every property taken away, every item taken away, every value changed; by the place, without the number of an item.</summary>
    private static IEnumerable<Mutation> MutationsOf(JsonNode node, string path)
    {
        if (node is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                var (at, item, place) = (i, items[i], $"{path}[]");
                yield return new Mutation(place, Taking, Counted.Contains(place) ? Change.OfForm : Change.OfPresence, () => items.RemoveAt(at), () => items.Insert(at, item));
                foreach (var mutation in Of(place, item, "", value => items[at] = value))
                {
                    yield return mutation;
                }
            }

            yield break;
        }

        var fields = node.AsObject();
        foreach (var (name, value) in fields.ToList())
        {
            var place = path.Length == 0 ? name : $"{path}.{name}";
            var form = FormOf(path, name);
            yield return new Mutation(place, Taking, form.EndsWith('~') ? Change.OfPresence : Change.OfForm, () => fields.Remove(name), () => fields[name] = value);
            foreach (var mutation in Of(place, value, form, changed => fields[name] = changed))
            {
                yield return mutation;
            }
        }

        static IEnumerable<Mutation> Of(string path, JsonNode? value, string form, Action<JsonNode?> set) => value is JsonObject or JsonArray
            ? MutationsOf(value, path)
            : ChangesOf(value, form).Select(to => new Mutation(path, $"changing to {to.Value?.ToJsonString() ?? "null"}", to.Change, () => set(to.Value), () => set(value)));
    }

    private static string FormOf(string path, string name) => ReceiptShape.All[ShapeOf(path)][name];

    private static string MemberOf(string path)
    {
        var parts = path.Split('.');
        return $"{ShapeOf(string.Join('.', parts[..^1]))}.{parts[^1].Replace("[]", "", StringComparison.Ordinal)}";
    }

    private static string ShapeOf(string path) => path.Split('.')[^1] switch
    {
        "" => "receipt",
        "code" => "rewardCode",
        "maximum" when path.Contains("advocateReward", StringComparison.Ordinal) => "rewardMaximum",
        "advocateReward" => "advocateReward",
        "milestones[]" => "milestone",
        "touches[]" => "touch",
        "campaigns[]" => "campaign",
        "storeCredit" or "terms" or "flat" or "tiers" or "periodCap" or "period" or "renewals" or "binding" or "standing" => path.Split('.')[^1],
        "rates[]" => "rate",
        "levels[]" => "level",
        "tierParts[]" => "tierPart",
        "foreignRefunds[]" => "foreignRefund",
        "disputes[]" => "dispute",
        "flags[]" => "pattern",
        "inputs[]" => "input",
        "codes[]" => "code",
        "lines[]" => path.Contains("refunds", StringComparison.Ordinal) ? "refundLine" : "line",
        "refunds[]" => "refund",
        "decisions[]" => "decision",
        "reviews[]" => "review",
        "notEvaluated[]" => "gap",
        _ => "amount",
    };

    /// <param name="form">As the shape names it; empty for an item of a list.</param>
    // Some words stand in several lists, of which a form knows one.
    private static bool IsNoneOf(string form, string word) => form.Contains('|', StringComparison.Ordinal) && !form.Trim('[', ']', '~', '?').Split('|').Contains(word);

    private static IEnumerable<(JsonNode? Value, Change Change)> ChangesOf(JsonNode? value, string form)
    {
        (JsonNode?, Change) toNull = (null, form.EndsWith('?') ? Change.OfPresence : Change.OfForm);
        switch (value?.GetValueKind())
        {
            case System.Text.Json.JsonValueKind.Number:
                var number = (long)value;
                return [.. new[] { number + 1, number - 1, 0, number * 2 }.Where(other => other != number).Select(other => ((JsonNode?)other, Change.OfValue)), toNull];
            case System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False:
                return [(!(bool)value, Change.OfValue), toNull];
            case System.Text.Json.JsonValueKind.String when Instant().IsMatch((string)value!):
                var instant = DateTimeOffset.Parse((string)value!, CultureInfo.InvariantCulture);
                return
                [
                    .. new[] { instant.AddMilliseconds(1), instant.AddMilliseconds(-1), instant.AddDays(40), instant.AddDays(-40) }
                        .Select(other => ((JsonNode?)InstantConverter.Text(other), Change.OfValue)),
                    toNull,
                ];
            case System.Text.Json.JsonValueKind.String:
                var text = (string)value!;
                var others = Words.Where(words => words.Contains(text)).SelectMany(words => words).Where(word => word != text).Distinct().ToList();
                return others.Count > 0
                    ? [.. others.Select(word => ((JsonNode?)word, IsNoneOf(form, word) ? Change.OfForm : Change.OfValue)), (text + "9", form.Contains('|', StringComparison.Ordinal) ? Change.OfForm : Change.OfValue), toNull]
                    : [(text + "9", Change.OfValue), ("amb_2", Change.OfValue), toNull];
            default:
                return [("p1", Change.OfPresence), (0, Change.OfPresence), (1, Change.OfPresence), (InstantConverter.Text(OrderWorld.Noon), Change.OfPresence)];
        }
    }

    /// <summary>Whether the engine, given the facts that this receipt states, writes this receipt, its words left aside.</summary>
    private static bool IsOfEngine(JsonObject shown)
    {
        try
        {
            var receipt = Receipt.FromJson(Stored(shown).ToJsonString());
            var order = new Order
            {
                Id = receipt.OrderId,
                Reference = receipt.Reference,
                At = receipt.At,
                UpdatedAt = receipt.VersionUpdatedAt,
                Currency = receipt.Currency,
                Paid = receipt.Paid,
                RefundedInFull = receipt.RefundedInFull,
                CancelledAt = receipt.CancelledAt,
                Test = receipt.Test,
                Channel = receipt.Channel,
                CheckoutStartedAt = receipt.CheckoutStartedAt,
                Contradiction = receipt.Contradiction,
                StoreCredit = receipt.StoreCredit is { } credit ? new StoreCreditPayment(credit.PaidMinor) : null,
                Codes = receipt.Codes,
                Lines = [.. receipt.Lines.Select(line => new OrderLine(line.Id, line.ProductId, line.Kind, line.Quantity, line.GrossMinor, line.DiscountMinor, line.IncludedTaxMinor))],
            };
            var facts = new OrderFacts(
                new RecordedOrder(order, ShopperHashes.Unknown), receipt.VersionHash, receipt.PaidAt,
                [
                    .. receipt.Refunds.Select(refund => new Refund(refund.Id, order.Id, refund.At, order.Currency, refund.Lines, refund.UnallocatedMinor)),
                    .. ListOf(receipt.ForeignRefunds).Select(refund => new Refund(refund.Id, order.Id, refund.At, refund.Currency, [], 0)),
                ],
                receipt.DeletedAt)
            {
                Disputes = [.. ListOf(receipt.Disputes).Select(of => new Dispute(of.Id, order.Id, of.OpenedAt, of.ClosedAt, of.Currency, of.AmountMinor, of.State))],
                Earlier = EarlierFacts.None with { GoneAt = receipt.GoneAt },
                Flags = [.. ListOf(receipt.Flags).Select(flag => new PatternFinding(flag.Rule, flag.Severity, flag.Inputs, flag.Why)
                {
                    AmbassadorId = receipt.AmbassadorId ?? "",
                    Number = flag.Number,
                    AllowedWhy = flag.AllowedWhy,
                })],
                Decisions = receipt.Decisions.IsDefault ? [] : [.. receipt.Decisions.Select(decision => new OrderDecision(
                    decision.Number, decision.Kind, decision.AmbassadorId, decision.CampaignId, decision.Rules, decision.Reason, decision.Actor, decision.At))],
            };
            var evidence = new Evidence(
                [.. receipt.Touches.Where(touch => touch.Kind != TouchKind.Override).Select(touch => new Touch(
                    touch.Kind, touch.Evidence, touch.At, touch.DiscountMinor, touch.Position, touch.AmbassadorId, touch.CampaignId, touch.AssignedAt, touch.EndedAt,
                    touch.ApprovedAt, touch.SuspendedAt)
                {
                    LeftAt = touch.LeftAt,
                    IsOwn = touch.IsOwn,
                    Number = touch.Number,
                    SingleUse = touch.SingleUse,
                    UsedBy = touch.UsedBy,
                    Group = receipt.Group,
                })],
                [.. receipt.Campaigns.Select(campaign => new CampaignAt(campaign.Id, campaign.Revision, campaign.LaunchedAt, campaign.Stopped)
                {
                    Terms = campaign.Terms ?? (campaign.Id == receipt.CampaignId ? receipt.Terms : null),
                })])
            {
                Standing = receipt.Standing,
                Collections = [.. receipt.Lines.Where(line => !line.Collections.IsDefault && line.ProductId is not null)
                    .Select(line => new ProductCollections(line.ProductId!, line.Collections)).DistinctBy(of => of.ProductId)],
                DecidedGroup = receipt.Group,
                Customer = receipt.PaidAt is null || receipt.Test ? null : new CustomerAt(receipt.NewCustomer)
                {
                    HistorySince = receipt.HistorySince,
                    ProgrammeCreditMinor = receipt.StoreCredit?.ProgrammeMinor,
                },
            };
            return JsonNode.DeepEquals(WithoutWords(ReceiptView.Of(Decision.Of(facts, evidence).ToJson())), WithoutWords(shown));
        }
        // It states no facts that the engine could be given.
        catch (Exception)
        {
            return false;
        }
    }

    private static ImmutableArray<T> ListOf<T>(ImmutableArray<T> list) => list.IsDefault ? [] : list;

    /// <summary>The form in which receipts are stored: the inverse of what the API shows.</summary>
    private static JsonNode Stored(JsonNode node) => node switch
    {
        JsonObject fields => new JsonObject(fields.Select(field => field.Value is JsonObject amount && amount.ContainsKey("minor")
            ? KeyValuePair.Create($"{field.Key}Minor", amount["minor"]?.DeepClone())
            : KeyValuePair.Create(field.Key, field.Value is null ? null : Stored(field.Value)))),
        JsonArray items => new JsonArray([.. items.Select(item => item is null ? null : Stored(item))]),
        _ => node.DeepClone(),
    };

    private static JsonNode WithoutWords(JsonNode node) => node switch
    {
        JsonObject fields => new JsonObject(fields.Select(field => KeyValuePair.Create(
            field.Key, field.Value is null ? null : field.Key is "reason" or "why" ? "words" : WithoutWords(field.Value)))),
        JsonArray { Parent: JsonObject } findings when findings.GetPropertyName() == "findings" => findings.Count,
        JsonArray items => new JsonArray([.. items.Select(item => item is null ? null : WithoutWords(item))]),
        _ => node.DeepClone(),
    };

    [GeneratedRegex("\"[^\"]*\"", RegexOptions.NonBacktracking)]
    private static partial Regex Literal();

    [GeneratedRegex(@"(?<![.\w])[A-Za-z_]\w*", RegexOptions.None, 1000)]
    private static partial Regex Identifier();

    [GeneratedRegex("^2026-.*Z$", RegexOptions.NonBacktracking)]
    private static partial Regex Instant();

    private enum Change
    {
        /// <summary>What is left is no receipt any more, or one that states another count: always noticed.</summary>
        OfForm,

        /// <summary>Something that may be there or not is there, or is not.</summary>
        OfPresence,

        /// <summary>Another value stands in its place.</summary>
        OfValue,
    }

    private sealed record Mutation(string Path, string What, Change Change, Action Do, Action Undo);
}
