// What a receipt looks like in the form that the API shows: each property, its form, and whether it may be missing.
using System.Text.Json;

namespace StorePlugin.Tests.Orders;

/// <summary>Whether a text is a receipt at all. A property that it does not know is a complaint too: nobody would check it.</summary>
internal sealed class ReceiptShape
{
    // Each object's properties and their forms: "?" may be null, "~" is left out where there is nothing to say, as an empty list is.
    public static readonly Dictionary<string, Dictionary<string, string>> All = new[]
    {
        "receipt schema=2 orderId=text reference=text at=time currency=text versionUpdatedAt=time versionHash=text channel=Online|PointOfSale|Draft|Renewal",
        "receipt test=flag paid=flag paidAt=time? cancelledAt=time? deletedAt=time? goneAt=time~ refundedInFull=flag checkoutStartedAt=time~ contradiction=text~",
        "receipt newCustomer=flag~ historySince=time~ group=text~ standing=standing~ storeCredit=storeCredit~",
        "receipt touchCount=number touches=[touch] campaigns=[campaign] codeCount=number codes=[code] lineCount=number lines=[line]",
        "receipt refundCount=number refunds=[refund] foreignRefunds=[foreignRefund]~ disputeCount=number~ disputes=[dispute]~ flags=[pattern]~ decisions=[decision]~ credited=flag rule=text reason=text",
        "receipt ambassadorId=text? campaignId=text? termsRevision=number? terms=terms? base=amount remainingBase=amount tierParts=[tierPart]~",
        "receipt originalCommission=amount commission=amount merchantCost=amount~ rounding=text holdUntil=time? findings=[text] notEvaluated=[gap]~",
        "receipt reviews=[review]~",
        "storeCredit paid=amount~ programme=amount~",
        "standing position=number~ used=amount~",
        "touch kind=Code|Click|Link|Customer|Renewal|Override evidence=text at=time discount=amount position=number ambassadorId=text campaignId=text",
        "touch assignedAt=time endedAt=time~ approvedAt=time suspendedAt=time~ leftAt=time~ isOwn=flag~ number=number~ singleUse=flag~ usedBy=text~ droppedBy=text? why=text?",
        "campaign id=text revision=number~ launchedAt=time~ stopped=Paused|Ended~ terms=terms~",
        "terms commissionBp=number friendDiscountBp=number holdDays=number windowDays=number currency=text~ flat=flat~ rates=[rate]~ tiers=tiers~",
        "terms beforeOwnDiscount=flag~ programmeCreditLowersBase=flag~ excludedProducts=[text]~ excludedCollections=[text]~ minimumOrder=amount~ maximumCommission=amount~ periodCap=periodCap~ maximumCostBp=number~",
        "terms precedence=[Code|Link|Customer]~ firstTouch=flag~ exclusiveCodes=flag~ selfPurchaseEarns=flag~ newCustomersOnly=flag~",
        "terms channels=[Online|PointOfSale|Draft]~ renewals=renewals~ binding=binding~ friendOncePerCustomer=flag~ advocateReward=advocateReward~ milestones=[milestone]~ enrolment=Application|Instant~",
        "flat amount=amount perItem=flag",
        "rate productId=text? collectionId=text~ ambassadorId=text? group=text~ rateBp=number",
        "tiers metric=NetSales|Orders|NewCustomers period=period wholeOrder=flag~ levels=[level]",
        "level from=amount~ fromCount=number~ rateBp=number",
        "periodCap maximum=amount period=period",
        "period kind=CalendarMonth|RollingDays|Lifetime days=number~",
        "renewals count=number~ months=number~",
        "binding days=number orders=number~",
        "advocateReward code=rewardCode maximum=rewardMaximum~",
        "rewardCode percentBp=number~ amount=amount~ minimumOrder=amount~ validDays=number~ as=GiftCard|StoreCredit~",
        "rewardMaximum count=number period=period",
        "milestone metric=NetSales|Orders|NewCustomers from=amount~ fromCount=number~ bonus=amount~ code=rewardCode~",
        "code code=text amount=amount",
        "line id=text productId=text? kind=Product|GiftCard|Fee quantity=number gross=amount discount=amount includedTax=amount base=amount",
        "line remaining=amount remainingQuantity=number rateBp=number collections=[text]~ excludedBy=text?",
        "line rateRank=Campaign|Tier|Group|Ambassador|Collection|Product|AmbassadorAndCollection|AmbassadorAndProduct",
        "refund id=text at=time lines=[refundLine] unallocated=amount",
        "refundLine lineId=text quantity=number base=amount possibleTax=amount",
        "foreignRefund id=text at=time currency=text",
        "dispute id=text openedAt=time closedAt=time~ currency=text amount=amount state=Open|Lost|Won",
        "pattern number=number rule=F2|F4|F5|F6 severity=notice|review outcome=noted|review|allowed why=text inputs=[input] allowedWhy=text~",
        "input name=text number=number~ word=text~",
        "decision number=number kind=Allow|Reject|Credit ambassadorId=text? campaignId=text? rules=[text] reason=text actor=text at=time",
        "tierPart rateBp=number base=amount",
        "review rule=text mark=text~ why=text allowedBy=number?",
        "gap rule=text why=text",
        "amount minor=number currency=text",
    }.Select(row => row.Split(' ')).GroupBy(row => row[0]).ToDictionary(
        rows => rows.Key, rows => rows.SelectMany(row => row[1..]).ToDictionary(field => field.Split('=')[0], field => field.Split('=')[1]));

    private readonly List<string> _complaints = [];

    public static List<string> Complaints(JsonElement receipt)
    {
        var shape = new ReceiptShape();
        shape.Check("receipt", "receipt", receipt, new Said(receipt)["currency"].Json.ToString());
        return shape._complaints;
    }

    private void Check(string shape, string path, JsonElement json, string currency)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            _complaints.Add($"{path} is no {shape}");
            return;
        }

        var known = All[shape];
        foreach (var field in json.EnumerateObject().Where(field => !known.ContainsKey(field.Name)))
        {
            _complaints.Add($"{path}.{field.Name} is unknown, so that nobody checks it");
        }

        // The amounts of terms and disputes are in their own currency (rule M1); without one they state none.
        currency = shape is "terms" or "dispute" ? new Said(json)["currency"].Json.ToString() : currency;
        foreach (var (name, form) in known)
        {
            var right = !json.TryGetProperty(name, out var value) ? form.EndsWith('~')
                : value.ValueKind == JsonValueKind.Null ? form.EndsWith('?')
                : Fits(form.TrimEnd('?', '~'), path, name, value, currency) && !(form.EndsWith("]~", StringComparison.Ordinal) && value.GetArrayLength() == 0);
            if (!right)
            {
                _complaints.Add($"{path}.{name} is missing or not {form}");
            }
        }

        if (_complaints.Count == 0 && !HasItsOwn(shape, new Said(json)))
        {
            _complaints.Add($"{path} has not what belongs to it, or what does not");
        }
    }

    /// <summary>Whether what may be left out stands where it belongs, and there alone.</summary>
    private static bool HasItsOwn(string shape, Said said) => shape switch
    {
        "period" => said["days"].Is == (said["kind"].Word == "RollingDays"),
        "tiers" => said["levels"].Items.TrueForAll(level => (level["from"].Is, level["fromCount"].Is) == (said["metric"].Word == "NetSales", said["metric"].Word != "NetSales")),
        "rewardCode" => said["as"].Is
            ? said["amount"].Is && !said["percentBp"].Is && !said["minimumOrder"].Is
            : said["percentBp"].Is != said["amount"].Is && said["validDays"].Is,
        "milestone" => (said["from"].Is, said["fromCount"].Is) == (said["metric"].Word == "NetSales", said["metric"].Word != "NetSales") && said["bonus"].Is != said["code"].Is,
        "renewals" => said["count"].Is != said["months"].Is,
        "touch" => said["singleUse"].Is == said["singleUse"].True && (said["singleUse"].True ? said["kind"].Word == "Code" : !said["usedBy"].Is),
        "input" => said["number"].Is != said["word"].Is,
        _ => true,
    };

    private bool Fits(string form, string path, string name, JsonElement value, string currency)
    {
        if (form[0] == '[')
        {
            return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => Fits(form[1..^1], path, name, item, currency));
        }

        if (All.ContainsKey(form))
        {
            Check(form, $"{path}.{name}", value, currency);
            return form != "amount" || new Said(value)["currency"].Json.ToString() == currency;
        }

        return form switch
        {
            "text" => value.ValueKind == JsonValueKind.String,
            "flag" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "number" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "time" => value.ValueKind == JsonValueKind.String && value.GetString()!.EndsWith('Z') && value.TryGetDateTimeOffset(out _),
            _ => form.Split('|').Contains(value.ToString()),
        };
    }
}

/// <summary>A part of the receipt; what is null or absent is one that is not.</summary>
internal readonly record struct Said(JsonElement Json)
{
    public bool Is => Json.ValueKind != JsonValueKind.Undefined;

    public string? Word => Is ? Json.GetString() : null;

    /// <summary>A number, or an amount's minor units.</summary>
    public long? Whole => !Is ? null : Json.ValueKind == JsonValueKind.Object ? this["minor"].Whole : Json.GetInt64();

    public long Long => Whole ?? 0;

    public bool True => Json.ValueKind == JsonValueKind.True;

    public DateTimeOffset? Time => Is ? Json.GetDateTimeOffset() : null;

    public List<Said> Items => Is ? [.. Json.EnumerateArray().Select(item => new Said(item))] : [];

    public Said this[string name] => Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? new Said(value) : default;

    public override string ToString() => Json.ToString();
}
